"""The JSON Schemas that editors read, one for each kind of text: made from a catalog, small, with words beside them."""

import json
from collections.abc import Callable
from typing import Any as Json

from rules_engine.formats.catalog_text import FIELD_KEYS
from rules_engine.formats.format_versions import current
from rules_engine.formats.schema import DIALECT, cases_schema, mapping_schema, ruleset_schema
from rules_engine.formats.schema_sharing import shared
from rules_engine.formats.schema_words import with_words
from rules_engine.model.catalog import Catalog, Type

_TEXT = {"type": "string", "minLength": 1}
# `money`, `record of address`, `records of line_item`.
_TYPE = {"type": "string", "pattern": f"^({'|'.join(each.value for each in Type)})( of \\S+)?$"}


def published(kind: str, catalog: Catalog) -> dict[str, Json]:
    """The schema of a kind of text, one of `KINDS`."""
    return shared(with_words(KINDS[kind](catalog), catalog))


def as_text(schema: dict[str, Json]) -> str:
    """The schema as a file, each of its parts on a line of its own."""
    definitions = ",\n".join(f"  {json.dumps(name)}: {_line(each)}" for name, each in schema["$defs"].items())
    rest = [f"{json.dumps(key)}: {_line(each)}" for key, each in schema.items() if key != "$defs"]
    return "{" + ",\n".join([*rest, f'"$defs": {{\n{definitions}\n}}' if definitions else '"$defs": {}']) + "}\n"


def _line(node: Json) -> str:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":"))


def catalog_schema(catalog: Catalog) -> dict[str, Json]:
    """The schema of a catalog; records may be of its own types, so that any name of a type is taken."""
    del catalog  # a catalog is what others are checked against
    properties = {"format": {"const": current()}, "documents": {"$ref": "#/$defs/documents"}, "events": _labels()}
    return {
        "$schema": DIALECT,
        "title": "Catalog",
        **_object(properties, "format", "documents"),
        "$defs": {"documents": _documents()},
    }


def connector_schema(catalog: Catalog) -> dict[str, Json]:
    """The schema of a connector's text; the fields of its own types are checked by the reader alone."""
    body = mapping_schema(catalog)
    parts = {key: value for key, value in body["properties"].items() if key not in ("format", "mapping")}
    mapping = _object({**parts, "from": _TEXT, "to": _TEXT})
    properties = {
        "format": {"const": current()},
        "system": _TEXT,
        "documents": {"$ref": "#/$defs/documents"},
        **{key: {"$ref": "#/$defs/mapping"} for key in ("case", "quote", "order")},
    }
    return {
        "$schema": DIALECT,
        "title": "Connector",
        **_object(properties, "format", "system", "documents"),
        "$defs": {**body["$defs"], "documents": _documents(), "mapping": mapping},
    }


KINDS: dict[str, Callable[[Catalog], dict[str, Json]]] = {
    "ruleset": ruleset_schema,
    "mapping": mapping_schema,
    "cases": cases_schema,
    "catalog": catalog_schema,
    "connector": connector_schema,
}


def _object(properties: dict[str, Json], *required: str) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _labels() -> dict[str, Json]:
    return {"type": "object", "additionalProperties": _TEXT}


def _documents() -> dict[str, Json]:
    flag = {"type": "boolean"}
    known: dict[str, Json] = {
        "type": _TYPE,
        "of": _TEXT,
        "label": _TEXT,
        "choices": _labels(),
        "required": flag,
        "read_only": flag,
        "custom": flag,
        "max_length": {"type": "integer", "minimum": 1},
        "max_lines": {"type": "integer", "minimum": 1},
    }
    field = _object({key: known.get(key, True) for key in FIELD_KEYS}, "type")
    fields = {"type": "object", "additionalProperties": {"anyOf": [_TYPE, field]}}
    kind = _object({"label": _TEXT, "plural": _TEXT, "fields": fields}, "fields")
    return {"type": "object", "additionalProperties": kind}
