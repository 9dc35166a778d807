"""Conditions as alternatives of simple tests on small integers: what a production matcher is given.

Every comparison with fixed literals becomes a test of a rank: the literals that a field is compared with are
sorted, and a value is coded by its place among them (2i + 1 for the i-th literal, even numbers between). So any
engine that compares small integers decides exactly, for money, dates and text alike. All else (quantifiers,
happenings, operands that move) is judged by the reference and enters as 1 or 0. What is unknown enters as nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.scene import Scene, normal, order
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import All, Any, Comparison, Condition, Literal, NoneOf, Ruleset
from rules_engine.model.values import Missing, Money, Scalar, get, is_empty

MOST_ALTERNATIVES: Final = 8
MOST_TESTS: Final = 60


@dataclass(frozen=True)
class Test:
    """`operator` is `==`, `!=`, `<`, `<=`, `>` or `>=`; `fact` is the name of an integer fact."""

    fact: str
    operator: str
    code: int


Alternative = tuple[Test, ...]

_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TESTS: Final = {
    "is": "==",
    "is_not": "!=",
    "at_least": ">=",
    "on_or_after": ">=",
    "more_than": ">",
    "after": ">",
    "at_most": "<=",
    "on_or_before": "<=",
    "less_than": "<",
    "before": "<",
}
_SEVERAL: Final = frozenset({"is_any_of", "is_none_of", "between"})


@dataclass(frozen=True)
class Ranked:
    """A field's place among the literals of one kind that the ruleset compares it with."""

    path: str
    literals: tuple[Scalar, ...]

    def code(self, scene: Scene) -> int | None:
        value = get(scene.record, self.path)
        if isinstance(value, Missing) or is_empty(value) or isinstance(value, tuple):
            return None
        low, high = 0, len(self.literals)
        while low < high:
            middle = (low + high) // 2
            sign = order(value, self.literals[middle], scene)
            if sign is None:
                return None
            if sign == 0:
                return 2 * middle + 1
            low, high = (middle + 1, high) if sign > 0 else (low, middle)
        return 2 * low


@dataclass(frozen=True)
class Derived:
    """A condition that the reference judges."""

    condition: Condition

    def code(self, scene: Scene) -> int | None:
        return {Truth.TRUE: 1, Truth.FALSE: 0, Truth.UNKNOWN: None}[trace_condition(self.condition, scene).truth]


@dataclass(frozen=True)
class NormalForm:
    """`rules` maps each rule's id to its alternatives: the rule is true where all tests of one of them hold."""

    facts: dict[str, Ranked | Derived]
    rules: dict[str, tuple[Alternative, ...]]

    def codes(self, scene: Scene) -> dict[str, int]:
        """The facts that are known of a case."""
        found = ((name, fact.code(scene)) for name, fact in self.facts.items())
        return {name: code for name, code in found if code is not None}


def normal_form(ruleset: Ruleset) -> NormalForm:
    builder = _Builder(_literals(rule.when for rule in ruleset.rules))
    rules = {rule.id: builder.alternatives(rule.when) for rule in ruleset.rules}
    return NormalForm(dict(builder.facts), rules)


# --- ranks ----------------------------------------------------------------------------------------------------

Kind = tuple[str, str]  # the field's path, and what it is compared with: "text", "money EUR", ...


def _kind(value: Scalar) -> str:
    return f"money {value.currency}" if isinstance(value, Money) else type(value).__name__


def _rankable(condition: Condition) -> tuple[Kind, tuple[Scalar, ...]] | None:
    """The kind and literals of a comparison that a rank can stand for."""
    if not isinstance(condition, Comparison) or not isinstance(condition.operand, Literal):
        return None
    if condition.also_when_empty or condition.ignore_case:
        return None
    if condition.operator not in _TESTS and condition.operator not in _SEVERAL:
        return None
    literal = condition.operand.value
    values = literal if isinstance(literal, tuple) else (literal,)
    kinds = {_kind(value) for value in values}
    if len(kinds) != 1 or any(is_empty(value) for value in values):
        return None
    return (condition.field, kinds.pop()), values


def _literals(conditions: Iterable[Condition]) -> dict[Kind, tuple[Scalar, ...]]:
    found: dict[Kind, dict[object, Scalar]] = {}
    for condition in conditions:
        for each in _outside_lists(condition):
            if rankable := _rankable(each):
                known = found.setdefault(rankable[0], {})
                known.update({_key(value): value for value in rankable[1]})
    return {kind: tuple(known[key] for key in sorted(known)) for kind, known in found.items()}  # type: ignore[type-var]  # one kind, so ordered


def _key(value: Scalar) -> object:
    match value:
        case str():
            return normal(value)
        case Money(amount):
            return amount
        case _:
            return value


def _outside_lists(condition: Condition) -> Iterable[Condition]:
    yield condition
    if isinstance(condition, All | Any | NoneOf):
        for inner in condition.conditions:
            yield from _outside_lists(inner)


# --- alternatives ---------------------------------------------------------------------------------------------


@dataclass
class _Builder:
    literals: dict[Kind, tuple[Scalar, ...]]
    facts: dict[str, Ranked | Derived] = field(default_factory=dict)
    names: dict[Ranked | Derived, str] = field(default_factory=dict)

    def alternatives(self, condition: Condition, wanted: bool = True) -> tuple[Alternative, ...]:
        """The ways in which the condition can be true (or, not `wanted`, false); no way at all is ()."""
        match condition:
            case All(inner):
                found = self._every(inner, wanted) if wanted else self._one(inner, wanted)
            case Any(inner):
                found = self._one(inner, wanted) if wanted else self._every(inner, wanted)
            case NoneOf(inner):
                found = self._every(inner, False) if wanted else self._one(inner, True)
            case _:
                found = self._leaf(condition, wanted)
        if found is None or len(found) > MOST_ALTERNATIVES or any(len(each) > MOST_TESTS for each in found):
            return ((self._derived(condition, wanted),),)
        return found

    def _every(self, inner: Sequence[Condition], wanted: bool) -> tuple[Alternative, ...] | None:
        ways = [self.alternatives(each, wanted) for each in inner]
        count = 1
        for each in ways:
            count *= len(each)
            if count > MOST_ALTERNATIVES:
                return None
        return tuple(tuple(dict.fromkeys(sum(combination, ()))) for combination in product(*ways))

    def _one(self, inner: Sequence[Condition], wanted: bool) -> tuple[Alternative, ...]:
        return tuple(dict.fromkeys(way for each in inner for way in self.alternatives(each, wanted)))

    def _leaf(self, condition: Condition, wanted: bool) -> tuple[Alternative, ...]:
        rankable = _rankable(condition)
        if rankable is None or not isinstance(condition, Comparison):
            return ((self._derived(condition, wanted),),)
        (path, _), values = rankable
        ranked = Ranked(path, self.literals[rankable[0]])
        keys = [_key(each) for each in ranked.literals]
        codes = list(dict.fromkeys(2 * keys.index(_key(value)) + 1 for value in values))
        return self._tests(condition.operator, self._name(ranked), codes, wanted)

    def _tests(self, operator: str, fact: str, codes: Sequence[int], wanted: bool) -> tuple[Alternative, ...]:
        if operator == "between":
            inside = (Test(fact, ">=", codes[0]), Test(fact, "<=", codes[-1]))
            return (inside,) if wanted else tuple((_opposite(each),) for each in inside)
        if operator in ("is_any_of", "is_none_of"):
            if wanted is (operator == "is_any_of"):
                return tuple((Test(fact, "==", code),) for code in codes)
            return (tuple(Test(fact, "!=", code) for code in codes),)
        test = Test(fact, _TESTS[operator], codes[0])
        return ((test if wanted else _opposite(test),),)

    def _derived(self, condition: Condition, wanted: bool) -> Test:
        return Test(self._name(Derived(condition)), "==", int(wanted))

    def _name(self, fact: Ranked | Derived) -> str:
        if fact not in self.names:
            self.names[fact] = f"f{len(self.names)}"
            self.facts[self.names[fact]] = fact
        return self.names[fact]


def _opposite(test: Test) -> Test:
    return replace(test, operator=_OPPOSITE[test.operator])
