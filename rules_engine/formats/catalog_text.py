"""A catalog's text: document types with their typed fields, and the events that conditions may name."""

from collections.abc import Mapping

from rules_engine.formats import literals
from rules_engine.formats.notes import (
    Notes,
    as_table,
    as_text,
    check_format,
    check_keys,
    flag_at,
    nearest,
    need,
    root_table,
    shown,
    text_at,
)
from rules_engine.formats.yaml_tree import Node, Table, Text, read_tree
from rules_engine.model.catalog import Catalog, Choice, DocumentType, EventType, Field, Type
from rules_engine.model.finding import Place

FIELD_KEYS = ("type", "of", "label", "choices", "required", "read_only", "custom", "max_length", "max_lines")
_TYPES = [each.value for each in Type]


def read_catalog(text: str, file: str = "", known: Catalog = Catalog({})) -> Catalog:  # noqa: B008 - it is frozen
    """The catalog of a text with the keys `format`, `documents`, `events`; raises Unreadable.

    Its records may also be of the document types of `known`, which it adds to.
    """
    notes = Notes()
    table = root_table(read_tree(text, file, anchors=True), "a catalog")
    check_format(table, notes, "a catalog")
    check_keys(table, ("format", "documents", "events"), notes, "a catalog")
    documents = need(table, "documents", notes, "a catalog")
    types = read_documents(documents, notes) if documents is not None else {}
    catalog = Catalog(types, _events(table.entries.get("events"), notes))
    _check_references(table, merge(known, catalog), catalog, notes)
    notes.raise_errors()
    return catalog


def merge(*catalogs: Catalog) -> Catalog:
    """One catalog with the types, fields and events of all; of two fields of one name the later one stands."""
    types: dict[str, DocumentType] = {}
    events: dict[str, EventType] = {}
    for catalog in catalogs:
        events |= catalog.events
        for name, kind in catalog.types.items():
            known = types.get(name)
            fields = {**(known.fields if known else {}), **kind.fields}
            types[name] = DocumentType(name, kind.label, fields, kind.plural)
    return Catalog(types, events)


def read_documents(node: Node, notes: Notes) -> dict[str, DocumentType]:
    """The document types below the key `documents`."""
    table = as_table(node, notes, "`documents`")
    found: dict[str, DocumentType] = {}
    for name, each in table.entries.items() if table else ():
        inner = as_table(each, notes, f"the document type `{shown(name)}`")
        if inner is not None:
            found[name] = _document(name, inner, notes)
    return found


def spoken(name: str) -> str:
    """The label of a name that has none: `close_date` is "Close date"."""
    words = name.rpartition(".")[2].replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _document(name: str, table: Table, notes: Notes) -> DocumentType:
    what = f"the document type `{name}`"
    check_keys(table, ("label", "plural", "fields"), notes, what)
    label = text_at(table, "label", notes, what, required=False) or spoken(name)
    plural = text_at(table, "plural", notes, what, required=False) or f"{label.lower()}s"
    node = need(table, "fields", notes, what)
    fields = as_table(node, notes, "`fields`") if node is not None else None
    entries = fields.entries.items() if fields else ()
    return DocumentType(name, label, {key: _field(key, each, notes) for key, each in entries}, plural)


def _field(name: str, node: Node, notes: Notes) -> Field:
    if isinstance(node, Text):
        return _short(name, node, notes)
    table = as_table(node, notes, f"the field `{shown(name)}`")
    if table is None:
        return Field(name, Type.TEXT)
    what = f"the field `{name}`"
    check_keys(table, FIELD_KEYS, notes, what)
    kind = need(table, "type", notes, what)
    field = _short(name, kind, notes) if isinstance(kind, Text) else Field(name, Type.TEXT)
    return Field(
        name,
        field.type,
        text_at(table, "label", notes, what, required=False) or spoken(name),
        _choices(table.entries.get("choices"), notes),
        text_at(table, "of", notes, what, required=False) or field.of,
        required=flag_at(table, "required", notes),
        read_only=flag_at(table, "read_only", notes),
        custom=flag_at(table, "custom", notes),
        max_length=_count(table, "max_length", "characters", notes),
        max_lines=_count(table, "max_lines", "records", notes),
    )


def _short(name: str, node: Text, notes: Notes) -> Field:
    """`money`, `record of address`, `records of line_item`."""
    word, _, of = node.text.strip().partition(" of ")
    if word not in _TYPES:
        notes.error("unknown-type", f"`{shown(word)}` is no type of a field", node.place, nearest(word, _TYPES))
        word = "text"
    return Field(name, Type(word), spoken(name), of=of.strip())


def _choices(node: Node | None, notes: Notes) -> tuple[Choice, ...]:
    table = as_table(node, notes, "`choices`") if node is not None else None
    entries = table.entries.items() if table else ()
    return tuple(Choice(code, as_text(label, notes, f"the label of `{code}`") or code) for code, label in entries)


def _count(table: Table, key: str, of: str, notes: Notes) -> int | None:
    node = table.entries.get(key)
    if node is None:
        return None
    value = literals.number(node.text) if isinstance(node, Text) else None
    if value is None or value < 1 or value != int(value):
        notes.error("type-mismatch", f"`{key}` is a whole number of {of} from 1", node.place)
        return None
    return int(value)


def _events(node: Node | None, notes: Notes) -> dict[str, EventType]:
    table = as_table(node, notes, "`events`") if node is not None else None
    entries = table.entries.items() if table else ()
    return {name: EventType(name, as_text(label, notes, f"the label of `{name}`") or name) for name, label in entries}


def _check_references(table: Table, everything: Catalog, catalog: Catalog, notes: Notes) -> None:
    """Records must be of a type that there is; references may point to records that only the system knows."""
    places = field_places(table.entries.get("documents"))
    for name, kind in catalog.types.items():
        for field in kind.fields.values():
            check_of(field, places.get((name, field.name), table.place), everything.types, notes)


def check_of(field: Field, place: Place, types: Mapping[str, DocumentType], notes: Notes) -> None:
    """Report a record whose document type lacks or is unknown."""
    if field.type not in (Type.RECORD, Type.RECORDS):
        return
    if not field.of:
        notes.error("missing-key", f"`{field.name}` does not say of which document type its records are", place,
                    f"write `{field.type.value} of ...`")  # fmt: skip
    elif field.of not in types:
        notes.error("unknown-document-type", f"there is no document type `{shown(field.of)}`", place,
                    nearest(field.of, list(types)))  # fmt: skip


def field_places(documents: Node | None) -> dict[tuple[str, str], Place]:
    """Where each field of each document type is described."""
    found: dict[tuple[str, str], Place] = {}
    for name, kind in documents.entries.items() if isinstance(documents, Table) else ():
        fields = kind.entries.get("fields") if isinstance(kind, Table) else None
        if isinstance(fields, Table):
            found |= {(name, key): place for key, place in fields.keys.items()}
    return found
