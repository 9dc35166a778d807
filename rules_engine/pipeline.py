"""CRM event -> order: the whole flow, from an accepted event to the confirmed document.

    event -> current record -> case -> decision -> intent -> sent -> confirmed, for the quote and then for the order

An event is a hint: the record is fetched as it is now, and the event is kept for conditions over what happened.
Nothing here holds a database transaction while another system is asked; each `runs.` call is one transaction.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rules_engine.amendments import amend
from rules_engine.conversion.amendment import changes
from rules_engine.conversion.identity import conversion_key, payload_hash
from rules_engine.conversion.readback import differences, money_differences
from rules_engine.deal import CANCELLED, Deal, see, states_of, with_document
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.making import Judged, errors_in, make
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import OutcomeUnknown, Permanent, Problem, Retryable
from rules_engine.model.ruleset import Policies, Ruleset, Step, Verdict
from rules_engine.model.run import OPEN, ConversionRun, ConversionState, StoredEvent, Written
from rules_engine.ports import (
    AmendingConnector,
    Matcher,
    OrderConnector,
    Route,
    Workspace,
)

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
    drifted = _drifted_since(workspace, run)
    if drifted:
        _outcome(workspace, replace(run, state=ConversionState.HELD, error=drifted))
    elif send(workspace, workspace.connections.orders(run.connection), run).state is ConversionState.CONFIRMED:
        take_through(workspace, run.crm_connection, run.opportunity, f"conversion:{run.id}")


def _drifted_since(workspace: Workspace, run: ConversionRun) -> str:
    """Why a document that was planned, and waited, must not be sent any more; "" where nothing stands against it.

    What may have been sent already is settled first. An amendment holds a part of a document: it is not judged.
    """
    if run.amends or run.state is not ConversionState.PLANNED or run.sent_at is not None:
        return ""
    routes = workspace.connections.routes(run.crm_connection)
    ours = (each for each in routes if (each.step, each.order_connection) == (run.step, run.connection))
    return errors_in([each for route in ours for each in workspace.drifted(run.crm_connection, route, run.payload)])


def again(workspace: Workspace, run: ConversionRun) -> None:
    """A person asks for another try: what was held or refused is planned anew, with today's record and mapping.

    The decision stands, and so does the key: nothing can be made twice by it. An amendment is tried as it was
    approved. Raises Permanent where no ruleset is published for the step any more, or nothing was approved.
    """
    if run.amends and not run.answered_by:
        raise Permanent(f"conversion {run.id} is a change that nobody approved: there is nothing to try again")
    if run.amends:
        known = workspace.runs.case(run.crm_connection, run.opportunity).conversions
        later = (each for each in known if each.amends == run.amends and each.id > run.id)
        if any(each.state in (*OPEN, ConversionState.CONFIRMED) for each in later):
            raise Permanent("a later change stands or is on its way, and this one would take it back")
        run = workspace.runs.again(run.key)
    elif run.state in (ConversionState.HELD, ConversionState.REFUSED):
        routes = workspace.connections.routes(run.crm_connection)
        route = next((each for each in routes if each.step is run.step), None)
        if route is None:
            raise Permanent(f"no ruleset is published for `{run.step}`: publish one, then try again")
        deal = see(workspace, run.crm_connection, run.opportunity)
        run = plan(workspace, route, deal, deal.case, run.decision, proposed=run.proposed)
    resume(workspace, run)


def take_through(workspace: Workspace, connection: str, opportunity: str, trigger: str) -> None:
    """Decide each step of the case in turn, and convert where the decision says so."""
    deal = see(workspace, connection, opportunity)
    case = deal.case
    wakes: list[datetime] = []
    judged: list[Judged] = []
    for route in workspace.connections.routes(connection):
        run = _earlier(deal, route.step)
        decision = decide(workspace, route, case, deal.seen.conversion)
        key = run.key if run else ""
        number = workspace.runs.record(decision, case, deal.seen.conversion, route.version_id, trigger, already=key)
        if run is None and decision.wake_at:
            wakes.append(decision.wake_at)
        judged.append(Judged(route, decision, number))
        if run is not None:
            withdraw(workspace, deal, route.step, f"the {route.step.target} stands")
        made = run or act(workspace, route, deal, case, judged[-1])
        if made is None or made.state is not ConversionState.CONFIRMED:
            break
        if made is not run:
            case = with_document(case, made)
            deal = replace(deal, known=workspace.runs.case(connection, opportunity))
    amend(workspace, deal, case, judged)
    workspace.runs.remember(case, min(wakes, default=None))


def act(workspace: Workspace, route: Route, deal: Deal, case: Case, judged: Judged) -> ConversionRun | None:
    """Convert, or propose, where the decision says so; else what was proposed before does not hold any more.

    After a cancelled order another one is only ever proposed.
    """
    if judged.decision.verdict in (Verdict.CONVERT, Verdict.PROPOSE):
        proposed = judged.decision.verdict is Verdict.PROPOSE or bool(_cancelled(deal, route.step))
        run = plan(workspace, route, deal, case, judged.number, proposed=proposed)
        return send(workspace, workspace.connections.orders(run.connection), run)
    withdraw(workspace, deal, route.step, judged.decision.reason)
    return None


def withdraw(workspace: Workspace, deal: Deal, step: Step, why: str) -> None:
    """What was proposed for the step does not hold any more."""
    for run in deal.known.conversions:
        if run.step is step and run.state is ConversionState.PROPOSED and not run.amends:
            workspace.runs.withdraw(run.key, why)


def standing(workspace: Workspace, run: ConversionRun) -> ConversionRun | None:
    """Another document of the same step that stands, or is on its way: beside it, `run` would be a second one."""
    known = workspace.runs.case(run.crm_connection, run.opportunity)
    states = states_of(workspace, known)
    own = (each for each in known.conversions if each.step is run.step and not each.amends and each.key != run.key)
    there = (each for each in own if each.state in (*OPEN, ConversionState.CONFIRMED))
    return next((each for each in there if states.get(each.key) != CANCELLED), None)


# --- what was made before -------------------------------------------------------------------------------------


def _earlier(deal: Deal, step: Step) -> ConversionRun | None:
    """The conversion of this step that was sent, or is about to be; any other may be tried, or proposed, again."""
    sent = (*OPEN, ConversionState.CONFIRMED)
    own = (run for run in deal.known.conversions if run.step is step and not run.amends and run.state in sent)
    return next((run for run in own if not deal.is_cancelled(run)), None)


def _cancelled(deal: Deal, step: Step) -> list[ConversionRun]:
    own = (run for run in deal.known.conversions if run.step is step and not run.amends)
    return [run for run in own if deal.is_cancelled(run)]


# --- the decision ---------------------------------------------------------------------------------------------


def decide(workspace: Workspace, route: Route, case: Case, seen: Conversion) -> Decision:
    """What the published ruleset says of the case now."""
    return decide_at(route.ruleset, case, seen, workspace.clock(), workspace.matcher, workspace.catalog)


def decide_at(
    ruleset: Ruleset, case: Case, seen: Conversion, now: datetime, matcher: Matcher, catalog: Catalog
) -> Decision:
    """What the ruleset says; a record that could not be read in full is held, never guessed at."""
    decision = evaluate(ruleset, case, now, matcher, catalog)
    broken = errors_in(seen.problems)
    if not broken or decision.verdict not in (Verdict.CONVERT, Verdict.PROPOSE):
        return decision
    return replace(decision, verdict=Verdict.HOLD, reason=f"the CRM's record cannot be read in full: {broken}")


# --- the conversion -------------------------------------------------------------------------------------------


def plan(
    workspace: Workspace, route: Route, deal: Deal, case: Case, decision: int, *, proposed: bool = False
) -> ConversionRun:
    """The intent: document and payload frozen under the conversion's key, or held where something is missing.

    `proposed` waits for a person; what a person refused stays refused until the document would be another one.
    """
    made = make(workspace, route, case.record, case.rates)
    drifted = workspace.drifted(deal.connection, route, made.payload.conversion.document)
    problems = errors_in((*deal.seen.conversion.problems, *made.problems, *drifted))
    run = ConversionRun(
        key=_key(workspace, route.step, deal),
        step=route.step,
        case_id=deal.known.id,
        crm_connection=deal.connection,
        opportunity=deal.opportunity,
        connection=route.order_connection,
        decision=decision,
        stages=(deal.seen, made.document, made.payload),
        payload=made.payload.conversion.document,
        payload_hash=payload_hash(made.payload.conversion.document),
        state=ConversionState.HELD if problems else ConversionState.PLANNED,
        error=problems,
        proposed=proposed,
    )
    if proposed:
        known = next((each for each in deal.known.conversions if each.key == run.key), None)
        answer = _answer(known, run, route.mapping.carry_over) if known else ConversionState.PROPOSED
        if known and answer is ConversionState.DECLINED:
            return known
        if not problems:
            run = replace(run, state=answer, answered_by=known.answered_by if known and answer in OPEN else "")
    return workspace.runs.plan(run)


def _answer(known: ConversionRun, run: ConversionRun, besides: str) -> ConversionState:
    """What a person said of the same document before; what only the note carries over makes it no other one."""
    if known.answered_by and not changes(known.document, run.document, run.kind, Catalog({}), (besides,)):
        return ConversionState.DECLINED if known.state is ConversionState.DECLINED else ConversionState.PLANNED
    return ConversionState.PROPOSED


def _key(workspace: Workspace, step: Step, deal: Deal) -> str:
    """An order's source is its quote, and the quote's own key is its name in all order systems together.

    After a cancelled order the next one is another revision.
    """
    quote = conversion_key(workspace.name, Step.OPPORTUNITY_TO_QUOTE, deal.connection, deal.opportunity)
    if step is Step.OPPORTUNITY_TO_QUOTE:
        return quote
    revision = str(len(_cancelled(deal, step)) + 1)
    return conversion_key(workspace.name, step, deal.connection, quote, revision)


def send(workspace: Workspace, orders: OrderConnector, run: ConversionRun) -> ConversionRun:
    """Bring the document into the order system exactly once, whatever happened to earlier tries.

    A try whose outcome is unknown may still take effect while `settle` lasts: before the key is looked up, and
    before a new try, that time must have passed.
    """
    if run.state not in OPEN:
        return run
    if run.state is not ConversionState.PLANNED:
        settled = (run.sent_at or workspace.clock()) + orders.settle
        if workspace.clock() < settled:
            return _outcome(workspace, replace(run, state=ConversionState.UNKNOWN, available_at=settled))
        # An amendment is found by its key when it is asked for again.
        found = () if run.amends else orders.find(run.step.target, run.key)
        if len(found) > 1:
            numbers = ", ".join(each.number or each.id for each in found)
            text = f"the order system holds {len(found)} documents with this key: {numbers}; keep one of them"
            doubled = replace(
                run, state=ConversionState.UNKNOWN, error=text, available_at=workspace.clock() + LOOK_AGAIN
            )
            return _outcome(workspace, doubled)
    return _create(workspace, orders, workspace.runs.sending(run, workspace.clock()))


def _create(workspace: Workspace, orders: OrderConnector, run: ConversionRun) -> ConversionRun:
    """One request. A connector finds what has the key already, and brings a document to its state."""
    again = workspace.clock() + TRY_AGAIN
    try:
        written = _write(workspace, orders, run)
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
    return _outcome(workspace, _compared(workspace, orders, _outcome(workspace, confirmed), written))


def _write(workspace: Workspace, orders: OrderConnector, run: ConversionRun) -> Written:
    if not run.amends:
        return orders.create(run.step.target, run.payload, run.key)
    standing = workspace.runs.conversion(run.amends).written
    if standing is None or not isinstance(orders, AmendingConnector):
        raise Permanent(f"`{run.connection}` can't take a change from here: make it there, and say that it is done")
    return orders.amend(run.step.target, standing, run.payload, run.key)


def _compared(workspace: Workspace, orders: OrderConnector, run: ConversionRun, written: Written) -> ConversionRun:
    """With what the order system made of it, field by field and to the cent. What is written stays written."""
    try:
        standing = workspace.runs.conversion(run.amends).written if run.amends else written
        found = orders.read(run.step.target, standing or written)
    except Problem as problem:
        return replace(run, error=f"it is written, but could not be read back: {problem}")
    routes = workspace.connections.routes(run.crm_connection)
    policies = next((each.ruleset.policies for each in routes if each.step is run.step), Policies())
    totals = money_differences(run.document, written, policies.rounding)
    return replace(run, differences=(*differences(run.payload, found), *totals))


def _outcome(workspace: Workspace, run: ConversionRun) -> ConversionRun:
    """Kept unless a newer try is under way, which then has the last word."""
    workspace.runs.outcome(run)
    return run
