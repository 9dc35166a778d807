"""A JSON Schema made small: what is said more than once is said once, below `$defs`."""

import json
from collections import Counter
from typing import Any as Json

SMALLEST = 90  # characters: a reference to a shorter part would save nothing
_ONE = ("items", "additionalProperties", "propertyNames", "if", "then", "not")
_MANY = ("anyOf", "oneOf", "allOf")
_NAMED = ("properties", "$defs")


def shared(schema: dict[str, Json]) -> dict[str, Json]:
    """An equal schema in which no part of any size stands twice. The parts are named `part-1`, `part-2`, ..."""
    counts: Counter[str] = Counter()
    _count(schema, counts)
    parts: dict[str, Json] = {}
    names: dict[str, str] = {}
    small = {key: _replaced_in(key, value, counts, names, parts) for key, value in schema.items()}
    return {**small, "$defs": {**small.get("$defs", {}), **parts}}


def _count(node: Json, counts: "Counter[str]") -> None:
    for part in _below(node):
        words = json.dumps(part, sort_keys=True)
        counts[words] += 1
        if counts[words] == 1:
            _count(part, counts)


def _below(node: Json) -> list[Json]:
    if not isinstance(node, dict):
        return []
    found = [node[key] for key in _ONE if key in node]
    found += [each for key in _MANY for each in node.get(key, ())]
    found += [each for key in _NAMED for each in node.get(key, {}).values()]
    return [each for each in found if isinstance(each, dict)]


def _replaced_in(key: str, value: Json, counts: "Counter[str]", names: dict[str, str], parts: dict[str, Json]) -> Json:
    if key in _ONE:
        return _replaced(value, counts, names, parts)
    if key in _MANY:
        return [_replaced(each, counts, names, parts) for each in value]
    if key in _NAMED:
        return {name: _replaced(each, counts, names, parts) for name, each in value.items()}
    return value


def _replaced(node: Json, counts: "Counter[str]", names: dict[str, str], parts: dict[str, Json]) -> Json:
    """A reference where the part stands several times, else the part with its own parts replaced."""
    if not isinstance(node, dict):
        return node
    words = json.dumps(node, sort_keys=True)
    if len(words) < SMALLEST or counts[words] < 2:
        return {key: _replaced_in(key, value, counts, names, parts) for key, value in node.items()}
    if words not in names:
        names[words] = f"part-{len(names) + 1}"
        parts[names[words]] = {}
        parts[names[words]] = {key: _replaced_in(key, value, counts, names, parts) for key, value in node.items()}
    return {"$ref": f"#/$defs/{names[words]}"}
