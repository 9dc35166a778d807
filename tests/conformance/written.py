"""A catalog under which a translated condition can be written, made from what the condition compares."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.model.catalog import Catalog, DocumentType, Field, Type
from rules_engine.model.ruleset import Aggregate, Comparison, Condition, Function, Length, Literal, Quantified, children
from rules_engine.model.values import Months


@dataclass
class _Kind:
    """The fields of one document type as they are found; a record's or list's own type stands in `of`."""

    fields: dict[str, Type] = field(default_factory=dict)
    of: dict[str, "_Kind"] = field(default_factory=dict)


class TwoTypes(Exception):
    """One condition compares one field as two types: no catalog allows that."""


def catalog_for(condition: Condition) -> Catalog:
    """Raises TwoTypes."""
    root = _Kind()
    _note(condition, root)
    return Catalog(dict(_types("case", root)))


def _types(name: str, kind: _Kind) -> Iterator[tuple[str, DocumentType]]:
    fields = {each: Field(each, type_, of=f"{name}_{each}" if each in kind.of else "")
              for each, type_ in kind.fields.items()}  # fmt: skip
    yield name, DocumentType(name, name, fields)
    for each, inner in kind.of.items():
        yield from _types(f"{name}_{each}", inner)


def _note(condition: Condition, kind: _Kind) -> None:
    match condition:
        case Comparison(path, _, Literal(value)):
            _put(kind, path, _type_of(value[0] if isinstance(value, tuple) else value))
        case Comparison(path, "matches" | "does_not_match") | Length(path):
            _put(kind, path, Type.TEXT)
        case Comparison(path):
            _put(kind, path, None)
        case Quantified(collection=path) | Aggregate(collection=path):
            inside = _put(kind, path, Type.RECORDS)
            if isinstance(condition, Aggregate) and condition.function is not Function.COUNT:
                _put(inside, condition.of, Type.NUMBER)
            for inner in children(condition):
                _note(inner, inside)
        case _:
            for inner in children(condition):
                _note(inner, kind)


def _put(kind: _Kind, path: str, type_: Type | None) -> _Kind:
    """Notes the field; None is a field that any type would do for. The answer is what it holds."""
    *owners, name = path.split(".")
    for owner in owners:
        kind = _put(kind, owner, Type.RECORD)
    known = kind.fields.get(name)
    if known and type_ and known is not type_:
        raise TwoTypes(f"{path}: {known} and {type_}")
    kind.fields[name] = known or type_ or Type.TEXT
    return kind.of.setdefault(name, _Kind()) if kind.fields[name] in (Type.RECORD, Type.RECORDS) else kind


def _type_of(value: object) -> Type:
    return next((type_ for each, type_ in _TYPES if isinstance(value, each)), Type.TEXT)


_TYPES = (
    (bool, Type.BOOLEAN),
    (Decimal, Type.NUMBER),
    (datetime, Type.DATETIME),
    (date, Type.DATE),
    (time, Type.TIME),
    (timedelta, Type.DURATION),
    (Months, Type.DURATION),
)
