"""Days, months and periods in the workspace's time zone; a date is never shifted through UTC."""

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rules_engine.model.ruleset import Duration, Period, Unit

_DAYS: Final = {Unit.DAYS: 1, Unit.WEEKS: 7}
_MONTHS: Final = {Unit.MONTHS: 1, Unit.YEARS: 12}
_PERIOD_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12, "fiscal quarter": 3, "fiscal year": 12}
_WHICH: Final = {"last": -1, "this": 0, "next": 1}


def today(now: datetime, zone: str) -> date:
    """The calendar day at the instant `now` in the zone."""
    try:
        return now.astimezone(ZoneInfo(zone)).date()
    except OverflowError:  # within a day of the first or last date there is
        return now.date()


def midnight(day: date, zone: str) -> datetime:
    """The instant at which the day begins in the zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def clock(moment: datetime, zone: str) -> time:
    """What clocks in the zone show at the instant."""
    try:
        return moment.astimezone(ZoneInfo(zone)).time()
    except OverflowError:  # within a day of the first or last date there is
        return moment.time()


def at_clock(day: date, clock: time, zone: str) -> datetime:
    """The instant, in UTC, at which clocks in the zone show that time on that day."""
    try:
        return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:  # within a day of the first or last date there is
        return datetime.combine(day, clock, UTC)


def add_months(day: date, months: int) -> date:
    """Clamped to the last day of the month: 31 January + 1 month is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def shift_day(day: date, by: Duration | None) -> date:
    """Days, weeks, months and years; hours have no meaning for a date. Stops at the first and last date there is."""
    if by is None:
        return day
    try:
        if by.unit in _DAYS:
            return day + timedelta(days=by.count * _DAYS[by.unit])
        return add_months(day, by.count * _MONTHS[by.unit])
    except (OverflowError, ValueError):
        return date.max if by.count > 0 else date.min


def shift(moment: datetime, by: Duration | None, zone: str) -> datetime:
    """Hours are exact; longer units keep the wall-clock time in the zone over a change of summer time."""
    if by is None:
        return moment
    if by.unit is Unit.HOURS:
        return later(moment, timedelta(hours=by.count))
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except OverflowError:  # within a day of the first or last date there is
        local = moment
    return datetime.combine(shift_day(local.date(), by), local.time(), local.tzinfo)


def later(moment: datetime, by: timedelta) -> datetime:
    """The instant that lies `by` after the moment; the last or first there is, where that is beyond the calendar."""
    try:
        return moment + by
    except OverflowError:
        end = date.max if by > timedelta(0) else date.min
        return datetime.combine(end, time.max if by > timedelta(0) else time.min, moment.tzinfo)


def period(which: Period, day: date, fiscal_start: int = 1) -> tuple[date, date]:
    """First and last day of this, last or next week (from Monday), month, quarter or year around `day`.

    Fiscal quarters and years are counted from the month `fiscal_start` (1 to 12).
    """
    by = _WHICH[which.which]
    if which.unit == "week":
        start = day - timedelta(days=day.weekday()) + timedelta(weeks=by)
        return start, start + timedelta(days=6)
    months = _PERIOD_MONTHS[which.unit]
    before = (day.month - (fiscal_start if which.unit.startswith("fiscal") else 1)) % months
    start = add_months(day.replace(day=1), by * months - before)
    return start, add_months(start, months) - timedelta(days=1)


def last_moment_within(start: datetime, span: Duration, zone: str) -> datetime:
    """The first instant that is no longer within `span` of `start`.

    In hours exactly that many hours, the last instant included; else the end of the last calendar day.
    """
    if span.unit is Unit.HOURS:
        return later(start, timedelta(hours=span.count, microseconds=1))
    return midnight(shift_day(shift_day(today(start, zone), span), Duration(1, Unit.DAYS)), zone)


def next_flip(
    truth_on: Callable[[date], object], bounds: list[Callable[[date], date]], value: date, day: date
) -> date | None:
    """The first day after `day` on which `truth_on` differs.

    `bounds` are functions of the current day that never fall; the truth can only change where one of them
    meets or passes `value`.
    """
    candidates = {
        each
        for bound in bounds
        for each in (_reaches(bound, value), _reaches(bound, shift_day(value, Duration(1, Unit.DAYS))))
    }
    now = truth_on(day)
    return min((each for each in candidates if each > day and truth_on(each) != now), default=None)


def _reaches(bound: Callable[[date], date], value: date) -> date:
    """The first day on which the bound is at or past the value, by bisection."""
    low, high = date.min.toordinal(), date.max.toordinal()
    while low < high:
        middle = (low + high) // 2
        if bound(date.fromordinal(middle)) >= value:
            high = middle
        else:
            low = middle + 1
    return date.fromordinal(low)
