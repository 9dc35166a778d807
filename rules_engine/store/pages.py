"""What the pages show, read from the tables: every list is bounded, and no large column is read for a list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from rules_engine.conversion.compose import compose
from rules_engine.conversion.ledger import coverage as ledger_coverage
from rules_engine.conversion.through_quote import through_quote
from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.conversion import Conversion
from rules_engine.model.ruleset import Step, Verdict
from rules_engine.model.run import Change, ConversionState, EventState, Stage
from rules_engine.model.values import Record, get
from rules_engine.store.kept import kept_record
from rules_engine.store.tables import (
    AttemptRow,
    CaseRow,
    ConversionRow,
    DecisionRow,
    InboxRow,
    RulesetRow,
    RulesetVersionRow,
    TimerRow,
)

PAGE = 25
AMENDMENT = "amendment"
STORY = 200  # the newest events, decisions and conversions that the story of a deal shows
MOVING = (ConversionState.PLANNED.value, ConversionState.SENDING.value, ConversionState.UNKNOWN.value)
STUCK = (ConversionState.HELD.value, ConversionState.REFUSED.value, ConversionState.UNKNOWN.value)
_LARGE_OF_DECISION = (DecisionRow.decision, DecisionRow.case_seen, DecisionRow.conversion_seen)
# Waiting for a person's word; of what is held or refused, only a change of a document.
_ASKS = or_(
    ConversionRow.state == ConversionState.PROPOSED.value,
    and_(
        ConversionRow.amends != "",
        or_(
            ConversionRow.state == ConversionState.REFUSED.value,
            and_(ConversionRow.state == ConversionState.HELD.value, ConversionRow.sent_at.is_(None)),
        ),
    ),
)
# A proposed document is listed with its decision.
_STUCK = or_(
    ConversionRow.state.in_(STUCK),
    and_(ConversionRow.state == ConversionState.PROPOSED.value, ConversionRow.amends != ""),
)
_LARGE_OF_CONVERSION = (ConversionRow.stages, ConversionRow.payload)


@dataclass(frozen=True)
class Listed:
    """One page of a list: `number` counts from 1; `total` is how many there are on all pages."""

    rows: tuple[Any, ...]
    number: int
    total: int
    size: int = PAGE

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True)
class Judged:
    """A decision without its trace, with the ruleset and version that decided."""

    id: int
    case_id: int
    step: Step
    trigger: str
    verdict: Verdict
    rule: str
    reason: str
    already: str
    decided_at: datetime
    wake_at: datetime | None
    ruleset: str
    version: int


@dataclass(frozen=True)
class Converted:
    """A conversion without its documents, with its deal and the rule that decided."""

    id: int
    key: str
    step: Step
    kind: str
    state: ConversionState
    number: str
    error: str
    attempts: int
    at: datetime
    crm_connection: str
    opportunity: str
    deal: str
    connection: str
    decision: Judged
    payload_hash: str = ""
    answered_by: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it waits for a person's word."""
        held = self.state is ConversionState.HELD and not self.attempts
        stopped = self.kind == AMENDMENT and (held or self.state is ConversionState.REFUSED)
        return stopped or self.state is ConversionState.PROPOSED


@dataclass(frozen=True)
class Deal:
    """One opportunity as we know it, everything in the order in which it happened."""

    connection: str
    opportunity: str
    record: Record | None = None
    events: tuple[InboxRow, ...] = ()
    decisions: tuple[Judged, ...] = ()
    conversions: tuple[Converted, ...] = ()
    wake_at: datetime | None = None

    @property
    def pending(self) -> bool:
        """Whether something is about to happen by itself."""
        new = any(each.state == EventState.NEW.value for each in self.events)
        return new or any(each.state in (ConversionState.PLANNED, ConversionState.SENDING) for each in self.conversions)

    @property
    def waiting(self) -> bool:
        """Whether a try failed and another one is due later."""
        later = any(each.state == EventState.WAITING.value for each in self.events)
        return later or any(each.state is ConversionState.UNKNOWN for each in self.conversions)

    def latest(self, step: Step) -> Judged | None:
        return next((each for each in reversed(self.decisions) if each.step is step), None)

    def conversion(self, step: Step) -> Converted | None:
        """The newest: after a cancelled order there may be another one."""
        own = [each for each in self.conversions if each.step is step and each.kind != AMENDMENT]
        return own[-1] if own else None

    @property
    def proposals(self) -> tuple[Converted, ...]:
        """What waits for a person's word."""
        return tuple(each for each in self.conversions if each.asks)


@dataclass(frozen=True)
class Counts:
    """How many opportunities were heard of, and how many of all became quotes and orders, in a span of time."""

    opportunities: int = 0
    quotes: int = 0
    orders: int = 0


@dataclass(frozen=True)
class Needs:
    """What waits for a person; `more` is how many are not listed."""

    conversions: tuple[Converted, ...] = ()
    decisions: tuple[tuple[Judged, CaseRow], ...] = ()
    events: tuple[InboxRow, ...] = ()
    more: int = 0

    def __bool__(self) -> bool:
        return bool(self.conversions or self.decisions or self.events)


# --- decisions -------------------------------------------------------------------------------------------------


def _decisions() -> Select[DecisionRow, str, int]:
    return (
        select(DecisionRow, RulesetRow.name, RulesetVersionRow.number)
        .join(RulesetVersionRow, RulesetVersionRow.id == DecisionRow.version_id)
        .join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
        .options(*(defer(each) for each in _LARGE_OF_DECISION))
    )


def _judged(row: DecisionRow, ruleset: str, version: int) -> Judged:
    return Judged(
        id=row.id,
        case_id=row.case_id,
        step=Step(row.step),
        trigger=row.trigger,
        verdict=Verdict(row.verdict),
        rule=row.rule,
        reason=row.reason,
        already=row.already,
        decided_at=row.decided_at,
        wake_at=row.wake_at,
        ruleset=ruleset,
        version=version,
    )


def decision(session: Session, number: int) -> tuple[DecisionRow, Judged, CaseRow] | None:
    """The whole decision, traces included, with its case."""
    query = (
        select(DecisionRow, RulesetRow.name, RulesetVersionRow.number, CaseRow)
        .join(RulesetVersionRow, RulesetVersionRow.id == DecisionRow.version_id)
        .join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
        .join(CaseRow, CaseRow.id == DecisionRow.case_id)
        .where(DecisionRow.id == number)
    )
    found = session.execute(query).one_or_none()
    return (found[0], _judged(found[0], found[1], found[2]), found[3]) if found else None


def held_decisions(session: Session, limit: int = PAGE) -> list[tuple[Judged, CaseRow]]:
    """The newest decision of each case and step, where it asks for a person and nothing was converted since."""
    newest = select(func.max(DecisionRow.id)).group_by(DecisionRow.case_id, DecisionRow.step)
    query = (
        _decisions()
        .add_columns(CaseRow)
        .join(CaseRow, CaseRow.id == DecisionRow.case_id)
        .where(
            DecisionRow.id.in_(newest),
            DecisionRow.verdict.in_((Verdict.HOLD.value, Verdict.PROPOSE.value)),
            DecisionRow.already == "",
        )
        .order_by(DecisionRow.id.desc())
        .limit(limit)
    )
    return [(_judged(row, ruleset, version), case) for row, ruleset, version, case in session.execute(query)]


def decisions_after(session: Session, trigger: str, limit: int = PAGE) -> list[tuple[Judged, CaseRow]]:
    """What one trigger (`event:7`) led to."""
    query = (
        _decisions()
        .add_columns(CaseRow)
        .join(CaseRow, CaseRow.id == DecisionRow.case_id)
        .where(DecisionRow.trigger == trigger)
        .order_by(DecisionRow.id)
        .limit(limit)
    )
    return [(_judged(row, ruleset, version), case) for row, ruleset, version, case in session.execute(query)]


# --- conversions -----------------------------------------------------------------------------------------------


def _conversions() -> Select[ConversionRow, CaseRow, DecisionRow, str, int]:
    return (
        select(ConversionRow, CaseRow, DecisionRow, RulesetRow.name, RulesetVersionRow.number)
        .join(CaseRow, CaseRow.id == ConversionRow.case_id)
        .join(DecisionRow, DecisionRow.id == ConversionRow.decision_id)
        .join(RulesetVersionRow, RulesetVersionRow.id == DecisionRow.version_id)
        .join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
        .options(
            *(defer(each) for each in _LARGE_OF_CONVERSION),
            *(defer(each) for each in _LARGE_OF_DECISION),
        )
    )


def _converted(row: ConversionRow, case: CaseRow, decided: DecisionRow, ruleset: str, version: int) -> Converted:
    return Converted(
        id=row.id,
        key=row.key,
        step=Step(row.step),
        kind=row.kind,
        state=ConversionState(row.state),
        number=row.written_number or row.written_id or "",
        error=row.error,
        attempts=row.attempts,
        at=row.sent_at or decided.decided_at,
        crm_connection=case.connection,
        opportunity=case.opportunity,
        deal=deal_name(case),
        connection=row.connection,
        decision=_judged(decided, ruleset, version),
        payload_hash=row.payload_hash,
        answered_by=row.answered_by,
        changes=tuple(decode_dataclass(Change, each) for each in row.changes),
    )


def deal_name(case: CaseRow) -> str:
    """The opportunity's name at the last evaluation; its id before the first has ended."""
    record = {} if case.record is None else kept_record(case.record)
    return str(get(record, "opportunity.name") or case.opportunity)


def conversions(session: Session, state: str = "", step: str = "", page: int = 1) -> Listed:
    """Newest first; `state` and `step` narrow, "" for all."""
    wanted = [
        *([ConversionRow.state == state] if state else []),
        *([ConversionRow.step == step] if step else []),
    ]
    total = session.scalar(select(func.count(ConversionRow.id)).where(*wanted)) or 0
    query = _conversions().where(*wanted).order_by(ConversionRow.id.desc()).limit(PAGE).offset(PAGE * (page - 1))
    return Listed(tuple(_converted(*each) for each in session.execute(query)), page, total)


def conversion_counts(session: Session) -> dict[str, int]:
    """How many conversions are in each state."""
    query = select(ConversionRow.state, func.count(ConversionRow.id)).group_by(ConversionRow.state)
    return {state: count for state, count in session.execute(query)}


def conversion(session: Session, number: int) -> tuple[ConversionRow, Converted, tuple[AttemptRow, ...]] | None:
    """The whole conversion, with its attempts in their order."""
    found = session.execute(_conversions().where(ConversionRow.id == number)).one_or_none()
    if found is None:
        return None
    attempts = select(AttemptRow).where(AttemptRow.conversion_id == number).order_by(AttemptRow.fence).limit(STORY)
    return found[0], _converted(*found), tuple(session.scalars(attempts))


def coverage(session: Session, number: int) -> tuple[int, int]:
    """How many of the CRM's populated fields reached the document of this conversion, and how many there were."""
    _, accounts = compose(stages(session, number))
    return ledger_coverage(accounts)


def stages(session: Session, number: int) -> tuple[Conversion, ...]:
    """What a conversion's document went through; of an order, with the way of its quote put in."""
    row = session.execute(
        select(ConversionRow.step, ConversionRow.case_id, ConversionRow.stages).where(ConversionRow.id == number)
    ).one_or_none()
    if row is None:
        return ()
    step, case_id, kept = row
    if step != Step.QUOTE_TO_ORDER:
        return _stages(kept)
    before = select(ConversionRow.stages).where(ConversionRow.case_id == case_id, ConversionRow.kind == "quote")
    return through_quote(_stages(kept), _stages(session.scalar(before.limit(1)) or []))


def _stages(kept: Iterable[Any]) -> tuple[Conversion, ...]:
    return tuple(decode_dataclass(Stage, each).conversion for each in kept)


def conversions_of(session: Session, decisions: Iterable[int]) -> list[Converted]:
    """The conversions that these decisions began."""
    query = _conversions().where(ConversionRow.decision_id.in_(list(decisions))).order_by(ConversionRow.id)
    return [_converted(*each) for each in session.execute(query.limit(PAGE))]


def proposals(session: Session) -> list[Converted]:
    """What waits for a person's word, oldest first."""
    query = _conversions().where(_ASKS).order_by(ConversionRow.id).limit(STORY)
    return [_converted(*each) for each in session.execute(query)]


def by_key(session: Session, key: str) -> int | None:
    """The id of the conversion with this key, which stands in the order system's document."""
    return session.scalar(select(ConversionRow.id).where(ConversionRow.key == key))


# --- deals -----------------------------------------------------------------------------------------------------


def deal(session: Session, connection: str, opportunity: str) -> Deal:
    """The story of one opportunity; empty where nothing was heard of it yet."""
    heard = (
        select(InboxRow)
        .where(InboxRow.connection == connection, InboxRow.subject == opportunity)
        .order_by(InboxRow.id.desc())
        .limit(STORY)
    )
    events = tuple(reversed(session.scalars(heard).all()))
    case = session.scalar(select(CaseRow).where(CaseRow.connection == connection, CaseRow.opportunity == opportunity))
    if case is None:
        return Deal(connection, opportunity, events=events)
    decided = _decisions().where(DecisionRow.case_id == case.id).order_by(DecisionRow.id.desc()).limit(STORY)
    made = _conversions().where(ConversionRow.case_id == case.id).order_by(ConversionRow.id).limit(STORY)
    return Deal(
        connection,
        opportunity,
        record=None if case.record is None else kept_record(case.record),
        events=events,
        decisions=tuple(reversed([_judged(*each) for each in session.execute(decided)])),
        conversions=tuple(_converted(*each) for each in session.execute(made)),
        wake_at=session.scalar(select(TimerRow.wake_at).where(TimerRow.case_id == case.id)),
    )


def deals(session: Session, connection: str, opportunities: Sequence[str]) -> dict[str, Deal]:
    """The state of several deals, without their events: the newest decision of each step and the conversions."""
    rows = session.scalars(
        select(CaseRow)
        .where(CaseRow.connection == connection, CaseRow.opportunity.in_(list(opportunities)))
        .options(defer(CaseRow.record))
    )
    cases = {row.id: row.opportunity for row in rows}
    newest = select(func.max(DecisionRow.id)).where(DecisionRow.case_id.in_(list(cases)))
    newest = newest.group_by(DecisionRow.case_id, DecisionRow.step)
    decided = [_judged(*each) for each in session.execute(_decisions().where(DecisionRow.id.in_(newest)))]
    made = session.execute(_conversions().where(ConversionRow.case_id.in_(list(cases))).order_by(ConversionRow.id))
    converted = [_converted(*each) for each in made]
    return {
        name: Deal(
            connection,
            name,
            decisions=tuple(each for each in decided if each.case_id == number),
            conversions=tuple(each for each in converted if each.opportunity == name),
        )
        for number, name in cases.items()
    }


def counts(session: Session, since: datetime) -> Counts:
    """Distinct opportunities that decided since, and the quotes and orders confirmed since."""
    seen = session.scalar(select(func.count(DecisionRow.case_id.distinct())).where(DecisionRow.decided_at >= since))
    made = (
        select(ConversionRow.kind, func.count(ConversionRow.id))
        .where(ConversionRow.state == ConversionState.CONFIRMED.value, ConversionRow.sent_at >= since)
        .group_by(ConversionRow.kind)
    )
    by_kind = {kind: count for kind, count in session.execute(made)}
    return Counts(seen or 0, by_kind.get("quote", 0), by_kind.get("order", 0))


def needs(session: Session, limit: int = 8) -> Needs:
    """Conversions that stopped, decisions that ask for a person, events that were given up."""
    stuck = _conversions().where(_STUCK).order_by(ConversionRow.id.desc()).limit(limit)
    dead = select(InboxRow).where(InboxRow.state == EventState.DEAD.value).order_by(InboxRow.id.desc()).limit(limit)
    total = needs_count(session)
    made = tuple(_converted(*each) for each in session.execute(stuck))
    events = tuple(session.scalars(dead))
    held = tuple(held_decisions(session, limit))
    return Needs(made, held, events, max(0, total - len(made) - len(events)))


def needs_count(session: Session) -> int:
    """How many conversions and events wait for a person: the number beside the menu's entry."""
    stuck = session.scalar(select(func.count(ConversionRow.id)).where(_STUCK)) or 0
    dead = session.scalar(select(func.count(InboxRow.id)).where(InboxRow.state == EventState.DEAD.value)) or 0
    return stuck + dead


# --- events ----------------------------------------------------------------------------------------------------


def events(session: Session, state: str = "", page: int = 1) -> Listed:
    """Newest first; `state` narrows, "" for all."""
    wanted = [InboxRow.state == state] if state else []
    total = session.scalar(select(func.count(InboxRow.id)).where(*wanted)) or 0
    query = select(InboxRow).where(*wanted).order_by(InboxRow.id.desc()).limit(PAGE).offset(PAGE * (page - 1))
    return Listed(tuple(session.scalars(query)), page, total)


def event_counts(session: Session) -> dict[str, int]:
    """How many events are in each state."""
    query = select(InboxRow.state, func.count(InboxRow.id)).group_by(InboxRow.state)
    return {state: count for state, count in session.execute(query)}


def event(session: Session, number: int) -> InboxRow | None:
    return session.scalar(select(InboxRow).where(InboxRow.id == number))


def deal_exists(session: Session, connection: str, opportunity: str) -> bool:
    """Whether anything was ever heard of this opportunity."""
    heard = select(InboxRow.id).where(InboxRow.connection == connection, InboxRow.subject == opportunity).limit(1)
    known = select(CaseRow.id).where(CaseRow.connection == connection, CaseRow.opportunity == opportunity).limit(1)
    return session.scalar(heard) is not None or session.scalar(known) is not None
