"""Evaluations as they were: what was seen, and what was decided of it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.decision import Decision
from rules_engine.model.errors import NotFound, Permanent
from rules_engine.model.ruleset import Step
from rules_engine.store.tables import CaseRow, DecisionRow, InboxRow


@dataclass(frozen=True)
class Evaluation:
    """`version_id` names the published version that decided; `opportunity` is the deal's id in the CRM."""

    id: int
    connection: str
    opportunity: str
    trigger: str
    version_id: int
    case: Case
    decision: Decision


def of_event(session: Session, event: str, step: Step | None = None) -> Evaluation:
    """The newest evaluation that an accepted event led to; `event` is its id or its number in the inbox.

    Without a step, that of the first step. Raises NotFound, and Permanent where several events have this id.
    """
    found = session.scalars(select(InboxRow).where(InboxRow.event_id == event)).all()
    if not found and event.isascii() and event.isdigit() and len(event) < 19:
        found = session.scalars(select(InboxRow).where(InboxRow.id == int(event))).all()
    if not found:
        raise NotFound(f"there is no accepted event `{event}`")
    if len(found) > 1:
        several = ", ".join(f"`{each.id}` from `{each.source}`" for each in found)
        raise Permanent(f"{len(found)} events have the id `{event}`: name one by its number: {several}")
    trigger = f"event:{found[0].id}"
    own = or_(*(DecisionRow.trigger.like(f"{trigger}{end}") for end in ("", "#%", "~%")))
    return _newest(session, own, step, f"the event `{event}`")


def of_deal(session: Session, opportunity: str, step: Step | None = None, connection: str = "") -> Evaluation:
    """The newest evaluation of a deal by its id in the CRM. Raises NotFound, and Permanent where two CRMs have it."""
    asked = select(CaseRow).where(CaseRow.opportunity == opportunity)
    cases = session.scalars(asked.where(CaseRow.connection == connection) if connection else asked).all()
    if not cases:
        raise NotFound(f"there is no deal `{opportunity}`: name it by its id in the CRM")
    if len(cases) > 1:
        several = ", ".join(f"`{each.connection}`" for each in cases)
        raise Permanent(f"`{opportunity}` is a deal of {several}: say which with `--connection`")
    return _newest(session, DecisionRow.case_id == cases[0].id, step, f"the deal `{opportunity}`")


def _newest(session: Session, own: ColumnElement[bool], step: Step | None, what: str) -> Evaluation:
    newest = select(DecisionRow.id, DecisionRow.step).where(own).order_by(DecisionRow.id.desc())
    ids: dict[str, int] = {}
    for id, of in session.execute(newest):
        ids.setdefault(of, id)
    if not ids:
        raise NotFound(f"{what} is not evaluated yet")
    wanted = step or next(each for each in Step if each.value in ids)
    if wanted.value not in ids:
        there = ", ".join(f"`{each}`" for each in sorted(ids))
        raise NotFound(f"{what} led to no evaluation of the step `{wanted}`; there is {there}")
    both = select(DecisionRow, CaseRow).join(CaseRow, CaseRow.id == DecisionRow.case_id)
    row, case = session.execute(both.where(DecisionRow.id == ids[wanted.value])).one()
    return Evaluation(
        row.id,
        case.connection,
        case.opportunity,
        row.trigger,
        row.version_id,
        decode_dataclass(Case, row.case_seen),
        decode_dataclass(Decision, row.decision),
    )
