"""Conditions as text: mappings whose key says what they are."""

from collections.abc import Callable
from itertools import islice

from rules_engine.formats.comparisons import fits, operator_key, read_field_condition, read_length
from rules_engine.formats.happenings import read_happened, read_not_happened
from rules_engine.formats.notes import (
    Notes,
    as_items,
    as_table,
    as_text,
    check_keys,
    flag_at,
    nearest,
    place_of,
    shown,
)
from rules_engine.formats.operands import read_operand
from rules_engine.formats.paths import MOST_PATHS, Scope, find_field, follow, unknown_field
from rules_engine.formats.typed_values import KINDS
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.operators import OPERATORS, Takes
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Condition,
    Function,
    NoneOf,
    Quantified,
    Quantifier,
)

MAX_CONDITIONS = 5_000
_GROUPS: dict[str, Callable[..., All | Any | NoneOf]] = {"all": All, "any": Any, "none": NoneOf}
_QUANTIFIERS = tuple(each.value for each in Quantifier)
_FUNCTIONS = tuple(each.value for each in Function)
LEADING = (*_GROUPS, "field", "length", *_QUANTIFIERS, *_FUNCTIONS, "happened", "not_happened")


class Counter:
    """How many conditions a text holds so far."""

    def __init__(self) -> None:
        self.count = 0

    def one_more(self, node: Node, notes: Notes) -> bool:
        self.count += 1
        if self.count == MAX_CONDITIONS + 1:
            notes.error("too-large", f"the ruleset has more than {MAX_CONDITIONS} conditions", node.place,
                        "split it into several rulesets")  # fmt: skip
        return self.count <= MAX_CONDITIONS


def read_condition(node: Node, scope: Scope, notes: Notes, counter: Counter) -> Condition | None:
    """The condition that stands at a node, or None after a finding."""
    if not counter.one_more(node, notes):
        return None
    table = as_table(node, notes, "a condition")
    if table is None:
        return None
    leading = [key for key in table.entries if key in LEADING]
    if len(leading) != 1:
        _no_kind(table, leading, notes)
        return None
    match leading[0]:
        case "all" | "any" | "none" as key:
            return _group(table, key, scope, notes, counter)
        case "field":
            return read_field_condition(table, scope, notes)
        case "length":
            return read_length(table, scope, notes)
        case "every" | "some" | "no" as key:
            return _quantified(table, Quantifier(key), scope, notes, counter)
        case "happened":
            return read_happened(table, scope, notes)
        case "not_happened":
            return read_not_happened(table, scope, notes)
        case key:
            return _aggregate(table, Function(key), scope, notes, counter)


def _no_kind(table: Table, leading: list[str], notes: Notes) -> None:
    if len(leading) > 1:
        two = f"`{leading[0]}` and `{leading[1]}` stand in one condition"
        notes.error("unknown-key", two, place_of(table, leading[1]), "write two conditions in an `all` group")
    elif not table.entries:
        notes.error("empty-group", "this condition is empty", table.place, "write a condition or delete it")
    else:
        word = next(iter(table.entries))
        message = f"`{shown(word)}` begins no condition"
        notes.error("unknown-key", message, place_of(table, word), nearest(word, LEADING))


# --- groups ----------------------------------------------------------------------------------------------------


def _group(table: Table, key: str, scope: Scope, notes: Notes, counter: Counter) -> Condition | None:
    check_keys(table, (key,), notes, f"the group `{key}`")
    inside = table.entries[key]
    empty = (isinstance(inside, Items) and not inside.items) or (isinstance(inside, Text) and not inside.text)
    if empty:
        notes.error("empty-group", f"the group `{key}` has no conditions", place_of(table, key),
                    "write a condition in it or delete it: a rule with no conditions can't be published")  # fmt: skip
        return None
    found = [read_condition(each, scope, notes, counter) for each in as_items(inside, notes, f"`{key}`")]
    return _GROUPS[key](tuple(each for each in found if each is not None), table.place)


# --- lists -----------------------------------------------------------------------------------------------------


def _collection(table: Table, key: str, scope: Scope, notes: Notes) -> tuple[str, Field] | None:
    """The path of a list, and the list's field."""
    node = table.entries[key]
    path = as_text(node, notes, f"`{key}`")
    if path is None or not isinstance(node, Text):
        return None
    field = find_field(node, scope, notes)
    if field is None:
        return None
    if field.type is not Type.RECORDS:
        known = islice(scope.catalog.paths(scope.root), MOST_PATHS)
        lists = [each for each, inner in known if inner.type is Type.RECORDS]
        notes.error("type-mismatch", f"`{key}` asks about a list, and `{path}` is {KINDS[field.type]}", node.place,
                    nearest(path, lists, "lists are"))  # fmt: skip
        return None
    return path, field


def _where(table: Table, field: Field, scope: Scope, notes: Notes, counter: Counter) -> Condition | None:
    node = table.entries.get("where")
    return read_condition(node, scope.inside(field), notes, counter) if node is not None else None


def _quantified(
    table: Table, quantifier: Quantifier, scope: Scope, notes: Notes, counter: Counter
) -> Quantified | None:
    every = quantifier is Quantifier.EVERY
    allowed = (quantifier.value, "where", *(("also_when_empty",) if every else ()))
    check_keys(table, allowed, notes, f"`{quantifier.value}`")
    found = _collection(table, quantifier.value, scope, notes)
    if found is None:
        return None
    if every and "where" not in table.entries:
        notes.error("missing-key", f"`every: {found[0]}` does not say what every one of them must be", table.place,
                    "write `where: ...`")  # fmt: skip
        return None
    where = _where(table, found[1], scope, notes, counter)
    return Quantified(quantifier, found[0], where, every and flag_at(table, "also_when_empty", notes), table.place)


def _aggregate(
    table: Table, function: Function, scope: Scope, notes: Notes, counter: Counter
) -> Aggregate | None:
    found = _list_and_field(table, function, scope, notes)
    key = operator_key(table, (function.value, "where"), function.value, found[2] if found else None, notes)
    if found is None:
        return None
    collection, of, figure, field = found
    where = _where(table, field, scope, notes, counter)
    if key is None or not fits(key, figure, f"{function.value}: {figure.name}", place_of(table, key), notes):
        return None
    if OPERATORS[key].takes is Takes.NOTHING:
        notes.error("unknown-operator", f"`{key}` is no operator for `{function.value}`", place_of(table, key),
                    "write `no:` or `some:` and the list")  # fmt: skip
        return None
    before = len(notes.findings)
    operand = read_operand(table.entries[key], OPERATORS[key], figure, function.value, scope, notes)
    if len(notes.findings) > before:
        return None
    return Aggregate(function, collection, of, key, operand, where, table.place)


def _list_and_field(
    table: Table, function: Function, scope: Scope, notes: Notes
) -> tuple[str, str, Field, Field] | None:
    """The list's path, the path inside its records, the figure as a field, the list's field."""
    if function is Function.COUNT:
        counted = _collection(table, "count", scope, notes)
        return (counted[0], "", Field(counted[0], Type.NUMBER), counted[1]) if counted else None
    node = table.entries[function.value]
    path = as_text(node, notes, f"`{function.value}`")
    if path is None:
        return None
    step = follow(scope.catalog, scope.root, path)
    if step.unknown:
        unknown_field(path, step, scope, node.place, notes)
        return None
    lists = [position for position, each in enumerate(step.fields) if each.type is Type.RECORDS]
    if len(lists) != 1 or lists[0] == len(step.fields) - 1:
        notes.error("type-mismatch", f"`{function.value}` takes a field of a list's records, and `{path}` is none",
                    node.place, f"write such as `{function.value}: line_items.quantity`")  # fmt: skip
        return None
    names, last = path.split("."), step.fields[-1]
    if last.type not in _figures(function):
        notes.error("type-mismatch", f"`{function.value}` is not for `{path}`, which is {KINDS[last.type]}", node.place,
                    "use a field of amounts")  # fmt: skip
        return None
    cut = lists[0] + 1
    return ".".join(names[:cut]), ".".join(names[cut:]), Field(path, last.type), step.fields[lists[0]]


def _figures(function: Function) -> tuple[Type, ...]:
    amounts = (Type.NUMBER, Type.MONEY, Type.PERCENT)
    ordered = (*amounts, Type.DATE, Type.DATETIME, Type.TIME, Type.DURATION)
    return ordered if function in (Function.MIN, Function.MAX) else amounts
