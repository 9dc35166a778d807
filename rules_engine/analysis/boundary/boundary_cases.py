"""Cases at the edges of a ruleset's conditions: where two engines that should mean the same would differ first."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from rules_engine.analysis.boundary.candidates import candidates
from rules_engine.analysis.boundary.nearby import INSTANT
from rules_engine.analysis.boundary.stage import Stage
from rules_engine.analysis.boundary.staging import changes, figures, long_ago, made, one_item
from rules_engine.evaluation import calendar
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import (
    Aggregate,
    Changed,
    Comparison,
    Condition,
    Duration,
    Happened,
    Length,
    NotHappened,
    Quantified,
    Rule,
    Ruleset,
    Unit,
    children,
)
from rules_engine.model.values import MISSING, Money, Record, get

ZONE: Final = "Europe/Berlin"  # not UTC, so that a day begins at another instant than the clock's
_RECORDS_VARIED: Final = 12
_DAY: Final = Duration(1, Unit.DAYS)


def boundary_cases(
    ruleset: Ruleset, catalog: Catalog, now: datetime, limit: int = 1_000
) -> Iterator[tuple[Case, datetime]]:
    """At most `limit` cases, each with the instant to judge it at; the same ones in the same order each time.

    The empty case; for each rule one in which it is true, where that can be found; and from there each field at the
    edges of what it is compared with, lists of no, one and two records, events at the edges of their windows, and the
    clock at every instant at which time alone turns an answer. Rules take turns, so that the limit is shared.
    """
    empty = Stage(Scene(Case("boundary", {}, zone=ZONE), now, {}), catalog)
    seen: set[int] = set()
    for number, stage in enumerate(_in_turn([_of_rule(rule, empty) for rule in ruleset.rules], empty)):
        case, at = stage.scene.case, stage.scene.now
        what = hash(repr((case.record, case.events, case.previous, case.rates, at)))
        if what in seen:
            continue
        seen.add(what)
        yield replace(case, id=f"boundary-{number}"), at
        if len(seen) == limit:
            return


def _in_turn(sources: list[Iterator[Stage]], first: Stage) -> Iterator[Stage]:
    yield first
    waiting = deque(sources)
    while waiting:
        source = waiting.popleft()
        found = next(source, None)
        if found is not None:
            yield found
            waiting.append(source)


def true_case(rule: Rule, stage: Stage) -> Stage:
    """The stage changed so that the rule's condition is true, as far as a greedy search comes."""
    found = made(rule.when, Truth.TRUE, stage)
    # A second round mends what a later condition took from an earlier one.
    return made(rule.when, Truth.TRUE, found)


def _of_rule(rule: Rule, empty: Stage) -> Iterator[Stage]:
    base = true_case(rule, _in_effect(rule, empty))
    yield base
    yield from _clocks(rule, base)
    yield from variants(rule.when, base)


def _in_effect(rule: Rule, stage: Stage) -> Stage:
    """On a day on which the rule counts."""
    today = calendar.today(stage.scene.now, ZONE)
    day = rule.effective_from if rule.effective_from and rule.effective_from > today else today
    day = rule.effective_until if rule.effective_until and rule.effective_until < day else day
    return stage if day == today else at(stage, datetime.combine(day, time(12), ZoneInfo(ZONE)))


def at(stage: Stage, now: datetime) -> Stage:
    """The stage at another instant; as it was where that lies at the ends of the calendar."""
    if not 2 < now.year < 9998:
        return stage
    return replace(stage, scene=replace(stage.scene, now=now))


def _clocks(rule: Rule, stage: Stage) -> Iterator[Stage]:
    """The days of effect and the instant at which time alone turns the rule, each with the instants beside it."""
    wake = stage.trace(rule.when).wake_at
    days = [rule.effective_from, rule.effective_until and calendar.shift_day(rule.effective_until, _DAY)]
    turns = [calendar.midnight(day, ZONE) for day in days if day and 2 < day.year < 9998]
    for instant in (*turns, wake):
        if instant and 2 < instant.year < 9998:
            yield from (at(stage, instant + by) for by in (timedelta(0), -INSTANT, INSTANT))


# --- one condition at a time --------------------------------------------------------------------------------------


def variants(condition: Condition, stage: Stage) -> Iterator[Stage]:
    """The stage with what the condition looks at changed, and nothing else."""
    match condition:
        case Comparison() | Length():
            yield from _fields(condition, stage)
        case Quantified() | Aggregate():
            yield from _collections(condition, stage)
        case Changed():
            yield from _changed(condition, stage)
        case Happened():
            yield from _windows(condition, stage)
        case NotHappened():
            yield from _silences(condition, stage)
        case _:
            for inner in children(condition):
                yield from variants(inner, stage)


def _fields(condition: Comparison | Length, stage: Stage) -> Iterator[Stage]:
    for value in candidates(condition, stage):
        varied = stage.placed(condition.field, value)
        yield varied
        if isinstance(value, Money):
            yield _with_rate(varied, value)
    wake = stage.trace(condition).wake_at
    if wake and not stage.scene.prefix:
        yield from (at(stage, wake + by) for by in (timedelta(0), -INSTANT))


def _with_rate(stage: Stage, value: Money) -> Stage:
    """The same amount and a rate, so that the currencies can be compared."""
    known = tuple(Rate(base, value.currency, Decimal("1.25"), calendar.today(stage.scene.now, ZONE))
                  for base in ("EUR", "USD") if base != value.currency)  # fmt: skip
    return replace(stage, scene=replace(stage.scene, case=replace(stage.scene.case, rates=known)))


def _collections(condition: Quantified | Aggregate, stage: Stage) -> Iterator[Stage]:
    """Lists with no, one and two records, with records that match, that do not, and that cannot be judged."""
    path = condition.collection
    there = stage.items(path)
    like: Record = there[0] if there else {"id": "1"}
    good = one_item(condition.where, True, like, condition, stage)
    bad = one_item(condition.where, False, like, condition, stage)
    lists: tuple[tuple[Record, ...], ...] = ((), (good,), (bad,), (good, _second(good)), (good, _second(bad)))
    yield from (stage.placed(path, each) for each in (*lists, MISSING, None, "text", ("text",)))
    if isinstance(condition, Aggregate):
        yield from figures(condition, stage)
        if condition.of:
            yield stage.placed(path, ({key: value for key, value in good.items() if key != condition.of},))
    if condition.where is not None:
        inside = stage.inside(path, good)
        for number, varied in enumerate(variants(condition.where, inside)):
            record = varied.scene.record
            yield stage.placed(path, (record,))
            if number < _RECORDS_VARIED:
                yield stage.placed(path, (good, _second(record)))


def _second(record: Record) -> Record:
    return {**record, "id": "2"}


def _changed(condition: Changed, stage: Stage) -> Iterator[Stage]:
    scene = stage.scene
    yield replace(stage, scene=replace(scene, case=replace(scene.case, previous=None)))
    yield replace(stage, scene=replace(scene, case=replace(scene.case, previous=scene.case.record)))
    yield from (stage.before(condition.field, each) for each in (MISSING, None))
    yield from (stage.placed(condition.field, each) for each in (MISSING, None, get(scene.record, condition.field)))
    yield from changes(condition, stage)


def _windows(condition: Happened, stage: Stage) -> Iterator[Stage]:
    """The events in and against their order, one too few, one to come, and the last at the edges of the window."""
    others = [each for each in stage.scene.case.events if each.type not in condition.events]
    names = [name for name in condition.events for _ in range(condition.at_least)]
    now = stage.scene.now
    none: list[str] = []
    for order in (names, names[::-1], names[1:], names[:-1], none):
        yield stage.with_events([*others, *_spread(order, now - timedelta(days=1), now)])
    yield stage.with_events([*others, *_spread(names, now, now + timedelta(hours=1))])
    if condition.within is None:
        return
    first = long_ago(condition.within, stage)
    end = calendar.last_moment_within(first, condition.within, stage.scene.case.zone)
    for last in (end - INSTANT, end):
        for order in (names, names[::-1]):
            yield stage.with_events([*others, *_spread(order, first, last)])


def _spread(names: list[str], first: datetime, last: datetime) -> Iterator[Event]:
    """The events from the first instant to the last, evenly."""
    for number, name in enumerate(names):
        share = number / (len(names) - 1) if len(names) > 1 else 1
        yield Event(name, first + (last - first) * share, f"{name}-{number}")


def _silences(condition: NotHappened, stage: Stage) -> Iterator[Stage]:
    """The clock at the end of the span, and the awaited event at both edges of it."""
    others = [each for each in stage.scene.case.events if each.type not in (condition.event, condition.since)]
    start = long_ago(condition.span, stage)
    end = calendar.last_moment_within(start, condition.span, stage.scene.case.zone)
    begun = stage.with_events([*others, Event(condition.since, start, "since")])
    yield from (at(begun, instant) for instant in (end - INSTANT, end, start))
    yield stage.with_events(others)
    for answered in (start - INSTANT, start, end - INSTANT, end):
        yield begun.with_events([*begun.scene.case.events, Event(condition.event, answered, "answer")])
