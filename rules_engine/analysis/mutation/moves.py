"""A case moved by one thing: a value, an event, a record of a list, the clock."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from rules_engine.analysis.mutation.answers import Probe
from rules_engine.analysis.mutation.turning_points import Seen, around, field_values, figure_values, seen
from rules_engine.evaluation import calendar
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.sentence import value_text
from rules_engine.model.case import Event
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision
from rules_engine.model.fixture import FixtureCase
from rules_engine.model.ruleset import Aggregate, Changed, Duration, Happened, NotHappened, Quantified, Ruleset
from rules_engine.model.values import Missing, Value, get, identity, without
from rules_engine.ports import Matcher

_STEPS = (timedelta(seconds=1), timedelta(days=1))


@dataclass(frozen=True)
class Move:
    """`axis` is what it moves, so that two moves of one axis are never combined; `words` end the case's name."""

    axis: str
    words: str
    change: Callable[[FixtureCase], FixtureCase]


def moves(at: Probe, ruleset: Ruleset, matcher: Matcher, catalog: Catalog) -> Iterator[Move]:
    """Every way to move the case that a condition of the ruleset could notice, each once."""
    decision = evaluate(ruleset, at.case, at.now, matcher, catalog)
    known: set[tuple[str, str]] = set()
    for each in _all(at, ruleset, decision, catalog):
        if (each.axis, each.words) not in known:
            known.add((each.axis, each.words))
            yield each


def _all(at: Probe, ruleset: Ruleset, decision: Decision, catalog: Catalog) -> Iterator[Move]:
    conditions = [each for rule in decision.rules for each in seen(rule, catalog)]
    for here in conditions:
        yield from (_value(path, value) for path, value in field_values(here, catalog))
        if isinstance(here.trace.condition, Quantified | Aggregate):
            yield from _lists(here, at, catalog)
        if isinstance(here.trace.condition, Changed):
            yield from _changes(here, at, catalog)
    yield from _events(conditions, at)
    yield from _clock(ruleset, decision, at)
    for here in conditions:
        yield from _missing(here, at)


# --- values ----------------------------------------------------------------------------------------------------


def _value(path: str, value: Value) -> Move:
    words = f"{path} {value_text(value)}"
    return Move(path.partition("[")[0], words, lambda fixture: with_value(fixture, path, value))


def with_value(fixture: FixtureCase, path: str, value: Value) -> FixtureCase:
    """The fixture with the value put at the path after all others, in place of what stood there or below."""
    kept = {
        key: each
        for key, each in fixture.overrides.items()
        if key != path and not key.startswith((f"{path}.", f"{path}["))
    }
    return replace(fixture, overrides={**kept, path: value})


def _missing(here: Seen, at: Probe) -> Iterator[Move]:
    """The field never sent: only a case that is written out can say so."""
    path = getattr(here.trace.condition, "field", "") or getattr(here.trace.condition, "collection", "")
    if not path or here.prefix or isinstance(get(at.case.record, path), Missing):
        return
    record = without(at.case.record, path)
    yield Move(
        path, f"{path} not received",
        lambda fixture: replace(fixture, record="", facts=record, also=(), overrides={}),
    )  # fmt: skip


def _changes(here: Seen, at: Probe, catalog: Catalog) -> Iterator[Move]:
    """What the field was at the last evaluation."""
    condition = here.trace.condition
    if not isinstance(condition, Changed):
        return
    now = get(at.case.record, condition.field)
    field = catalog.find("case", condition.field)
    given = () if isinstance(now, Missing | Mapping | tuple) else (now,)
    for value in (*given, *around((*given, condition.value), field), None):
        before: Mapping[str, Value] = {**(at.fixture.previous or {}), condition.field: value}
        words = f"{condition.field} {value_text(value)} before"
        yield Move(f"before {condition.field}", words, partial(_with_previous, before))


def _with_previous(before: Mapping[str, Value], fixture: FixtureCase) -> FixtureCase:
    return replace(fixture, previous=before)


# --- lists -----------------------------------------------------------------------------------------------------


def _lists(here: Seen, at: Probe, catalog: Catalog) -> Iterator[Move]:
    condition = here.trace.condition
    if not isinstance(condition, Quantified | Aggregate) or here.prefix:
        return
    path = condition.collection
    items = get(at.case.record, path)
    if not isinstance(items, tuple):
        return
    names = tuple(identity(each, position) for position, each in enumerate(items))
    yield from (_value(each, value) for each, value in figure_values(here, names, catalog))
    for position, name in enumerate(names):
        yield _list(path, (*items[:position], *items[position + 1 :]), f"without {path} {name}")
        if len(items) > 1:
            yield _list(path, (items[position],), f"{path} {name} alone")
        yield _list(path, (*items, _copy(items[position], len(items) + 1)), f"{path} {name} twice")
    yield _list(path, (), f"no {path}")
    yield _list(path, None, f"{path} empty")


def _list(path: str, value: Value, words: str) -> Move:
    return Move(path, words, lambda fixture: with_value(fixture, path, value))


def _copy(item: Value, number: int) -> Value:
    return {**item, "id": f"copy-{number}"} if isinstance(item, Mapping) else item


# --- events ----------------------------------------------------------------------------------------------------


def _events(conditions: list[Seen], at: Probe) -> Iterator[Move]:
    named = [each.trace.condition for each in conditions if isinstance(each.trace.condition, Happened | NotHappened)]
    names = dict.fromkeys(name for each in named for name in _names(each))
    if not names:
        return
    events = at.fixture.events
    for position, event in enumerate(events):
        rest = (*events[:position], *events[position + 1 :])
        yield _with_events(rest, f"without {event.type} {event.id}")
        yield _with_events((*events, replace(event, id=f"{event.id}-again")), f"{event.type} {event.id} twice")
        for moved in _other_times(event, at, named):
            changed = (*events[:position], replace(event, at=moved), *events[position + 1 :])
            yield _with_events(changed, f"{event.type} {event.id} at {moved.isoformat()}")
    for name in names:
        for by in (timedelta(0), timedelta(minutes=-1), timedelta(days=-400)):
            new = Event(name, at.now + by, f"n{len(events) + 1}")
            yield _with_events((*events, new), f"{name} at {new.at.isoformat()}")


def _names(condition: Happened | NotHappened) -> tuple[str, ...]:
    return condition.events if isinstance(condition, Happened) else (condition.event, condition.since)


def _with_events(events: tuple[Event, ...], words: str) -> Move:
    ordered = tuple(sorted(events, key=lambda each: each.at))
    return Move("events", words, lambda fixture: replace(fixture, events=ordered))


def _other_times(event: Event, at: Probe, named: list[Happened | NotHappened]) -> Iterator[datetime]:
    """A step and a day either side, before and after each other event, and at both ends of each window around it."""
    for step in _STEPS:
        yield event.at - step
        yield event.at + step
    spans = [each.within if isinstance(each, Happened) else each.span for each in named]
    for other in at.fixture.events:
        if other is event:
            continue
        for step in _STEPS:
            yield other.at - step
            yield other.at + step
        for span in spans:
            if span is not None:
                yield from _ends(other.at, span, at.fixture.zone)


def _ends(start: datetime, span: Duration, zone: str) -> Iterator[datetime]:
    """The last second within the span and the first one after it, forwards and backwards, and those a day on."""
    after = calendar.last_moment_within(start, span, zone)
    for by in (-1, 0, 1):
        edge = after + timedelta(days=by)
        yield edge - _STEPS[0]
        yield edge
    back = calendar.shift(start, replace(span, count=-span.count), zone)
    for by in (-1, 0, 1):
        yield back + timedelta(days=by)


# --- the clock -------------------------------------------------------------------------------------------------


def _clock(ruleset: Ruleset, decision: Decision, at: Probe) -> Iterator[Move]:
    instants = [at.now + sign * step for step in _STEPS for sign in (1, -1)]
    if decision.wake_at is not None:
        instants += [decision.wake_at, decision.wake_at - _STEPS[0], decision.wake_at + _STEPS[1]]
    for rule in ruleset.rules:
        for day in (rule.effective_from, rule.effective_until):
            instants += [_noon(day + timedelta(days=by), at) for by in (-1, 0, 1)] if day else []
    for instant in instants:
        yield _at(instant)


def _noon(day: date, at: Probe) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(at.fixture.zone))


def _at(instant: datetime) -> Move:
    return Move("clock", f"at {instant.isoformat()}", lambda fixture: replace(fixture, now=instant))
