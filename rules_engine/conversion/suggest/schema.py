"""The two schemas that suggestions are made for, read leniently from JSON values or from a catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding

_TYPE_KEYS = ("type", "fieldtype", "data_type", "kind")


@dataclass(frozen=True)
class SchemaField:
    """One field as its system names it; `type` is the system's own word, `reference` the record type it points to."""

    name: str
    label: str = ""
    type: str = ""
    reference: str = ""
    picklist: tuple[tuple[str, str], ...] = ()  # (code, label)
    required: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Schema:
    """The fields of one record type of one system, with sample records where there are any."""

    fields: tuple[SchemaField, ...]
    system: str = ""
    object: str = ""
    samples: tuple[Mapping[str, Any], ...] = ()

    def with_samples(self, samples: Sequence[Mapping[str, Any]]) -> "Schema":
        return replace(self, samples=tuple(samples))


def read_schema(data: object, side: str = "") -> Schema:
    """From `{"system", "object", "fields", "samples"}` or a plain list of fields, each an object or a name.

    A document that holds both schemas under `source` and `target` gives the one that `side` names. Unknown keys are
    ignored; every key of a field but its name may be absent. Raises Unreadable.
    """
    if isinstance(data, Mapping) and "fields" not in data and isinstance(data.get(side), Mapping | list):
        data = data[side]
    if isinstance(data, list):
        return Schema(_fields(data))
    if not isinstance(data, Mapping) or "fields" not in data:
        raise unreadable("a schema is a list of fields, or an object with a list of `fields`")
    return Schema(
        _fields(data["fields"]),
        _text(data.get("system")),
        _text(data.get("object") or data.get("name")),
        read_samples(data.get("samples") or []),
    )


def read_samples(data: object, side: str = "source") -> tuple[Mapping[str, object], ...]:
    """Records of one side: a list of objects, or an object that holds such a list. Raises Unreadable."""
    if isinstance(data, Mapping):
        inner = data.get(side) if isinstance(data.get(side), Mapping | list) else data
        data = inner.get("samples", inner.get("records", [inner])) if isinstance(inner, Mapping) else inner
    if not isinstance(data, list):
        raise unreadable("samples are a list of records")
    return tuple({str(name): value for name, value in each.items()} for each in data if isinstance(each, Mapping))


def schema_of(catalog: Catalog, document_type: str, system: str = "") -> Schema:
    """The fields of a document type of the catalog, records inside it included, by their dotted paths."""
    fields = tuple(
        SchemaField(
            name=path,
            label=each.label,
            type=each.type.value,
            reference=each.of,
            picklist=tuple((choice.code, choice.label) for choice in each.choices),
            required=each.required,
            read_only=each.read_only,
        )
        for path, each in catalog.paths(document_type)
    )
    return Schema(fields, system, catalog.types[document_type].label or document_type)


def unreadable(message: str, hint: str = "") -> Unreadable:
    return Unreadable([Finding("wrong-shape", message, suggestion=hint)])


def _fields(data: object) -> tuple[SchemaField, ...]:
    if isinstance(data, Mapping):
        data = [{**each, "name": name} if isinstance(each, Mapping) else name for name, each in data.items()]
    if not isinstance(data, list):
        raise unreadable("`fields` is a list of fields")
    read: dict[str, SchemaField] = {}
    for each in data:
        found = _field(each)
        read.setdefault(found.name, found)
    return tuple(read.values())


def _field(data: object) -> SchemaField:
    if isinstance(data, str) and data:
        return SchemaField(data)
    if not isinstance(data, Mapping):
        raise unreadable("a field is an object with a `name`")
    name = _text(data.get("name") or data.get("fieldname"))
    if not name:
        raise unreadable("a field has no `name`")
    return SchemaField(
        name=name,
        label=_text(data.get("label")),
        type=next((_text(data[key]) for key in _TYPE_KEYS if data.get(key)), ""),
        reference=_text(data.get("reference") or data.get("of")),
        picklist=_picklist(data.get("picklist") or data.get("choices") or data.get("options") or ()),
        required=data.get("required") is True,
        read_only=data.get("read_only") is True or data.get("readonly") is True,
    )


def _picklist(data: object) -> tuple[tuple[str, str], ...]:
    if isinstance(data, Mapping):
        return tuple((str(code), str(label)) for code, label in data.items())
    if not isinstance(data, list):
        return ()
    return tuple(found for each in data if (found := _choice(each)) is not None)


def _choice(data: object) -> tuple[str, str] | None:
    if isinstance(data, Mapping):
        code = data.get("code", data.get("value", data.get("name")))
        return None if code is None else (str(code), str(data.get("label") or code))
    if isinstance(data, list) and len(data) == 2:
        return str(data[0]), str(data[1])
    return (str(data), str(data)) if isinstance(data, str | int) else None


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
