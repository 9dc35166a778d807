"""The text of a ruleset's cases: a record, what happened, the clock, and the expected decision with its reason."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import count, pairwise
from zoneinfo import available_timezones

from rules_engine.formats import literals
from rules_engine.formats.notes import (
    Notes,
    as_items,
    as_table,
    as_text,
    check_format,
    check_keys,
    nearest,
    need,
    root_table,
    shape,
    shown,
    text_at,
)
from rules_engine.formats.paths import Scope, follow, is_free, unknown_field
from rules_engine.formats.rates_text import day_at, month_at, rates_at
from rules_engine.formats.typed_values import read_record_table, read_untyped, read_value
from rules_engine.formats.yaml_tree import Items, Node, Table, Text, read_tree
from rules_engine.model.case import Event
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.finding import Place
from rules_engine.model.fixture import Expectation, FixtureCase, Moment
from rules_engine.model.ruleset import Step, Verdict
from rules_engine.model.values import Record, Value

_KEYS = ("case", "record", "facts", "also", "with", "previous", "events", "now", "zone", "rates", "rates_on",
         "fiscal_start", "steps", "expect")  # fmt: skip
_STEP = ("step", "with", "events", "now", "expect")
_EXPECT = ("verdict", "rule", "reason", "fields")
_TARGETS = tuple(step.target for step in Step)
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def read_cases(text: str, catalog: Catalog, file: str = "") -> tuple[FixtureCase, ...]:
    """The cases of a text with the keys `format`, `ruleset`, `cases`; raises Unreadable with all findings."""
    notes = Notes()
    table = root_table(read_tree(text, file), "a file of cases")
    check_format(table, notes, "a file of cases")
    check_keys(table, ("format", "ruleset", "cases"), notes, "a file of cases")
    node = need(table, "cases", notes, "a file of cases")
    items = as_items(node, notes, "`cases`") if node is not None else ()
    tables = [each for each in (as_table(item, notes, "a case") for item in items) if each is not None]
    cases = tuple(_case(each, catalog, notes) for each in tables)
    _check_names(tables, notes)
    notes.raise_errors()
    return cases


def _case(table: Table, catalog: Catalog, notes: Notes) -> FixtureCase:
    check_keys(table, _KEYS, notes, "a case")
    if ("record" in table.entries) == ("facts" in table.entries):
        notes.error("missing-key", "a case has either `record` or `facts`", table.place,
                    "write `record:` and a file below fixtures/, or `facts:` and the case itself")  # fmt: skip
    facts = table.entries.get("facts")
    inner = as_table(facts, notes, "`facts`") if facts is not None else None
    ids = _event_ids(table)
    events = _events(table, ids, catalog, notes)
    steps = _steps(table, ids, catalog, notes)
    last = steps[-1] if steps else _moment(table, (), catalog, notes)
    before = table.entries.get("previous")
    return FixtureCase(
        text_at(table, "case", notes, "a case"),
        last.now,
        last.expect,
        text_at(table, "record", notes, "a case", required=False),
        read_record_table(inner, "case", "", catalog, notes) if inner else {},
        _also(table, notes),
        _overrides(table, "with", catalog, notes) or {},
        None if isinstance(before, Text) else _overrides(table, "previous", catalog, notes),
        events,
        _zone(table, notes),
        table.place,
        text_at(table, "previous", notes, "a case") if isinstance(before, Text) else "",
        steps,
        rates_at(table, notes),
        day_at(table, "rates_on", notes),
        month_at(table, notes),
    )


# --- moments ---------------------------------------------------------------------------------------------------


def _moment(table: Table, events: tuple[Event, ...], catalog: Catalog, notes: Notes, what: str = "a case") -> Moment:
    return Moment(
        _instant(need(table, "now", notes, what), "now", notes),
        _expectation(table, catalog, notes, what),
        events=events,
        place=table.place,
    )


def _steps(table: Table, ids: Mapping[Place, str], catalog: Catalog, notes: Notes) -> tuple[Moment, ...]:
    """The moments of a case in sequence, none where it has no `steps`."""
    node = table.entries.get("steps")
    if node is None:
        return ()
    for key in ("now", "expect"):
        if key in table.entries:
            notes.error("wrong-shape", f"a case with `steps` has no `{key}` of its own", table.keys[key],
                        f"write `{key}` in each step")  # fmt: skip
    items = as_items(node, notes, "`steps`")
    if not items and isinstance(node, Items):
        notes.error("wrong-shape", "`steps` is empty", node.place, "write `now` and `expect` of each moment")
    tables = [each for each in (as_table(item, notes, "a step") for item in items) if each is not None]
    steps = tuple(_step(each, ids, catalog, notes) for each in tables)
    for earlier, later in pairwise(steps):
        if later.now < earlier.now:
            notes.error("time-goes-back", "this step's `now` lies before that of the step above", later.place,
                        "write the steps in order of time; an event that comes late has an earlier `at`")  # fmt: skip
    return steps


def _step(table: Table, ids: Mapping[Place, str], catalog: Catalog, notes: Notes) -> Moment:
    check_keys(table, _STEP, notes, "a step")
    found = _moment(table, _events(table, ids, catalog, notes), catalog, notes, "a step")
    what = text_at(table, "step", notes, "a step", required=False)
    return replace(found, overrides=_overrides(table, "with", catalog, notes) or {}, what=what)


def _also(table: Table, notes: Notes) -> tuple[str, ...]:
    node = table.entries.get("also")
    items = as_items(node, notes, "`also`") if node is not None else ()
    return tuple(name for name in (as_text(each, notes, "a file's name") for each in items) if name)


def _check_names(tables: list[Table], notes: Notes) -> None:
    seen: set[str] = set()
    for table in tables:
        node = table.entries.get("case")
        if isinstance(node, Text) and node.text in seen:
            notes.error("duplicate-case", f"two cases are called `{shown(node.text)}`", node.place,
                        "say what makes this one different")  # fmt: skip
        seen |= {node.text} if isinstance(node, Text) else set()


def _instant(node: Node | None, key: str, notes: Notes) -> datetime:
    found = literals.instant(node.text) if isinstance(node, Text) else None
    if found is None and node is not None:
        notes.error("type-mismatch", f"`{key}` is a date and time with its offset, and here stands {shape(node)}",
                    node.place, "write such as `2026-03-31T09:00:00+02:00`")  # fmt: skip
    return found or _NO_TIME


def _zone(table: Table, notes: Notes) -> str:
    zone = text_at(table, "zone", notes, "a case", required=False) or "UTC"
    if zone not in _zones():
        notes.error("unknown-word", f"`{shown(zone)}` is no time zone", table.entries["zone"].place,
                    nearest(zone, sorted(_zones()), "zones are"))  # fmt: skip
    return zone


@cache
def _zones() -> frozenset[str]:
    """Looked for on the disk, which is slow."""
    return frozenset({"UTC", *available_timezones()})


# --- values by path --------------------------------------------------------------------------------------------


def _overrides(table: Table, key: str, catalog: Catalog, notes: Notes) -> Mapping[str, Value] | None:
    node = table.entries.get(key)
    inner = as_table(node, notes, f"`{key}`") if node is not None else None
    return _values(inner, ("case",), catalog, notes) if inner is not None else None


def _values(table: Table, roots: tuple[str, ...], catalog: Catalog, notes: Notes) -> Mapping[str, Value]:
    """Values at paths of a document that is one of the types `roots`."""
    found: dict[str, Value] = {}
    for path, node in table.entries.items():
        bare = re.sub(r"\[[^\[\]]*\]", "", path)
        steps = {root: follow(catalog, root, bare) for root in roots}
        known = next((step for step in steps.values() if not step.unknown), None)
        if known is not None:
            whole_record = path.endswith("]") and known.fields[-1].type is Type.RECORDS
            inner = as_table(node, notes, f"`{path}`") if whole_record else None
            if inner is not None:
                found[path] = read_record_table(inner, known.fields[-1].of, path, catalog, notes)
            elif not whole_record:
                found[path] = read_value(node, known.fields[-1], path, catalog, notes)
        elif any(is_free(catalog, root, bare) for root in roots):
            found[path] = read_untyped(node)
        else:
            root = max(roots, key=lambda each: len(steps[each].fields))
            unknown_field(bare, steps[root], Scope(catalog, root), table.keys[path], notes)
    return found


# --- what happened, what is expected ---------------------------------------------------------------------------


def _event_ids(table: Table) -> Mapping[Place, str]:
    """The id of each event of the case and its steps, by its place; without one it gets one that no other has."""
    steps = table.entries.get("steps")
    holders = [table, *(each for each in (steps.items if isinstance(steps, Items) else ()) if isinstance(each, Table))]
    lists = [each.entries.get("events") for each in holders]
    events = [event for each in lists if isinstance(each, Items) for event in each.items if isinstance(event, Table)]
    ids = [event.entries.get("id") for event in events]
    given = [each.text.strip() if isinstance(each, Text) else "" for each in ids]
    taken = set(given)
    found: dict[Place, str] = {}
    for number, (event, own) in enumerate(zip(events, given, strict=True), 1):
        free = (f"e{number}{'-' * more}" for more in count())
        found[event.place] = own or next(each for each in free if each not in taken)
        taken.add(found[event.place])
    return found


def _events(table: Table, ids: Mapping[Place, str], catalog: Catalog, notes: Notes) -> tuple[Event, ...]:
    node = table.entries.get("events")
    items = as_items(node, notes, "`events`") if node is not None else ()
    tables = [as_table(each, notes, "an event") for each in items]
    return tuple(_event(each, ids.get(each.place, ""), catalog, notes) for each in tables if each is not None)


def _event(table: Table, identity: str, catalog: Catalog, notes: Notes) -> Event:
    check_keys(table, ("type", "at", "id", "data"), notes, "an event")
    name = text_at(table, "type", notes, "an event")
    if name and name not in catalog.events:
        notes.error("unknown-event", f"there is no event `{shown(name)}`", table.entries["type"].place,
                    nearest(name, list(catalog.events), "events are"))  # fmt: skip
    data = table.entries.get("data")
    inner = as_table(data, notes, "`data`") if data is not None else None
    values: Record = {key: read_untyped(each) for key, each in inner.entries.items()} if inner else {}
    text_at(table, "id", notes, "an event", required=False)
    return Event(name, _instant(need(table, "at", notes, "an event"), "at", notes), identity, values)


def _expectation(table: Table, catalog: Catalog, notes: Notes, what: str) -> Expectation:
    node = need(table, "expect", notes, what)
    inner = as_table(node, notes, "`expect`") if node is not None else None
    if inner is None:
        return Expectation(Verdict.IGNORE)
    check_keys(inner, _EXPECT, notes, "`expect`")
    word = text_at(inner, "verdict", notes, "`expect`")
    verdicts = [each.value for each in Verdict]
    if word and word not in verdicts:
        notes.error("unknown-word", f"`{shown(word)}` is no verdict", inner.entries["verdict"].place,
                    nearest(word, verdicts))  # fmt: skip
    fields = inner.entries.get("fields")
    targets = as_table(fields, notes, "`fields`") if fields is not None else None
    return Expectation(
        Verdict(word) if word in verdicts else Verdict.IGNORE,
        text_at(inner, "rule", notes, "`expect`", required=False),
        text_at(inner, "reason", notes, "`expect`", required=False),
        _values(targets, _TARGETS, catalog, notes) if targets is not None else {},
    )
