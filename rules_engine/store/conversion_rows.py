"""A conversion's row and the value that the pipeline works with."""

from rules_engine.formats.values_json import decode, decode_dataclass, encode, encode_dataclass
from rules_engine.model.errors import Permanent
from rules_engine.model.ruleset import Step
from rules_engine.model.run import OPEN as UNDER_WAY
from rules_engine.model.run import Change, ConversionRun, ConversionState, Difference, Stage, Written
from rules_engine.model.values import Missing, Money, Value
from rules_engine.store.kept import kept_record
from rules_engine.store.tables import ConversionRow

OPEN = tuple(each.value for each in UNDER_WAY)

STOPPED = (ConversionState.REFUSED.value, ConversionState.HELD.value)

# Not sent, and waiting for nothing but a new intent or a person's word.
UNANSWERED = (ConversionState.PROPOSED.value, ConversionState.DECLINED.value)


def new_row(run: ConversionRun) -> ConversionRow:
    """The intent: what will be sent, frozen."""
    return ConversionRow(
        key=run.key,
        step=run.step.value,
        kind=run.kind,
        case_id=int(run.case_id),
        crm_connection=run.crm_connection,
        opportunity=run.opportunity,
        connection=run.connection,
        decision_id=run.decision,
        stages=[encode_dataclass(each) for each in run.stages],
        payload=encode(run.payload),
        payload_hash=run.payload_hash,
        state=run.state.value,
        fence=run.fence,
        sent_at=run.sent_at,
        attempts=run.attempts,
        error=run.error,
        available_at=run.available_at,
        differences=[],
        proposed=run.proposed,
        answered_by=run.answered_by,
        amends=run.amends,
        changes=[encode_dataclass(each) for each in run.changes],
    )


def conversion_run(row: ConversionRow) -> ConversionRun:
    written = None
    if row.written_id is not None:
        totals = _totals(decode(row.written_net))
        written = Written(row.written_id, row.written_number, row.written_state, *totals)
    return ConversionRun(
        key=row.key,
        step=Step(row.step),
        case_id=str(row.case_id),
        crm_connection=row.crm_connection,
        opportunity=row.opportunity,
        connection=row.connection,
        decision=row.decision_id,
        stages=tuple(decode_dataclass(Stage, each) for each in row.stages),
        payload=kept_record(row.payload),
        payload_hash=row.payload_hash,
        state=ConversionState(row.state),
        id=row.id,
        fence=row.fence,
        sent_at=row.sent_at,
        attempts=row.attempts,
        written=written,
        differences=tuple(decode_dataclass(Difference, each) for each in row.differences),
        error=row.error,
        available_at=row.available_at,
        proposed=row.proposed,
        answered_by=row.answered_by,
        amends=row.amends,
        changes=tuple(decode_dataclass(Change, each) for each in row.changes),
    )


def may_be_planned_anew(row: ConversionRow) -> bool:
    """Whether a new intent may take this row: it stopped, and no document is known for it.

    Of an amendment, whose key says what it changes, only what we held or withdrew ourselves comes up again.
    """
    if row.written_id is not None:
        return False
    if row.amends:
        mine = (ConversionState.HELD.value, ConversionState.DECLINED.value)
        return row.state in mine and row.sent_at is None and not row.answered_by
    return row.state in (*STOPPED, *UNANSWERED)


def may_be_answered(row: ConversionRow, state: ConversionState) -> bool:
    """Whether a person's word still counts.

    A change that is held, or that the order system refused, may be declined or done by hand, never sent by it.
    """
    held = row.state == ConversionState.HELD.value and row.sent_at is None
    stopped = bool(row.amends) and (held or row.state == ConversionState.REFUSED.value)
    return row.state == ConversionState.PROPOSED.value or (stopped and state is not ConversionState.PLANNED)


def plan_anew(row: ConversionRow, run: ConversionRun) -> None:
    """The new payload under the same key; what was sent once is looked up before it is sent again. The fence stays.

    What may stand in one order system is never planned for another: there nobody would find it.
    """
    if row.state == ConversionState.HELD.value and row.sent_at is not None and row.connection != run.connection:
        row.error = f"it may stand in `{row.connection}`: look there, and set the route back to it, before it is sent"
        return
    sent_before = row.sent_at is not None and run.state is ConversionState.PLANNED
    row.state = ConversionState.UNKNOWN.value if sent_before else run.state.value
    row.decision_id = run.decision
    row.connection = run.connection
    row.stages = [encode_dataclass(each) for each in run.stages]
    row.payload = encode(run.payload)
    row.payload_hash = run.payload_hash
    row.error = run.error
    row.attempts = 0
    row.available_at = run.available_at
    row.proposed = run.proposed
    row.answered_by = run.answered_by
    row.changes = [encode_dataclass(each) for each in run.changes]


def _totals(kept: Value | Missing) -> tuple[Money | None, ...]:
    """Net, tax and gross."""
    found = kept if isinstance(kept, tuple) else (kept,)
    return tuple(each if isinstance(each, Money) else None for each in found)


def may_become(row: ConversionRow, run: ConversionRun) -> bool:
    """Whether this outcome may be recorded: a written document and a final state are never taken back."""
    if row.written_id is not None and (run.written is None or run.written.id != row.written_id):
        return False
    return row.state in OPEN or run.state.value not in OPEN


def set_outcome(row: ConversionRow, run: ConversionRun) -> None:
    row.state = run.state.value
    row.error = run.error
    row.differences = [encode_dataclass(each) for each in run.differences]
    row.available_at = run.available_at
    row.attempts = max(row.attempts, run.attempts)
    if run.written is not None:
        row.written_id = run.written.id
        row.written_number = run.written.number
        row.written_state = run.written.state
        row.written_net = encode((run.written.net_total, run.written.tax_total, run.written.gross_total))


def set_answer(row: ConversionRow, run: ConversionRun, state: ConversionState, who: str, why: str) -> None:
    """Raises Permanent where it does not wait for an answer any more, or is another document than the one seen."""
    if not may_be_answered(row, state):
        raise Permanent(f"conversion {row.id} is {row.state}: there is nothing to approve or to refuse")
    if row.payload_hash != run.payload_hash:
        raise Permanent(f"conversion {row.id} has changed since it was shown: look at it again")
    # One that was sent before may stand there by now: it is looked up first.
    sent_before = state is ConversionState.PLANNED and row.sent_at is not None
    row.state = ConversionState.UNKNOWN.value if sent_before else state.value
    row.answered_by, row.error, row.attempts, row.available_at = who, why, 0, None
