"""Every ruleset that differs from a ruleset in one place."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta

from rules_engine.analysis.mutation.conditions import variants
from rules_engine.analysis.mutation.mutant import RulesetMutant
from rules_engine.formats.paths import Scope
from rules_engine.formats.ruleset_writer import write_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.finding import Place
from rules_engine.model.ruleset import HitPolicy, Mode, Outcome, Policies, Rule, Ruleset, Verdict

_OTHER_VERDICT = {
    Verdict.CONVERT: Verdict.IGNORE,
    Verdict.IGNORE: Verdict.CONVERT,
    Verdict.HOLD: Verdict.CONVERT,
    Verdict.PROPOSE: Verdict.CONVERT,
}
_OTHER_POLICIES = {
    HitPolicy.FIRST: (HitPolicy.UNIQUE, HitPolicy.COLLECT),
    HitPolicy.UNIQUE: (HitPolicy.FIRST,),
    HitPolicy.COLLECT: (HitPolicy.FIRST,),
}


def ruleset_mutants(ruleset: Ruleset, catalog: Catalog) -> Iterator[RulesetMutant]:
    """Each small change once, in the order of the text.

    Every mutant reads back from its canonical text. A policy that the text states is put back to what is usual. A rule
    that is off or only watches decides nothing whatever it says, so that of such a rule only the mode is changed.
    """
    seen = {write_ruleset(ruleset)}
    for each in _all(ruleset, Scope(catalog, "case")):
        text = write_ruleset(each.ruleset)
        if text not in seen:
            seen.add(text)
            yield each


def _all(ruleset: Ruleset, scope: Scope) -> Iterator[RulesetMutant]:
    yield from _whole(ruleset)
    for position, rule in enumerate(ruleset.rules):
        before, after = ruleset.rules[:position], ruleset.rules[position + 1 :]
        if after:
            swapped = replace(ruleset, rules=(*before, after[0], rule, *after[1:]))
            what = f"`{rule.id}` and `{after[0].id}` changed places"
            yield RulesetMutant("order of rules", what, rule.place, rule.id, swapped)
        if rule.mode is Mode.ON and (before or after):
            dropped = replace(ruleset, rules=(*before, *after))
            yield RulesetMutant("dropped rule", f"dropped: rule `{rule.id}`", rule.place, rule.id, dropped)
        for kind, what, place, changed in _rules(rule, scope):
            whole = replace(ruleset, rules=(*before, changed, *after))
            yield RulesetMutant(kind, what, place, rule.id, whole)


def _whole(ruleset: Ruleset) -> Iterator[RulesetMutant]:
    for policy in _OTHER_POLICIES[ruleset.hit_policy]:
        what = f"`hit_policy: {ruleset.hit_policy.value}` became `{policy.value}`"
        changed = replace(ruleset, hit_policy=policy)
        yield RulesetMutant("hit policy", what, ruleset.place, "", changed)
    for name, usual in asdict(Policies()).items():
        said = getattr(ruleset.policies, name)
        if said != usual:
            policies = replace(ruleset.policies, **{name: usual})
            what = f"`{name}: {said}` became `{usual}`"
            yield RulesetMutant("policy", what, ruleset.place, "", replace(ruleset, policies=policies))
    otherwise = _other_outcome(ruleset.otherwise)
    what = f"otherwise `{ruleset.otherwise.verdict.value}` became `{otherwise.verdict.value}`"
    yield RulesetMutant("outcome", what, ruleset.place, "", replace(ruleset, otherwise=otherwise))


def _other_outcome(outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=_OTHER_VERDICT[outcome.verdict])


def _rules(rule: Rule, scope: Scope) -> Iterator[tuple[str, str, Place, Rule]]:
    """(kind, what, place, rule) for each change of one rule."""
    if rule.mode is not Mode.ON:
        yield "mode", f"mode `{rule.mode.value}` became `on`", rule.place, replace(rule, mode=Mode.ON)
        return
    yield "mode", "mode `on` became `off`", rule.place, replace(rule, mode=Mode.OFF)
    yield from _days(rule)
    for each in variants(rule.when, scope):
        yield each.kind, each.what, each.place, replace(rule, when=each.condition)
    then = _other_outcome(rule.then)
    yield "outcome", f"`{rule.then.verdict.value}` became `{then.verdict.value}`", rule.place, replace(rule, then=then)


def _days(rule: Rule) -> Iterator[tuple[str, str, Place, Rule]]:
    start, end = rule.effective_from, rule.effective_until
    for day in _next_days(start):
        if end is None or day <= end:
            what = f"`effective_from: {start}` became `{day}`"
            yield "days of effect", what, rule.place, replace(rule, effective_from=day)
    for day in _next_days(end):
        if start is None or start <= day:
            what = f"`effective_until: {end}` became `{day}`"
            yield "days of effect", what, rule.place, replace(rule, effective_until=day)


def _next_days(day: date | None) -> Iterator[date]:
    if day is not None and date.min < day < date.max:
        yield day - timedelta(days=1)
        yield day + timedelta(days=1)
