"""One question, one answer: what does this ruleset say about this case now, and why?"""

from collections.abc import Sequence
from datetime import date, datetime

from rules_engine.evaluation import calendar
from rules_engine.evaluation.explain import evidence, why_not
from rules_engine.evaluation.hit_policy import decide
from rules_engine.evaluation.match import matched, trace_rules
from rules_engine.evaluation.policies import at_its_rates, guarded
from rules_engine.evaluation.sentence import NO_CATALOG
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision, RuleTrace, Truth
from rules_engine.model.ruleset import Duration, Mode, Outcome, Rule, Ruleset, Unit, Verdict
from rules_engine.ports import Matcher


def evaluate(
    ruleset: Ruleset, case: Case, now: datetime, matcher: Matcher, catalog: Catalog = NO_CATALOG
) -> Decision:
    """The decision with its whole trace. Where the matcher and the reference differ, the case is held.

    `catalog` gives the reason its labels ("Closed won" for `closed_won`) and changes nothing else.
    """
    case = at_its_rates(ruleset, case)
    traces = trace_rules(ruleset, case, now)
    true_ids = matched(traces)
    disagreement = tuple(sorted(true_ids ^ matcher.match(ruleset, case, now)))
    true_rules = [rule for rule in ruleset.rules if rule.id in true_ids]
    outcome, rule = decide(ruleset, [each for each in true_rules if each.mode is Mode.ON])
    if disagreement:
        outcome, rule = _disagree(disagreement), ""
    allowed = guarded(outcome, ruleset, case, now)
    return Decision(
        verdict=allowed.outcome.verdict,
        reason=allowed.outcome.reason if allowed.policy else _reason(outcome, rule, traces, ruleset, catalog),
        ruleset=ruleset.name,
        step=ruleset.step,
        now=now,
        rule=rule,
        matched=tuple(each.id for each in true_rules),
        watched=tuple(each.id for each in true_rules if each.mode is Mode.WATCH),
        rules=traces,
        wake_at=min((each for each in (_wake(ruleset, traces, case, now), allowed.wake_at) if each), default=None),
        disagreement=disagreement,
        policy=allowed.policy,
    )


def _disagree(rules: Sequence[str]) -> Outcome:
    names = ", ".join(f"`{each}`" for each in rules)
    return Outcome(Verdict.HOLD, f"the two engines disagree about {names}, so nothing is converted")


def _reason(outcome: Outcome, rule: str, traces: Sequence[RuleTrace], ruleset: Ruleset, catalog: Catalog) -> str:
    if not rule:
        return outcome.reason or why_not(ruleset, traces, catalog)
    at = next(number for number, each in enumerate(traces) if each.rule == rule)
    # A rule above that is unknown did not match, and might have, had its data come: that must not stay unsaid.
    unjudged = [f"`{each.rule}`: {each.trace.cause}" for each in traces[:at] if _is_unjudged(each)]
    words = outcome.reason or evidence(traces[at], catalog)
    return f"{words}; not known above it: {', '.join(unjudged)}" if unjudged else words


def _is_unjudged(trace: RuleTrace) -> bool:
    return trace.considered and trace.mode is Mode.ON and trace.truth is Truth.UNKNOWN


def _wake(ruleset: Ruleset, traces: Sequence[RuleTrace], case: Case, now: datetime) -> datetime | None:
    """The next instant at which time alone could change the decision."""
    by_time = [trace.trace.wake_at for trace in traces if trace.considered and trace.trace.wake_at]
    by_day = [calendar.midnight(day, case.zone) for rule in ruleset.rules for day in _turns(rule)]
    if case.rates_on is None:
        by_day += [calendar.midnight(rate.on, case.zone) for rate in case.rates]
    return min((each for each in (*by_time, *by_day) if each > now), default=None)


def _turns(rule: Rule) -> list[date]:
    """The days on which the rule comes into effect or goes out of it."""
    if rule.mode is Mode.OFF:
        return []
    ends = calendar.shift_day(rule.effective_until, Duration(1, Unit.DAYS)) if rule.effective_until else None
    return [day for day in (rule.effective_from, ends) if day]
