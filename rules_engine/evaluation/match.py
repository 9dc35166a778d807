"""The reference, pure and total: what every condition means, with the trace that explains it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from rules_engine.evaluation import calendar
from rules_engine.evaluation.comparison import compare, compare_field, compare_length, resolve
from rules_engine.evaluation.happening import judge_changed, judge_happened, judge_not_happened
from rules_engine.evaluation.role import with_roles
from rules_engine.evaluation.scene import Judged, Scene
from rules_engine.model.case import Case
from rules_engine.model.decision import RuleTrace, Trace, Truth
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    Comparison,
    Condition,
    Function,
    Happened,
    Length,
    Mode,
    NoneOf,
    NotHappened,
    Quantified,
    Quantifier,
    Rule,
    Ruleset,
)
from rules_engine.model.values import MISSING, Missing, Money, Record, Value, get, identity, is_empty

Table = Callable[[Sequence[Truth]], Truth]


class ReferenceMatcher:
    """The reference behind the `Matcher` port."""

    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]:
        return matched(trace_rules(ruleset, case, now))


def matched(traces: Sequence[RuleTrace]) -> frozenset[str]:
    """The ids of the rules that count and are true."""
    return frozenset(each.rule for each in traces if each.considered and each.truth is Truth.TRUE)


def trace_rules(ruleset: Ruleset, case: Case, now: datetime) -> tuple[RuleTrace, ...]:
    """Every rule of the ruleset judged on the case, those that are off or not in effect too."""
    scene = Scene(case, now, case.record)
    return tuple(_trace_rule(rule, scene) for rule in ruleset.rules)


def considered(rule: Rule, case: Case, now: datetime) -> bool:
    """Whether the rule counts at all on this day: not off, and in effect."""
    day = calendar.today(now, case.zone)
    begun = rule.effective_from is None or rule.effective_from <= day
    ended = rule.effective_until is not None and rule.effective_until < day
    return rule.mode is not Mode.OFF and begun and not ended


def _trace_rule(rule: Rule, scene: Scene) -> RuleTrace:
    trace = with_roles(trace_condition(rule.when, scene))
    return RuleTrace(rule.id, rule.title, rule.mode, trace.truth, trace, considered(rule, scene.case, scene.now))


def trace_condition(condition: Condition, scene: Scene) -> Trace:
    """Judge one condition and all inside it; nothing is skipped, so that the whole can be explained."""
    match condition:
        case All(inner):
            return _group(condition, inner, scene, conjunction)
        case Any(inner):
            return _group(condition, inner, scene, disjunction)
        case NoneOf(inner):
            return _group(condition, inner, scene, lambda truths: negation(disjunction(truths)))
        case Comparison():
            return _leaf(condition, compare_field(condition, scene))
        case Length():
            return _leaf(condition, compare_length(condition, scene))
        case Changed():
            return _leaf(condition, judge_changed(condition, scene))
        case Happened():
            return _leaf(condition, judge_happened(condition, scene))
        case NotHappened():
            return _leaf(condition, judge_not_happened(condition, scene))
        case Quantified():
            return _quantified(condition, scene)
        case Aggregate():
            return _aggregate(condition, scene)
        case _:
            assert_never(condition)


# --- Kleene's tables ------------------------------------------------------------------------------------------


def conjunction(truths: Sequence[Truth]) -> Truth:
    if Truth.FALSE in truths:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.TRUE


def disjunction(truths: Sequence[Truth]) -> Truth:
    return negation(conjunction([negation(each) for each in truths]))


def negation(truth: Truth) -> Truth:
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}[truth]


# --- groups, quantifiers, aggregates --------------------------------------------------------------------------


def _leaf(condition: Condition, judged: Judged) -> Trace:
    return Trace(condition, judged.truth, judged.actual, judged.expected, judged.cause, judged.wake_at)


def _over(condition: Condition, truth: Truth, children: tuple[Trace, ...], cause: str = "") -> Trace:
    because = cause or next((each.cause for each in children if each.truth is Truth.UNKNOWN), "")
    wakes = [each.wake_at for each in children if each.wake_at]
    return Trace(
        condition,
        truth,
        cause=because if truth is Truth.UNKNOWN else "",
        wake_at=min(wakes, default=None),
        children=children,
    )


def _group(condition: Condition, inner: tuple[Condition, ...], scene: Scene, table: Table) -> Trace:
    children = tuple(trace_condition(each, scene) for each in inner)
    return _over(condition, table([each.truth for each in children]), children)


def _items(collection: str, scene: Scene) -> tuple[Record, ...] | Missing | str:
    """The records of a list, MISSING where it was never sent, or in words why it is none."""
    found = get(scene.record, collection)
    if isinstance(found, Missing):
        return MISSING
    if is_empty(found):
        return ()
    if not isinstance(found, tuple) or not all(isinstance(each, Mapping) for each in found):
        return f"`{scene.prefix}{collection}` is not a list of records"
    return tuple(each for each in found if isinstance(each, Mapping))


def _judge_items(collection: str, where: Condition | None, items: Sequence[Record], scene: Scene) -> tuple[Trace, ...]:
    """One trace per record; without `where` there is nothing to judge."""
    if where is None:
        return ()
    traces = []
    for position, item in enumerate(items):
        name = identity(item, position)
        inside = replace(scene, record=item, prefix=f"{scene.prefix}{collection}[{name}].")
        traces.append(replace(trace_condition(where, inside), item=name))
    return tuple(traces)


def _quantified(condition: Quantified, scene: Scene) -> Trace:
    items = _items(condition.collection, scene)
    if not isinstance(items, tuple):
        return _no_list(condition, items, condition.collection, scene)
    children = _judge_items(condition.collection, condition.where, items, scene)
    truths = [each.truth for each in children] if condition.where is not None else [Truth.TRUE] * len(items)
    match condition.quantifier:
        case Quantifier.EVERY if not items and not condition.also_when_empty:
            answer, cause = Truth.UNKNOWN, f"`{scene.prefix}{condition.collection}` is empty"
        case Quantifier.EVERY:
            answer, cause = conjunction(truths), ""
        case Quantifier.SOME:
            answer, cause = disjunction(truths), ""
        case Quantifier.NO:
            answer, cause = negation(disjunction(truths)), ""
    return replace(_over(condition, answer, children, cause), actual=Decimal(len(items)))


def _no_list(condition: Condition, why: Missing | str, collection: str, scene: Scene) -> Trace:
    cause = why if isinstance(why, str) else f"no data: `{scene.prefix}{collection}`"
    return Trace(condition, Truth.UNKNOWN, MISSING, cause=cause)


def _aggregate(condition: Aggregate, scene: Scene) -> Trace:
    items = _items(condition.collection, scene)
    if not isinstance(items, tuple):
        return _no_list(condition, items, condition.collection, scene)
    children = _judge_items(condition.collection, condition.where, items, scene)
    truths = [each.truth for each in children] if condition.where is not None else [Truth.TRUE] * len(items)
    name = f"{condition.function.value} of {condition.collection}"
    comparison = Comparison(f"{condition.collection}.{condition.of}", condition.operator, condition.operand)
    if condition.function is Function.COUNT:
        judged = _judge_count(truths, comparison, scene, name)
    else:
        chosen = [(item, truth) for item, truth in zip(items, truths, strict=True) if truth is not Truth.FALSE]
        judged = _judge_figure(condition, chosen, comparison, scene, name)
    own = _leaf(condition, judged)
    wakes = [each for each in (own.wake_at, *(child.wake_at for child in children)) if each]
    return replace(own, children=children, wake_at=min(wakes, default=None))


def _judge_count(truths: Sequence[Truth], comparison: Comparison, scene: Scene, name: str) -> Judged:
    """Records of which it is unknown whether they count make the count a range: all of it must agree."""
    sure, possible = truths.count(Truth.TRUE), truths.count(Truth.UNKNOWN)
    first = compare(Decimal(sure), comparison, scene, name)
    for number in range(sure + 1, sure + possible + 1):
        if compare(Decimal(number), comparison, scene, name).truth is not first.truth:
            cause = f"{name} lies between {sure} and {sure + possible}, as some could not be judged"
            return Judged(Truth.UNKNOWN, Decimal(sure), first.expected, cause)
    return first


def _judge_figure(
    condition: Aggregate, chosen: Sequence[tuple[Record, Truth]], comparison: Comparison, scene: Scene, name: str
) -> Judged:
    if any(truth is Truth.UNKNOWN for _, truth in chosen):
        return Judged(Truth.UNKNOWN, MISSING, cause=f"for some {condition.collection} it is unknown whether they count")
    values = [get(item, condition.of) for item, _ in chosen]
    if any(isinstance(each, Missing) or is_empty(each) for each in values):
        return Judged(Truth.UNKNOWN, MISSING, cause=f"no data: `{condition.collection}.{condition.of}` of some records")
    expected, _ = resolve(comparison.operand, scene)
    figure = _figure(condition.function, [each for each in values if not isinstance(each, Missing)], expected)
    if isinstance(figure, str):
        return Judged(Truth.UNKNOWN, MISSING, cause=f"{name}: {figure}")
    return compare(figure, comparison, scene, name)


def _figure(function: Function, values: Sequence[Value], expected: Value | Missing) -> Decimal | Money | str:
    """The figure, or in words why there is none."""
    currencies = {each.currency for each in values if isinstance(each, Money)}
    numbers = [each.amount if isinstance(each, Money) else each for each in values]
    if len(currencies) > 1 or (currencies and not all(isinstance(each, Money) for each in values)):
        return "the currencies differ"
    amounts = [each for each in numbers if isinstance(each, Decimal)]
    if len(amounts) < len(numbers):
        return "not all are numbers"
    if not amounts and function is not Function.SUM:
        return "there is nothing to take it of"
    match function:
        case Function.SUM:
            figure = sum(amounts, Decimal(0))
        case Function.MIN:
            figure = min(amounts)
        case Function.MAX:
            figure = max(amounts)
        case _:
            figure = sum(amounts, Decimal(0)) / len(amounts)
    # An empty sum has no currency of its own: it is nothing in the currency that it is compared with.
    currency = next(iter(currencies), expected.currency if isinstance(expected, Money) and not amounts else "")
    return Money(figure, currency) if currency else figure
