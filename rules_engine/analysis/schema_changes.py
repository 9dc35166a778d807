"""What changed between two schemas of one system, and since when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules_engine.model.catalog import Catalog, Field


class Kind(StrEnum):
    REMOVED = "removed"
    RETYPED = "retyped"
    CHOICE_REMOVED = "choice removed"
    REQUIRED = "required"
    SHORTENED = "shortened"
    ADDED = "added"


@dataclass(frozen=True)
class SchemaChange:
    """A field of a document type that is otherwise now; `before` and `after` are types, a choice's code, or lengths."""

    kind: Kind
    document_type: str
    field: str
    before: str = ""
    after: str = ""

    @property
    def name(self) -> str:
        return f"{self.document_type}.{self.field}"


@dataclass(frozen=True)
class Seen:
    """A schema as a system reported it, from `first_seen` until `last_seen` each time that it was asked."""

    catalog: Catalog
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True)
class Drift:
    """A change that stands: seen first at `noticed`, and still as before at `until`."""

    change: SchemaChange
    until: datetime
    noticed: datetime


def schema_changes(before: Catalog, now: Catalog) -> tuple[SchemaChange, ...]:
    """Every difference that a mapping or a rule may feel; labels and wider limits are none.

    A document type that is only in `now` is none either: what is read of it is decided by the connector.
    """
    return tuple(change for name, kind in before.types.items() for change in _of_type(name, kind.fields, now))


def drift(history: Sequence[Seen]) -> tuple[Drift, ...]:
    """What the newest of the schemas has otherwise than the first, each with the time of the run that it began in."""
    if len(history) < 2:
        return ()
    first = history[0].catalog
    each_time = [frozenset(schema_changes(first, each.catalog)) for each in history]
    found = []
    for change in schema_changes(first, history[-1].catalog):
        at = len(history) - 1
        while change in each_time[at - 1]:
            at -= 1
        found.append(Drift(change, history[at - 1].last_seen, history[at].first_seen))
    return tuple(found)


def _of_type(name: str, known: Mapping[str, Field], now: Catalog) -> Iterator[SchemaChange]:
    kind = now.types.get(name)
    after = kind.fields if kind else {}
    for field in known.values():
        if field.name not in after:
            yield SchemaChange(Kind.REMOVED, name, field.name, type_words(field))
        else:
            yield from _of_field(name, field, after[field.name])
    for field in after.values():
        if field.name not in known:
            must = field.required and not field.read_only
            yield SchemaChange(Kind.REQUIRED if must else Kind.ADDED, name, field.name, "", type_words(field))


def _of_field(name: str, before: Field, now: Field) -> Iterator[SchemaChange]:
    if (before.type, before.of) != (now.type, now.of):
        yield SchemaChange(Kind.RETYPED, name, now.name, type_words(before), type_words(now))
    else:
        left = {each.code for each in now.choices}
        # A list that is empty now is one that the system does not tell any more, and not one without choices.
        gone = [each.code for each in before.choices if left and each.code not in left]
        yield from (SchemaChange(Kind.CHOICE_REMOVED, name, now.name, code) for code in gone)
        if now.max_length is not None and (before.max_length is None or now.max_length < before.max_length):
            yield SchemaChange(Kind.SHORTENED, name, now.name, str(before.max_length or ""), str(now.max_length))
    if now.required and not before.required and not now.read_only:
        yield SchemaChange(Kind.REQUIRED, name, now.name, type_words(before), type_words(now))


def type_words(field: Field) -> str:
    return f"{field.type} of {field.of}" if field.of else field.type.value
