"""One cell of a decision table as conditions on its column's field, meaning what FEEL means by it.

FEEL and this product agree that an ordering with null is no match. Equality differs: `not("a")` matches null, and so
becomes `is_not` with `also_when_empty`; null and "" are two values in FEEL and both empty here, which is a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as option

from rules_engine.formats.exchange.feel_unary import (
    TEMPORAL,
    Compared,
    Endpoint,
    Interval,
    NotFeel,
    UnaryTest,
    read_unary_tests,
)
from rules_engine.formats.exchange.imported import Spot, amount, operator_for, several, word
from rules_engine.formats.literals import relative_date
from rules_engine.formats.notes import shown
from rules_engine.formats.paths import follow
from rules_engine.formats.typed_values import KINDS
from rules_engine.formats.yaml_tree import Node, Table, Text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.finding import NOWHERE
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import All, Any, Condition, NoneOf

_TEXTS = (Type.TEXT, Type.RICH_TEXT)
_STRINGS = (*_TEXTS, Type.CHOICE, Type.REFERENCE)
KIND_OF = {
    **dict.fromkeys(_STRINGS, "string"),
    **dict.fromkeys((Type.NUMBER, Type.PERCENT, Type.MONEY), "number"),
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.DATETIME: "date and time",
    Type.TIME: "time",
    Type.DURATION: "duration",
}
_ORDERS = {
    "<": ("less_than", "before"),
    "<=": ("at_most", "on_or_before"),
    ">": ("more_than", "after"),
    ">=": ("at_least", "on_or_after"),
}


@dataclass(frozen=True)
class Column:
    """An input of a table: the field that it asks about, and its words for people.

    `names` are the fields that the caller gave for names of the table's own.
    """

    path: str
    field: Field
    label: str
    names: Mapping[str, str] = option(default_factory=dict)


Found = tuple[Condition, ...] | None


def read_cell(text: str, column: Column, spot: Spot) -> Found:
    """What must all hold for the cell to match, nothing for `-`; None after a finding."""
    try:
        tests = read_unary_tests(text)
    except NotFeel as problem:
        spot.error("not-feel", f"`{shown(text)}` is no unary test ({problem})",
                   'write such as `"a", "b"`, `>= 10`, `[1..5)`, `not("a")` or `-`')  # fmt: skip
        return None
    cell = _Cell(column, spot)
    if not tests.tests:
        return ()
    if all(isinstance(each, Compared) and each.operator == "=" for each in tests.tests):
        values = [each.value for each in tests.tests if isinstance(each, Compared)]
        return cell.none_equal(values) if tests.negated else cell.equal(values)
    if tests.negated and all(isinstance(each, Compared) and each.operator in ("=", "!=") for each in tests.tests):
        return cell.opposites([each for each in tests.tests if isinstance(each, Compared)])
    if len(tests.tests) == 1 and not tests.negated:
        return cell.one(tests.tests[0])
    parts = [cell.one(each) for each in tests.tests]
    known = [each[0] if len(each) == 1 else All(each) for each in parts if each]
    if len(known) < len(parts):
        return None
    return ((NoneOf if tests.negated else Any)(tuple(known)),)


@dataclass(frozen=True)
class _Cell:
    column: Column
    spot: Spot

    def compare(self, operator: str, operand: Node | None, *, empty: bool = False) -> Found:
        found = self.spot.comparison(self.column.path, operator, operand, empty=empty)
        return None if found is None else (found,)

    # --- equality

    def equal(self, values: Sequence[Endpoint]) -> Found:
        """The field is one of the values; null among them is `is_empty`."""
        rest = self.without_nothing(values)
        parts = [self.compare("is_empty", None)] if len(rest) < len(values) else []
        parts += self.each("is", "is_any_of", rest, empty=False)
        known = [each[0] for each in parts if each]
        if len(known) < len(parts):
            return None
        return (known[0],) if len(known) == 1 else (Any(tuple(known)),)

    def none_equal(self, values: Sequence[Endpoint]) -> Found:
        """The field is none of the values; null is none of them unless it is named."""
        rest = self.without_nothing(values)
        if not rest:
            return self.compare("is_not_empty", None)
        parts = self.each("is_not", "is_none_of", rest, empty=len(rest) == len(values))
        known = [each[0] for each in parts if each]
        return tuple(known) if len(known) == len(parts) else None

    def opposites(self, tests: Sequence[Compared]) -> Found:
        """None of them: equality is never unknown in FEEL, so each is turned round by itself."""
        found = [self.none_equal([each.value]) if each.operator == "=" else self.equal([each.value]) for each in tests]
        known = [each for parts in found if parts is not None for each in parts]
        return tuple(known) if None not in found else None

    def each(self, one: str, many: str, values: Sequence[Endpoint], *, empty: bool) -> list[Found]:
        """One comparison for all values where the type has one, else one a value; fields are compared one by one."""
        nodes = [self.node(each) for each in values]
        words = [each for each in nodes if isinstance(each, Text)]
        if None in nodes:
            return [None]
        fields = [self.compare(one, each) for each in nodes if isinstance(each, Table)]
        if fields:
            self.spot.report("empty-differs", "two empty fields are equal in FEEL, and here that is unknown")
        if len(words) > 1 and self.column.field.type in OPERATORS[many].types:
            return [self.compare(many, several(words), empty=empty), *fields]
        return [*(self.compare(one, each, empty=empty) for each in words), *fields]

    def without_nothing(self, values: Sequence[Endpoint]) -> list[Endpoint]:
        """The values but null and ""; for text it matters that both are meant."""
        strings = self.column.field.type in _STRINGS
        nothing = {each.kind for each in values if each.kind == "null" or (strings and each == Endpoint("string", ""))}
        if len(nothing) == 1 and self.column.field.type in _TEXTS:
            self.spot.report("empty-differs", f'null and "" are two values in FEEL, and here `{self.column.path}` is '
                             "empty with either")  # fmt: skip
        empty = Endpoint("string", "")
        return [each for each in values if each.kind != "null" and not (strings and each == empty)]

    # --- order

    def one(self, test: UnaryTest) -> Found:
        if isinstance(test, Interval):
            return self.interval(test)
        if test.operator == "=":
            return self.equal([test.value])
        if test.operator == "!=":
            return self.none_equal([test.value])
        node = self.node(test.value)
        return self.ordered(test.operator, node) if node is not None else None

    def ordered(self, operator: str, node: Node) -> Found:
        if self.column.field.type in _TEXTS and operator in ("<", "<="):
            self.spot.report("empty-differs", f'"" comes before every other text in FEEL, and here an empty '
                             f"`{self.column.path}` is unknown")  # fmt: skip
        return self.compare(operator_for(self.column.field.type, *_ORDERS[operator]), node)

    def interval(self, test: Interval) -> Found:
        low, high = self.node(test.low), self.node(test.high)
        if low is None or high is None:
            return None
        both = test.low_included and test.high_included
        ranged = self.column.field.type in OPERATORS["between"].types
        if both and ranged and isinstance(low, Text) and isinstance(high, Text):
            return self.compare("between", several([low, high]))
        first = self.ordered(">=" if test.low_included else ">", low)
        last = self.ordered("<=" if test.high_included else "<", high)
        return (*first, *last) if first and last else None

    # --- values

    def node(self, value: Endpoint) -> Node | None:
        """The value as our own text has it; None after a finding."""
        kind = self.column.field.type
        if value.kind == "name":
            return self.other(value.text)
        if value.kind != KIND_OF.get(kind):
            self.spot.error("type-mismatch", f"`{self.column.path}` is {KINDS[kind]}, and here stands "
                            f"{_in_words(value)}", self.remedy(value))  # fmt: skip
            return None
        if _is_our_own(value):
            self.spot.error("not-feel", f"{_in_words(value)} is no {value.kind}", "write it by ISO 8601")
            return None
        if value.kind == "number":
            return amount(value.text, self.column.field, self.column.path, self.spot)
        return word(value.text, plain=value.kind == "boolean")

    def remedy(self, value: Endpoint) -> str:
        if value.kind == "null":
            return "test for null by itself: `null` or `not(null)`"
        kind = KIND_OF.get(self.column.field.type, "")
        if kind in ("date", "date and time", "time", "duration"):
            return f'write `{kind}("...")`'
        words = {"string": "put it in quotes", "number": "write a number", "boolean": "write `true` or `false`"}
        return words.get(kind, "leave the cell `-`: a list or record is not compared")

    def other(self, path: str) -> Node | None:
        scope, said = self.spot.scope, path
        path = self.column.names.get(said, said)
        if follow(scope.catalog, scope.root, path).unknown:
            self.spot.error("not-feel", f"`{shown(said)}` is no field and no value",
                            f'put a text in quotes: `"{shown(said)}"`, or say its field with `--map`')  # fmt: skip
            return None
        return Table({"field": word(path)}, {"field": NOWHERE}, NOWHERE)


def _is_our_own(value: Endpoint) -> bool:
    """Words that our own text would take, and FEEL does not: `today`, `14 days`."""
    if value.kind == "duration":
        return not value.text.lstrip("-").startswith("P")
    return value.kind in TEMPORAL and relative_date(value.text) is not None


def _in_words(value: Endpoint) -> str:
    if value.kind == "string":
        return f'the text `"{shown(value.text)}"`'
    if value.kind in ("number", "boolean", "null"):
        return f"`{value.text}`"
    return f'`{value.kind}("{shown(value.text)}")`'
