"""Whether two conditions can certainly not be true of one case together."""

import unicodedata
from dataclasses import replace
from decimal import Decimal

from rules_engine.model.ruleset import All, Any, Comparison, Condition, Literal, NoneOf, Quantified, Quantifier
from rules_engine.model.values import Money, Scalar

_LOWER = {"at_least": True, "more_than": False, "is": True}  # whether the bound itself is included
_UPPER = {"at_most": True, "less_than": False, "is": True}
_OPPOSITE = {"is_empty": "is_not_empty", "is_not_empty": "is_empty"}


def exclusive(one: Condition, other: Condition) -> bool:
    """True only where it is certain, by structure; False where we cannot tell."""
    for left, right in ((one, other), (other, one)):
        if isinstance(left, All) and any(exclusive(each, right) for each in left.conditions):
            return True
        if isinstance(left, Any) and all(exclusive(each, right) for each in left.conditions):
            return True
        if isinstance(left, NoneOf) and right in left.conditions:
            return True
        if _no_and_some(left, right):
            return True
    return isinstance(one, Comparison) and isinstance(other, Comparison) and _comparisons(one, other)


def _no_and_some(left: Condition, right: Condition) -> bool:
    both = isinstance(left, Quantified) and isinstance(right, Quantified)
    if not both or not isinstance(left, Quantified) or left.quantifier is not Quantifier.NO:
        return False
    return right == replace(left, quantifier=Quantifier.SOME)


def _comparisons(one: Comparison, other: Comparison) -> bool:
    if one.field != other.field or one.ignore_case != other.ignore_case:
        return False
    if _OPPOSITE.get(one.operator) == other.operator:
        return True
    if "is_empty" in (one.operator, other.operator):
        # Of an empty value only `is_empty`, and what says so of itself, is true.
        filled = other if one.operator == "is_empty" else one
        return filled.operator != "is_empty" and not filled.also_when_empty
    return _no_common_value(one, other) or _bounds(one, other) or _bounds(other, one)


def _no_common_value(one: Comparison, other: Comparison) -> bool:
    left, right = _only(one), _only(other)
    return left is not None and right is not None and not left & right


def _only(comparison: Comparison) -> frozenset[object] | None:
    """The values that the field must have one of; None where that is not certain. Money and dates depend on more."""
    if comparison.operator not in ("is", "is_any_of") or not isinstance(comparison.operand, Literal):
        return None
    value = comparison.operand.value
    values = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(each, str | bool | Decimal) for each in values):
        return None
    return frozenset(_folded(each) for each in values)


def _folded(value: Scalar) -> object:
    """As the widest comparison sees it: typed in another way or in capitals it may be the same."""
    if not isinstance(value, str):
        return type(value), value
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def _bounds(low: Comparison, high: Comparison) -> bool:
    """`amount at least 5000 EUR` and `amount less than 5000 EUR`: numbers, or money of one currency."""
    if low.operator not in _LOWER or high.operator not in _UPPER:
        return False
    least, most = _amount(low), _amount(high)
    if least is None or most is None or least[1] != most[1]:
        return False
    both_included = _LOWER[low.operator] and _UPPER[high.operator]
    return least[0] > most[0] or (least[0] == most[0] and not both_included)


def _amount(comparison: Comparison) -> tuple[Decimal, str] | None:
    value = comparison.operand.value if isinstance(comparison.operand, Literal) else None
    if isinstance(value, Money):
        return value.amount, value.currency
    return (value, "") if isinstance(value, Decimal) else None
