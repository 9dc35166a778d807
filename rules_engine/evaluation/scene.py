"""What a condition is judged in, what a judgement says, and how two values are ordered."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.evaluation import calendar
from rules_engine.evaluation.money import in_currency
from rules_engine.model.case import Case
from rules_engine.model.decision import Truth
from rules_engine.model.values import Missing, Money, Months, Record, Value


@dataclass(frozen=True)
class Judged:
    """`expected` is the operand resolved; `cause` says why the truth is unknown; `wake_at` as in `Trace`."""

    truth: Truth
    actual: Value | Missing = None
    expected: Value | Missing = None
    cause: str = ""
    wake_at: datetime | None = None


@dataclass(frozen=True)
class Scene:
    """What a condition is judged in: the case, the instant, and the record of its fields (a line, inside `where`)."""

    case: Case
    now: datetime
    record: Record
    # The text before the field in a cause: "line_items[L-2]." inside a quantifier.
    prefix: str = ""

    @property
    def today(self) -> date:
        return calendar.today(self.now, self.case.zone)

    @property
    def rate_day(self) -> date:
        """The day whose rates compare amounts of different currencies."""
        return self.case.rates_on or self.today


def truth(answer: bool) -> Truth:
    return Truth.TRUE if answer else Truth.FALSE


def order(left: Value, right: Value, scene: Scene) -> int | None:
    """-1, 0 or 1; None for unlike kinds, for currencies without a rate, and for what is no number.

    A date and time stands for its calendar day in the workspace's zone when it is compared with a date.
    """
    try:
        return _order(left, right, scene)
    except ArithmeticError:
        return None


def _order(left: Value, right: Value, scene: Scene) -> int | None:
    match left, right:
        case bool(), bool():
            return (left > right) - (left < right)
        case str(), str():
            a, b = normal(left), normal(right)
            return (a > b) - (a < b)
        case Money(), Money():
            converted = in_currency(left, right.currency, scene.case.rates, scene.rate_day)
            return None if converted is None else (converted > right.amount) - (converted < right.amount)
        case (Decimal(), Decimal()) if not left.is_nan() and not right.is_nan():
            return (left > right) - (left < right)
        case datetime(), datetime():
            return (left > right) - (left < right)
        case datetime(), date():
            return order(calendar.today(left, scene.case.zone), right, scene)
        case time(), time():
            return (left > right) - (left < right)
        case timedelta(), timedelta():
            return (left > right) - (left < right)
        case Months(), Months():
            return (left > right) - (left < right)
        case (date(), date()) if not isinstance(right, datetime):
            return (left > right) - (left < right)
        case _:
            return None


def normal(text: str) -> str:
    """NFC, so that "é" typed in two ways is one; case and spaces count."""
    return unicodedata.normalize("NFC", text)


def kind(value: Value) -> str:
    """The value's kind in words."""
    match value:
        case None:
            return "empty"
        case bool():
            return "yes or no"
        case str():
            return "text"
        case Decimal():
            return "a number"
        case Money():
            return "an amount of money"
        case datetime():
            return "a date and time"
        case date():
            return "a date"
        case time():
            return "a time of day"
        case timedelta():
            return "a duration in days and hours"
        case Months():
            return "a duration in months"
        case tuple():
            return "a list"
        case _:
            return "a record"


# What each ordering operator asks of `order`.
BY_ORDER: dict[str, Callable[[int], bool]] = {
    "is": lambda sign: sign == 0,
    "is_not": lambda sign: sign != 0,
    "at_least": lambda sign: sign >= 0,
    "more_than": lambda sign: sign > 0,
    "at_most": lambda sign: sign <= 0,
    "less_than": lambda sign: sign < 0,
    "on_or_before": lambda sign: sign <= 0,
    "on_or_after": lambda sign: sign >= 0,
    "before": lambda sign: sign < 0,
    "after": lambda sign: sign > 0,
}
