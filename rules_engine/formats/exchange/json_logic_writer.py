"""A ruleset as JsonLogic: a list of `{id, if, then}`, or by rule and place what JsonLogic cannot say.

Each expression is truthy exactly where its condition is true, and under a `!` exactly where it is not false; the
guards of `json_logic_guards` keep null and our unknown together.
"""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any as Raw

from rules_engine.formats.exchange.exported import ORDERS, check_whole, kind_of, leading, unsaid
from rules_engine.formats.exchange.json_logic_guards import NUMBERS, TEXTS, guarded, operation, there
from rules_engine.formats.literals import plain_number
from rules_engine.formats.notes import Notes
from rules_engine.formats.paths import Scope, find_field
from rules_engine.formats.ruleset_text import spoken
from rules_engine.formats.yaml_tree import Text
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.finding import Place
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Condition,
    FieldOperand,
    HitPolicy,
    Literal,
    NoneOf,
    Outcome,
    Quantified,
    Quantifier,
    Rule,
    Ruleset,
    Verdict,
)
from rules_engine.model.values import Money, Scalar

WIDTH = 100


def write_json_logic(ruleset: Ruleset, catalog: Catalog, currency: str = "") -> str:
    """The JSON text; raises Unreadable with everything that JsonLogic cannot say.

    With `currency`, amounts of money are bare numbers in it. Title, description and step of the ruleset are not kept.
    """
    notes = Notes()
    check_whole(ruleset, notes, "JsonLogic", frozenset({HitPolicy.FIRST}))
    entries: list[Raw] = [_rule(each, Scope(catalog, "case"), notes, currency) for each in ruleset.rules]
    if ruleset.otherwise != Outcome(Verdict.IGNORE):
        entries.append({"if": True, "then": _outcome(ruleset.otherwise)})
    notes.raise_errors()
    return dump(entries)


def _rule(rule: Rule, scope: Scope, notes: Notes, currency: str) -> Raw:
    title = {"title": rule.title} if rule.title != spoken(rule.id) else {}
    when = Sayer(scope, notes, currency, f"rule `{rule.id}`").logic(rule.when, negated=False)
    return {"id": rule.id, **title, "if": when, "then": _outcome(rule.then)}


def _outcome(outcome: Outcome) -> Raw:
    return {outcome.verdict.value: outcome.reason} if outcome.reason else outcome.verdict.value


@dataclass(frozen=True)
class Sayer:
    """Conditions of one scope on their way into JsonLogic; `path` is where they stand, in our words."""

    scope: Scope
    notes: Notes
    currency: str
    path: str

    def refuse(self, what: str, place: Place, suggestion: str = "") -> None:
        self.notes.error("no-counterpart", f"{self.path}: {what} has no counterpart in JsonLogic", place, suggestion)

    def into(self, step: str) -> "Sayer":
        return replace(self, path=f"{self.path}, {step}" if self.path.endswith("`") else f"{self.path}.{step}")

    def logic(self, condition: Condition, *, negated: bool) -> Raw:
        match condition:
            case All(inner):
                return self.group("and", "all", inner, negated)
            case Any(inner):
                return self.group("or", "any", inner, negated)
            case NoneOf(inner):
                return {"!": [self.group("or", "none", inner, not negated)]}
            case Comparison():
                return _Leaf(self, condition, negated).logic()
            case Quantified():
                return self.quantified(condition, negated)
            case _:
                self.refuse(f"`{leading(condition)}`", condition.place)
                return None

    def group(self, operator: str, ours: str, inner: tuple[Condition, ...], negated: bool) -> Raw:
        parts = [self.into(f"{ours}[{at}]").logic(each, negated=negated) for at, each in enumerate(inner)]
        if len(parts) > 1 and guarded(operator, parts, self.scope):
            parts[-1] = {"!!": [parts[-1]]}  # or it would be read as a guard and its comparison
        return {operator: parts}

    def quantified(self, condition: Quantified, negated: bool) -> Raw:
        field = find_field(Text(condition.collection, False, condition.place), self.scope, self.notes)
        if field is None:
            return None
        items = {"var": condition.collection}
        no = condition.quantifier is Quantifier.NO
        where: Raw = True
        if condition.where is not None:
            inside = replace(self.into(f"{condition.quantifier}.where"), scope=self.scope.inside(field))
            where = inside.logic(condition.where, negated=negated != no)
        if no:
            return {"none": [items, where]}
        if condition.quantifier is Quantifier.SOME:
            return {"some": [items, where]}
        if condition.also_when_empty and negated:
            return {"none": [items, {"!": [{"!!": [where]}]}]}
        every = {"all": [items, where]}
        if condition.also_when_empty or negated:
            return {"or": [there(condition.collection, Type.RECORDS, has_value=False), every]}
        return every


_EQUALS = {"is": "===", "is_not": "!=="}
_TIMES = (Type.DATETIME, Type.TIME, Type.DURATION)


@dataclass(frozen=True)
class _Leaf:
    """One comparison on its way into JsonLogic."""

    spot: Sayer
    comparison: Comparison
    negated: bool

    def logic(self) -> Raw:
        comparison = self.comparison
        kind = kind_of(comparison.field, self.spot.scope)
        if kind is None:
            return self.refused(f"the field `{comparison.field}`")
        if comparison.operator in ("is_empty", "is_not_empty"):
            return there(comparison.field, kind, has_value=comparison.operator == "is_not_empty")
        for key in unsaid(comparison):
            return self.refused(f"`{key}`")
        if kind in _TIMES:
            return self.refused(f"a comparison of `{comparison.field}`, which is a time,")
        found = self.compared(kind)
        if found is None or (comparison.also_when_empty and OPERATORS[comparison.operator].negative):
            return found
        return self.guarded(found, kind) if self.needs_guard(kind, found) else found

    def refused(self, what: str, suggestion: str = "") -> None:
        self.spot.refuse(what, self.comparison.place, suggestion)

    def compared(self, kind: Type) -> Raw:
        operator, field = self.comparison.operator, {"var": self.comparison.field}
        match operator, self.comparison.operand:
            case "is" | "is_not", _:
                value = self.operand(kind)
                return None if value is None else {_EQUALS[operator]: [field, value]}
            case ("between", Literal((low, high))):
                ends = [self.value(low), self.value(high)]
                return None if None in ends else {"<=": [ends[0], field, ends[1]]}
            case _, _ if operator in ORDERS:
                value = self.operand(kind)
                return None if value is None else {ORDERS[operator]: [field, value]}
            case ("is_any_of" | "is_none_of", Literal(tuple(values))):
                found = {"in": [field, [self.value(each) for each in values]]}
                return {"!": [found]} if operator == "is_none_of" else found
            case ("contains" | "does_not_contain", Literal(str(text))):
                found = {"in": [text, field]}
                return {"!": [found]} if operator == "does_not_contain" else found
            case ("contains_any_of", Literal(tuple(values))):
                return {"some": [field, {"in": [{"var": ""}, list(values)]}]}
            case ("contains_all_of", Literal(tuple(values))):
                return {"and": [{"in": [each, field]} for each in values]}
        return self.refused(f"`{operator}`")

    def operand(self, kind: Type) -> Raw:
        match self.comparison.operand:
            case Literal(tuple()):
                return self.refused("a list here")
            case Literal(value):
                return self.value(value)  # type: ignore[arg-type]  # a tuple is handled above
            case FieldOperand(path, None, percent):
                return self.other(path, percent, kind)
            case FieldOperand():
                return self.refused("`plus`")
        return self.refused(f"`{self.comparison.operator}` with what moves in time", "compare with a fixed date")

    def other(self, path: str, percent: Decimal | None, kind: Type) -> Raw:
        """Another field of the same record: inside a list's `where` JsonLogic sees the list's record alone."""
        other = kind_of(path, self.spot.scope)
        if other is None:
            return self.refused(f"`{path}` of the whole case inside a list")
        if other in _TIMES:
            return self.refused(f"a comparison with `{path}`, which is a time,")
        if self.comparison.also_when_empty:
            return self.refused("`also_when_empty` with another field")
        if kind is Type.MONEY and not self.spot.currency:
            return self.refused("money", "say its currency, such as `--currency EUR`")
        return {"var": path} if percent is None else {"/": [{"*": [{"var": path}, percent]}, Decimal(100)]}

    def value(self, value: Scalar) -> Raw:
        match value:
            case Money(amount, currency) if currency == self.spot.currency:
                return amount
            case Money(_, currency):
                hint = f"say its currency, such as `--currency {currency}`" if not self.spot.currency else ""
                return self.refused(f"money in {currency}", hint)
            case bool() | str() | Decimal():
                return value
            case date() if not isinstance(value, datetime):
                return value.isoformat()
        return self.refused(f"the value `{value}`")

    def needs_guard(self, kind: Type, found: Raw) -> bool:
        """Whether JsonLogic could find the comparison true of an empty field, or false under a `!`."""
        if self.negated or OPERATORS[self.comparison.operator].negative:
            return True
        if isinstance(self.comparison.operand, FieldOperand):
            return True
        said = operation(found)
        if said is None or said[0] not in ("<", "<=", ">", ">="):
            return False
        return _holds_of_nothing(said[0], said[1], kind)

    def guarded(self, found: Raw, kind: Type) -> Raw:
        tests = [there(self.comparison.field, kind, has_value=not self.negated)]
        operand = self.comparison.operand
        if isinstance(operand, FieldOperand) and operand.path != self.comparison.field:
            other = kind_of(operand.path, self.spot.scope) or kind
            tests.append(there(operand.path, other, has_value=not self.negated))
        return {"or" if self.negated else "and": [*tests, found]}


def _holds_of_nothing(operator: str, parts: list[Raw], kind: Type) -> bool:
    """null counts as 0 among numbers, and "" comes before every text."""
    if kind in TEXTS:
        return operator in ("<", "<=") and len(parts) == 2
    if kind not in NUMBERS:
        return False
    if len(parts) == 3:
        return bool(parts[0] <= 0 <= parts[2])
    bound = parts[1]
    return bool({"<": bound > 0, "<=": bound >= 0, ">": bound < 0, ">=": bound <= 0}[operator])


def dump(value: Raw, indent: int = 0) -> str:
    """JSON with every number by its own digits; what fits in a line stands in one."""
    line = _in_a_line(value)
    if len(line) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, list):
        parts = [dump(each, indent + 2) for each in value]
    else:
        parts = [f"{_text(key)}: {dump(each, indent + 2)}" for key, each in value.items()]
    opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{' ' * indent}{closing}"


def _in_a_line(value: Raw) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_text(key)}: {_in_a_line(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_in_a_line, value)) + "]"
        case Decimal():
            return plain_number(value)
        case _:
            return _text(value)


def _text(value: Raw) -> str:
    return json.dumps(value, ensure_ascii=False)
