"""Conditions in one form, so that two that say the same in other words are equal."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import ceil, floor
from typing import TypeVar

from rules_engine.analysis.never_fires import implies
from rules_engine.model.finding import NOWHERE
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
    Literal,
    NoneOf,
    NotHappened,
    Quantified,
    Quantifier,
)

CountedT = TypeVar("CountedT", Aggregate, Length)


def normal(condition: Condition) -> Condition:
    """Equal for two conditions only where both have the same truth, unknown included, in every case.

    Groups in a group of their kind are opened, said once, in a fixed order; a group of one is what is in it; a list
    of one value is the value; `no` is `none` of `some`.
    """
    match condition:
        case All(inner) | Any(inner):
            return _group(type(condition), inner)
        case NoneOf(inner):
            return _negated(_group(Any, inner))
        case Comparison():
            return _comparison(condition)
        case Quantified(quantifier=Quantifier.NO):
            return _negated(normal(replace(condition, quantifier=Quantifier.SOME)))
        case Quantified(where=where):
            return replace(condition, where=None if where is None else normal(where), place=NOWHERE)
        case Aggregate(where=where):
            found = replace(condition, where=None if where is None else normal(where), place=NOWHERE)
            return _whole(found) if condition.function is Function.COUNT else found
        case Happened():
            return _happened(condition)
        case Length():
            return _whole(replace(condition, place=NOWHERE))
        case Changed() | NotHappened():
            return replace(condition, place=NOWHERE)


def _group(kind: type[All | Any], conditions: tuple[Condition, ...]) -> Condition:
    found: list[Condition] = []
    for each in map(normal, conditions):
        inner = each.conditions if isinstance(each, All | Any) and type(each) is kind else (each,)
        found += [one for one in inner if one not in found]
    return found[0] if len(found) == 1 else kind(tuple(sorted(found, key=repr)))


def _negated(condition: Condition) -> Condition:
    """Kleene's negation twice is nothing; of a choice of conditions it is `none` of each."""
    if isinstance(condition, NoneOf) and len(condition.conditions) == 1:
        return condition.conditions[0]
    return NoneOf(condition.conditions if isinstance(condition, Any) else (condition,))


# Of a whole number that is not negative: the bound as an included one.
_INCLUDED: dict[str, tuple[str, Callable[[Decimal], int]]] = {
    "at_least": ("at_least", lambda bound: max(ceil(bound), 0)),
    "more_than": ("at_least", lambda bound: max(floor(bound) + 1, 0)),
    "at_most": ("at_most", lambda bound: max(floor(bound), -1)),
    "less_than": ("at_most", lambda bound: max(ceil(bound) - 1, -1)),
}


def _whole(condition: CountedT) -> CountedT:
    """A count or a length: more than 1 is at least 2."""
    value = condition.operand.value if isinstance(condition.operand, Literal) else None
    if condition.operator not in _INCLUDED or not isinstance(value, Decimal):
        return condition
    operator, bound = _INCLUDED[condition.operator]
    return replace(condition, operator=operator, operand=Literal(Decimal(bound(value))))


_OF_ONE = {"is_any_of": "is", "is_none_of": "is_not"}


def _comparison(condition: Comparison) -> Comparison:
    operand = condition.operand
    if condition.operator in _OF_ONE and isinstance(operand, Literal) and isinstance(operand.value, tuple):
        values = tuple(sorted(dict.fromkeys(operand.value), key=repr))
        if len(values) == 1:
            single = Literal(values[0])
            return replace(condition, operator=_OF_ONE[condition.operator], operand=single, place=NOWHERE)
        return replace(condition, operand=Literal(values), place=NOWHERE)
    return replace(condition, place=NOWHERE)


def _happened(condition: Happened) -> Happened:
    """One event is in order with itself and, if once is enough, within any time."""
    events = condition.events if condition.in_order else tuple(sorted(condition.events))
    alone = len(events) == 1
    within = None if alone and condition.at_least == 1 else condition.within
    return Happened(events, condition.in_order and not alone, within, condition.at_least)


def true_form(condition: Condition) -> Condition:
    """Equal for two conditions only where both are true of the same cases; what follows from the rest is left out.

    Only for a whole rule: a condition inside `none` must be false, not merely not true.
    """
    return normal(_without_what_follows(normal(condition)))


def _without_what_follows(condition: Condition) -> Condition:
    match condition:
        case All(inner) | Any(inner):
            kept = [_without_what_follows(each) for each in inner]
            if isinstance(condition, All):
                kept = [_without_vain_flag(each, kept) for each in kept]
            for each in tuple(kept):
                others = [one for one in kept if one is not each]
                narrow, wide = (others, [each]) if isinstance(condition, All) else ([each], others)
                if any(implies(one, other) for one in narrow for other in wide):
                    kept = others
            return type(condition)(tuple(kept))
        case Quantified(quantifier=Quantifier.SOME | Quantifier.EVERY, where=where) if where is not None:
            return replace(condition, where=_without_what_follows(where))
        case _:
            return condition


def _without_vain_flag(condition: Condition, together: list[Condition]) -> Condition:
    """`also_when_empty` says nothing where another condition that must be true, too, is true of no empty value."""
    if not isinstance(condition, Comparison | Quantified) or not condition.also_when_empty:
        return condition
    vain = any(_needs_a_value(each, condition) for each in together if each is not condition)
    return replace(condition, also_when_empty=False) if vain else condition


def _needs_a_value(other: Condition, condition: Condition) -> bool:
    if isinstance(condition, Quantified):
        some = isinstance(other, Quantified) and other.quantifier is Quantifier.SOME
        return some and isinstance(other, Quantified) and other.collection == condition.collection
    if not isinstance(other, Comparison) or not isinstance(condition, Comparison) or other.field != condition.field:
        return False
    return other.operator != "is_empty" and not other.also_when_empty
