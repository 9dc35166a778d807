"""The truth of a condition without its trace, for who asks often: as the reference says, and remembered by value."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from rules_engine.evaluation import calendar
from rules_engine.evaluation.comparison import resolve
from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.scene import BY_ORDER, Scene, order, truth
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import (
    Comparison,
    Condition,
    Duration,
    Length,
    Literal,
    Period,
    RelativeDate,
    Unit,
)
from rules_engine.model.values import Missing, get

Judge = Callable[[Scene], Truth]

MOST_REMEMBERED: Final = 20_000  # answers to one condition, before it begins anew


def judge(condition: Condition) -> Judge:
    """The condition's truth as a function of the scene."""
    match condition:
        case Comparison(operand=Literal() | None) | Length(operand=Literal()):
            return _remembered(condition, lambda scene: _text(condition.field, scene))
        case Comparison(operand=RelativeDate()):
            return _by_relative_date(condition)
        case Comparison(operand=Period() | Duration(unit=Unit.DAYS | Unit.WEEKS | Unit.MONTHS | Unit.YEARS)):
            return _remembered(condition, lambda scene: _days(condition.field, scene))
        case _:
            return lambda scene: trace_condition(condition, scene).truth


def _remembered(condition: Condition, key: Callable[[Scene], object]) -> Judge:
    """The reference is asked once for each key; where the key is None the answer depends on more."""
    answers: dict[object, Truth] = {}

    def known(scene: Scene) -> Truth:
        found = key(scene)
        if found is None:
            return trace_condition(condition, scene).truth
        answer = answers.get(found)
        if answer is None:
            if len(answers) >= MOST_REMEMBERED:
                answers.clear()
            answer = answers[found] = trace_condition(condition, scene).truth
        return answer

    return known


def _text(path: str, scene: Scene) -> str | None:
    """Against literals the answer depends on nothing but the text."""
    value = get(scene.record, path)
    return value if isinstance(value, str) else None


def _days(path: str, scene: Scene) -> tuple[date, date, int] | None:
    """Against a span or period it depends on the value's day, on today and on the fiscal year."""
    value = get(scene.record, path)
    if not isinstance(value, date):
        return None
    day = calendar.today(value, scene.case.zone) if isinstance(value, datetime) else value
    return day, scene.today, scene.case.fiscal_start


def _by_relative_date(condition: Comparison) -> Judge:
    """The reference would also work out when the answer changes, which is most of its work."""

    def moving(scene: Scene) -> Truth:
        value = get(scene.record, condition.field)
        if not isinstance(value, date) or condition.operator not in BY_ORDER:
            return trace_condition(condition, scene).truth
        expected, _ = resolve(condition.operand, scene)
        sign = None if isinstance(expected, Missing) else order(value, expected, scene)
        return Truth.UNKNOWN if sign is None else truth(BY_ORDER[condition.operator](sign))

    return moving
