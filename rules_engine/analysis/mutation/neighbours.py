"""The values next to a value: one smallest step either side, another choice, a text that differs in a letter."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.formats import literals
from rules_engine.model.catalog import Field
from rules_engine.model.ruleset import Duration
from rules_engine.model.values import Money, Months, Scalar


def neighbours(value: Scalar, field: Field | None = None, taken: tuple[Scalar, ...] = ()) -> Iterator[Scalar]:
    """Values next to `value` that a text can hold; none of those `taken`. One for a choice, two for an amount.

    The smallest step of a number is one in its last written decimal, of money one in the currency's minor unit, of a
    date a day, of a date and time a second, of a time of day a minute.
    """
    yield from (each for each in _all(value, field, (value, *taken)) if each not in (value, *taken))


def _all(value: Scalar, field: Field | None, taken: tuple[Scalar, ...]) -> Iterator[Scalar]:
    match value:
        case bool():
            yield not value
        case str() if field is not None and field.choices:
            yield from another_choice(value, field, taken)
        case str():
            yield value[:-1] or value * 2
        case Decimal():
            yield from _numbers(value)
        case Money(amount, currency):
            least = -MINOR_UNITS.get(currency, 2)
            yield from (Money(each, currency) for each in _numbers(amount, least))
        case datetime() | date() | timedelta():
            yield from _shifted(value)
        case time():
            yield from _times(value)
        case Months(count):
            yield from (Months(each) for each in (count - 1, count + 1) if each > 0)
        case None:
            return


def another_choice(code: str, field: Field, taken: tuple[Scalar, ...]) -> Iterator[str]:
    """The next choice after the code, round about."""
    codes = [each.code for each in field.choices]
    start = codes.index(code) if code in codes else 0
    free = [each for each in codes[start:] + codes[:start] if each not in taken]
    yield from free[:1]


def _numbers(value: Decimal, least: int = 0) -> Iterator[Decimal]:
    exponent = value.as_tuple().exponent
    step = Decimal(1).scaleb(min(exponent if isinstance(exponent, int) else 0, least))
    for each in (value - step, value + step):
        if literals.number(literals.plain_number(each)) is not None:
            yield each


def _shifted(value: date | timedelta) -> Iterator[Scalar]:
    step = timedelta(seconds=1) if isinstance(value, datetime) else timedelta(days=1)
    if isinstance(value, timedelta):
        step = timedelta(days=1) if value.days and not value.seconds else timedelta(hours=1)
    for sign in (-1, 1):
        try:
            moved = value + sign * step
        except OverflowError:
            continue
        if not isinstance(moved, timedelta) or moved > timedelta(0):
            yield moved


def _times(value: time) -> Iterator[time]:
    minutes = value.hour * 60 + value.minute
    for each in (minutes - 1, minutes + 1):
        if 0 <= each < 24 * 60:
            yield value.replace(hour=each // 60, minute=each % 60)


def neighbouring_spans(span: Duration, *, signed: bool = False) -> Iterator[Duration]:
    """The duration one longer and one shorter in its own unit; only an offset may be zero or negative."""
    for by in (-1, 1):
        moved = Duration(span.count + by, span.unit)
        if (signed or moved.count > 0) and literals.duration(str(moved)) is not None:
            yield moved
