"""Conditions as text: mappings whose key says what they are."""

from collections.abc import Callable

from rules_engine.formats import literals
from rules_engine.formats.notes import (
    Notes,
    as_items,
    as_table,
    as_text,
    check_keys,
    flag_at,
    nearest,
    need,
    place_of,
    shape,
    shown,
)
from rules_engine.formats.operands import read_duration, read_operand
from rules_engine.formats.paths import Scope, find_field, follow, unknown_field
from rules_engine.formats.typed_values import KINDS, read_scalar
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.operators import OPERATORS, Operator, Takes
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    ChangeKind,
    Comparison,
    Condition,
    Function,
    Happened,
    NoneOf,
    NotHappened,
    Quantified,
    Quantifier,
)

MAX_CONDITIONS = 5_000
_GROUPS: dict[str, Callable[..., All | Any | NoneOf]] = {"all": All, "any": Any, "none": NoneOf}
_QUANTIFIERS = tuple(each.value for each in Quantifier)
_FUNCTIONS = tuple(each.value for each in Function)
_CHANGES = tuple(each.value for each in ChangeKind)
LEADING = (*_GROUPS, "field", *_QUANTIFIERS, *_FUNCTIONS, "happened", "not_happened")


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
            return _field_condition(table, scope, notes)
        case "every" | "some" | "no" as key:
            return _quantified(table, Quantifier(key), scope, notes, counter)
        case "happened":
            return _happened(table, scope, notes)
        case "not_happened":
            return _not_happened(table, scope, notes)
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


# --- comparisons and changes -----------------------------------------------------------------------------------


def _field_condition(table: Table, scope: Scope, notes: Notes) -> Condition | None:
    node = table.entries["field"]
    path = as_text(node, notes, "`field`")
    if path is None or not isinstance(node, Text):
        return None
    field = find_field(node, scope, notes)
    changes = [key for key in _CHANGES if key in table.entries]
    if changes:
        return _changed(table, path, field, ChangeKind(changes[0]), scope, notes)
    key = _operator_key(table, ("field", "also_when_empty"), path, field, notes)
    if key is None or field is None or not _fits(key, field, path, place_of(table, key), notes):
        return None
    operator = OPERATORS[key]
    before = len(notes.findings)
    operand = read_operand(table.entries[key], operator, field, path, scope, notes)
    empty = _also_when_empty(table, operator, notes)
    return Comparison(path, key, operand, empty, table.place) if len(notes.findings) == before else None


def _operator_key(table: Table, others: tuple[str, ...], path: str, field: Field | None, notes: Notes) -> str | None:
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


def _fits(key: str, field: Field, path: str, place: object, notes: Notes) -> bool:
    if field.type in OPERATORS[key].types:
        return True
    notes.error("type-mismatch", f"`{key}` is not for `{path}`, which is {KINDS[field.type]}", place,  # type: ignore[arg-type]  # a Place
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
        lists = [each for each, inner in scope.catalog.paths(scope.root) if inner.type is Type.RECORDS]
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
    key = _operator_key(table, (function.value, "where"), function.value, found[2] if found else None, notes)
    if found is None:
        return None
    collection, of, figure, field = found
    where = _where(table, field, scope, notes, counter)
    if key is None or not _fits(key, figure, f"{function.value}: {figure.name}", place_of(table, key), notes):
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
    return (*amounts, Type.DATE, Type.DATETIME) if function in (Function.MIN, Function.MAX) else amounts


# --- happenings ------------------------------------------------------------------------------------------------


def _event(node: Node, key: str, scope: Scope, notes: Notes) -> str:
    name = as_text(node, notes, f"`{key}`") or ""
    if name and name not in scope.catalog.events:
        notes.error("unknown-event", f"there is no event `{shown(name)}`", node.place,
                    nearest(name, list(scope.catalog.events), "events are"))  # fmt: skip
    return name


def _happened(table: Table, scope: Scope, notes: Notes) -> Happened | None:
    check_keys(table, ("happened", "in_order", "within", "at_least"), notes, "`happened`")
    node = table.entries["happened"]
    named = node.items if isinstance(node, Items) else (node,)
    if not named:
        notes.error("empty-group", "`happened` names no event", place_of(table, "happened"),
                    nearest("", list(scope.catalog.events), "events are"))  # fmt: skip
    events: list[str] = []
    for each in named:
        name = _event(each, "happened", scope, notes)
        if name in events:
            notes.error("unknown-event", f"`{name}` is named twice", each.place, "write `at_least: 2` instead")
        events.append(name)
    within = table.entries.get("within")
    span = read_duration(within, "within", notes) if within is not None else None
    return Happened(tuple(events), flag_at(table, "in_order", notes), span, _times(table, notes), table.place)


def _times(table: Table, notes: Notes) -> int:
    node = table.entries.get("at_least")
    if node is None:
        return 1
    value = literals.number(node.text) if isinstance(node, Text) and node.plain else None
    if value is None or not 1 <= value <= 1000 or value != int(value):
        notes.error("type-mismatch", f"`at_least` is a whole number from 1 to 1000, and here stands {shape(node)}",
                    node.place)  # fmt: skip
        return 1
    return int(value)


def _not_happened(table: Table, scope: Scope, notes: Notes) -> NotHappened | None:
    keys = ("not_happened", "since", "for")
    check_keys(table, keys, notes, "`not_happened`")
    event, since, span = (need(table, key, notes, "`not_happened`") for key in keys)
    if event is None or since is None or span is None:
        return None
    duration = read_duration(span, "for", notes)
    first, second = _event(event, "not_happened", scope, notes), _event(since, "since", scope, notes)
    return NotHappened(first, second, duration, table.place) if duration else None
