"""A case as it would be after changes: fields set, records added or taken out, events that happen now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from rules_engine.model.case import Case, Event
from rules_engine.model.values import MISSING, Missing, Record, Value

# Names of fields and, below a list, the position that its record had before anything was changed.
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Put:
    """A field gets a value: a scalar, or a tuple of them."""

    path: Path
    value: Value


@dataclass(frozen=True)
class Add:
    """A record without any field, at the end of a list; what is put below its path fills it."""

    path: Path


@dataclass(frozen=True)
class Remove:
    """A record of a list is taken out."""

    path: Path


@dataclass(frozen=True)
class Happen:
    """An event; `number` tells apart several of one type."""

    event: str
    number: int


Atom: TypeAlias = Put | Add | Remove | Happen


@dataclass(frozen=True)
class Altered:
    """`base` with `atoms` put in, looked at on `now`; its new events happen at `at`."""

    base: Case
    now: datetime
    at: datetime
    atoms: tuple[Atom, ...] = ()

    @cached_property
    def case(self) -> Case:
        record: Value = self.base.record
        for atom in self.atoms:
            if isinstance(atom, Put):
                record = placed(record, atom.path, atom.value)
            elif isinstance(atom, Add):
                record = placed(record, atom.path, {})
        # The last positions first, so that those before keep theirs.
        for path in sorted((each.path for each in self.atoms if isinstance(each, Remove)), reverse=True):
            record = _without(record, path)
        happened = [Event(each.event, self.at, f"added-{each.number}") for each in self.happened]
        events = (*self.base.events, *happened)
        return replace(self.base, record=record if isinstance(record, Mapping) else {}, events=events)

    @property
    def happened(self) -> Sequence[Happen]:
        return [each for each in self.atoms if isinstance(each, Happen)]

    @cached_property
    def touched(self) -> frozenset[Path]:
        """The fields and records that the changes are about; none of them is changed twice."""
        return frozenset(each.path for each in self.atoms if not isinstance(each, Happen))

    @cached_property
    def removed(self) -> frozenset[Path]:
        return frozenset(each.path for each in self.atoms if isinstance(each, Remove))

    @cached_property
    def added(self) -> frozenset[Path]:
        return frozenset(each.path for each in self.atoms if isinstance(each, Add))

    def size(self, path: Path) -> int:
        """How many records the list had, with those that were added."""
        before = at(self.base.record, path)
        return (len(before) if isinstance(before, tuple) else 0) + sum(each[:-1] == path for each in self.added)

    def live(self, path: Path) -> list[int]:
        """The positions of the list's records that are there now, in order."""
        return [each for each in range(self.size(path)) if (*path, each) not in self.removed]


def at(record: Value | Missing, path: Path) -> Value | Missing:
    """The value at a path, or MISSING where it ends early."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(record, tuple) or step >= len(record):
                return MISSING
            record = record[step]
        elif isinstance(record, Mapping) and step in record:
            record = record[step]
        else:
            return MISSING
    return record


def placed(whole: Value | Missing, path: Path, value: Value) -> Value:
    """`whole` with `value` at a path; records on the way are made where they lack."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = whole if isinstance(whole, tuple) else ()
        if step < len(items):
            return (*items[:step], placed(items[step], rest, value), *items[step + 1 :])
        return (*items, placed({}, rest, value))
    inner: Record = whole if isinstance(whole, Mapping) else {}
    return {**inner, step: placed(inner.get(step, MISSING), rest, value)}


def _without(whole: Value, path: Path) -> Value:
    items = at(whole, path[:-1])
    position = path[-1]
    if not isinstance(items, tuple) or not isinstance(position, int):
        return whole
    return placed(whole, path[:-1], (*items[:position], *items[position + 1 :]))
