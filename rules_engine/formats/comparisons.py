"""Comparisons and changes of one field as text."""

from rules_engine.formats.notes import Notes, as_text, check_keys, flag_at, nearest, place_of, shape, shown
from rules_engine.formats.operands import read_operand
from rules_engine.formats.paths import Scope, find_field
from rules_engine.formats.typed_values import KINDS, read_scalar
from rules_engine.formats.yaml_tree import Table, Text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.finding import Place
from rules_engine.model.operators import OPERATORS, Operator, Takes
from rules_engine.model.ruleset import Changed, ChangeKind, Comparison, Condition, Length

_CHANGES = tuple(each.value for each in ChangeKind)
_TEXTS = (Type.TEXT, Type.RICH_TEXT)


def read_field_condition(table: Table, scope: Scope, notes: Notes) -> Condition | None:
    node = table.entries["field"]
    path = as_text(node, notes, "`field`")
    if path is None or not isinstance(node, Text):
        return None
    field = find_field(node, scope, notes)
    changes = [key for key in _CHANGES if key in table.entries]
    if changes:
        return _changed(table, path, field, ChangeKind(changes[0]), scope, notes)
    key = operator_key(table, ("field", "also_when_empty", "ignore_case"), path, field, notes)
    if key is None or field is None or not fits(key, field, path, place_of(table, key), notes):
        return None
    operator = OPERATORS[key]
    before = len(notes.findings)
    operand = read_operand(table.entries[key], operator, field, path, scope, notes)
    empty = _also_when_empty(table, operator, notes)
    fold = _ignore_case(table, operator, field, path, notes)
    return Comparison(path, key, operand, empty, fold, table.place) if len(notes.findings) == before else None


def read_length(table: Table, scope: Scope, notes: Notes) -> Length | None:
    """`{length: account.name, at_most: 40}`."""
    node = table.entries["length"]
    path = as_text(node, notes, "`length`")
    if path is None or not isinstance(node, Text):
        return None
    field = find_field(node, scope, notes)
    if field is not None and field.type not in _TEXTS:
        notes.error("type-mismatch", f"`length` counts the characters of text, and `{path}` is {KINDS[field.type]}",
                    node.place)  # fmt: skip
        return None
    figure = Field(path, Type.NUMBER)
    key = operator_key(table, ("length",), f"length: {path}", figure, notes)
    if key is None or field is None or not fits(key, figure, f"length: {path}", place_of(table, key), notes):
        return None
    if OPERATORS[key].takes is Takes.NOTHING:
        notes.error("unknown-operator", f"`{key}` is no operator for `length`", place_of(table, key),
                    f"write `{{field: {path}, {key}: true}}`")  # fmt: skip
        return None
    before = len(notes.findings)
    operand = read_operand(table.entries[key], OPERATORS[key], figure, f"length of {path}", scope, notes)
    return Length(path, key, operand, table.place) if len(notes.findings) == before else None


def operator_key(table: Table, others: tuple[str, ...], path: str, field: Field | None, notes: Notes) -> str | None:
    """The one key that is an operator."""
    words = [key for key in table.entries if key not in others]
    known = [key for key in words if key in OPERATORS]
    for key in words:
        if key not in OPERATORS:
            allowed = [*operators_for(field), *_CHANGES] if field else [*OPERATORS, *_CHANGES]
            kind = f", which is {KINDS[field.type]}" if field else ""
            notes.error("unknown-operator", f"`{shown(key)}` is no operator for `{path}`{kind}", place_of(table, key),
                        nearest(key, allowed))  # fmt: skip
    if len(known) > 1:
        notes.error("unknown-key", f"`{known[0]}` and `{known[1]}` stand in one condition", place_of(table, known[1]),
                    "write two conditions in an `all` group")  # fmt: skip
        return None
    if not words:
        notes.error("missing-key", f"the condition on `{path}` has no operator", table.place,
                    f"write such as `{{field: {path}, {next(iter(operators_for(field)), 'is')}: ...}}`")  # fmt: skip
    return known[0] if known and len(words) == 1 else None


def operators_for(field: Field | None) -> list[str]:
    """The operators that a field of this type can have."""
    return [name for name, each in OPERATORS.items() if field is None or field.type in each.types]


def fits(key: str, field: Field, path: str, place: Place, notes: Notes) -> bool:
    if field.type in OPERATORS[key].types:
        return True
    notes.error("type-mismatch", f"`{key}` is not for `{path}`, which is {KINDS[field.type]}", place,
                _listed(operators_for(field)))  # fmt: skip
    return False


def _listed(words: list[str]) -> str:
    return "use " + ", ".join(f"`{word}`" for word in words)


def _also_when_empty(table: Table, operator: Operator, notes: Notes) -> bool:
    said = flag_at(table, "also_when_empty", notes)
    if said and not operator.negative:
        negative = ", ".join(f"`{name}`" for name, each in OPERATORS.items() if each.negative)
        notes.error("unknown-key", f"`also_when_empty` has no meaning for `{operator.name}`",
                    place_of(table, "also_when_empty"), f"it goes with {negative}")  # fmt: skip
    return said


def _ignore_case(table: Table, operator: Operator, field: Field, path: str, notes: Notes) -> bool:
    said = flag_at(table, "ignore_case", notes)
    if said and not (operator.folds and field.type in _TEXTS):
        folding = ", ".join(f"`{name}`" for name, each in OPERATORS.items() if each.folds)
        what = f"`{operator.name}`" if field.type in _TEXTS else f"`{path}`, which is {KINDS[field.type]}"
        notes.error("unknown-key", f"`ignore_case` has no meaning for {what}", place_of(table, "ignore_case"),
                    f"it goes with a field of text and {folding}")  # fmt: skip
    return said


def _changed(
    table: Table, path: str, field: Field | None, kind: ChangeKind, scope: Scope, notes: Notes
) -> Changed | None:
    check_keys(table, ("field", kind.value), notes, "a change")
    node = table.entries[kind.value]
    if scope.outer:
        notes.error("unknown-operator", f"`{kind.value}` compares the whole case, and has no meaning inside `where`",
                    place_of(table, kind.value))  # fmt: skip
        return None
    if kind is ChangeKind.CHANGED:
        if not (isinstance(node, Text) and node.plain and node.text == "true"):
            notes.error("type-mismatch", f"`changed` takes no value, and here stands {shape(node)}", node.place,
                        "write `changed: true`")  # fmt: skip
        return Changed(path, kind, None, table.place)
    if field is None:
        return None
    if field.type in (Type.RECORD, Type.RECORDS, Type.CHOICES):
        notes.error("type-mismatch", f"`{kind.value}` is not for `{path}`, which is {KINDS[field.type]}",
                    place_of(table, kind.value), "use `changed: true`")  # fmt: skip
        return None
    return Changed(path, kind, read_scalar(node, field, path, notes), table.place)
