"""Transforms that give days, instants, times of day and durations."""

import re
from datetime import UTC, timedelta, timezone
from datetime import date as Date
from datetime import datetime as DateTime
from datetime import time as Time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome
from rules_engine.conversion.wording import kind_of, shown
from rules_engine.formats import literals
from rules_engine.model.values import Months, Value

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*", re.DOTALL)
# What a format may hold: the longer sign first, as `MM` is no two `M`.
_PARTS = {
    "YYYY": ("year", "[0-9]{4}"),
    "YY": ("year", "[0-9]{2}"),
    "MM": ("month", "[0-9]{2}"),
    "M": ("month", "[0-9]{1,2}"),
    "DD": ("day", "[0-9]{2}"),
    "D": ("day", "[0-9]{1,2}"),
    "HH": ("hour", "[0-9]{2}"),
    "H": ("hour", "[0-9]{1,2}"),
    "mm": ("minute", "[0-9]{2}"),
    "ss": ("second", "[0-9]{2}"),
}
_SIGN = re.compile("|".join(_PARTS))
# Two digits of a year mean the century around now: 69 is 2069, 70 is 1970.
_PIVOT = 70


def date(value: Value, arguments: Arguments, context: Context) -> Outcome:
    """A date stays the date it is; a date and time gives its day in the workspace's zone, and the time is lost.

    `format` says the order of the parts of a text, such as `DD.MM.YYYY` or `M/D/YY`: none is guessed.
    """
    if arguments.get("format") is not None and isinstance(value, str):
        read = _formatted(value, arguments["format"], time_too=False)
        return Done(read.date()) if isinstance(read, DateTime) else read
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _parsed_date(value)
    if isinstance(value, Date) and not isinstance(value, DateTime):
        return Done(value)
    moment = datetime(value, {}, context)
    if isinstance(moment, Failed):
        return Failed(f"{shown(value)} is not a date", "a date is written as `2026-03-31`")
    if not isinstance(moment.value, DateTime):
        return Done(None)
    try:
        local = moment.value.astimezone(ZoneInfo(context.zone))
    except OverflowError:
        return Failed(f"{shown(value)} is not a date in {context.zone}", "leave the field empty for no date")
    at_midnight = local.time() == local.time().min
    return Done(local.date(), "" if at_midnight else f"the time {local.time().isoformat()}")


def _parsed_date(value: str) -> Outcome:
    try:
        return Done(Date.fromisoformat(value))
    except ValueError:
        return Failed(f"there is no day {shown(value)}", "a date is written as `2026-03-31`")


def datetime(value: Value, arguments: Arguments, context: Context) -> Outcome:
    """The offset that the text has is kept; a wall-clock time that a change of clocks skips or repeats is said so.

    `format` as for `date`, with `HH`, `mm` and `ss`; what it reads is a time in the workspace's zone.
    """
    if arguments.get("format") is not None and isinstance(value, str):
        read = _formatted(value, arguments["format"], time_too=True)
        return _in_zone(read, context.zone) if isinstance(read, DateTime) else read
    if value == "":
        return Done(None)
    remedy = "a date and time is written as `2026-03-31T14:30:00+02:00`"
    if isinstance(value, str) and _DATETIME.fullmatch(value):
        try:
            moment = DateTime.fromisoformat(value)
        except ValueError:
            return Failed(f"{shown(value)} is not a date and time", remedy)
        return Done(moment) if moment.tzinfo else _in_zone(moment, context.zone)
    if isinstance(value, DateTime):
        return Done(value) if value.tzinfo else _in_zone(value, context.zone)
    return Failed(f"{shown(value)} is not a date and time", remedy)


def _in_zone(wall: DateTime, zone: str) -> Outcome:
    """With a fixed offset: Python calls a repeated time of a named zone unequal to the same instant elsewhere."""
    moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    try:
        back = moment.astimezone(UTC).astimezone(ZoneInfo(zone))
        repeated = moment.utcoffset() != moment.replace(fold=1).utcoffset()
    except OverflowError:
        return Failed(f"{shown(wall)} is too far away to be a time in {zone}", "leave the field empty for no time")
    fixed = back.replace(tzinfo=timezone(back.utcoffset() or timedelta(0)), fold=0)
    time = wall.time().isoformat()
    if fixed.replace(tzinfo=None) != wall:
        return Done(fixed, f"{time} does not exist that day in {zone}; {fixed.time().isoformat()} is meant")
    return Done(fixed, f"{time} happens twice that day in {zone}; the first is meant" if repeated else "")


@lru_cache(maxsize=500)
def _pattern(written: str, time_too: bool) -> "re.Pattern[str] | None":
    """The format as a pattern; None where it lacks a day, a month or a year, or says one twice."""
    names = [_PARTS[sign][0] for sign in _SIGN.findall(written)]
    allowed = {"year", "month", "day", *(("hour", "minute", "second") if time_too else ())}
    if len(written) > 40 or len(set(names)) < len(names) or not {"year", "month", "day"} <= set(names) <= allowed:
        return None
    parts, end = [], 0
    for sign in _SIGN.finditer(written):
        name, digits = _PARTS[sign[0]]
        parts += [re.escape(written[end : sign.start()]), f"(?P<{name}>{digits})"]
        end = sign.end()
    return re.compile("".join(parts) + re.escape(written[end:]), re.ASCII)


def _formatted(value: str, written: Value, *, time_too: bool) -> DateTime | Done | Failed:
    """A wall-clock time; Done(None) for an empty text."""
    pattern = _pattern(written, time_too) if isinstance(written, str) else None
    if pattern is None:
        example = "`DD.MM.YYYY HH:mm`" if time_too else "`DD.MM.YYYY`"
        return Failed(f"{shown(written)} is no format of a day", f"write such as {example}")
    if value == "":
        return Done(None)
    found = pattern.fullmatch(value.strip())
    if found is None:
        return Failed(f"{shown(value)} is not written as `{written}`", "correct the text, or the format")
    parts = {name: int(text) for name, text in found.groupdict().items()}
    if len(found["year"]) == 2:
        parts["year"] += 1900 if parts["year"] >= _PIVOT else 2000
    try:
        day = Date(parts.pop("year"), parts.pop("month"), parts.pop("day"))
        return DateTime.combine(day, Time(**parts))  # type: ignore[arg-type]  # hour, minute and second are numbers
    except ValueError:
        return Failed(f"there is no time {shown(value)}", "correct the text, or the format")


def in_zone(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """The same instant with the offset of another zone, for a system that shows wall-clock times as they come."""
    zone = arguments.get("zone")
    if not isinstance(zone, str) or zone not in available_timezones():
        return Failed(f"{shown(zone)} is no time zone", "write one such as `America/New_York`")
    if not isinstance(value, DateTime) or value.tzinfo is None:
        return Failed(f"{shown(value)} is not a date and time", "put `datetime` before it")
    try:
        local = value.astimezone(ZoneInfo(zone))
        return Done(local.replace(tzinfo=timezone(local.utcoffset() or timedelta(0)), fold=0))
    except (OverflowError, ValueError):
        return Failed(f"{shown(value)} is too far away to be a time in {zone}", "leave the field empty for no time")


def time_of_day(value: Value, _arguments: Arguments, context: Context) -> Outcome:
    """`09:30` or `17:45:10`; of a date and time that in the workspace's zone, and the day is lost."""
    match value:
        case "":
            return Done(None)
        case Time():
            return Done(value)
        case str():
            found = literals.clock(value.strip())
            remedy = "a time of day is written as `09:30`"
            return Done(found) if found is not None else Failed(f"{shown(value)} is no time of day", remedy)
        case DateTime() if value.tzinfo is not None:
            try:
                local = value.astimezone(ZoneInfo(context.zone))
            except (OverflowError, ValueError):
                return Failed(f"{shown(value)} has no time in {context.zone}", "leave the field empty for no time")
            return Done(local.time(), f"the day {local.date()}")
        case _:
            return Failed(f"{kind_of(value)} is no time of day", "map a text such as `09:30`")


def duration(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """`14 days`, `6 months`, ISO 8601; months and years stay months, and the rest is exact."""
    match value:
        case "":
            return Done(None)
        case timedelta() | Months():
            return Done(value)
        case str():
            found = literals.span(value.strip())
            remedy = "a duration is written as `14 days`, `6 months` or `PT1H30M`"
            return Done(found) if found is not None else Failed(f"{shown(value)} is no duration", remedy)
        case _:
            return Failed(f"{kind_of(value)} is no duration", "map a text such as `14 days`")
