"""What a change of the record means for a document that stands: an amendment that a person sees, never a second one."""

from collections.abc import Mapping, Sequence

from rules_engine.conversion.amendment import amendment_key, changed_fields, changes, in_words
from rules_engine.conversion.identity import payload_hash
from rules_engine.conversion.readback import differences
from rules_engine.deal import Deal
from rules_engine.making import Judged, document_of, errors_in, with_payload
from rules_engine.model.case import Case
from rules_engine.model.conversion import Conversion
from rules_engine.model.ruleset import Revision, Step, Verdict
from rules_engine.model.run import OPEN, ConversionRun, ConversionState
from rules_engine.model.values import Record, Value
from rules_engine.ports import AmendingConnector, Route, Workspace

WAITING = (ConversionState.PROPOSED, ConversionState.HELD)


def amend(workspace: Workspace, deal: Deal, case: Case, judged: Sequence[Judged]) -> None:
    """Propose what the record's change means for the newest document that was made of it, once for each change.

    Never a second document: what stands is compared with what would be made now by the same mapping at the same
    instant, so that only the record's own change counts. What was proposed before and does not hold is withdrawn.
    """
    steps = {each.route.step: each for each in judged}
    known = deal.known.conversions
    confirmed = [run for run in known if run.state is ConversionState.CONFIRMED and not deal.is_cancelled(run)]
    original = next((run for run in reversed(confirmed) if not run.amends and run.step in steps), None)
    if original is None:
        return
    if any(each.amends == original.key and each.state in OPEN for each in known):
        return  # its outcome is what the next change will be compared with
    standing = next(run for run in reversed(confirmed) if original.key in (run.key, run.amends))
    run = _amendment(workspace, deal, case, steps, standing)
    for each in deal.known.conversions:
        if each.amends and each.state in WAITING and (run is None or each.key != run.key):
            workspace.runs.withdraw(each.key, _why_not_any_more(each, original, run))
    if run is not None:
        workspace.runs.plan(run)


def _why_not_any_more(each: ConversionRun, original: ConversionRun, run: ConversionRun | None) -> str:
    if each.amends != original.key and each.step is not original.step:
        return f"the {original.step.target} was made since"
    if each.amends != original.key:
        return f"the {each.step.target} that it changes does not stand any more"
    return "the record was changed again" if run else f"the record is again as the {original.step.target} has it"


def _amendment(
    workspace: Workspace, deal: Deal, case: Case, steps: dict[Step, Judged], standing: ConversionRun
) -> ConversionRun | None:
    judged = steps[standing.step]
    route = judged.route
    before, after = _then_and_now(workspace, deal, case, steps, standing)
    besides = (route.mapping.carry_over,)
    found = changes(before.document, after.document, standing.step.target, workspace.catalog, besides)
    if not found:
        return None
    was, now = (with_payload(workspace, route, each, case.rates) for each in (before, after))
    payload = changed_fields(was.payload.conversion.document, now.payload.conversion.document)
    drifted = workspace.drifted(deal.connection, route, now.payload.conversion.document)
    broken = errors_in((*deal.seen.conversion.problems, *now.problems, *drifted))
    wrong = broken or _elsewhere(route, standing) or _touched(route, deal, standing, payload)
    state, why = _proposal(judged, wrong, in_words(found))
    return ConversionRun(
        key=amendment_key(standing.key, found),
        step=standing.step,
        case_id=deal.known.id,
        crm_connection=deal.connection,
        opportunity=deal.opportunity,
        connection=standing.connection,
        decision=judged.number,
        stages=(deal.seen, now.document, now.payload),
        payload=payload,
        payload_hash=payload_hash(payload),
        state=state,
        error=why,
        proposed=True,
        amends=standing.amends or standing.key,
        changes=found,
    )


def _touched(route: Route, deal: Deal, standing: ConversionRun, payload: Record) -> str:
    """What somebody changed in the order system itself, which a list that is sent whole would take back."""
    origin = standing.amends or standing.key
    made = [run for run in deal.known.conversions if origin in (run.key, run.amends) and _is_confirmed(run)]
    by_hand = any(run.amends and run.written is None for run in made)
    first = next((run.written for run in made if run.written and not run.amends), None)
    if first is None or by_hand or not isinstance(route.orders, AmendingConnector):
        return ""
    sent = {name: value for run in made for name, value in run.payload.items()}
    there = route.orders.read(standing.step.target, first)
    found = differences({name: sent[name] for name in payload if name in sent}, there)
    said = "; ".join(f"`{each.path}` was written as {each.written} and is {each.found}" for each in found[:3])
    remedy = "make the change there, and say that it is done"
    return f"it was changed in `{standing.connection}` itself: {said}; {remedy}" if said else ""


def _is_confirmed(run: ConversionRun) -> bool:
    return run.state is ConversionState.CONFIRMED


def _elsewhere(route: Route, standing: ConversionRun) -> str:
    """A document is changed where it stands; for another system its fields would have other names."""
    if route.order_connection == standing.connection:
        return ""
    return f"it stands in `{standing.connection}`, and documents go to `{route.order_connection}` now"


def _proposal(judged: Judged, broken: str, words: str) -> tuple[ConversionState, str]:
    """The state of a change that nobody has seen yet, and what a person should know of it."""
    target, verdict = judged.route.step.target, judged.decision.verdict
    if broken:
        return ConversionState.HELD, broken
    match judged.route.ruleset.policies.revision:
        case Revision.HOLD:
            return ConversionState.HELD, f"the record was changed after the {target} was made: {words}"
        case Revision.IGNORE:
            return ConversionState.DECLINED, f"the policy `revision` ignores changes after the {target} was made"
        case Revision.PROPOSE:
            agreed = verdict in (Verdict.CONVERT, Verdict.PROPOSE)
            return ConversionState.PROPOSED, "" if agreed else f"the rules say {verdict} now: {judged.decision.reason}"


def _then_and_now(
    workspace: Workspace, deal: Deal, case: Case, steps: dict[Step, Judged], standing: ConversionRun
) -> tuple[Conversion, Conversion]:
    """What today's mapping makes of the record behind the standing document, and of the record as it is now."""
    then, now = _record_of(standing), deal.seen.conversion.document
    quote = next((run for run in reversed(deal.known.conversions) if _is_standing_quote(run)), None)
    quoted = then if standing.amends or quote is None else _record_of(quote)
    there: dict[str, Value] = {name: case.record.get(name) for name in ("quotes", "orders")}

    def made(record: Record, quoted: Record) -> Conversion:
        source = {**record, **there}
        if standing.step is Step.QUOTE_TO_ORDER and quote and quote.step in steps:
            document = document_of(workspace, steps[quote.step].route, {**quoted, **there}, case.rates).document
            identity = {name: value for name, value in _quote_of(case).items() if name in ("id", "number")}
            source["quote"] = {**document, **identity}
        return document_of(workspace, steps[standing.step].route, source, case.rates)

    return made(then, quoted), made(now, now)


def _record_of(run: ConversionRun) -> Record:
    """The opportunity in our vocabulary as the conversion saw it."""
    return run.stages[0].conversion.document


def _is_standing_quote(run: ConversionRun) -> bool:
    return run.step is Step.OPPORTUNITY_TO_QUOTE and run.state is ConversionState.CONFIRMED


def _quote_of(case: Case) -> Record:
    quote = case.record.get("quote")
    return quote if isinstance(quote, Mapping) else {}
