"""Words of a text as typed values: money, dates, numbers read from their own characters, never through a float."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.model.ruleset import Duration, Period, RelativeDate, Unit
from rules_engine.model.values import Money, Months

# As many significant digits as Decimal's default context keeps exactly, and as many characters as make sense.
MAX_DIGITS = 28
MAX_NUMBER = 60
_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
_SPAN = r"(\d{1,6}) (hour|day|week|month|year)s?"
_CLOCK = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII)
# ISO 8601, either years and months or days and smaller: together they are no one length of time.
_ISO_MONTHS = re.compile(r"(-?)P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?", re.ASCII)
_ISO_SPAN = re.compile(
    r"(-?)P(?:(\d{1,7})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?", re.ASCII
)
_WORDY_SPAN = re.compile(r"(-?)(\d{1,9}) (second|minute|hour|day|week|month|year)s?", re.ASCII)
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
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
    if len(text) > MAX_NUMBER or not re.fullmatch(_NUMBER, text, re.ASCII):
        return None
    found = Decimal(text)
    return found if len(found.as_tuple().digits) <= MAX_DIGITS else None


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


def clock(text: str) -> time | None:
    """`09:30`, `17:45:10`: a time of day without a zone."""
    if not _CLOCK.fullmatch(text):
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def clock_text(value: time) -> str:
    """The shortest text that `clock` reads back."""
    return value.isoformat("minutes" if not value.second and not value.microsecond else "auto")


def span(text: str) -> timedelta | Months | None:
    """`14 days`, `-90 minutes`, `2 years`, or ISO 8601 such as `P1DT12H` and `P1Y6M`: a length of time as a value."""
    if found := _WORDY_SPAN.fullmatch(text):
        count = int(found[2]) * (-1 if found[1] else 1)
        if found[3] in ("month", "year"):
            return Months(count * (12 if found[3] == "year" else 1))
        return _seconds(Decimal(count * _SECONDS[found[3]]))
    if (found := _ISO_MONTHS.fullmatch(text)) and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return Months(-months if found[1] else months)
    if (found := _ISO_SPAN.fullmatch(text)) and any(found.groups()[1:]) and not text.endswith("T"):
        days, hours, minutes, seconds = (Decimal(each or 0) for each in found.groups()[1:])
        total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
        return _seconds(-total if found[1] else total)
    return None


def _seconds(count: Decimal) -> timedelta | None:
    whole = int(count)
    try:
        return timedelta(seconds=whole, microseconds=int((count - whole) * 1_000_000))
    except OverflowError:
        return None


def span_text(value: timedelta | Months) -> str:
    """The shortest text that `span` reads back: `14 days`, `6 months`, `PT1H30M`."""
    if isinstance(value, Months):
        return str(value)
    micros = value // timedelta(microseconds=1)
    for name, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, rest = divmod(micros, seconds * 1_000_000)
        if not rest:
            return f"{count} {name}{'' if abs(count) == 1 else 's'}"
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    days, rest = divmod(micros, 86_400_000_000)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    parts = [f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count]
    parts += [f"{Decimal(rest) / 1_000_000:f}S"] if rest else []
    return f"{sign}P{f'{days}D' if days else ''}T{''.join(parts)}"


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
    """`this quarter`, `last week`, `next year`, `this fiscal quarter`."""
    found = re.fullmatch("(this|last|next) (week|month|quarter|year|fiscal quarter|fiscal year)", text)
    return Period(found[1], found[2]) if found else None


def plain_number(value: Decimal) -> str:
    """The digits without an exponent."""
    return f"{value:f}"
