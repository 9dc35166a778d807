"""A mapping's text as a mapping, and back."""

from collections.abc import Mapping as Dict

from rules_engine.formats.mapping_check import check_mapping as check_mapping
from rules_engine.formats.mapping_check import check_mapping_at
from rules_engine.formats.mapping_writer import write_mapping as write_mapping
from rules_engine.formats.notes import (
    Notes,
    as_items,
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
from rules_engine.formats.paths import follow
from rules_engine.formats.typed_values import read_untyped, read_value
from rules_engine.formats.yaml_tree import Items, Node, Table, Text, read_tree
from rules_engine.model.catalog import Catalog
from rules_engine.model.finding import Place
from rules_engine.model.mapping import Drop, FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.transforms import TRANSFORMS
from rules_engine.model.values import MISSING, Missing, Value

BODY_KEYS = ("from", "to", "fields", "lines", "drop", "carry_over")
_FIELD_KEYS = ("from", "value", "through", "otherwise", "required")


def read_mapping(text: str, catalog: Catalog, file: str = "") -> Mapping:
    """The mapping of a text; raises Unreadable with all findings where any of them is an error."""
    notes = Notes()
    table = root_table(read_tree(text, file), "a mapping")
    check_format(table, notes, "a mapping")
    check_keys(table, ("format", "mapping", *BODY_KEYS), notes, "a mapping")
    name = text_at(table, "mapping", notes, "a mapping")
    source, target = text_at(table, "from", notes, "a mapping"), text_at(table, "to", notes, "a mapping")
    mapping = read_body(table, name, source, target, catalog, notes)
    notes.raise_errors()
    return mapping


def read_body(table: Table, name: str, source: str, target: str, catalog: Catalog, notes: Notes) -> Mapping:
    """The mapping between two document types whose parts stand in `table`; checked against the catalog."""
    reader = _Reader(catalog, target, notes)
    mapping = reader.mapping(table, name, source, target)
    if source and target:
        notes.findings += check_mapping_at(mapping, catalog, reader.place_of)
    return mapping


class _Reader:
    """Reads the parts and remembers where each word stands, for the check that follows."""

    def __init__(self, catalog: Catalog, target: str, notes: Notes) -> None:
        self.catalog, self.target, self.notes = catalog, target, notes
        self._places: dict[tuple[Place, str], Place] = {}

    def place_of(self, part: Place, word: str) -> Place:
        return self._places.get((part, word), part)

    def mapping(self, table: Table, name: str, source: str, target: str) -> Mapping:
        for key in ("from", "to", "carry_over"):
            node = table.entries.get(key)
            if isinstance(node, Text):
                self._places[table.place, node.text.strip()] = node.place
        self._places[table.place, source] = self._at(table, "from")
        self._places[table.place, target] = self._at(table, "to")
        return Mapping(
            name, source, target,
            self._fields(table, self.target),
            self._all_lines(table),
            self._drops(table),
            text_at(table, "carry_over", self.notes, "a mapping", required=False),
            table.place,
        )  # fmt: skip

    def _at(self, table: Table, key: str) -> Place:
        return table.entries[key].place if key in table.entries else table.place

    def _fields(self, table: Table, target_type: str) -> tuple[FieldMapping, ...]:
        node = table.entries.get("fields")
        inner = as_table(node, self.notes, "`fields`") if node is not None else None
        if inner is None:
            return ()
        return tuple(self._field(name, each, inner.keys[name], target_type) for name, each in inner.entries.items())

    def _field(self, target: str, node: Node, place: Place, target_type: str) -> FieldMapping:
        if isinstance(node, Text):
            return FieldMapping(target, self._sources(node, place), place=place)
        table = as_table(node, self.notes, f"the field `{shown(target)}`")
        if table is None:
            return FieldMapping(target, place=place)
        what = f"the field `{target}`"
        check_keys(table, _FIELD_KEYS, self.notes, what)
        source = table.entries.get("from")
        if ("value" in table.entries) == (source is not None):
            self.notes.error("missing-key", f"{what} needs either `from` or `value`", place,
                             "write `from: ...` and the source's path")  # fmt: skip
        through = table.entries.get("through")
        return FieldMapping(
            target,
            self._sources(source, place) if source is not None else (),
            self._value(table, "value", target, target_type),
            self._transforms(through) if through is not None else (),
            self._value(table, "otherwise", target, target_type),
            flag_at(table, "required", self.notes),
            place,
        )

    def _sources(self, node: Node, place: Place) -> tuple[str, ...]:
        found: list[str] = []
        for each in node.items if isinstance(node, Items) else (node,):
            path = as_text(each, self.notes, "a source")
            if path is not None:
                found.append(path)
                self._places[place, path] = each.place
        return tuple(found)

    def _value(self, table: Table, key: str, target: str, target_type: str) -> Value | Missing:
        """A fixed value, as the target's field has it; by YAML's own rules where the catalog does not know it."""
        node = table.entries.get(key)
        if node is None:
            return MISSING
        step = follow(self.catalog, target_type, target)
        if step.unknown:
            return read_untyped(node)
        return read_value(node, step.fields[-1], target, self.catalog, self.notes)

    # --- transforms --------------------------------------------------------------------------------------------

    def _transforms(self, node: Node) -> tuple[Transform, ...]:
        items = as_items(node, self.notes, "`through`")
        return tuple(each for each in map(self._transform, items) if each is not None)

    def _transform(self, node: Node) -> Transform | None:
        """`trim`, `{truncate: 200}` or `{look_up: {in: product, by: sku}}`."""
        if isinstance(node, Text) and node.text:
            return Transform(node.text, {}, node.place)
        if not isinstance(node, Table) or len(node.entries) != 1:
            self.notes.error("wrong-shape", "a transform is a name, or a name with its arguments", node.place,
                             "write such as `trim` or `{truncate: 200}`")  # fmt: skip
            return None
        name, given = next(iter(node.entries.items()))
        place = node.keys[name]
        return Transform(name, self._arguments(name, given, place), place)

    def _arguments(self, name: str, given: Node, place: Place) -> Dict[str, Value]:
        spec = TRANSFORMS.get(name)
        if spec is None:
            return {}
        # `{map: {other: x}}` maps the value `other`: only beside `values` is it an argument.
        if isinstance(given, Table) and (not spec.main or spec.main in given.entries):
            self._places |= {(place, key): at for key, at in given.keys.items()}
            return {key: self._argument(key, each) for key, each in given.entries.items()}
        if not spec.main:
            remedy = nearest("", list(spec.arguments), "its arguments are") or "write its name alone"
            message = f"`{name}` takes no argument without its name"
            self.notes.error("unknown-argument", message, given.place, remedy)
            return {}
        return {spec.main: self._argument(spec.main, given)}

    def _argument(self, key: str, node: Node) -> Value:
        """`with: ", "` keeps its spaces; a separator or title is text even where it looks like a number."""
        if key in ("with", "title", "in", "by") and isinstance(node, Text):
            return node.text
        return read_untyped(node)

    # --- lines, drops ------------------------------------------------------------------------------------------

    def _all_lines(self, table: Table) -> tuple[LinesMapping, ...]:
        node = table.entries.get("lines")
        inner = as_table(node, self.notes, "`lines`") if node is not None else None
        if inner is None:
            return ()
        found = [self._lines(target, each, inner.keys[target]) for target, each in inner.entries.items()]
        return tuple(each for each in found if each is not None)

    def _lines(self, target: str, node: Node, place: Place) -> LinesMapping | None:
        table = as_table(node, self.notes, f"the lines `{shown(target)}`")
        if table is None:
            return None
        what = f"the lines `{target}`"
        check_keys(table, ("from", "fields"), self.notes, what)
        source = text_at(table, "from", self.notes, what)
        need(table, "fields", self.notes, what)
        if source:
            self._places[place, source] = self._at(table, "from")
        step = follow(self.catalog, self.target, target)
        line_type = "" if step.unknown else step.fields[-1].of
        return LinesMapping(target, source, self._fields(table, line_type), place)

    def _drops(self, table: Table) -> tuple[Drop, ...]:
        node = table.entries.get("drop")
        inner = as_table(node, self.notes, "`drop`") if node is not None else None
        if inner is None:
            return ()
        reasons = {
            path: as_text(each, self.notes, f"the reason for dropping `{shown(path)}`")
            for path, each in inner.entries.items()
        }
        return tuple(Drop(path, reason or "", inner.keys[path]) for path, reason in reasons.items())
