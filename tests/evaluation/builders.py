"""Short ways to say a case and a condition in tests."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.decision import Trace, Truth
from rules_engine.model.ruleset import Comparison, Condition, Literal, Operand

BERLIN = "Europe/Berlin"


def berlin(text: str) -> datetime:
    """`2026-03-01 09:00` in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN))


NOON = berlin("2026-03-10 12:00")


def a_case(
    record: Mapping[str, object] | None = None, *events: Event, previous=None, rates: tuple[Rate, ...] = ()
) -> Case:
    return Case("1", record or {}, events, previous, rates, BERLIN)


def happened(kind: str, at: str) -> Event:
    return Event(kind, berlin(at), id=f"{kind}@{at}")


def trace(condition: Condition, case: Case, now: datetime = NOON) -> Trace:
    return trace_condition(condition, Scene(case, now, case.record))


def judge(condition: Condition, case: Case, now: datetime = NOON) -> Truth:
    return trace(condition, case, now).truth


def field(operator: str, operand: object = None, *, also_when_empty: bool = False) -> Comparison:
    """A comparison of field `f`; a plain value becomes a literal."""
    ready: Operand = operand if operand is None or type(operand).__module__.endswith("ruleset") else Literal(operand)
    return Comparison("f", operator, ready, also_when_empty)
