"""A published ruleset, a decision and a conversion run, as the pipeline makes them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from rules_engine.model.case import Case
from rules_engine.model.conversion import Account, Change, Conversion, Disposition, Lineage, Origin, SourceValue
from rules_engine.model.decision import Decision, Role, RuleTrace, Trace, Truth
from rules_engine.model.finding import Finding
from rules_engine.model.ruleset import All, Comparison, Literal, Mode, Step, Verdict
from rules_engine.model.run import ConversionRun, InboundEvent, Stage
from rules_engine.model.values import MISSING, Money, Record
from rules_engine.store.rulesets import Draft, Rulesets
from rules_engine.store.runs import TableRuns
from tests.databases import START

RECORD: Record = {
    "opportunity": {"id": "D-1", "amount": Money(Decimal("15.42"), "EUR"), "close_date": date(2026, 3, 14)},
    "line_items": ({"id": "L-1", "quantity": Decimal("0"), "note": ""}, {"id": "L-2", "quantity": Decimal("1.50")}),
    "files": (),
    "won": False,
    "seen_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
}
TRACE = Trace(
    All((Comparison("opportunity.amount", "at_least", Literal(Money(Decimal("10.00"), "EUR"))),)),
    Truth.TRUE,
    actual=MISSING,
    wake_at=START + timedelta(days=1),
    children=(Trace(Comparison("won", "is_true"), Truth.UNKNOWN, cause="no system ever sent it", role=Role.BLOCKS),),
)
DECISION = Decision(
    verdict=Verdict.CONVERT,
    reason="it is won",
    ruleset="on-close",
    step=Step.OPPORTUNITY_TO_QUOTE,
    now=START,
    rule="won",
    matched=("won",),
    rules=(RuleTrace("won", "Won", Mode.ON, Truth.TRUE, TRACE),),
    wake_at=START + timedelta(days=1),
)
LINEAGE = Lineage(
    "lines[L-2].quantity",
    Decimal("1.50"),
    Origin.TRANSFORMED,
    (SourceValue("line_items[L-2].quantity", Decimal("1.50")),),
    (Change("number", Decimal("1.50"), loss="nothing"),),
)
SEEN = Conversion(
    RECORD,
    (LINEAGE,),
    (Account("competitor", "x", Disposition.DROPPED, reason="no target field"),),
    (Finding("unknown-field", "the target has no field `x`"),),
)


def event(id: str, at: datetime = START, subject: str = "D-1", type: str = "opportunity.won") -> InboundEvent:
    return InboundEvent(id, "/connections/crm", type, subject, at, {"id": subject, "amount": Decimal("15.420")})


def published_version(engine: Engine, workspace_id: int, name: str = "on-close") -> int:
    """The id of a published version of a new ruleset."""
    rulesets = Rulesets(engine, workspace_id)
    draft = rulesets.save(Draft(name, Step.OPPORTUNITY_TO_QUOTE, "rules", "mapping", "cases"), "anna", START)
    return rulesets.publish(name, draft.revision, "first", "anna", START).id


def case_of(runs: TableRuns, opportunity: str = "D-1") -> Case:
    known = runs.case("crm", opportunity)
    return Case(known.id, RECORD, tuple(each.as_case_event for each in known.events), known.previous)


def planned_run(engine: Engine, runs: TableRuns, key: str = "K-1", **changes: Any) -> ConversionRun:
    """A run as the pipeline would plan it, with a recorded decision; not planned yet."""
    case = case_of(runs)
    version = published_version(engine, runs.workspace_id, f"ruleset-for-{key}")
    number = runs.record(DECISION, case, SEEN, version, f"event:{key}")
    run = ConversionRun(
        key=key,
        step=Step.OPPORTUNITY_TO_QUOTE,
        case_id=case.id,
        crm_connection="crm",
        opportunity="D-1",
        connection="book",
        decision=number,
        stages=(Stage("sample-crm.opportunity", "case", SEEN), Stage("case", "quote", SEEN)),
        payload=RECORD,
        payload_hash="hash",
    )
    return replace(run, **changes)
