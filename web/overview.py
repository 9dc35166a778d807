"""The first page: the sample deals, what needs a person, and how many became quotes and orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template

from rules_engine.connectors.sample_crm_actions import ACTIONS, Action
from rules_engine.model.ruleset import Step
from rules_engine.model.run import ConversionState
from rules_engine.model.values import Record
from rules_engine.store import pages
from web import here, sample_crm
from web.words import Look

blueprint = Blueprint("overview", __name__)

SPAN = timedelta(days=30)
SHOWN = 24


@dataclass(frozen=True)
class Card:
    """A deal of the sample CRM: its native record, what became of it here, and what a person may do next."""

    record: Record
    deal: pages.Deal
    main: Action | None
    others: tuple[Action, ...]

    @property
    def stops(self) -> tuple[Look, Look]:
        """How far it has come: the quote and the order."""
        return stop(self.deal, Step.OPPORTUNITY_TO_QUOTE), stop(self.deal, Step.QUOTE_TO_ORDER)


@blueprint.get("/")
def index() -> str:
    with here.reading() as session:
        connection = next(iter(here.sample_connections(session)), None)
        records = here.product().sample_crm(here.slug()).opportunities()[:SHOWN] if connection else ()
        known = pages.deals(session, connection or "", [str(each.get("Id")) for each in records])
        return render_template(
            "overview/index.html",
            connection=connection,
            cards=[_card(each, known, connection or "") for each in records],
            needs=pages.needs(session),
            counts=pages.counts(session, here.now() - SPAN),
            icons=sample_crm.ICONS,
        )


def _card(record: Record, known: Mapping[str, pages.Deal], connection: str) -> Card:
    name = str(record.get("Id"))
    deal = known.get(name) or pages.Deal(connection, name)
    return Card(record, deal, next_action(record, deal), possible(record, deal))


def next_action(record: Record, deal: pages.Deal) -> Action | None:
    """What a newcomer would do next; None where the deal is through."""
    if record.get("StageName") == "Closed Lost":
        return ACTIONS["reopen"]
    if record.get("StageName") != "Closed Won":
        return ACTIONS["win"]
    quote, order = deal.conversion(Step.OPPORTUNITY_TO_QUOTE), deal.conversion(Step.QUOTE_TO_ORDER)
    if quote and quote.state is ConversionState.CONFIRMED and order is None:
        return ACTIONS["accept_quote"]
    return None


def possible(record: Record, deal: pages.Deal) -> tuple[Action, ...]:
    """What else a person may do: no deal is won, lost or reopened that is so already."""
    done = {"Closed Won": ("win",), "Closed Lost": ("lose",)}.get(str(record.get("StageName")), ("reopen",))
    main = next_action(record, deal)
    return tuple(each for each in ACTIONS.values() if each is not main and each.name not in done)


def stop(deal: pages.Deal, step: Step) -> Look:
    """A station on the way: the number where there is one, else what is known."""
    made, decided = deal.conversion(step), deal.latest(step)
    name = step.target.capitalize()
    match made.state if made else None:
        case ConversionState.CONFIRMED:
            return Look(made.number if made else name, "circle-check", "done")
        case ConversionState.REFUSED:
            return Look(f"{name} refused", "circle-x", "bad")
        case ConversionState.HELD:
            return Look(f"{name} held", "circle-pause", "held")
        case ConversionState.UNKNOWN:
            return Look(f"{name} unknown", "circle-question-mark", "held")
        case ConversionState.DECLINED if made and made.answered_by:
            return Look(f"{name} declined", "thumbs-down", "held")
        case ConversionState.PLANNED | ConversionState.SENDING:
            return Look(f"{name} on its way", "send", "")
    if decided and decided.verdict.value in ("hold", "propose"):
        return Look(f"{name} {'held' if decided.verdict.value == 'hold' else 'proposed'}", "circle-pause", "held")
    return Look(name, "circle", "")
