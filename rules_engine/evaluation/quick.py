"""The short way for the most frequent comparison: a plain value with literals of its own class.

It says what `comparison.compare_field` says, without the questions that such values cannot raise (currencies, zones,
composed letters, unlike kinds); where one of them could arise, it says nothing.
"""

import operator as python
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from rules_engine.evaluation.scene import Scene
from rules_engine.model.decision import Trace, Truth, made_trace
from rules_engine.model.ruleset import Comparison, Literal
from rules_engine.model.values import MISSING, get

_ONE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "is": python.eq,
    "is_not": python.ne,
    "at_least": python.ge,
    "more_than": python.gt,
    "at_most": python.le,
    "less_than": python.lt,
    "on_or_after": python.ge,
    "after": python.gt,
    "on_or_before": python.le,
    "before": python.lt,
}
_SEVERAL: Final[dict[str, Callable[[Any, Sequence[Any]], bool]]] = {
    "is_any_of": lambda value, literals: value in literals,
    "is_none_of": lambda value, literals: value not in literals,
    "between": lambda value, literals: literals[0] <= value <= literals[1],
}
# Which values of the class raise no question; ASCII text is composed already.
_PLAIN: Final[dict[type, Callable[[Any], bool]]] = {
    str: str.isascii,
    Decimal: Decimal.is_finite,
    bool: lambda _: True,
    date: lambda _: True,
}


def quick_trace(condition: Comparison, scene: Scene, item: str) -> Trace | None:
    """The trace of a comparison with literals; None where it is for `compare_field`."""
    operand, path = condition.operand, condition.field
    if operand.__class__ is not Literal or condition.ignore_case:
        return None
    value = get(scene.record, path) if "." in path else scene.record.get(path, MISSING)
    kind = value.__class__
    plain = _PLAIN.get(kind)
    if plain is None or value == "" or not plain(value):
        return None
    literal = operand.value
    if literal.__class__ is kind:
        one = _ONE.get(condition.operator)
        if one is None or not plain(literal):
            return None
        answer = one(value, literal)
    elif literal.__class__ is tuple:
        several = _SEVERAL.get(condition.operator)
        if several is None or set(map(type, literal)) != {kind} or not all(map(plain, literal)):
            return None
        answer = several(value, literal)
    else:
        return None
    return made_trace(condition, Truth.TRUE if answer else Truth.FALSE, value, literal, "", None, item)
