"""Which values will do for a field that is to change, only as wide as the verdict stays the wanted one."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from rules_engine.evaluation import calendar
from rules_engine.evaluation.changes.altered import Atom, Put
from rules_engine.evaluation.changes.moves import Aim
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Aggregate, Comparison, Duration, RelativeDate, Unit
from rules_engine.model.values import Missing, Money, Value

# Whether the verdict is still the wanted one when one of the changes is another instead.
Holds: TypeAlias = Callable[[Atom, Atom], bool]

_OPPOSITE: Final = {
    "is": "is_not", "is_any_of": "is_none_of", "contains": "does_not_contain", "at_least": "less_than",
    "at_most": "more_than", "on_or_before": "after", "on_or_after": "before", "is_empty": "is_not_empty",
    "matches": "does_not_match",
}  # fmt: skip
OPPOSITE: Final = {**_OPPOSITE, **{right: left for left, right in _OPPOSITE.items()}}
# Seen from the other side. What must strictly be passed has no last value that could be named.
MIRRORED: Final = {
    "is": "is", "at_least": "at_most", "at_most": "at_least", "on_or_before": "on_or_after",
    "on_or_after": "on_or_before",
}  # fmt: skip
# So many values of a list are tried before the words name it.
MOST_PROBES: Final = 40
# How the value that is wanted is said; `%s` is the operand.
PHRASES: Final = {
    "is": "%s", "is_not": "anything but %s", "is_any_of": "%s", "is_none_of": "anything but %s",
    "at_least": "%s or more", "more_than": "more than %s", "at_most": "%s or less", "less_than": "less than %s",
    "on_or_before": "%s or earlier", "on_or_after": "%s or later", "before": "a time before %s",
    "after": "a time after %s", "contains": "a text with %s", "does_not_contain": "a text without %s",
    "starts_with": "a text that starts with %s", "ends_with": "a text that ends with %s",
    "matches": "a text that matches %s", "does_not_match": "a text that does not match %s",
    "is_not_empty": "any value",
}  # fmt: skip


def values_that_do(atom: Put, aim: Aim, holds: Holds) -> tuple[str, Value | Missing]:
    """Which values will do, as operator and operand: only as wide as the verdict stays the wanted one."""
    condition, exact = aim.condition, ("is", atom.value)
    if not isinstance(condition, Comparison | Aggregate):
        return exact
    operator, expected = condition.operator, aim.expected
    if isinstance(condition, Aggregate) and _name(atom) != getattr(condition.operand, "path", None):
        return exact
    if isinstance(condition, Aggregate) or _name(atom) != condition.field:
        # The other side of the comparison: its threshold is the value that was found for it.
        operator, expected = MIRRORED.get(operator, ""), atom.value
    if isinstance(condition.operand, RelativeDate) and condition.operand.anchor == "today":
        # The day that moves with the clock was resolved to the last, or the first, that counts.
        operator = {"before": "on_or_before", "after": "on_or_after"}.get(operator, operator)
    if Truth.TRUE not in aim.target:
        operator = OPPOSITE.get(operator, "outside")
    if operator in ("before", "after") and isinstance(expected, date) and not isinstance(expected, datetime):
        by = -1 if operator == "before" else 1
        operator, expected = f"on_or_{operator}", calendar.shift_day(expected, Duration(by, Unit.DAYS))
    if isinstance(expected, tuple) and operator not in ("is_any_of", "is_none_of", "between", "outside"):
        operator = {"in": "between", "in_the_last": "between", "in_the_next": "between", "within": "between",
                    "is": "between"}.get(operator, "")  # fmt: skip
    if operator == "is_not_empty":
        expected = atom.value
    if operator not in (*PHRASES, "between", "outside") or isinstance(expected, Missing | bool) or expected is None:
        return exact
    if operator == "at_most" and getattr(expected, "amount", expected) == 0:
        return exact
    if not all(holds(atom, Put(atom.path, each)) for each in _probes(operator, expected, atom.value)):
        return exact
    return operator, expected


def _name(atom: Put) -> str:
    """The field below the innermost list."""
    last = max((place for place, step in enumerate(atom.path) if isinstance(step, int)), default=-1)
    return ".".join(map(str, atom.path[last + 1 :]))


def _probes(operator: str, expected: Value, value: Value) -> Iterator[Value]:
    """Other values that the words would allow."""
    if operator == "is_any_of" and isinstance(expected, tuple):
        # The first and the last of many: each costs a decision.
        half = MOST_PROBES // 2
        yield from expected if len(expected) <= MOST_PROBES else (*expected[:half], *expected[-half:])
    if operator in ("between", "outside") and isinstance(expected, tuple) and operator == "between":
        for each in (expected[0], expected[-1]):
            if type(each) is type(value):
                yield each
    upwards = operator in ("at_least", "more_than", "on_or_after", "after")
    if upwards or operator in ("at_most", "less_than", "on_or_before", "before"):
        yield from _beyond(value, upwards)


def _beyond(value: Value, upwards: bool) -> Iterator[Value]:
    sign = 1 if upwards else -1
    match value:
        case Decimal():
            far = abs(value) * 10 + 10
            yield value + far if upwards else min(Decimal(0), value) if value >= 0 else value - far
        case Money(amount, currency):
            for each in _beyond(amount, upwards):
                yield Money(each if isinstance(each, Decimal) else amount, currency)
        case str():
            yield "\U0010ffff" if upwards else "0"
        case date():  # a datetime too
            try:
                yield value + sign * timedelta(days=366)
            except OverflowError:
                return
        case _:
            return
