"""Happenings as text: what the case's events must have been."""

from rules_engine.formats import literals
from rules_engine.formats.notes import Notes, as_text, check_keys, flag_at, nearest, need, place_of, shape, shown
from rules_engine.formats.operands import read_duration
from rules_engine.formats.paths import Scope
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.ruleset import Happened, NotHappened


def _event(node: Node, key: str, scope: Scope, notes: Notes) -> str:
    name = as_text(node, notes, f"`{key}`") or ""
    if name and name not in scope.catalog.events:
        notes.error("unknown-event", f"there is no event `{shown(name)}`", node.place,
                    nearest(name, list(scope.catalog.events), "events are"))  # fmt: skip
    return name


def read_happened(table: Table, scope: Scope, notes: Notes) -> Happened | None:
    check_keys(table, ("happened", "in_order", "within", "at_least"), notes, "`happened`")
    node = table.entries["happened"]
    named = node.items if isinstance(node, Items) else (node,)
    if not named:
        notes.error("empty-group", "`happened` names no event", place_of(table, "happened"),
                    nearest("", list(scope.catalog.events), "events are"))  # fmt: skip
    events: list[str] = []
    for each in named:
        name = _event(each, "happened", scope, notes)
        if name in events:
            notes.error("unknown-event", f"`{name}` is named twice", each.place, "write `at_least: 2` instead")
        events.append(name)
    within = table.entries.get("within")
    span = read_duration(within, "within", notes) if within is not None else None
    return Happened(tuple(events), flag_at(table, "in_order", notes), span, _times(table, notes), table.place)


def _times(table: Table, notes: Notes) -> int:
    node = table.entries.get("at_least")
    if node is None:
        return 1
    value = literals.number(node.text) if isinstance(node, Text) and node.plain else None
    if value is None or not 1 <= value <= 1000 or value != int(value):
        notes.error("type-mismatch", f"`at_least` is a whole number from 1 to 1000, and here stands {shape(node)}",
                    node.place)  # fmt: skip
        return 1
    return int(value)


def read_not_happened(table: Table, scope: Scope, notes: Notes) -> NotHappened | None:
    keys = ("not_happened", "since", "for")
    check_keys(table, keys, notes, "`not_happened`")
    event, since, span = (need(table, key, notes, "`not_happened`") for key in keys)
    if event is None or since is None or span is None:
        return None
    duration = read_duration(span, "for", notes)
    first, second = _event(event, "not_happened", scope, notes), _event(since, "since", scope, notes)
    return NotHappened(first, second, duration, table.place) if duration else None
