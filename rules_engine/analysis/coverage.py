"""What of a ruleset its cases have seen: read from the traces of decisions and the lineage of conversions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules_engine.analysis.fixtures import FixtureResult
from rules_engine.evaluation.sentence import sentence
from rules_engine.formats.paths import Scope
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion, Origin
from rules_engine.model.decision import Decision, Trace, Truth
from rules_engine.model.finding import Place
from rules_engine.model.mapping import FieldMapping, Mapping
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Condition,
    HitPolicy,
    Mode,
    NoneOf,
    Quantified,
    Rule,
    Ruleset,
    children,
)
from rules_engine.model.values import Missing


@dataclass(frozen=True)
class RuleCoverage:
    """How many decisions the rule decided, and in how many it was true, false, unknown."""

    rule: Rule
    decided: int
    truths: dict[Truth, int]


@dataclass(frozen=True)
class ConditionCoverage:
    """With which truths a condition of a rule was seen; inside a list, over all records. `words` is its sentence."""

    rule: str
    condition: Condition
    words: str
    truths: frozenset[Truth]

    @property
    def covered(self) -> bool:
        return {Truth.TRUE, Truth.FALSE} <= self.truths


@dataclass(frozen=True)
class FieldCoverage:
    """`made` says that a case filled the target field from a source, `defaulted` that one fell back on `otherwise`."""

    target: str
    field: FieldMapping
    made: bool
    defaulted: bool


@dataclass(frozen=True)
class Gap:
    """Something that no case has seen: what it is, where it stands, and which case would show it."""

    what: str
    place: Place
    remedy: str


@dataclass(frozen=True)
class Coverage:
    """`otherwise` counts the decisions that no rule made, `several` those in which more than one rule was true."""

    rules: tuple[RuleCoverage, ...]
    conditions: tuple[ConditionCoverage, ...]
    fields: tuple[FieldCoverage, ...]
    otherwise: int
    several: int
    gaps: tuple[Gap, ...]


def coverage(ruleset: Ruleset, mapping: Mapping | None, results: Iterable[FixtureResult], catalog: Catalog) -> Coverage:
    """What the cases' decisions and conversions show; nothing is evaluated again."""
    moments = [each for result in results for each in result.moments]
    decisions = [each.decision for each in moments]
    conversions = [each.conversion for each in moments if each.conversion is not None]
    rules = tuple(_rule(each, decisions) for each in ruleset.rules)
    conditions = tuple(
        each for rule in ruleset.rules if rule.mode is not Mode.OFF for each in _conditions(rule, decisions, catalog)
    )
    fields = tuple(_fields(mapping, conversions)) if mapping is not None else ()
    otherwise = sum(not each.rule and not _live(each, ruleset) for each in decisions)
    several = sum(len(_live(each, ruleset)) > 1 for each in decisions)
    gaps = (
        *_rule_gaps(rules),
        *_ruleset_gaps(ruleset, otherwise, several),
        *(gap for each in conditions for gap in _condition_gaps(each)),
        *(gap for each in fields for gap in _field_gaps(each)),
    )
    return Coverage(rules, conditions, fields, otherwise, several, gaps)


def _live(decision: Decision, ruleset: Ruleset) -> tuple[str, ...]:
    """The rules that were true and do not only watch."""
    known = {each.id for each in ruleset.rules}
    return tuple(each for each in decision.matched if each not in decision.watched and each in known)


# --- rules and conditions --------------------------------------------------------------------------------------


def _rule(rule: Rule, decisions: Sequence[Decision]) -> RuleCoverage:
    seen = [each.truth for decision in decisions for each in decision.rules if each.rule == rule.id]
    return RuleCoverage(rule, sum(each.rule == rule.id for each in decisions), {one: seen.count(one) for one in Truth})


def _conditions(rule: Rule, decisions: Sequence[Decision], catalog: Catalog) -> Iterator[ConditionCoverage]:
    """The rule's condition and each below it, in the order of the text."""
    traces = [each.trace for decision in decisions for each in decision.rules if each.rule == rule.id]
    yield from _covered(rule.id, rule.when, traces, Scope(catalog, "case"))


def _covered(rule: str, condition: Condition, traces: Sequence[Trace], scope: Scope) -> Iterator[ConditionCoverage]:
    words = sentence(condition, scope.catalog, scope.root)
    yield ConditionCoverage(rule, condition, words, frozenset(each.truth for each in traces))
    if isinstance(condition, Quantified | Aggregate):
        # A trace a record, all of the one condition inside.
        field = scope.catalog.find(scope.root, condition.collection)
        inside = Scope(scope.catalog, field.of if field else "", scope.root)
        for inner in children(condition):
            yield from _covered(rule, inner, [child for each in traces for child in each.children], inside)
        return
    for position, inner in enumerate(children(condition)):
        below = [each.children[position] for each in traces if position < len(each.children)]
        yield from _covered(rule, inner, below, scope)


def _rule_gaps(rules: Sequence[RuleCoverage]) -> Iterator[Gap]:
    for each in rules:
        rule = each.rule
        if rule.mode is Mode.OFF:
            continue
        if not each.truths[Truth.TRUE]:
            yield Gap(f"rule `{rule.id}` was never true", rule.place, f"add a case of which it is: {rule.title}")
        elif rule.mode is Mode.ON and not each.decided:
            remedy = "add a case of which it is true and no rule above it"
            yield Gap(f"rule `{rule.id}` was true and never decided", rule.place, remedy)
        if each.truths[Truth.TRUE] and not each.truths[Truth.FALSE] and not each.truths[Truth.UNKNOWN]:
            yield Gap(f"rule `{rule.id}` was always true", rule.place, "add a case of which it is not")


def _ruleset_gaps(ruleset: Ruleset, otherwise: int, several: int) -> Iterator[Gap]:
    if not otherwise:
        verdict = ruleset.otherwise.verdict.value
        yield Gap(f"`otherwise` ({verdict}) never decided", ruleset.place, "add a case of which no rule is true")
    if ruleset.hit_policy is not HitPolicy.FIRST and len(ruleset.rules) > 1 and not several:
        policy = ruleset.hit_policy.value
        remedy = "add a case of which two rules are true, if there can be one"
        yield Gap(f"`hit_policy: {policy}` was never needed", ruleset.place, remedy)


def _condition_gaps(each: ConditionCoverage) -> Iterator[Gap]:
    # A group is seen through its parts; what the rule as a whole lacks is said of the rule.
    if isinstance(each.condition, All | Any | NoneOf) or each.covered:
        return
    place = each.condition.place
    named = f"rule `{each.rule}`: `{each.words}`"
    if not each.truths:
        yield Gap(f"{named} was never asked", place, "add a case whose list has a record")
        return
    if Truth.TRUE not in each.truths:
        yield Gap(f"{named} was never true", place, "add a case of which it is true")
    if Truth.FALSE not in each.truths:
        only = " (it was unknown)" if Truth.UNKNOWN in each.truths else ""
        yield Gap(f"{named} was never false{only}", place, "add a case of which it is false, with a value in the field")


# --- target fields ---------------------------------------------------------------------------------------------


def _fields(mapping: Mapping, conversions: Sequence[Conversion]) -> Iterator[FieldCoverage]:
    origins: dict[str, set[Origin]] = {}
    for conversion in conversions:
        for each in conversion.lineage:
            origins.setdefault(re.sub(r"\[[^\]]*\]", "", each.target), set()).add(each.origin)
    for field in mapping.fields:
        yield _field(field.target, field, origins)
    for lines in mapping.lines:
        for field in lines.fields:
            yield _field(f"{lines.target}.{field.target}", field, origins)


def _field(target: str, field: FieldMapping, origins: dict[str, set[Origin]]) -> FieldCoverage:
    """A field that holds a record is made where any part of it is."""
    own = [each for path, each in origins.items() if path == target or path.startswith(f"{target}.")]
    found = {one for each in own for one in each}
    made = bool(found & {Origin.COPIED, Origin.TRANSFORMED, Origin.FIXED})
    return FieldCoverage(target, field, made, Origin.DEFAULTED in found)


def _field_gaps(each: FieldCoverage) -> Iterator[Gap]:
    sources = " or ".join(f"`{path}`" for path in each.field.sources)
    filled = f"add a case that converts with a value in {sources}" if sources else "add a case that converts"
    if not each.made and each.defaulted:
        yield Gap(f"target field `{each.target}` was filled by its `otherwise` only", each.field.place, filled)
    elif not each.made:
        yield Gap(f"target field `{each.target}` was never filled", each.field.place, filled)
    if each.field.sources and not isinstance(each.field.default, Missing) and not each.defaulted:
        remedy = f"add a case that converts with nothing in {sources}"
        yield Gap(f"the `otherwise` of target field `{each.target}` was never needed", each.field.place, remedy)
