"""The reference, pure and total: what every condition means, with the trace that explains it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import assert_never

from rules_engine.evaluation import calendar
from rules_engine.evaluation.comparison import compare, compare_field, compare_length, resolve
from rules_engine.evaluation.happening import judge_changed, judge_happened, judge_not_happened
from rules_engine.evaluation.quick import quick_trace
from rules_engine.evaluation.role import give_roles
from rules_engine.evaluation.scene import Judged, Scene, order
from rules_engine.model.case import Case
from rules_engine.model.decision import RuleTrace, Trace, Truth, made_trace
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
from rules_engine.model.values import MISSING, Missing, Money, Months, Record, Value, get, identity, is_empty

Table = Callable[[Sequence[Truth]], Truth]
# A figure over a list, or in words why there is none.
Figure = Decimal | Money | date | time | timedelta | Months | str


@dataclass(frozen=True)
class _Outermost(Scene):
    """The case's own scene, with those of the records of its lists: they are made once for all rules."""

    inside: dict[str, list[tuple[Scene, str]]] = field(default_factory=dict, compare=False)


class ReferenceMatcher:
    """The reference behind the `Matcher` port."""

    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]:
        return matched(trace_rules(ruleset, case, now))


def matched(traces: Sequence[RuleTrace]) -> frozenset[str]:
    """The ids of the rules that count and are true."""
    return frozenset(each.rule for each in traces if each.considered and each.truth is Truth.TRUE)


def trace_rules(ruleset: Ruleset, case: Case, now: datetime) -> tuple[RuleTrace, ...]:
    """Every rule of the ruleset judged on the case, those that are off or not in effect too."""
    scene = _Outermost(case, now, case.record)
    today = scene.today
    return tuple(_trace_rule(rule, scene, today) for rule in ruleset.rules)


def considered(rule: Rule, case: Case, now: datetime) -> bool:
    """Whether the rule counts at all on this day: not off, and in effect."""
    return counts(rule, calendar.today(now, case.zone))


def counts(rule: Rule, day: date) -> bool:
    """Whether the rule counts at all on that day in the workspace's zone."""
    begun = rule.effective_from is None or rule.effective_from <= day
    ended = rule.effective_until is not None and rule.effective_until < day
    return rule.mode is not Mode.OFF and begun and not ended


def _trace_rule(rule: Rule, scene: Scene, today: date) -> RuleTrace:
    trace = trace_condition(rule.when, scene)
    give_roles(trace)
    return RuleTrace(rule.id, rule.title, rule.mode, trace.truth, trace, counts(rule, today))


def trace_condition(condition: Condition, scene: Scene, item: str = "") -> Trace:
    """Judge one condition and all inside it; nothing is skipped, so that the whole can be explained.

    `item` is the id of the list's record that the scene stands in.
    """
    match condition:
        case Comparison():
            return quick_trace(condition, scene, item) or _leaf(condition, compare_field(condition, scene), item)
        case All(inner):
            return _group(condition, inner, scene, conjunction, item)
        case Any(inner):
            return _group(condition, inner, scene, disjunction, item)
        case NoneOf(inner):
            return _group(condition, inner, scene, joint_denial, item)
        case Length():
            return _leaf(condition, compare_length(condition, scene), item)
        case Changed():
            return _leaf(condition, judge_changed(condition, scene), item)
        case Happened():
            return _leaf(condition, judge_happened(condition, scene), item)
        case NotHappened():
            return _leaf(condition, judge_not_happened(condition, scene), item)
        case Quantified():
            return _quantified(condition, scene, item)
        case Aggregate():
            return _aggregate(condition, scene, item)
        case _:
            assert_never(condition)


# --- Kleene's tables ------------------------------------------------------------------------------------------


def conjunction(truths: Sequence[Truth]) -> Truth:
    if Truth.FALSE in truths:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.TRUE


def disjunction(truths: Sequence[Truth]) -> Truth:
    if Truth.TRUE in truths:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.FALSE


def joint_denial(truths: Sequence[Truth]) -> Truth:
    return negation(disjunction(truths))


def negation(truth: Truth) -> Truth:
    if truth is Truth.UNKNOWN:
        return truth
    return Truth.FALSE if truth is Truth.TRUE else Truth.TRUE


# --- groups, quantifiers, aggregates --------------------------------------------------------------------------


def _leaf(condition: Condition, judged: Judged, item: str) -> Trace:
    return made_trace(condition, judged.truth, judged.actual, judged.expected, judged.cause, judged.wake_at, item)


def _over(
    condition: Condition,
    truth: Truth,
    children: tuple[Trace, ...],
    item: str,
    cause: str = "",
    actual: Decimal | None = None,
) -> Trace:
    wake_at = None
    for each in children:
        if each.wake_at and (wake_at is None or each.wake_at < wake_at):
            wake_at = each.wake_at
    if truth is Truth.UNKNOWN:
        cause = cause or next((each.cause for each in children if each.truth is Truth.UNKNOWN), "")
    return made_trace(condition, truth, actual, None, cause, wake_at, item, children)


def _group(condition: Condition, inner: tuple[Condition, ...], scene: Scene, table: Table, item: str) -> Trace:
    children = tuple([trace_condition(each, scene) for each in inner])
    return _over(condition, table([each.truth for each in children]), children, item)


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
    known = scene.inside if isinstance(scene, _Outermost) else {}
    if collection not in known:
        names = [identity(item, position) for position, item in enumerate(items)]
        known[collection] = [
            (Scene(scene.case, scene.now, item, f"{scene.prefix}{collection}[{name}]."), name)
            for item, name in zip(items, names, strict=True)
        ]
    return tuple([trace_condition(where, inside, name) for inside, name in known[collection]])


def _extreme(function: Function, values: Sequence[Value], scene: Scene) -> Figure:
    """The earliest or latest, shortest or longest; what is not of one kind has no order."""
    found = values[0]
    for each in values[1:]:
        sign = order(each, found, scene) if type(each) is type(found) else None
        if sign is None:
            return "they are of different kinds"
        found = each if sign < 0 and function is Function.MIN or sign > 0 and function is Function.MAX else found
    return found if isinstance(found, date | time | timedelta | Months) else "there is nothing to take it of"


def _quantified(condition: Quantified, scene: Scene, item: str) -> Trace:
    items = _items(condition.collection, scene)
    if not isinstance(items, tuple):
        return _no_list(condition, items, condition.collection, scene, item)
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
            answer, cause = joint_denial(truths), ""
    return _over(condition, answer, children, item, cause, Decimal(len(items)))


def _no_list(condition: Condition, why: Missing | str, collection: str, scene: Scene, item: str) -> Trace:
    cause = why if isinstance(why, str) else f"no data: `{scene.prefix}{collection}`"
    return made_trace(condition, Truth.UNKNOWN, MISSING, cause=cause, item=item)


def _aggregate(condition: Aggregate, scene: Scene, item: str) -> Trace:
    items = _items(condition.collection, scene)
    if not isinstance(items, tuple):
        return _no_list(condition, items, condition.collection, scene, item)
    children = _judge_items(condition.collection, condition.where, items, scene)
    truths = [each.truth for each in children] if condition.where is not None else [Truth.TRUE] * len(items)
    name = f"{condition.function.value} of {condition.collection}"
    comparison = Comparison(f"{condition.collection}.{condition.of}", condition.operator, condition.operand)
    if condition.function is Function.COUNT:
        judged = _judge_count(truths, comparison, scene, name)
    else:
        chosen = [(item, truth) for item, truth in zip(items, truths, strict=True) if truth is not Truth.FALSE]
        judged = _judge_figure(condition, chosen, comparison, scene, name)
    wakes = [each for each in (judged.wake_at, *(child.wake_at for child in children)) if each]
    return replace(_leaf(condition, judged, item), children=children, wake_at=min(wakes, default=None))


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
    known = [each for each in values if not isinstance(each, Missing)]
    try:
        figure = _figure(condition.function, known, expected, scene)
    except ArithmeticError:
        figure = "it is no number, or beyond all numbers"
    if isinstance(figure, str):
        return Judged(Truth.UNKNOWN, MISSING, cause=f"{name}: {figure}")
    return compare(figure, comparison, scene, name)


def _figure(function: Function, values: Sequence[Value], expected: Value | Missing, scene: Scene) -> Figure:
    """The figure, or in words why there is none."""
    if values and isinstance(values[0], date | time | timedelta | Months):
        return _extreme(function, values, scene)
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
