"""Brings a case to where a condition is true, or false: greedily, with the reference as the judge."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from rules_engine.analysis.boundary.candidates import candidates, with_others
from rules_engine.analysis.boundary.nearby import distinct, nearby
from rules_engine.analysis.boundary.stage import Stage
from rules_engine.evaluation import calendar
from rules_engine.model.case import Event
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    ChangeKind,
    Comparison,
    Condition,
    Duration,
    Function,
    Happened,
    Length,
    NoneOf,
    NotHappened,
    Quantified,
    Quantifier,
)
from rules_engine.model.values import Missing, Money, Record, put

MOST_RECORDS: Final = 40
_LAST_KEPT: Final = 20

Kept = tuple[tuple[Condition, Truth], ...]


def made(condition: Condition, wanted: Truth, stage: Stage, kept: Kept = ()) -> Stage:
    """The stage changed so that the condition is `wanted` (true or false) where that can be found.

    `kept` is what was made so before, and should stay so.
    """
    if stage.truth(condition) is wanted:
        return stage
    other = Truth.FALSE if wanted is Truth.TRUE else Truth.TRUE
    yes = wanted is Truth.TRUE
    match condition:
        case All(inner):
            return (_every if yes else _one)(inner, wanted, stage, kept)
        case Any(inner):
            return (_one if yes else _every)(inner, wanted, stage, kept)
        case NoneOf(inner):
            return (_every if yes else _one)(inner, other, stage, kept)
        case Comparison() | Length():
            return _compared(condition, wanted, stage, kept)
        case Quantified():
            return _quantified(condition, yes, stage)
        case Aggregate():
            return next((each for each in figures(condition, stage) if each.truth(condition) is wanted), stage)
        case Changed():
            return next((each for each in changes(condition, stage) if each.truth(condition) is wanted), stage)
        case Happened():
            return _happened(condition, yes, stage)
        case NotHappened():
            return _silent(condition, yes, stage)


def _every(inner: Sequence[Condition], wanted: Truth, stage: Stage, kept: Kept) -> Stage:
    for each in inner:
        stage = made(each, wanted, stage, kept)
        kept = (*kept[-_LAST_KEPT:], (each, wanted))
    return stage


def _one(inner: Sequence[Condition], wanted: Truth, stage: Stage, kept: Kept) -> Stage:
    first = None
    for each in inner:
        found = made(each, wanted, stage, kept)
        if found.truth(each) is wanted and _holds(found, kept):
            return found
        first = first or found
    return first or stage


def _holds(stage: Stage, kept: Kept) -> bool:
    return all(stage.truth(condition) is wanted for condition, wanted in kept)


def _compared(condition: Comparison | Length, wanted: Truth, stage: Stage, kept: Kept) -> Stage:
    stage = with_others(condition, stage)
    tried = (stage.placed(condition.field, each) for each in candidates(condition, stage))
    fitting = [each for each in tried if each.truth(condition) is wanted]
    return next((each for each in fitting if _holds(each, kept)), fitting[0] if fitting else stage)


def _quantified(condition: Quantified, yes: bool, stage: Stage) -> Stage:
    items, where = stage.items(condition.collection), condition.where
    good = yes is not (condition.quantifier is Quantifier.NO)
    if where is None:
        return stage.placed(condition.collection, (items or ({"id": "1"},)) if good else ())
    if (condition.quantifier is Quantifier.SOME) is yes or (condition.quantifier is Quantifier.NO and not yes):
        # One will do, and it may be like those that are there; so it is for `every` that one of them is not.
        like = items[-1] if items else {}
        new = one_item(where, good, {**like, "id": str(len(items) + 1)}, condition, stage)
        return stage.placed(condition.collection, (*items, new))
    if condition.quantifier is Quantifier.EVERY and not items:
        items = ({"id": "1"},)
    changed = tuple(one_item(where, good, each, condition, stage) for each in items)
    return stage.placed(condition.collection, changed)


def one_item(
    where: Condition | None, good: bool, item: Record, condition: Quantified | Aggregate, stage: Stage
) -> Record:
    """The record of a list changed so that `where` is true of it (or, not `good`, false)."""
    if where is None:
        return item
    wanted = Truth.TRUE if good else Truth.FALSE
    return made(where, wanted, stage.inside(condition.collection, item)).scene.record


def figures(condition: Aggregate, stage: Stage) -> Iterator[Stage]:
    """Stages with lists that bring the figure to, below and above what it is compared with."""
    stage = with_others(condition, stage)
    like = next(iter(stage.items(condition.collection)), {"id": "1"})
    item = one_item(condition.where, True, like, condition, stage)
    comparison = Comparison(f"{condition.collection}.{condition.of}", condition.operator, condition.operand)
    found = [each for each in candidates(comparison, stage) if not isinstance(each, Missing)]
    if condition.function is Function.COUNT:
        whole = sorted({int(each) + more for each in found if isinstance(each, Decimal) for more in (0, 1, -1)})
        for number in (each for each in whole if 0 <= each <= MOST_RECORDS):
            yield stage.placed(condition.collection, tuple({**item, "id": str(at)} for at in range(1, number + 1)))
        return
    for value in found:
        filled = put({**item, "id": "1"}, condition.of, value)
        yield stage.placed(condition.collection, (filled,))
        nothing = Money(Decimal(0), value.currency) if isinstance(value, Money) else Decimal(0)
        yield stage.placed(condition.collection, (filled, put({**item, "id": "2"}, condition.of, nothing)))


def changes(condition: Changed, stage: Stage) -> Iterator[Stage]:
    """Stages in which the field was, and is, each of a few values."""
    usual = stage.ordinary(condition.field)
    around = [*nearby(condition.value), usual, *nearby(usual)]
    values = distinct([*around, *(each.code for each in stage.field(condition.field).choices[:4])])[:6]
    for now in values if condition.kind is not ChangeKind.CHANGED else values[:2]:
        for was in values:
            yield stage.placed(condition.field, now).before(condition.field, was)


def _happened(condition: Happened, yes: bool, stage: Stage) -> Stage:
    events = [each for each in stage.scene.case.events if each.type not in condition.events]
    names = [name for name in condition.events for _ in range(condition.at_least)] if yes else []
    return stage.with_events([*events, *_just_now(names, stage)])


def _just_now(names: Sequence[str], stage: Stage) -> Iterator[Event]:
    """The events one after the other, the last of them a millisecond ago."""
    for ago, name in zip(range(len(names), 0, -1), names, strict=True):
        yield Event(name, stage.scene.now - timedelta(milliseconds=ago), f"{name}-{ago}")


def _silent(condition: NotHappened, yes: bool, stage: Stage) -> Stage:
    events = [each for each in stage.scene.case.events if each.type not in (condition.event, condition.since)]
    started = [Event(condition.since, long_ago(condition.span, stage), condition.since)] if yes else []
    return stage.with_events([*events, *started])


def long_ago(span: Duration, stage: Stage) -> datetime:
    """An instant that lies a little more than the span before now."""
    back = calendar.shift(stage.scene.now, replace(span, count=-span.count), stage.scene.case.zone)
    return back - timedelta(days=3)
