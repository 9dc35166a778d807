"""The story of one deal: what was heard, what was decided and why, what was made."""

from dataclasses import dataclass, replace

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session

from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.decision import Decision
from rules_engine.model.errors import NotFound, Problem
from rules_engine.model.ruleset import Step
from rules_engine.model.values import Record, get
from rules_engine.ports import Route
from rules_engine.store import pages
from web import here, sample_crm
from web.overview import next_action, possible, stop
from web.story import Beat, story
from web.trace import reason_of
from web.words import Look

blueprint = Blueprint("deals", __name__, url_prefix="/deals")

LABELLED = 12  # decisions whose traces are read for a story


@dataclass(frozen=True)
class Passage:
    """One step of the way: the ruleset that decides it, its latest decision, what was made."""

    step: Step
    look: Look
    ruleset: str
    version: int
    decision: pages.Judged | None
    conversion: pages.Converted | None


@blueprint.get("/<connection>/<path:opportunity>")
def show(connection: str, opportunity: str) -> str:
    with here.reading() as session:
        deal = labelled(session, pages.deal(session, connection, opportunity))
        sample = connection in here.sample_connections(session)
        native = _native(opportunity) if sample else None
        if native is None and not pages.deal_exists(session, connection, opportunity):
            abort(404, f"nothing was heard of `{opportunity}` from `{connection}`")
        return render_template(
            "deals/show.html",
            deal=deal,
            sample=sample,
            name=_name(deal, native),
            native=native,
            passages=_passages(deal, connection),
            beats=_beats(session, deal),
            main=next_action(native, deal) if native is not None else None,
            others=possible(native, deal) if native is not None else (),
            icons=sample_crm.ICONS,
        )


def labelled(session: Session, deal: pages.Deal) -> pages.Deal:
    """The newest decisions that changed something, their reasons in the catalog's labels."""
    rulesets = {(each.ruleset.name, each.version): each.ruleset for each in _routes(deal.connection)}
    newest = [each.id for each in deal.decisions if not each.already][-LABELLED:]
    found = {number: decode_dataclass(Decision, kept) for number, kept in pages.traces(session, newest)}

    def reason(each: pages.Judged) -> str:
        ruleset = rulesets.get((each.ruleset, each.version))
        known = found.get(each.id)
        return reason_of(known, ruleset, here.catalog()) if known and ruleset else each.reason

    return replace(deal, decisions=tuple(replace(each, reason=reason(each)) for each in deal.decisions))


def _native(opportunity: str) -> Record | None:
    try:
        return here.product().sample_crm(here.slug()).fetch(opportunity)
    except NotFound:
        return None


def _name(deal: pages.Deal, native: Record | None) -> str:
    known = get(deal.record, "opportunity.name") if deal.record else None
    return str(known or (native or {}).get("Name") or deal.opportunity)


def _passages(deal: pages.Deal, connection: str) -> list[Passage]:
    routes = {each.step: each for each in _routes(connection)}
    return [_passage(deal, step, routes.get(step)) for step in Step]


def _routes(connection: str) -> list[Route]:
    """A ruleset that cannot be read any more must not hide the story."""
    try:
        return list(here.workspace().connections.routes(connection))
    except Problem:
        return []


def _passage(deal: pages.Deal, step: Step, route: Route | None) -> Passage:
    made, decided = deal.conversion(step), deal.latest(step)
    telling = made.decision if made else decided
    name, version = (route.ruleset.name, route.version) if route else ("", 0)
    if telling:
        name, version = telling.ruleset, telling.version
    return Passage(step, stop(deal, step), name, version, telling, made)


def _beats(session: Session, deal: pages.Deal) -> list[Beat]:
    return story(deal, {each.id: pages.coverage(session, each.id) for each in deal.conversions})
