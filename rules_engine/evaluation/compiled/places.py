"""The place of a field's value among all the literals that a ruleset compares the field with.

The i-th literal has the place 2i + 2, what lies below the first has 1, what lies between two the odd number between;
0 is for values that cannot be placed, of which every comparison is unknown.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from rules_engine.evaluation import calendar
from rules_engine.evaluation.compiled.normal_form import TESTS, Kind, rank_key, rankable
from rules_engine.evaluation.money import in_currency
from rules_engine.evaluation.scene import Scene, normal
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Comparison, Condition, Length, Literal
from rules_engine.model.values import Missing, Money, Months, Scalar, Value, is_empty

NOT_PLACED: Final = 0

# Kinds of their own: by being empty (1 is filled, 2 is empty), and by the text itself, which has no place.
EMPTINESS: Final = "emptiness"
TEXT: Final = "text"

_CLASSES: Final[dict[str, type]] = {
    each.__name__: each for each in (str, Decimal, bool, date, datetime, time, timedelta, Months)
}


@dataclass(frozen=True, eq=False)
class Field:
    """One field seen as one kind, whose values are of the class `plain`; all its places are below `count`."""

    path: str
    kind: str
    plain: type
    keys: Sequence[Any]  # of one class that has an order
    count: int

    @property
    def alone(self) -> type:
        """The class whose values have their place whatever the case is; a class that no value has, where none do."""
        return Field if self.kind == EMPTINESS or self.plain is Money else self.plain

    @property
    def currency(self) -> str:
        return self.kind.removeprefix("money ") if self.plain is Money else ""

    def place(self, value: Value | Missing, scene: Scene) -> int:
        """The place of any value."""
        if self.kind == EMPTINESS:
            return NOT_PLACED if isinstance(value, Missing) else 1 + is_empty(value)
        key = self._key(value, scene)
        return NOT_PLACED if key is None else self.place_of(key)

    def place_of(self, key: Any) -> int:
        """The place of a value that needs no scene; of money, its amount in the currency."""
        if self.plain is str:
            if not key:
                return NOT_PLACED
            key = normal(key)
        elif key.__class__ is Decimal and key.is_nan():
            return NOT_PLACED
        keys = self.keys
        at = bisect_left(keys, key)
        # Not `==`, which of moments in a repeated hour is never true.
        found = at < len(keys) and not key < keys[at]
        return 2 * at + 2 if found else 2 * at + 1

    def _key(self, value: Value | Missing, scene: Scene) -> object:
        """What of the value is placed; None where it is empty or of another kind."""
        if isinstance(value, Money) and self.plain is Money:
            return in_currency(value, self.currency, scene.case.rates, scene.rate_day)
        if isinstance(value, datetime) and self.plain is date:
            return calendar.today(value, scene.case.zone)
        return value if isinstance(value, self.plain) and self.plain is not Money else None


def field(kind: Kind, literals: Sequence[Scalar]) -> Field | None:
    """None for a kind that is unknown here."""
    keys = [rank_key(each) for each in literals]
    path, name = kind
    if name == EMPTINESS:
        return Field(path, name, Missing, (), 3)
    if name == TEXT:
        return Field(path, name, str, (), 0)
    plain = Money if name.startswith("money ") else _CLASSES.get(name)
    return Field(path, name, plain, keys, 2 * len(keys) + 2) if plain else None


def kind_of(condition: Condition) -> tuple[Kind, tuple[Scalar, ...]] | None:
    """The kind in which one value of a condition's field answers it, and its literals."""
    if isinstance(condition, Comparison) and condition.operator in ("is_empty", "is_not_empty"):
        return (condition.field, EMPTINESS), ()
    if isinstance(condition, Comparison | Length) and isinstance(condition.operand, Literal):
        return rankable(condition) or ((condition.field, TEXT), ())
    return None


def answer(condition: Condition, literals: Sequence[Scalar]) -> Callable[[int], Truth]:
    """The truth of a condition of `kind_of` as a function of the place."""
    assert isinstance(condition, Comparison)  # noqa: S101 - others have no kind
    operator = condition.operator
    keys = {rank_key(each): 2 * at + 2 for at, each in enumerate(literals)}
    fixed = rankable(condition)
    at = [keys[rank_key(each)] for each in fixed[1]] if fixed else [2]
    holds = _TRUE_AT.get(operator) or _BY_SIGN[TESTS.get(operator, "==")]

    def truth(place: int) -> Truth:
        if place == NOT_PLACED:
            return Truth.UNKNOWN
        return Truth.TRUE if holds(place, at) else Truth.FALSE

    return truth


Holds = Callable[[int, Sequence[int]], bool]

_TRUE_AT: Final[dict[str, Holds]] = {
    "is_any_of": lambda place, at: place in at,
    "is_none_of": lambda place, at: place not in at,
    "between": lambda place, at: at[0] <= place <= at[-1],
    "is_not_empty": lambda place, at: place not in at,
}
_BY_SIGN: Final[dict[str, Holds]] = {
    "==": lambda place, at: place == at[0],
    "!=": lambda place, at: place != at[0],
    "<": lambda place, at: place < at[0],
    "<=": lambda place, at: place <= at[0],
    ">": lambda place, at: place > at[0],
    ">=": lambda place, at: place >= at[0],
}
