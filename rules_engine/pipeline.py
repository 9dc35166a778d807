"""CRM event -> order: the whole flow, from an accepted event to the confirmed document.

    event -> current record -> case -> decision -> intent -> sent -> confirmed, for the quote and then for the order

An event is a hint: the record is fetched as it is now, and the event is kept for conditions over what happened.
Nothing here holds a database transaction while another system is asked; each `runs.` call is one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.conversion.identity import conversion_key, payload_hash
from rules_engine.conversion.readback import differences, money_differences
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.model.case import Case
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import OutcomeUnknown, Permanent, Problem, Retryable
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.ruleset import Step, Verdict
from rules_engine.model.run import ConversionRun, ConversionState, Stage, StoredEvent, Written
from rules_engine.model.values import Record, Value
from rules_engine.ports import KnownCase, OrderConnector, Route, Workspace

# What a failed try waits for before the next one; the worker's own waits between tries grow from here.
TRY_AGAIN = timedelta(seconds=10)
# When a person must first remove one of two documents with our key.
LOOK_AGAIN = timedelta(hours=1)


def on_event(workspace: Workspace, event: StoredEvent) -> None:
    """Take the case of an accepted event through. Raises Retryable or Permanent where a system said no."""
    # Each try is an evaluation of its own, and is kept as such.
    trigger = f"event:{event.number}#{event.attempts + 1}" if event.attempts else f"event:{event.number}"
    take_through(workspace, event.connection, event.event.subject, trigger)


def on_timer(workspace: Workspace, connection: str, opportunity: str, wake_at: datetime) -> None:
    """Time alone may have changed the decision: look again."""
    take_through(workspace, connection, opportunity, f"timer:{wake_at.isoformat()}")


def resume(workspace: Workspace, run: ConversionRun) -> None:
    """Go on with a conversion that was planned or sent and has no outcome yet, and then with its case."""
    if send(workspace, workspace.connections.orders(run.connection), run).state is ConversionState.CONFIRMED:
        take_through(workspace, run.crm_connection, run.opportunity, f"conversion:{run.id}")


def again(workspace: Workspace, run: ConversionRun) -> None:
    """A person asks for another try: what was held or refused is planned anew, with today's record and mapping.

    The decision stands, and so does the key: nothing can be made twice by it. Raises Permanent where no ruleset
    is published for the step any more.
    """
    if run.state in (ConversionState.HELD, ConversionState.REFUSED):
        routes = workspace.connections.routes(run.crm_connection)
        route = next((each for each in routes if each.step is run.step), None)
        if route is None:
            raise Permanent(f"no ruleset is published for `{run.step}`: publish one, then try again")
        deal = see(workspace, run.crm_connection, run.opportunity)
        run = plan(workspace, route, deal, deal.case, run.decision)
    resume(workspace, run)


def take_through(workspace: Workspace, connection: str, opportunity: str, trigger: str) -> None:
    """Decide each step of the case in turn, and convert where the decision says so."""
    deal = see(workspace, connection, opportunity)
    case = deal.case
    wakes: list[datetime] = []
    for route in workspace.connections.routes(connection):
        run = _earlier(deal.known, route.step)
        decision = decide(workspace, route, case, deal.seen.conversion)
        key = run.key if run else ""
        number = workspace.runs.record(decision, case, deal.seen.conversion, route.version_id, trigger, already=key)
        if run is None and decision.wake_at:
            wakes.append(decision.wake_at)
        if run is None and decision.verdict is Verdict.CONVERT:
            run = plan(workspace, route, deal, case, number)
            run = send(workspace, workspace.connections.orders(run.connection), run)
        if run is None or run.state is not ConversionState.CONFIRMED:
            break
        case = with_document(case, run)
    workspace.runs.remember(case, min(wakes, default=None))


# --- the case -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deal:
    """One opportunity as the CRM has it now: what we know of it, what we see, and the case of both."""

    connection: str
    opportunity: str
    known: KnownCase
    seen: Stage
    case: Case


def see(workspace: Workspace, connection: str, opportunity: str) -> Deal:
    """Fetch the record as it is now, in our vocabulary, with the account of every field."""
    crm = workspace.connections.crm(connection)
    native = crm.fetch(opportunity)
    known = workspace.runs.case(connection, opportunity)
    seen = convert(native, crm.to_case, Context(workspace.zone, workspace.clock(), catalog=workspace.catalog))
    stage = Stage(crm.to_case.source_type, crm.to_case.target_type, seen)
    return Deal(connection, opportunity, known, stage, assemble(workspace, known, seen.document))


def assemble(workspace: Workspace, known: KnownCase, record: Record) -> Case:
    """The record with the quotes and orders that we made, and the events that were heard."""
    events = tuple(event.as_case_event for event in known.events)
    blank = {**record, "quotes": record.get("quotes") or (), "orders": record.get("orders") or ()}
    case = Case(known.id, blank, events, known.previous, zone=workspace.zone)
    for run in known.conversions:
        if run.state is ConversionState.CONFIRMED:
            case = with_document(case, run)
    return case


def with_document(case: Case, run: ConversionRun) -> Case:
    """The case with a confirmed quote or order in it, once."""
    target = run.step.target
    document: dict[str, Value] = {**run.document}
    if run.written:
        document |= {"id": run.written.id, "number": run.written.number or run.written.id}
    there = case.record.get(f"{target}s")
    others = tuple(each for each in there if _id_of(each) != document["id"]) if isinstance(there, tuple) else ()
    record: dict[str, Value] = {**case.record, f"{target}s": (*others, document)}
    if target == "quote":
        record["quote"] = document
    return replace(case, record=record)


def _id_of(value: Value) -> Value:
    return value.get("id") if isinstance(value, Mapping) else None


def _earlier(known: KnownCase, step: Step) -> ConversionRun | None:
    """The conversion of this step that was sent, or is about to be; a held or refused one may be tried again."""
    again = (ConversionState.HELD, ConversionState.REFUSED)
    return next((run for run in known.conversions if run.step is step and run.state not in again), None)


# --- the decision ---------------------------------------------------------------------------------------------


def decide(workspace: Workspace, route: Route, case: Case, seen: Conversion) -> Decision:
    """What the published ruleset says; a record that could not be read in full is held, never guessed at."""
    now = workspace.clock()
    decision = evaluate(route.ruleset, case, now, workspace.matcher, workspace.catalog)
    broken = _errors(seen.problems)
    if not broken or decision.verdict not in (Verdict.CONVERT, Verdict.PROPOSE):
        return decision
    return replace(decision, verdict=Verdict.HOLD, reason=f"the CRM's record cannot be read in full: {broken}")


def _errors(problems: Sequence[Finding]) -> str:
    return "; ".join(str(each) for each in problems if each.severity is Severity.ERROR)


# --- the conversion -------------------------------------------------------------------------------------------


def plan(workspace: Workspace, route: Route, deal: Deal, case: Case, decision: int) -> ConversionRun:
    """The intent: document and payload frozen under the conversion's key, or held where something is missing."""
    now = workspace.clock()
    native = route.orders.mapping(route.step.target)
    document = convert(case.record, route.mapping, Context(workspace.zone, now, catalog=workspace.catalog))
    context = Context(workspace.zone, now, route.orders.look_up, route.orders.catalog())
    payload = convert(document.document, native, context)
    problems = _errors((*deal.seen.conversion.problems, *document.problems, *payload.problems))
    run = ConversionRun(
        key=_key(workspace, route.step, deal),
        step=route.step,
        case_id=deal.known.id,
        crm_connection=deal.connection,
        opportunity=deal.opportunity,
        connection=route.order_connection,
        decision=decision,
        stages=(
            deal.seen,
            Stage(route.mapping.source_type, route.mapping.target_type, document),
            Stage(native.source_type, native.target_type, payload),
        ),
        payload=payload.document,
        payload_hash=payload_hash(payload.document),
        state=ConversionState.HELD if problems else ConversionState.PLANNED,
        error=problems,
    )
    return workspace.runs.plan(run)


def _key(workspace: Workspace, step: Step, deal: Deal) -> str:
    """An order's source is its quote, and the quote's own key is its name in all order systems together."""
    quote = conversion_key(workspace.name, Step.OPPORTUNITY_TO_QUOTE, deal.connection, deal.opportunity)
    if step is Step.OPPORTUNITY_TO_QUOTE:
        return quote
    return conversion_key(workspace.name, step, deal.connection, quote)


def send(workspace: Workspace, orders: OrderConnector, run: ConversionRun) -> ConversionRun:
    """Bring the document into the order system exactly once, whatever happened to earlier tries.

    A try whose outcome is unknown may still take effect while `settle` lasts: before the key is looked up, and
    before a new try, that time must have passed.
    """
    if run.state in (ConversionState.HELD, ConversionState.REFUSED, ConversionState.CONFIRMED):
        return run
    if run.state is not ConversionState.PLANNED:
        settled = (run.sent_at or workspace.clock()) + orders.settle
        if workspace.clock() < settled:
            return _outcome(workspace, replace(run, state=ConversionState.UNKNOWN, available_at=settled))
        found = orders.find(run.step.target, run.key)
        if len(found) > 1:
            numbers = ", ".join(each.number or each.id for each in found)
            text = f"the order system holds {len(found)} documents with this key: {numbers}; keep one of them"
            doubled = replace(
                run, state=ConversionState.UNKNOWN, error=text, available_at=workspace.clock() + LOOK_AGAIN
            )
            return _outcome(workspace, doubled)
    return _create(workspace, orders, workspace.runs.sending(run, workspace.clock()))


def _create(workspace: Workspace, orders: OrderConnector, run: ConversionRun) -> ConversionRun:
    """One request. A connector finds a document that has the key already and brings it to its state."""
    again = workspace.clock() + TRY_AGAIN
    try:
        written = orders.create(run.step.target, run.payload, run.key)
    except OutcomeUnknown as problem:
        unknown = replace(run, state=ConversionState.UNKNOWN, error=str(problem), available_at=again + orders.settle)
        return _outcome(workspace, unknown)
    except Retryable as problem:
        later = again if problem.after is None else workspace.clock() + timedelta(seconds=problem.after)
        return _outcome(workspace, replace(run, state=ConversionState.UNKNOWN, error=str(problem), available_at=later))
    except Permanent as problem:
        return _outcome(workspace, replace(run, state=ConversionState.REFUSED, error=str(problem)))
    # Kept at once: whatever happens while it is read back, it is known to be written.
    confirmed = replace(run, state=ConversionState.CONFIRMED, written=written, error="", available_at=None)
    return _outcome(workspace, _compared(orders, _outcome(workspace, confirmed), written))


def _compared(orders: OrderConnector, run: ConversionRun, written: Written) -> ConversionRun:
    """With what the order system made of it, field by field and to the cent. What is written stays written."""
    try:
        found = orders.read(run.step.target, written)
    except Problem as problem:
        return replace(run, error=f"it is written, but could not be read back: {problem}")
    return replace(run, differences=(*differences(run.payload, found), *money_differences(run.document, written)))


def _outcome(workspace: Workspace, run: ConversionRun) -> ConversionRun:
    """Kept unless a newer try is under way, which then has the last word."""
    workspace.runs.outcome(run)
    return run
