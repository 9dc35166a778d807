"""A connector's text: the document types of its system, and the mappings from and to them."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace

from rules_engine.formats.catalog_text import check_of, field_places, merge, read_documents
from rules_engine.formats.mapping_text import BODY_KEYS, read_body
from rules_engine.formats.notes import Notes, as_table, check_format, check_keys, need, root_table, text_at
from rules_engine.formats.yaml_tree import Table, read_tree
from rules_engine.model.catalog import Catalog, DocumentType
from rules_engine.model.mapping import Mapping

_KEYS = ("format", "system", "documents", "case", "quote", "order")


@dataclass(frozen=True)
class ConnectorText:
    """`catalog` holds the native document types, called `<system>.<type>`; `mappings` those to `quote` and `order`."""

    system: str
    catalog: Catalog
    to_case: Mapping | None
    mappings: Dict[str, Mapping]


def read_connector(text: str, catalog: Catalog, file: str = "") -> ConnectorText:
    """The connector of a text; `catalog` is the one that all systems share. Raises Unreadable with all findings.

    `case` maps a native document to the case, `quote` and `order` map ours to native ones; in `from` and `to`
    the system's own types are written without its name.
    """
    notes = Notes()
    table = root_table(read_tree(text, file, anchors=True), "a connector")
    check_format(table, notes, "a connector")
    check_keys(table, _KEYS, notes, "a connector")
    system = text_at(table, "system", notes, "a connector")
    documents = need(table, "documents", notes, "a connector")
    kinds = read_documents(documents, notes) if documents is not None else {}
    native = Catalog({f"{system}.{name}": _native(system, kind, kinds) for name, kind in kinds.items()})
    everything = merge(catalog, native)
    _check_records(table, system, native, everything, notes)
    parts = {key: _part(table, key, system, everything, notes) for key in ("case", "quote", "order")}
    notes.raise_errors()
    mappings = {key: part for key, part in parts.items() if part is not None and key != "case"}
    return ConnectorText(system, native, parts["case"], mappings)


def _native(system: str, kind: DocumentType, own: Dict[str, DocumentType]) -> DocumentType:
    """The type under its full name; its records are of this system's types where there is one of that name."""
    fields = {
        name: replace(field, of=f"{system}.{field.of}") if field.of in own else field
        for name, field in kind.fields.items()
    }
    return replace(kind, name=f"{system}.{kind.name}", fields=fields)


def _check_records(table: Table, system: str, native: Catalog, everything: Catalog, notes: Notes) -> None:
    places = field_places(table.entries.get("documents"))
    for name, kind in native.types.items():
        for field in kind.fields.values():
            place = places.get((name.removeprefix(f"{system}."), field.name), table.place)
            check_of(field, place, everything.types, notes)


def _part(table: Table, key: str, system: str, catalog: Catalog, notes: Notes) -> Mapping | None:
    node = table.entries.get(key)
    inner = as_table(node, notes, f"`{key}`") if node is not None else None
    if inner is None:
        return None
    what = f"the mapping `{key}`"
    check_keys(inner, BODY_KEYS, notes, what)
    ours = "to" if key == "case" else "from"
    ends = {
        end: text_at(inner, end, notes, what, required=end != ours) or (key if end == ours else "")
        for end in ("from", "to")
    }
    theirs = "from" if ours == "to" else "to"
    if f"{system}.{ends[theirs]}" in catalog.types:
        ends[theirs] = f"{system}.{ends[theirs]}"
    return read_body(inner, f"{system}-{key}", ends["from"], ends["to"], catalog, notes)
