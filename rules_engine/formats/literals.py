"""Words of a text as typed values: money, dates, numbers read from their own characters, never through a float."""

import re
from datetime import date, datetime
from decimal import Decimal

from rules_engine.model.ruleset import Duration, Period, RelativeDate, Unit
from rules_engine.model.values import Money

# As many digits as Decimal's default context keeps exactly.
MAX_DIGITS = 28
_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
_SPAN = r"(\d{1,6}) (hour|day|week|month|year)s?"
# At most a hundred years, so that no date computed from it leaves the calendar by accident.
_MOST = {Unit.HOURS: 876_600, Unit.DAYS: 36_525, Unit.WEEKS: 5_218, Unit.MONTHS: 1_200, Unit.YEARS: 100}
# What YAML 1.2 reads as something other than text (core schema).
_NOT_TEXT = re.compile(rf"(?:{_NUMBER}(?:[eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+|true|True|TRUE|false|False|FALSE"
                       r"|null|Null|NULL|~|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|)")  # fmt: skip


def is_plain_text(text: str) -> bool:
    """Whether YAML reads these characters, without quotes, as text (and not as a number, true, false or null)."""
    return _NOT_TEXT.fullmatch(text) is None


def number(text: str) -> Decimal | None:
    """`1234.50`; None for anything else, and for more digits than are kept exactly."""
    if not re.fullmatch(_NUMBER, text, re.ASCII) or sum(map(str.isdigit, text)) > MAX_DIGITS:
        return None
    return Decimal(text)


def percent(text: str) -> Decimal | None:
    """`20` or `20 %`."""
    return number(text.removesuffix("%").rstrip())


def money(text: str) -> Money | None:
    """`5000 EUR`: an amount, a space, the three capitals of an ISO 4217 currency."""
    amount, _, currency = text.partition(" ")
    value = number(amount)
    if value is None or not re.fullmatch("[A-Z]{3}", currency):
        return None
    return Money(value, currency)


def day(text: str) -> date | None:
    """`2026-03-31`."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def instant(text: str) -> datetime | None:
    """`2026-03-31T09:00:00+02:00` or with `Z`: an aware datetime; None without an offset."""
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", text, re.ASCII):
        return None
    try:
        found = datetime.fromisoformat(text)
        found.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else None


def duration(text: str) -> Duration | None:
    """`14 days`, `4 hours`, `-1 month`: at most a hundred years."""
    found = re.fullmatch(rf"([-+]?){_SPAN}", text, re.ASCII)
    if not found:
        return None
    unit = Unit(f"{found[3]}s")
    count = int(found[2])
    return Duration(-count if found[1] == "-" else count, unit) if count <= _MOST[unit] else None


def relative_date(text: str) -> RelativeDate | None:
    """`today`, `today + 7 days`, `now - 4 hours`."""
    found = re.fullmatch(rf"(today|now)(?: ?([-+]) ?({_SPAN}))?", text, re.ASCII)
    if not found:
        return None
    if not found[2]:
        return RelativeDate(found[1])
    plus = duration(f"{found[2]}{found[3]}")
    return RelativeDate(found[1], plus) if plus else None


def period(text: str) -> Period | None:
    """`this quarter`, `last week`, `next year`."""
    found = re.fullmatch("(this|last|next) (week|month|quarter|year)", text)
    return Period(found[1], found[2]) if found else None


def plain_number(value: Decimal) -> str:
    """The digits without an exponent."""
    return f"{value:f}"
