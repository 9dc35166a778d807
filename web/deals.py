"""The story of one deal: what was heard, what was decided and why, what was made."""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session

from rules_engine.model.errors import NotFound, Problem
from rules_engine.model.ruleset import Step, Verdict
from rules_engine.model.values import Record, get
from rules_engine.ports import AmendingConnector, Route
from rules_engine.store import pages
from web import here, sample_crm
from web.overview import next_action, possible, stop
from web.story import Beat, story
from web.to_do import ToDo, to_do
from web.words import Look

blueprint = Blueprint("deals", __name__, url_prefix="/deals")



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
        deal = pages.deal(session, connection, opportunity)
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
            to_do=_to_do(session, deal),
            by_hand=_by_hand(deal),
            main=next_action(native, deal) if native is not None else None,
            others=possible(native, deal) if native is not None else (),
            icons=sample_crm.ICONS,
        )


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


def _to_do(session: Session, deal: pages.Deal) -> ToDo | None:
    """Of the step that the deal waits at: what would take it on, as of now."""
    waiting = next((step for step in Step if deal.conversion(step) is None), None)
    decided = deal.latest(waiting) if waiting else None
    if decided is None or decided.verdict is Verdict.CONVERT or deal.pending:
        return None
    return to_do(session, decided.id, here.now())


def _by_hand(deal: pages.Deal) -> frozenset[str]:
    """The order systems that take no change of a document from here."""
    return frozenset(name for name in {each.connection for each in deal.proposals} if not takes_changes(name))


def takes_changes(connection: str) -> bool:
    """A connection that is broken must not hide the page."""
    try:
        return isinstance(here.workspace().connections.orders(connection), AmendingConnector)
    except Problem:
        return False


def _beats(session: Session, deal: pages.Deal) -> list[Beat]:
    return story(deal, {each.id: pages.coverage(session, each.id) for each in deal.conversions})
