"""A case of a ruleset's own test: what the record is, what happened, and what should be decided and why."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from rules_engine.model.case import Event, Rate
from rules_engine.model.finding import NOWHERE, Place
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Record, Value, identity


@dataclass(frozen=True)
class Expectation:
    """`rule` "" and `reason` "" expect nothing of them; `reason` is a part of the decision's.

    `fields` are values of the target document by path (`lines[L-2].quantity`).
    """

    verdict: Verdict
    rule: str = ""
    reason: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """One instant of a case in sequence: what changed and happened since the one before, and what is expected then.

    `overrides` are values of the case by path, put over the record of the moment before. `what` is the author's word
    for it, "" where there is none.
    """

    now: datetime
    expect: Expectation
    overrides: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    what: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class FixtureCase:
    """`record` names a file with a native record or a case; without one, `facts` is the case itself.

    A name that begins with `./` is a file beside the cases, any other one below fixtures/. `also` are files whose
    parts of a case (a quote, say) are laid over it. `overrides` (in the text: `with`) are values of the case by path,
    put over the record; `previous` are those that the record had at the last evaluation, over the record with its
    overrides, or `previous_record` is the file that holds all of it (neither: never evaluated). `rates`, `rates_on`
    and `fiscal_start` are the workspace's, as in `Case`. With `steps`, `now` and `expect` are those of the last one.
    """

    name: str
    now: datetime
    expect: Expectation
    record: str = ""
    facts: Record = field(default_factory=dict)
    also: tuple[str, ...] = ()
    overrides: Mapping[str, Value] = field(default_factory=dict)
    previous: Mapping[str, Value] | None = None
    events: tuple[Event, ...] = ()
    zone: str = "UTC"
    place: Place = field(default=NOWHERE, compare=False)
    previous_record: str = ""
    steps: tuple[Moment, ...] = ()
    rates: tuple[Rate, ...] = ()
    rates_on: date | None = None
    fiscal_start: int = 1

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What is evaluated, in order: the steps, or the one instant of a case without any."""
        return self.steps or (Moment(self.now, self.expect, place=self.place),)


def heard(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events as the inbox would have them: of one id the first that came, all in order of happening.

    Those of one instant stay in the order in which they came, as the inbox numbers them. Without an id each is itself.
    """
    first: dict[str, Event] = {}
    for position, event in enumerate(events):
        first.setdefault(event.id or f"#{position}", event)
    return tuple(sorted(first.values(), key=lambda event: event.at))


def overridden(record: Record, overrides: Mapping[str, Value]) -> Record:
    """The record with values put at paths; `line_items[L-2].in_stock` is that of the line whose id is L-2.

    Raises KeyError with the path where a list has no such record.
    """
    for path, value in overrides.items():
        record = _put(record, path, value, path)
    return record


def _put(record: Record, path: str, value: Value, whole: str) -> Record:
    here, rest = _first(path)
    name, _, item = here.partition("[")
    if not item:
        inner = record.get(name)
        below = inner if isinstance(inner, Mapping) else {}
        return {**record, name: _put(below, rest, value, whole) if rest else value}
    items = record.get(name)
    if not isinstance(items, tuple):
        raise KeyError(whole)
    position = next((at for at, each in enumerate(items) if identity(each, at) == item.removesuffix("]")), None)
    if position is None:
        raise KeyError(whole)
    old = items[position]
    new = _put(old if isinstance(old, Mapping) else {}, rest, value, whole) if rest else value
    return {**record, name: (*items[:position], new, *items[position + 1 :])}


def _first(path: str) -> tuple[str, str]:
    """The path's first name with its identity in brackets, which may hold dots."""
    found = re.match(r"[^.\[]+(?:\[[^\]]*\])?", path)
    here = found.group() if found else path
    return here, path[len(here) :].removeprefix(".")
