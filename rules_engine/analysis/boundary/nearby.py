"""Values at the edge of another value: itself, one smallest step to either side, and what is of another kind."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from rules_engine.evaluation import calendar
from rules_engine.model.catalog import Field, Type
from rules_engine.model.values import Missing, Money, Months, Value

TINY: Final = Decimal("1e-12")
CENT: Final = Decimal("0.01")
INSTANT: Final = timedelta(microseconds=1)


def nearby(value: Value | Missing) -> tuple[Value, ...]:
    """The value first, then its neighbours on both sides; nothing for what has none (null, a record)."""
    match value:
        case bool():
            return value, not value
        case str():
            return tuple(_texts(value))
        case Decimal():
            return tuple(value + step for step in (Decimal(0), CENT, -CENT, TINY, -TINY)) if value.is_finite() else ()
        case Money(amount, currency):
            found = [Money(each, currency) for each in nearby(amount) if isinstance(each, Decimal)]
            return (*found, Money(amount, "USD" if currency != "USD" else "EUR"))
        case datetime():
            return tuple(_stepped(value, INSTANT))
        case date():
            return tuple(_stepped(value, timedelta(days=1)))
        case time():
            at = datetime.combine(date(2000, 1, 2), value)
            return tuple(each.time() for each in (at, at + INSTANT, at - INSTANT))
        case timedelta():
            return value, value + INSTANT, value - INSTANT
        case Months(count):
            return value, Months(count + 1), Months(count - 1)
        case tuple():
            return tuple(near for each in value for near in nearby(each))
        case _:
            return ()


def _texts(value: str) -> Iterator[str]:
    yield value
    # What contains, begins with and ends with it; what it begins with; other capitals; another spelling of an accent.
    yield from (f"{value}0", f"0{value}", value[:-1], value.swapcase(), unicodedata.normalize("NFD", value))


def _stepped(value: datetime | date, step: timedelta) -> "Iterator[datetime | date]":
    yield value
    for by in (step, -step):
        try:
            yield value + by
        except OverflowError:  # the first or last day there is
            continue


def in_zone(bound: Value | Missing, kind: Type, zone: str) -> tuple[Value | Missing, ...]:
    """A bound as the field's type has it: a day is the two midnights around it, an instant its day."""
    if kind is Type.DATETIME and isinstance(bound, date) and not isinstance(bound, datetime):
        if not date(2, 1, 1) < bound < date(9998, 1, 1):
            return ()
        return tuple(calendar.midnight(day, zone) for day in (bound, bound + timedelta(days=1)))
    if kind is Type.DATE and isinstance(bound, datetime):
        return (calendar.today(bound, zone),)
    return (bound,)


def unlike(value: Value) -> tuple[Value, ...]:
    """The same to the eye and of another kind: a matcher that coerces takes it for the value."""
    match value:
        case bool():
            return str(value).lower(), Decimal(int(value))
        case str():
            return (Decimal(value),) if value.isascii() and value.isdigit() and len(value) < 20 else (Decimal(1), True)
        case Decimal():
            return str(value), value == 1
        case Money(amount):
            return amount, str(value)
        case datetime():
            return value.date(), value.isoformat()
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC), value.isoformat()
        case timedelta():
            return Months(1), str(value)
        case _:
            return (str(value),)


def ordinary(field: Field, now: datetime, zone: str) -> Value:
    """A value that a field of this type may well have."""
    return _ORDINARY[field.type](field, now, zone)


_ORDINARY: Final[dict[Type, Callable[[Field, datetime, str], Value]]] = {
    Type.NUMBER: lambda *_: Decimal(1),
    Type.PERCENT: lambda *_: Decimal(10),
    Type.MONEY: lambda *_: Money(Decimal(100), "EUR"),
    Type.BOOLEAN: lambda *_: True,
    Type.DATE: lambda _, now, zone: calendar.today(now, zone),
    Type.DATETIME: lambda _, now, __: now,
    Type.TIME: lambda *_: time(12),
    Type.DURATION: lambda *_: timedelta(days=1),
    Type.CHOICE: lambda field, *_: field.choices[0].code if field.choices else "a",
    Type.CHOICES: lambda field, *_: tuple(each.code for each in field.choices[:1]) or ("a",),
    Type.RECORD: lambda *_: {},
    Type.RECORDS: lambda *_: ({"id": "1"},),
    Type.TEXT: lambda *_: "a",
    Type.RICH_TEXT: lambda *_: "a",
    Type.REFERENCE: lambda *_: "a",
}


def distinct(values: Iterable[Value | Missing]) -> tuple[Value | Missing, ...]:
    """Each once, in order; 1 and true are two."""
    return tuple({(type(each), repr(each)): each for each in values}.values())
