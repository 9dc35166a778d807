"""Dates against operands that move with the clock: `today`, `now`, the last 14 days, this quarter.

Each judgement says at which instant it will change by itself, so that a decision can be taken again then.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from rules_engine.evaluation import calendar
from rules_engine.evaluation.scene import BY_ORDER, Judged, Scene, kind, order, truth
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Comparison, Duration, Operand, Period, RelativeDate, Unit
from rules_engine.model.values import Value


def compare_moving(actual: Value, comparison: Comparison, scene: Scene, name: str) -> Judged:
    """A date against `today`, `now`, a span or a period: judged now, with the instant at which that changes."""
    if not isinstance(actual, date):
        return Judged(Truth.UNKNOWN, actual, cause=f"`{name}` is {kind(actual)}, not a date")
    if _exact(comparison.operand):
        if not isinstance(actual, datetime):
            return Judged(
                Truth.UNKNOWN, actual, cause=f"`{name}` is a date without a time, and is compared by the hour"
            )
        return _by_instant(actual, comparison, scene)
    return _by_day(actual, comparison, scene)


def _exact(operand: Operand) -> bool:
    match operand:
        case RelativeDate("now"):
            return True
        case Duration(unit=Unit.HOURS):
            return True
        case _:
            return False


def _by_day(actual: date, comparison: Comparison, scene: Scene) -> Judged:
    zone = scene.case.zone
    value = calendar.today(actual, zone) if isinstance(actual, datetime) else actual
    low, high = _day_bounds(comparison, scene.case.fiscal_start)

    def judge(day: date) -> bool:
        return low(day) <= value <= high(day)

    def outcome(day: date) -> bool:
        return judge(day) is not (comparison.operator == "is_not")

    flip = calendar.next_flip(outcome, [low, high], value, scene.today)
    first, last = low(scene.today), high(scene.today)
    expected: Value = (
        first if first == last else last if first == date.min else first if last == date.max else (first, last)
    )
    wake = calendar.midnight(flip, zone) if flip and flip < date.max else None
    return Judged(truth(outcome(scene.today)), actual, expected, wake_at=wake)


def _day_bounds(comparison: Comparison, fiscal_start: int) -> tuple[Callable[[date], date], Callable[[date], date]]:
    """First and last day that count, as functions of today."""
    operand = comparison.operand
    match operand, comparison.operator:
        case Period(), _:
            return (lambda day: _period(operand, day, fiscal_start)[0]), (
                lambda day: _period(operand, day, fiscal_start)[1]
            )
        case Duration(count, unit), "in_the_last":
            return (lambda day: calendar.shift_day(day, Duration(-count, unit))), (lambda day: day)
        case Duration(), _:
            return (lambda day: day), (lambda day: calendar.shift_day(day, operand))
        case RelativeDate(), operator:
            return _relative_bounds(operand, operator)
        case _:
            raise AssertionError(operand)


def _relative_bounds(operand: RelativeDate, operator: str) -> tuple[Callable[[date], date], Callable[[date], date]]:
    def bound(day: date) -> date:
        return calendar.shift_day(day, operand.plus)

    def always(end: date) -> Callable[[date], date]:
        return lambda _: end

    match operator:
        case "on_or_before":
            return always(date.min), bound
        case "before":
            return always(date.min), lambda day: _next(bound(day), -1)
        case "on_or_after":
            return bound, always(date.max)
        case "after":
            return (lambda day: _next(bound(day), 1)), always(date.max)
        case _:  # is, is_not
            return bound, bound


def _next(day: date, by: int) -> date:
    return calendar.shift_day(day, Duration(by, Unit.DAYS))


def _period(which: Period, day: date, fiscal_start: int) -> tuple[date, date]:
    # Bisection asks for days at the ends of the calendar, where a neighbouring period does not exist.
    if not date.min + timedelta(days=800) < day < date.max - timedelta(days=800):
        return day, day
    return calendar.period(which, day, fiscal_start)


def _by_instant(actual: datetime, comparison: Comparison, scene: Scene) -> Judged:
    zone, operand = scene.case.zone, comparison.operand
    if isinstance(operand, Duration):
        ahead = comparison.operator == "in_the_next"
        span = timedelta(hours=operand.count)
        other = calendar.later(scene.now, span if ahead else -span)
        low, high = (scene.now, other) if ahead else (other, scene.now)
        answer = low <= actual <= high
        moments = (
            [calendar.later(actual, -span), calendar.later(actual, timedelta(microseconds=1))]
            if ahead
            else [actual, calendar.later(actual, span + timedelta(microseconds=1))]
        )
        wake = min((moment for moment in moments if moment > scene.now), default=None)
        return Judged(truth(answer), actual, (low, high), wake_at=wake)
    plus = operand.plus if isinstance(operand, RelativeDate) else None
    expected = calendar.shift(scene.now, plus, zone)
    sign = order(actual, expected, scene) or 0
    # `now + plus` passes the value at `value - plus`; one microsecond later settles the strict operators.
    back = Duration(-plus.count, plus.unit) if plus else None
    meets = calendar.shift(actual, back, zone)
    moments = [meets, calendar.later(meets, timedelta(microseconds=1))]
    if plus is not None and plus.unit is not Unit.HOURS:
        moments += _around(meets, actual, zone)
    wake = min((each for each in moments if each > scene.now), default=None)
    return Judged(truth(BY_ORDER[comparison.operator](sign)), actual, expected, wake_at=wake)


def _around(meets: datetime, actual: datetime, zone: str) -> list[datetime]:
    """The instants near `meets` at which a shifted clock may pass `actual`.

    Clamped months and changes of summer time cannot be shifted back exactly: the days around are looked at as well.
    """
    clock, hour = calendar.clock(actual, zone), timedelta(hours=1)
    days = [calendar.shift_day(calendar.today(meets, zone), Duration(by, Unit.DAYS)) for by in range(-3, 5)]
    near = [calendar.at_clock(day, each, zone) for day in days for each in (time(), clock)]
    steps = (timedelta(0), hour, -hour, timedelta(microseconds=1))
    return [calendar.later(at, by) for at in near for by in steps]
