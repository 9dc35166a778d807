"""A story of the sample CRM: what happens to one opportunity, step by step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rules_engine.connectors.sample_crm import OPPORTUNITY
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.formats.record_json import read_json, read_record
from rules_engine.model.case import Event
from rules_engine.model.catalog import Catalog
from rules_engine.model.values import Record, Value

_LIST = re.compile(r"(?P<list>\w+)\[[^\]]*\]\.(?P<field>\w+)")


@dataclass(frozen=True)
class Step:
    """`what` is a sentence: what a person did. The changes are made before the event is sent."""

    event: Event
    what: str
    changes: Changes


@dataclass(frozen=True)
class Story:
    """`start` is the native record before the first step; `expected` maps rulesets to when they make the quote."""

    title: str
    zone: str
    opportunity: str
    start: Record
    steps: tuple[Step, ...]
    expected: Mapping[str, datetime]


def read_story(path: Path, catalog: Catalog) -> Story:
    """A story's file, its record beside it; `catalog` holds the sample CRM's types. Raises Unreadable."""
    raw = _json(path)
    start = read_record(_json(path.parent / raw["record"]), catalog, OPPORTUNITY, raw["record"])
    return Story(
        title=raw["title"],
        zone=raw["zone"],
        opportunity=raw["opportunity"],
        start=start,
        steps=tuple(_step(each, raw["opportunity"], catalog, path.name) for each in raw["steps"]),
        expected={name: datetime.fromisoformat(at) for name, at in raw["expected"].items()},
    )


def read_native(path: Path, catalog: Catalog) -> Record:
    """An opportunity of the sample CRM from a JSON file, typed by its catalog. Raises Unreadable."""
    return read_record(_json(path), catalog, OPPORTUNITY, path.name)


def _json(path: Path) -> Any:
    return read_json(path.read_bytes(), path.name)


def _step(raw: dict[str, Any], opportunity: str, catalog: Catalog, file: str) -> Step:
    event = Event(raw["type"], datetime.fromisoformat(raw["at"]), raw["id"], {"id": opportunity})
    added = read_record({name: [record] for name, record in raw["add"].items()}, catalog, OPPORTUNITY, file)
    put = {path: _typed(path, value, catalog, file) for path, value in raw["put"].items()}
    return Step(event, raw["what"], Changes(put, {name: _only(records) for name, records in added.items()}))


def _typed(path: str, value: Any, catalog: Catalog, file: str) -> Value:
    """The value as the type of its field has it: of the opportunity itself, or of a record in one of its lists."""
    within = _LIST.fullmatch(path)
    if within is None:
        return read_record({path: value}, catalog, OPPORTUNITY, file)[path]
    inside = read_record({within["list"]: [{within["field"]: value}]}, catalog, OPPORTUNITY, file)
    return _only(inside[within["list"]])[within["field"]]


def _only(records: Value) -> Record:
    if not isinstance(records, tuple) or len(records) != 1 or not isinstance(records[0], Mapping):
        raise TypeError("a list of one record was asked for")
    return records[0]
