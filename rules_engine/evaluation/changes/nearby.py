"""Values worth trying for a field: at the thresholds it is compared with, just beside them, and its own choices."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Final
from zoneinfo import ZoneInfo

from rules_engine.evaluation.money import in_currency
from rules_engine.evaluation.scene import Scene, normal
from rules_engine.model.catalog import Field, Type
from rules_engine.model.values import Missing, Money, Months, Value, is_empty

# What stands for any other text; only that it is another one matters.
OTHER_TEXT: Final = "another text"
MOST_ANCHORS: Final = 40
_LONGEST: Final = 2_000
_CENT: Final = Decimal("0.01")
_DAY: Final = timedelta(days=1)


def nearby(actual: Value | Missing, anchors: Sequence[Value], field: Field | None, scene: Scene) -> list[Value]:
    """Candidates in a fixed order, the actual value not among them; a choice only as the catalog has it."""
    flat = list(_flat(anchors))[:MOST_ANCHORS]
    found: list[Value] = []
    if isinstance(actual, tuple) or (field is not None and field.type is Type.CHOICES):
        found += _lists(actual, [each for each in flat if isinstance(each, str)])
    elif field is not None and field.choices:
        codes = [choice.code for choice in field.choices]
        found += [each for each in flat if each in codes] + list(codes)
    else:
        for anchor in flat:
            found += _around(anchor, actual, field, scene)
        found += _between(flat)
        found += _any_value(field, actual, scene)
    return [each for each in _once(found) if not same(each, actual)]


def same(left: Value | Missing, right: Value | Missing) -> bool:
    """Equal and of one kind: True is not 1."""
    return type(left) is type(right) and left == right


def _once(values: Sequence[Value]) -> list[Value]:
    return list({(type(each).__name__, each): each for each in values if _plain(each)}.values())


def _plain(value: Value) -> bool:
    return isinstance(value, str | bool | Decimal | Money | date | time | timedelta | Months | tuple)


def _flat(anchors: Sequence[Value]) -> Iterator[Value]:
    for each in anchors:
        if isinstance(each, tuple):
            yield from _flat(each)
        elif not is_empty(each):
            yield each


def _around(anchor: Value, actual: Value | Missing, field: Field | None, scene: Scene) -> list[Value]:
    match anchor:
        case bool():
            return [anchor, not anchor]
        case Decimal() if anchor.is_finite():
            step = _step(anchor, actual)
            return [anchor, anchor + step, anchor - step]
        case Money(amount, currency) if amount.is_finite():
            return _amounts(amount, currency, actual, scene)
        case str():
            return _texts(anchor, actual)
        case date():
            return _days(anchor, actual, field, scene)
        case time():
            return [anchor, *_clock(anchor)]
        case timedelta():
            return [anchor, anchor + timedelta(hours=1), anchor - timedelta(hours=1)]
        case Months(count):
            return [anchor, Months(count + 1), Months(count - 1)]
        case _:
            return []


def _step(*values: Value | Missing) -> Decimal:
    """One unit of the finest digit that any of the numbers has, at most a ten-thousandth."""
    places = [each.as_tuple().exponent for each in values if isinstance(each, Decimal) and each.is_finite()]
    finest = min((each for each in places if isinstance(each, int)), default=0)
    return Decimal(1).scaleb(max(min(finest, 0), -4))


def _amounts(amount: Decimal, currency: str, actual: Value | Missing, scene: Scene) -> list[Value]:
    own = actual.amount if isinstance(actual, Money) else None
    step = _step(amount, own)
    found: list[Value] = [Money(each, currency) for each in (amount, amount + step, amount - step)]
    if isinstance(actual, Money) and actual.currency != currency:
        there = in_currency(Money(amount, currency), actual.currency, scene.case.rates, scene.rate_day)
        for rounding in (ROUND_FLOOR, ROUND_CEILING) if there is not None else ():
            with localcontext() as context:
                context.prec = 60
                cents = (there or Decimal(0)).quantize(_CENT, rounding)
            found = [*found, *(Money(each, actual.currency) for each in (cents, cents + _CENT, cents - _CENT))]
    return found


def _texts(anchor: str, actual: Value | Missing) -> list[Value]:
    found: list[Value] = [anchor]
    if isinstance(actual, str) and actual:
        found += [actual + anchor, anchor + actual, normal(actual).replace(normal(anchor), "") or OTHER_TEXT]
    # For order by characters: just before and just after.
    return [*found, f"{anchor}a", anchor[:-1] or OTHER_TEXT, OTHER_TEXT]


def _days(anchor: date, actual: Value | Missing, field: Field | None, scene: Scene) -> list[Value]:
    zone = ZoneInfo(scene.case.zone)
    try:
        if (field is not None and field.type is Type.DATETIME) or isinstance(actual, datetime):
            if isinstance(anchor, datetime):
                return [anchor, anchor + timedelta(microseconds=1), anchor - timedelta(microseconds=1),
                        anchor + _DAY, anchor - _DAY]  # fmt: skip
            clock = actual.astimezone(zone).time() if isinstance(actual, datetime) else time(12)
            return [datetime.combine(each, clock, zone) for each in (anchor, anchor + _DAY, anchor - _DAY)]
        day = anchor.astimezone(zone).date() if isinstance(anchor, datetime) else anchor
    except OverflowError:  # within a day of the first or last date there is
        return []
    return [each for each in (day, _next(day, 1), _next(day, -1)) if each is not None]


def _next(day: date, by: int) -> date | None:
    ordinal = day.toordinal() + by
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else None


def _clock(anchor: time) -> list[Value]:
    minutes = anchor.hour * 60 + anchor.minute
    around = [each for each in (minutes + 1, minutes - 1) if 0 <= each < 1_440]
    return [time(each // 60, each % 60) for each in around]


def _between(anchors: Sequence[Value]) -> list[Value]:
    """The middle of each two neighbouring numbers, for what must lie strictly between."""
    numbers = sorted({each for each in anchors if isinstance(each, Decimal) and each.is_finite()})
    found: list[Value] = [(low + high) / 2 for low, high in zip(numbers, numbers[1:], strict=False)]
    amounts = [each for each in anchors if isinstance(each, Money) and each.amount.is_finite()]
    for currency in sorted({each.currency for each in amounts}):
        own = sorted({each.amount for each in amounts if each.currency == currency})
        found += [Money((low + high) / 2, currency) for low, high in zip(own, own[1:], strict=False)]
    return found


def _lists(actual: Value | Missing, codes: Sequence[str]) -> list[Value]:
    there = actual if isinstance(actual, tuple) else ()
    found: list[Value] = []
    for code in codes:
        found += [(*there, code), tuple(each for each in there if each != code), (code,)]
    rest = tuple(each for each in there if each not in codes)
    return [*found, tuple(dict.fromkeys((*there, *codes))), rest, tuple(dict.fromkeys(codes))]


def _any_value(field: Field | None, actual: Value | Missing, scene: Scene) -> list[Value]:
    """A value of the field's type, whatever it is compared with."""
    match field.type if field else None:
        case Type.TEXT | Type.RICH_TEXT | Type.REFERENCE:
            return [OTHER_TEXT]
        case Type.BOOLEAN:
            return [True, False]
        case Type.NUMBER | Type.PERCENT:
            own = actual if isinstance(actual, Decimal) and actual.is_finite() else Decimal(0)
            return [own + 1, own - 1]
        case Type.MONEY:
            held = actual if isinstance(actual, Money) and actual.amount.is_finite() else Money(Decimal(0), "EUR")
            return [replace(held, amount=held.amount + 1), replace(held, amount=held.amount - 1)]
        case Type.DATE:
            return [each for by in (0, 1) if (each := _next(scene.today, by)) is not None]
        case Type.DATETIME:
            return [scene.now, scene.now - timedelta(minutes=1)]
        case Type.TIME:
            return [time(9), time(12)]
        case Type.DURATION:
            return [_DAY]
        case _:
            return []


def of_length(actual: Value | Missing, count: Decimal) -> str | None:
    """The text cut or filled up to so many characters; None for what is no length that a text has."""
    if count != count.to_integral_value() or not 0 <= count <= _LONGEST:
        return None
    text = normal(actual) if isinstance(actual, str) else ""
    return text[: int(count)].ljust(int(count), "x")


def distance(before: Value | Missing, after: Value) -> float:
    """How far a value moves, from 0 to 1; 1 for another text or choice."""
    match before, after:
        case bool(), bool():
            return 0.0
        case Decimal(), Decimal():
            return _relative(before, after)
        case Money(), Money() if before.currency == after.currency:
            return _relative(before.amount, after.amount)
        case datetime(), datetime():
            days = abs((before - after).total_seconds()) / 86_400
            return days / (days + 30)
        case (date(), date()) if not isinstance(before, datetime) and not isinstance(after, datetime):
            gap = abs((before - after).days)
            return gap / (gap + 30)
        case str(), str():
            return 1.0 if after == OTHER_TEXT else 0.9
        case tuple(), tuple():
            return 0.5 + len(set(map(repr, before)) ^ set(map(repr, after))) / 20
        case _:
            return 1.0


def _relative(before: Decimal, after: Decimal) -> float:
    if not before.is_finite() or not after.is_finite():
        return 1.0
    gap = abs(before - after)
    return float(gap / (gap + abs(before) + 1))
