"""The right-hand side of a comparison, read as the operator and the field's type ask for it."""

from decimal import Decimal

from rules_engine.formats import literals
from rules_engine.formats.notes import Notes, as_text, check_keys, need, shape, shown
from rules_engine.formats.paths import Scope, find_field, follow
from rules_engine.formats.patterns import compiled
from rules_engine.formats.typed_values import KINDS, mismatch, read_scalar
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.operators import Operator, Takes
from rules_engine.model.ruleset import (
    Duration,
    FieldOperand,
    Literal,
    Near,
    Operand,
    Period,
    RelativeDate,
    Unit,
)
from rules_engine.model.values import Scalar

_DAYS = (Type.DATE, Type.DATETIME)
_AMOUNTS = (Type.NUMBER, Type.MONEY, Type.PERCENT)
# Kinds of value that may be compared with one another; unlike kinds never match.
_FAMILIES: tuple[frozenset[Type], ...] = (
    frozenset({Type.TEXT, Type.RICH_TEXT}),
    frozenset({Type.REFERENCE, Type.TEXT}),
    frozenset({Type.CHOICES, Type.CHOICE}),
)


def read_operand(node: Node, operator: Operator, field: Field, name: str, scope: Scope, notes: Notes) -> Operand:
    """The operand of `operator` for a field called `name`; None after a finding."""
    match operator.takes:
        case Takes.NOTHING:
            _nothing(node, operator, notes)
            return None
        case Takes.VALUE:
            return _value(node, field, name, scope, notes)
        case Takes.LIST:
            return _several(node, field, name, notes)
        case Takes.PAIR:
            return _pair(node, operator, field, name, notes)
        case Takes.DURATION:
            return _span(node, operator, field, name, notes)
        case Takes.PERIOD:
            return _period(node, operator, notes)
        case Takes.PATTERN:
            return _pattern(node, operator, notes)
        case Takes.NEAR:
            return _near(node, operator, field, name, scope, notes)


def _nothing(node: Node, operator: Operator, notes: Notes) -> None:
    if isinstance(node, Text) and node.plain and node.text == "true":
        return
    other = {"is_empty": "is_not_empty", "is_not_empty": "is_empty"}[operator.name]
    wanted = isinstance(node, Text) and node.text == "false"
    notes.error("type-mismatch", f"`{operator.name}` takes no value, and here stands {shape(node)}", node.place,
                f"write `{other if wanted else operator.name}: true`")  # fmt: skip


def _value(node: Node, field: Field, name: str, scope: Scope, notes: Notes) -> Operand:
    if isinstance(node, Table) and "field" in node.entries:
        return _field(node, field, name, scope, notes)
    if isinstance(node, Text) and field.type in _DAYS:
        return _day(node, field, name, notes)
    if isinstance(node, Text) and node.text == "" and field.type not in _DAYS:
        notes.error("type-mismatch", f"`{name}` is compared with nothing", node.place, "write `is_empty: true` instead")
        return None
    return _literal(read_scalar(node, field, name, notes))


def _literal(value: Scalar) -> Literal | None:
    return None if value is None else Literal(value)


def _day(node: Text, field: Field, name: str, notes: Notes) -> Operand:
    """A day, an instant, or one relative to `today` or `now`.

    A date and time may be compared with a day (its calendar day in the workspace's zone counts); a date has no
    time of day, so it is never compared with an instant.
    """
    moved = literals.relative_date(node.text)
    if moved is not None:
        return _relative(moved, node, field, name, notes)
    found = literals.day(node.text)
    if found is not None:
        return Literal(found)
    if node.text.startswith(("today", "now")):
        notes.error("type-mismatch", f"`{shown(node.text)}` is no date", node.place,
                    "write such as `today + 7 days`, `today - 1 month` or `now - 4 hours`")  # fmt: skip
        return None
    return _literal(read_scalar(node, field, name, notes))


def _relative(moved: RelativeDate, node: Text, field: Field, name: str, notes: Notes) -> RelativeDate | None:
    if moved.anchor == "now" and field.type is Type.DATE:
        notes.error("type-mismatch", f"`{name}` is a date without a time, and `now` is an instant", node.place,
                    f"write `{node.text.replace('now', 'today', 1)}`")  # fmt: skip
        return None
    if moved.anchor == "today" and moved.plus and moved.plus.unit is Unit.HOURS:
        notes.error("type-mismatch", "`today` is a day, and hours are counted from `now`", node.place,
                    "count in days, or write `now`")  # fmt: skip
        return None
    return moved


def _field(table: Table, field: Field, name: str, scope: Scope, notes: Notes) -> FieldOperand | None:
    """`{field: other.path, plus: 5 days}` or `{field: other.path, percent: 110}`."""
    check_keys(table, ("field", "plus", "percent"), notes, "another field")
    before = len(notes.findings)
    other = _other(table.entries["field"], field, name, scope, notes)
    plus, percent = table.entries.get("plus"), table.entries.get("percent")
    shift = _shift(plus, field, name, notes) if plus is not None else None
    share = _share(percent, field, name, notes) if percent is not None else None
    return FieldOperand(other, shift, share) if len(notes.findings) == before else None


def _other(node: Node, field: Field, name: str, scope: Scope, notes: Notes) -> str:
    """The path of the field compared with; inside `where` also one of the whole case."""
    path = as_text(node, notes, "`field`")
    if path is None or not isinstance(node, Text):
        return ""
    here, around = follow(scope.catalog, scope.root, path), follow(scope.catalog, "case", path)
    if scope.outer and here.unknown and not around.unknown:
        scope = Scope(scope.catalog, "case")
    other = find_field(node, scope, notes)
    if other is not None and not comparable(field.type, other.type):
        notes.error("type-mismatch", f"`{name}` is {KINDS[field.type]} and `{path}` is {KINDS[other.type]}", node.place,
                    f"compare it with another field that is {KINDS[field.type]}")  # fmt: skip
    return path


def comparable(left: Type, right: Type) -> bool:
    """Whether a field of type `left` may be compared with one of type `right`."""
    if left == right or (left is Type.DATETIME and right is Type.DATE):
        return True
    return any({left, right} <= family for family in _FAMILIES)


def _shift(node: Node, field: Field, name: str, notes: Notes) -> Duration | None:
    if field.type not in _DAYS:
        notes.error("type-mismatch", f"`plus` shifts dates, and `{name}` is {KINDS[field.type]}", node.place)
        return None
    found = read_duration(node, "plus", notes, signed=True)
    if found and found.unit is Unit.HOURS and field.type is Type.DATE:
        notes.error("type-mismatch", f"`{name}` is a date without a time, and is not shifted by hours", node.place,
                    "count in days")  # fmt: skip
    return found


def _share(node: Node, field: Field, name: str, notes: Notes) -> Decimal | None:
    if field.type not in _AMOUNTS:
        notes.error("type-mismatch", f"`percent` takes a share of amounts, and `{name}` is {KINDS[field.type]}",
                    node.place)  # fmt: skip
        return None
    return _percent(node, notes)


def _percent(node: Node, notes: Notes) -> Decimal | None:
    found = literals.percent(node.text) if isinstance(node, Text) else None
    if found is None:
        mismatch(node, Field("percent", Type.PERCENT), "percent", notes)
    return found


def _several(node: Node, field: Field, name: str, notes: Notes) -> Literal | None:
    if not isinstance(node, Items) or not node.items:
        notes.error("type-mismatch", f"a list of values is needed, and here stands {shape(node)}", node.place,
                    "write such as `[a, b]`")  # fmt: skip
        return None
    before = len(notes.findings)
    values = tuple(read_scalar(each, field, name, notes) for each in node.items)
    return Literal(values) if len(notes.findings) == before else None


def _pair(node: Node, operator: Operator, field: Field, name: str, notes: Notes) -> Literal | None:
    """Two values, both included."""
    if not isinstance(node, Items) or len(node.items) != 2:
        notes.error("type-mismatch", f"`{operator.name}` takes two values, and here stands {shape(node)}", node.place,
                    "write such as `[10, 20]`")  # fmt: skip
        return None
    before = len(notes.findings)
    moving = [each for each in node.items if isinstance(each, Text) and literals.relative_date(each.text)]
    if moving and field.type in _DAYS:
        notes.error("type-mismatch", f"`{operator.name}` takes two fixed values, and `{moving[0].text}` moves",
                    moving[0].place, "write `on_or_after` and `on_or_before` in an `all` group")  # fmt: skip
    found = [_operand_of_pair(each, field, name, notes) for each in node.items]
    if len(notes.findings) > before:
        return None
    low, high = found
    _check_order(low, high, node, operator, notes)
    return Literal((low, high))


def _operand_of_pair(node: Node, field: Field, name: str, notes: Notes) -> Scalar:
    if isinstance(node, Text) and field.type in _DAYS:
        if literals.relative_date(node.text):
            return None
        if (found := literals.day(node.text)) is not None:
            return found
    return read_scalar(node, field, name, notes)


def _check_order(low: Scalar, high: Scalar, node: Node, operator: Operator, notes: Notes) -> None:
    first, last = getattr(low, "amount", low), getattr(high, "amount", high)
    if type(first) is type(last) and getattr(low, "currency", "") == getattr(high, "currency", "") and first > last:  # type: ignore[operator]  # one type on both sides
        notes.error("empty-range", f"`{operator.name}` from {low} to {high} holds nothing", node.place,
                    "write the lower value first")  # fmt: skip


def _span(node: Node, operator: Operator, field: Field, name: str, notes: Notes) -> Duration | None:
    found = read_duration(node, operator.name, notes)
    if found and found.unit is Unit.HOURS and field.type is Type.DATE:
        notes.error("type-mismatch", f"`{name}` is a date without a time, and is not counted in hours", node.place,
                    "count in days")  # fmt: skip
        return None
    return found


def read_duration(node: Node, key: str, notes: Notes, *, signed: bool = False) -> Duration | None:
    """`14 days`; only an offset may be negative or zero."""
    found = literals.duration(node.text) if isinstance(node, Text) else None
    if found is not None and (signed or found.count > 0):
        return found
    notes.error("type-mismatch", f"`{key}` is a duration, and here stands {shape(node)}", node.place,
                "write such as `14 days`: `hours`, `days`, `weeks`, `months`, `years`, at most 100 years")  # fmt: skip
    return None


def _period(node: Node, operator: Operator, notes: Notes) -> Period | None:
    found = literals.period(node.text) if isinstance(node, Text) else None
    if found is None:
        notes.error("type-mismatch", f"`{operator.name}` is a period, and here stands {shape(node)}", node.place,
                    "write `this`, `last` or `next` and `week`, `month`, `quarter`, `year`, `fiscal quarter` or "
                    "`fiscal year`")  # fmt: skip
    return found


def _pattern(node: Node, operator: Operator, notes: Notes) -> Literal | None:
    """A regular expression that the matchers can search in linear time."""
    text = as_text(node, notes, f"`{operator.name}`")
    if not text:
        if text is not None:
            notes.error("type-mismatch", f"`{operator.name}` has no pattern", node.place, "write such as `^PO-[0-9]+$`")
        return None
    try:
        compiled(text)
    except ValueError as wrong:
        notes.error("bad-pattern", f"`{shown(text)}` is no pattern: {wrong}", node.place,
                    "write a regular expression in the syntax of RE2")  # fmt: skip
        return None
    return Literal(text)


def _near(node: Node, operator: Operator, field: Field, name: str, scope: Scope, notes: Notes) -> Near | None:
    """`{percent: 5, of: other.path}`."""
    if not isinstance(node, Table):
        notes.error("type-mismatch", f"`{operator.name}` takes a share of a field, and here stands {shape(node)}",
                    node.place, "write such as `{percent: 5, of: opportunity.amount}`")  # fmt: skip
        return None
    check_keys(node, ("percent", "of"), notes, f"`{operator.name}`")
    before = len(notes.findings)
    share, of = need(node, "percent", notes, f"`{operator.name}`"), need(node, "of", notes, f"`{operator.name}`")
    if share is None or of is None:
        return None
    percent = _percent(share, notes)
    if percent is not None and percent < 0:
        notes.error("type-mismatch", "a distance in percent is not negative", share.place)
    other = _other(of, field, name, scope, notes)
    return Near(percent, other) if percent is not None and len(notes.findings) == before else None
