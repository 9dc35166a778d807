"""What an editor shows beside the words of a JSON Schema: labels of fields, phrases of operators, what a key is for."""

from typing import Any as Json

from rules_engine.model.catalog import Catalog
from rules_engine.model.operators import OPERATORS

_KEYS = {
    "format": "the edition of the format",
    "step": "the conversion that the rules decide upon",
    "hit_policy": "which rule decides where several are true; `first` where nothing is written",
    "otherwise": "the outcome where no rule is true; `ignore` where nothing is written",
    "rules": "tried from top to bottom",
    "mode": "`watch` decides and logs, and does nothing",
    "effective_from": "the first day of effect, in the workspace's time zone",
    "effective_until": "the last day of effect, in the workspace's time zone",
    "also_when_empty": "true on an empty value, too",
    "ignore_case": "capitals and small letters are the same",
    "where": "only records of the list that match this",
    "drop": "source fields left behind on purpose, each with the reason",
    "carry_over": "the target field that takes all source fields without a target of their own",
    "through": "transforms, in this order",
    "required": "a missing value stops the conversion",
    "with": "values of the case by path, put over the record",
    "previous": "the values at the last evaluation",
    "expect": "the expected decision and why",
}


def with_words(schema: dict[str, Json], catalog: Catalog) -> dict[str, Json]:
    """The schema with `description` at keys and operators and `enumDescriptions` at lists of fields and events."""
    definitions = {
        name: _said(each, catalog, name if name in catalog.types else "case")
        for name, each in schema.get("$defs", {}).items()
    }
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    return {**_said(rest, catalog, "case"), "$defs": definitions}


def _said(node: Json, catalog: Catalog, root: str) -> Json:
    if isinstance(node, list):
        return [_said(each, catalog, root) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _said(value, catalog, root) for key, value in node.items()}
    if isinstance(found.get("properties"), dict):
        found["properties"] = {key: _key(key, value) for key, value in found["properties"].items()}
    if isinstance(found.get("enum"), list):
        words = [_word(each, catalog, root) for each in found["enum"]]
        return {**found, "enumDescriptions": words} if all(words) and words else found
    return found


def _key(key: str, value: Json) -> Json:
    operator = OPERATORS.get(key)
    words = operator.phrase if operator else _KEYS.get(key, "")
    if not words or not isinstance(value, dict) or "description" in value:
        return value
    return {**value, "description": words}


def _word(value: Json, catalog: Catalog, root: str) -> str:
    """The label and type of a field, or the label of an event; "" for any other word."""
    if not isinstance(value, str):
        return ""
    field = catalog.find(root, value)
    if field is not None:
        return f"{field.label or field.name}, {field.type.value.replace('_', ' ')}"
    event = catalog.events.get(value)
    return event.label if event else ""
