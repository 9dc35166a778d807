"""A case of a ruleset's own test: what the record is, what happened, and what should be decided and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules_engine.model.case import Event
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
class FixtureCase:
    """`record` is the name of a file below fixtures/ with a native record; without one, `facts` is the case itself.

    `also` are files below fixtures/case/ whose parts of a case (a quote, say) are laid over it. `overrides` (in the
    text: `with`) are values of the case by path, put over the record; `previous` are those that the record had at the
    last evaluation, over the record with its overrides (None: never evaluated).
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
