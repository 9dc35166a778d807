"""A case's record as a JSON file that people can read, and back without any loss."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any as Raw

from rules_engine.formats.mapping_writer import value_tree
from rules_engine.formats.notes import nearest, shown
from rules_engine.formats.record_json import read_json, read_record
from rules_engine.formats.values_json import decode, encode
from rules_engine.formats.yaml_writer import Bare
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place
from rules_engine.model.values import Record, Value

# What `read_json` takes as a number's characters.
_LONGEST_NUMBER = 60


def read_case_record(text: str | bytes, catalog: Catalog, file: str = "") -> Record:
    """The record, in our own vocabulary, of such a file; raises Unreadable where it is none.

    Values are written as in any record's JSON; where the catalog does not know a field, what JSON lacks is an object
    with one key that begins with `$`: `{"$date": "2026-03-31"}`.
    """
    raw = read_json(text, file)
    known = list(catalog.types["case"].fields)
    unknown = [each for each in raw if each not in known] if isinstance(raw, Mapping) else []
    if unknown:
        remedy = "put a record as its CRM sends it in a folder with the name of its system, such as `./sample_crm/`"
        message = f"a case has no `{shown(str(unknown[0]))}`; {nearest(str(unknown[0]), known)}"
        raise Unreadable([Finding("unknown-field", message, Place(file), suggestion=remedy)])
    return read_record(_untagged(raw, file), catalog, "case", file)


def _untagged(raw: Raw, file: str) -> Raw:
    if isinstance(raw, list):
        return [_untagged(each, file) for each in raw]
    if not isinstance(raw, Mapping):
        return raw
    if len(raw) == 1 and next(iter(raw)).startswith("$"):
        return _tagged(raw, file)
    return {key: _untagged(each, file) for key, each in raw.items()}


def _tagged(raw: Mapping[str, Raw], file: str) -> Raw:
    try:
        found = decode(raw)
        if isinstance(found, Mapping) and "$record" not in raw:
            raise ValueError(raw)
    except (ValueError, Unreadable):
        message = f"`{shown(json.dumps(raw, default=str))}` is no value"
        raise Unreadable([Finding("type-mismatch", message, Place(file))]) from None
    return found


def write_case_record(record: Record, catalog: Catalog) -> str:
    """The text that `read_case_record` reads back as an equal record."""
    return "\n".join(_mapping(record, "case", catalog, "")) + "\n"


def _mapping(record: Record, kind: str, catalog: Catalog, indent: str) -> list[str]:
    fields = catalog.types[kind].fields if kind in catalog.types else {}
    deeper = indent + "  "
    entries = [
        _joined(f"{deeper}{_text(key)}: ", _lines(value, fields.get(key), catalog, deeper))
        for key, value in record.items()
    ]
    return ["{", *_separated(entries), f"{indent}}}"] if entries else ["{}"]


def _joined(start: str, lines: list[str]) -> list[str]:
    return [f"{start}{lines[0]}", *lines[1:]]


def _separated(entries: list[list[str]]) -> Iterator[str]:
    """The lines of all entries, a comma after each entry but the last."""
    for number, lines in enumerate(entries, 1):
        yield from lines[:-1]
        yield lines[-1] + ("," if number < len(entries) else "")


def _lines(value: Value, field: Field | None, catalog: Catalog, indent: str) -> list[str]:
    match value:
        case Mapping() if any(key.startswith("$") for key in value):
            return [json.dumps(encode(value), ensure_ascii=False)]
        case Mapping():
            return _mapping(value, field.of if field else "", catalog, indent)
        case tuple():
            items = [_joined(f"{indent}  ", _lines(each, field, catalog, f"{indent}  ")) for each in value]
            return ["[", *_separated(items), f"{indent}]"] if items else ["[]"]
        case _:
            return [_scalar(value, field)]


def _scalar(value: Value, field: Field | None) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            return _text(value)
        case Decimal() if value.is_finite() and len(f"{value:f}") <= _LONGEST_NUMBER and abs(value.adjusted()) <= 40:
            return f"{value:f}"
    known = field is not None and not field.of and field.type is not Type.NUMBER
    tree = value_tree(value) if known else None
    return _text(tree.text) if isinstance(tree, Bare) else json.dumps(encode(value), ensure_ascii=False)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=any("\ud800" <= each <= "\udfff" for each in text))
