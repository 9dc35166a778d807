"""Cases, decisions, conversions and timers on tables: the port `Runs`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import TypeVar

from sqlalchemy import Engine, Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rules_engine.formats.values_json import encode, encode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import NotFound, Permanent, Retryable
from rules_engine.model.run import ConversionRun, ConversionState
from rules_engine.model.values import Record
from rules_engine.ports import Clock, KnownCase
from rules_engine.store.audit import Entry, note
from rules_engine.store.conversion_rows import (
    OPEN,
    STOPPED,
    conversion_run,
    may_be_answered,
    may_be_planned_anew,
    may_become,
    new_row,
    plan_anew,
    set_answer,
    set_outcome,
)
from rules_engine.store.inbox import inbound_event
from rules_engine.store.kept import kept_record
from rules_engine.store.session import insert_once, workspace_session
from rules_engine.store.tables import (
    AttemptRow,
    Base,
    BindingRow,
    CaseRow,
    ConversionRow,
    DecisionRow,
    InboxRow,
    TimerRow,
)

RowT = TypeVar("RowT", bound=Base)


@dataclass(frozen=True)
class TableRuns:
    """What happened in one workspace."""

    engine: Engine
    workspace_id: int
    clock: Clock

    def _session(self, *, read_only: bool = False) -> Session:
        return workspace_session(self.engine, self.workspace_id, read_only=read_only)

    # --- cases -----------------------------------------------------------------------------------------------

    def case(self, connection: str, opportunity: str) -> KnownCase:
        """The case of this opportunity; made where it is new. It has every accepted event, whatever became of it."""
        row = self._case_row(connection, opportunity)
        events = (
            select(InboxRow)
            .where(InboxRow.connection == connection, InboxRow.subject == opportunity)
            .order_by(InboxRow.occurred_at, InboxRow.id)
        )
        conversions = select(ConversionRow).where(ConversionRow.case_id == row.id).order_by(ConversionRow.id)
        with self._session(read_only=True) as session:
            return KnownCase(
                id=str(row.id),
                events=tuple(inbound_event(each) for each in session.scalars(events)),
                previous=None if row.record is None else kept_record(row.record),
                conversions=tuple(conversion_run(each) for each in session.scalars(conversions)),
            )

    def _case_row(self, connection: str, opportunity: str) -> CaseRow:
        same = select(CaseRow).where(CaseRow.connection == connection, CaseRow.opportunity == opportunity)
        with self._session(read_only=True) as session:
            found = session.scalar(same)
        return found or self._insert_once(CaseRow(connection=connection, opportunity=opportunity), same)

    def remember(self, case: Case, wake_at: datetime | None) -> None:
        """Keep the record as the next evaluation's `previous`, and (re)arm the case's timer."""
        with self._session() as session, session.begin():
            row = session.get(CaseRow, int(case.id))
            if row is None:
                raise NotFound(f"there is no case `{case.id}`")
            row.record = encode(case.record)
            _arm(session, row.id, wake_at)

    # --- decisions -------------------------------------------------------------------------------------------

    def record(
        self, decision: Decision, case: Case, seen: Conversion, version_id: int, trigger: str, already: str = ""
    ) -> int:
        """Keep a decision with the values it saw and return its id; the same one again returns the first's."""
        row = DecisionRow(
            case_id=int(case.id),
            step=decision.step.value,
            trigger=trigger,
            version_id=version_id,
            verdict=decision.verdict.value,
            rule=decision.rule,
            reason=decision.reason,
            already=already,
            decided_at=decision.now,
            wake_at=decision.wake_at,
            decision=encode_dataclass(decision),
            case_seen=encode_dataclass(case),
            conversion_seen=encode_dataclass(seen),
        )
        # A try that was broken off and is made again may see other values: then it is an evaluation of its own.
        for again in count(2):
            kept = self._insert_once(row, _same_question(row))
            if kept is row or (kept.verdict, kept.case_seen) == (row.verdict, row.case_seen):
                return kept.id
            row.trigger = f"{trigger}~{again}"
        raise AssertionError("unreachable: the count does not end")

    # --- conversions -----------------------------------------------------------------------------------------

    def plan(self, run: ConversionRun) -> ConversionRun:
        """Insert the intent row; where the key exists, return that row unchanged instead.

        A held or refused row for which nothing was written takes the new intent.
        """
        mine = new_row(run)
        row = self._insert_once(mine, _with_key(run.key))
        if row is mine:
            return replace(run, id=row.id)
        if row.case_id != mine.case_id:
            raise Permanent(f"the key `{run.key}` belongs to `{row.opportunity}` already, not to `{run.opportunity}`")
        if not may_be_planned_anew(row):
            return conversion_run(row)
        with self._session() as session, session.begin():
            row = _locked(session, run.key)
            if may_be_planned_anew(row):
                plan_anew(row, run)
            return conversion_run(row)

    def sending(self, run: ConversionRun, now: datetime) -> ConversionRun:
        """State `sending`, fence + 1, `sent_at` = now, an attempt begun: committed before any request goes out.

        Raises Retryable where somebody else took the conversion on since `run` was read.
        """
        with self._session() as session, session.begin():
            row = _locked(session, run.key)
            if row.fence != run.fence or row.state not in OPEN:
                raise Retryable(f"somebody else works on the conversion `{run.key}`, which is {row.state} now")
            row.state = ConversionState.SENDING.value
            row.fence += 1
            row.attempts += 1
            row.sent_at = now
            row.available_at = None
            session.add(AttemptRow(conversion_id=row.id, fence=row.fence, started_at=now))
            state = ConversionState.SENDING
            return replace(run, state=state, fence=row.fence, attempts=row.attempts, sent_at=now, available_at=None)

    def outcome(self, run: ConversionRun) -> bool:
        """Record state, written, error, differences, available_at of an attempt.

        False where a newer fence exists, or where it would take back a result that stands. Raises Permanent where
        the document written belongs to another conversion.
        """
        try:
            with self._session() as session, session.begin():
                row = _locked(session, run.key)
                if row.fence != run.fence or not may_become(row, run):
                    return False
                set_outcome(row, run)
                _end_attempt(session, row, run, self.clock())
                _bind(session, row)
                if run.state is ConversionState.CONFIRMED:
                    # What follows from the document must not be forgotten if this process ends here.
                    _arm(session, row.case_id, self.clock())
        except IntegrityError as problem:
            written = run.written.id if run.written else ""
            words = f"`{written}` of `{run.connection}` belongs to another conversion than `{run.key}` already"
            raise Permanent(words) from problem
        return True

    def failed(self, run: ConversionRun, error: str, retry_at: datetime | None) -> None:
        """The try on `run` failed outside of its outcome: again at `retry_at`, without it held for a person.

        What is confirmed, refused or held already stays so.
        """
        with self._session() as session, session.begin():
            row = _locked(session, run.key)
            if row.state not in OPEN:
                return
            row.error = error
            row.available_at = retry_at
            row.attempts = max(row.attempts, run.attempts + 1)
            if retry_at is None:
                row.state = ConversionState.HELD.value

    def again(self, key: str) -> ConversionRun:
        """A person sends a refused or held conversion again: looked up first if it may have been written."""
        with self._session() as session, session.begin():
            row = _locked(session, key)
            if row.state in STOPPED and row.written_id is None:
                state = ConversionState.PLANNED if row.sent_at is None else ConversionState.UNKNOWN
                row.state, row.attempts, row.available_at = state.value, 0, None
            return conversion_run(row)

    def answer(self, run: ConversionRun, state: ConversionState, who: str, why: str = "") -> ConversionRun:
        """A person's word on what is proposed: planned (yes), declined (no), confirmed (made there by hand).

        Raises Permanent where it does not wait for one any more, or is another document now than the one seen.
        """
        with self._session() as session, session.begin():
            row = _locked(session, run.key)
            before: Record = {"state": row.state}
            set_answer(row, run, state, who, why)
            said = {ConversionState.PLANNED: "approved", ConversionState.DECLINED: "refused"}.get(state, "made by hand")
            after: Record = {"state": row.state, "why": why}
            note(session, Entry(who, said, f"{row.kind} {row.key} of {row.opportunity}", self.clock(), before, after))
            return conversion_run(row)

    def withdraw(self, key: str, why: str) -> None:
        """What is proposed does not hold any more; nothing where a person answered meanwhile."""
        with self._session() as session, session.begin():
            row = _locked(session, key)
            if may_be_answered(row, ConversionState.DECLINED) and row.state != ConversionState.REFUSED.value:
                row.state, row.error = ConversionState.DECLINED.value, why

    def conversion(self, key: str) -> ConversionRun:
        """One conversion as it is now. Raises NotFound."""
        with self._session(read_only=True) as session:
            return conversion_run(_found(session.scalar(_with_key(key)), key))

    def open_conversions(self, now: datetime, limit: int = 100) -> Sequence[ConversionRun]:
        """Conversions that are planned, or sending or unknown, and due; those that failed least first, so that many
        failing ones never keep a new one waiting."""
        fresh_first = (ConversionRow.attempts, ConversionRow.id)
        due = or_(ConversionRow.available_at.is_(None), ConversionRow.available_at <= now)
        found = select(ConversionRow).where(ConversionRow.state.in_(OPEN), due).order_by(*fresh_first).limit(limit)
        with self._session(read_only=True) as session:
            return [conversion_run(row) for row in session.scalars(found)]

    # --- timers ----------------------------------------------------------------------------------------------

    def due_timers(self, now: datetime, limit: int = 100) -> Sequence[tuple[str, str, datetime]]:
        """(connection, opportunity, wake_at) of cases whose decision may change by time alone, earliest first."""
        due = (
            select(CaseRow.connection, CaseRow.opportunity, TimerRow.wake_at)
            .join(TimerRow, TimerRow.case_id == CaseRow.id)
            .where(TimerRow.state == "armed", TimerRow.available_at <= now)
            .order_by(TimerRow.available_at, TimerRow.id)
            .limit(limit)
        )
        with self._session(read_only=True) as session:
            return [(connection, opportunity, at) for connection, opportunity, at in session.execute(due)]

    def timer_done(self, connection: str, opportunity: str, wake_at: datetime) -> None:
        """The timer was worked on; one armed anew for another instant stays."""
        with self._session() as session, session.begin():
            timer = session.scalar(_timer(connection, opportunity, wake_at))
            if timer is not None:
                session.delete(timer)

    def timer_failed(
        self, connection: str, opportunity: str, wake_at: datetime, error: str, retry_at: datetime | None
    ) -> None:
        """The try failed: again at `retry_at`, without it dead until the case moves."""
        with self._session() as session, session.begin():
            timer = session.scalar(_timer(connection, opportunity, wake_at))
            if timer is not None:
                timer.attempts += 1
                timer.error = error
                timer.available_at = retry_at or timer.available_at
                timer.state = "armed" if retry_at else "dead"

    def timer_attempts(self, connection: str, opportunity: str, wake_at: datetime) -> int:
        """How many tries on this timer failed."""
        with self._session(read_only=True) as session:
            timer = session.scalar(_timer(connection, opportunity, wake_at))
            return timer.attempts if timer else 0

    def _insert_once(self, row: RowT, same: Select[RowT]) -> RowT:
        return insert_once(self.engine, self.workspace_id, row, same)


def _same_question(row: DecisionRow) -> Select[DecisionRow]:
    return select(DecisionRow).where(
        DecisionRow.case_id == row.case_id,
        DecisionRow.step == row.step,
        DecisionRow.trigger == row.trigger,
        DecisionRow.version_id == row.version_id,
    )


def _with_key(key: str) -> Select[ConversionRow]:
    return select(ConversionRow).where(ConversionRow.key == key)


def _locked(session: Session, key: str) -> ConversionRow:
    """The conversion's row; nobody else changes it until this transaction ends."""
    return _found(session.scalar(_with_key(key).with_for_update()), key)


def _found(row: ConversionRow | None, key: str) -> ConversionRow:
    if row is None:
        raise NotFound(f"there is no conversion `{key}`")
    return row


def _end_attempt(session: Session, row: ConversionRow, run: ConversionRun, now: datetime) -> None:
    attempt = session.scalar(
        select(AttemptRow).where(AttemptRow.conversion_id == row.id, AttemptRow.fence == row.fence)
    )
    if attempt is not None:
        attempt.outcome = run.state.value
        attempt.detail = run.error
        attempt.finished_at = now


def _bind(session: Session, row: ConversionRow) -> None:
    """The identity of our document there; written once, whatever else an outcome brings later."""
    bound = select(BindingRow.id).where(
        BindingRow.connection == row.connection, BindingRow.document_type == row.kind, BindingRow.our_id == row.key
    )
    if row.written_id is not None and session.scalar(bound) is None:
        binding = {"connection": row.connection, "document_type": row.kind, "our_id": row.key}
        session.add(BindingRow(**binding, their_id=row.written_id))


def _arm(session: Session, case_id: int, wake_at: datetime | None) -> None:
    """The case's one timer goes off at `wake_at`, or never; one that is set to it keeps its failed tries."""
    timer = session.scalar(select(TimerRow).where(TimerRow.case_id == case_id))
    if timer is not None and timer.wake_at != wake_at:
        session.delete(timer)
        session.flush()
        timer = None
    if timer is None and wake_at is not None:
        session.add(TimerRow(case_id=case_id, wake_at=wake_at, available_at=wake_at))


def _timer(connection: str, opportunity: str, wake_at: datetime) -> Select[TimerRow]:
    return (
        select(TimerRow)
        .join(CaseRow, CaseRow.id == TimerRow.case_id)
        .where(CaseRow.connection == connection, CaseRow.opportunity == opportunity, TimerRow.wake_at == wake_at)
    )
