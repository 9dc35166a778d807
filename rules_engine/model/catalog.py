"""Document types and their typed fields: the built-in ones and every custom field that a connection reports."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Type(StrEnum):
    """The type of a field; the comment names the class of its values."""

    TEXT = "text"  # str
    RICH_TEXT = "rich_text"  # str, HTML
    NUMBER = "number"  # Decimal
    PERCENT = "percent"  # Decimal, 20 means 20 %
    MONEY = "money"  # Money
    BOOLEAN = "boolean"  # bool
    DATE = "date"  # date
    DATETIME = "datetime"  # aware datetime
    TIME = "time"  # time of day without a zone
    DURATION = "duration"  # timedelta, or Months: the two are never compared
    CHOICE = "choice"  # str, the code
    CHOICES = "choices"  # tuple of str
    REFERENCE = "reference"  # str, the id in the system that owns the record
    RECORD = "record"  # mapping of the document type `of`
    RECORDS = "records"  # tuple of mappings of the document type `of`


@dataclass(frozen=True)
class Choice:
    code: str
    label: str


@dataclass(frozen=True)
class Field:
    """One field of a document type.

    `of` names the document type of a record, list of records or reference. `max_length` counts characters, `max_lines`
    the records of a list.
    """

    name: str
    type: Type
    label: str = ""
    choices: tuple[Choice, ...] = ()
    of: str = ""
    required: bool = False
    read_only: bool = False
    custom: bool = False
    max_length: int | None = None
    max_lines: int | None = None


@dataclass(frozen=True)
class DocumentType:
    name: str
    label: str
    fields: Mapping[str, Field]
    # Plural of the label in a sentence: "every line item", "no files".
    plural: str = ""


@dataclass(frozen=True)
class EventType:
    """A kind of happening that conditions may name, such as `signature.completed`."""

    name: str
    label: str


@dataclass(frozen=True)
class Catalog:
    types: Mapping[str, DocumentType]
    events: Mapping[str, EventType] = field(default_factory=dict)

    def find(self, root: str, path: str) -> Field | None:
        """The field at a dotted path below document type `root`; list identities in brackets are passed over."""
        found: Field | None = None
        here = root
        for name in re.sub(r"\[[^\]]*\]", "", path).split("."):
            kind = self.types.get(here)
            found = kind.fields.get(name) if kind else None
            if found is None:
                return None
            here = found.of
        return found

    def paths(self, root: str, *, into_lists: bool = False, depth: int = 4) -> Iterator[tuple[str, Field]]:
        """Every (path, field) below `root`; fields of lists only with `into_lists`; `depth` bounds circles."""
        kind = self.types.get(root)
        for name, each in (kind.fields if kind and depth else {}).items():
            yield name, each
            if each.type is Type.RECORD or (into_lists and each.type is Type.RECORDS):
                for rest, inner in self.paths(each.of, into_lists=into_lists, depth=depth - 1):
                    yield f"{name}.{rest}", inner

    def with_fields(self, document_type: str, fields: Mapping[str, Field]) -> "Catalog":
        """This catalog with custom fields added to one document type."""
        kind = self.types[document_type]
        return replace(self, types={**self.types, document_type: replace(kind, fields={**kind.fields, **fields})})
