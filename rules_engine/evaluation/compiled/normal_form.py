"""Conditions as alternatives of simple tests on small integers: what a production matcher is given.

Every comparison with fixed literals becomes a test of a rank: the literals that a field is compared with are
sorted, and a value is coded by its place among them (2i + 1 for the i-th literal, even numbers between). So any
engine that compares small integers decides exactly, for money, dates and text alike. All else (quantifiers,
happenings, operands that move) is judged as a whole and enters as 1 or 0. What is unknown enters as nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from rules_engine.evaluation.compiled.alike import likeness
from rules_engine.evaluation.scene import normal
from rules_engine.model.ruleset import All, Any, Comparison, Condition, Literal, NoneOf, Ruleset
from rules_engine.model.values import Money, Scalar, is_empty

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
TESTS: Final = {
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

    kind: "Kind"
    literals: tuple[Scalar, ...]

    @property
    def path(self) -> str:
        return self.kind[0]


@dataclass(frozen=True)
class Derived:
    """A condition that is judged as a whole: 1 is true, 0 is false."""

    condition: Condition


@dataclass(frozen=True)
class NormalForm:
    """`rules` maps each rule's id to its alternatives: the rule is true where all tests of one of them hold.

    The facts of a case are worked out by `coding`.
    """

    facts: dict[str, Ranked | Derived]
    rules: dict[str, tuple[Alternative, ...]]


def normal_form(ruleset: Ruleset) -> NormalForm:
    builder = _Builder(literals(each for rule in ruleset.rules for each in _outside_lists(rule.when)))
    rules = {rule.id: builder.alternatives(rule.when) for rule in ruleset.rules}
    return NormalForm(dict(builder.facts), rules)


# --- ranks ----------------------------------------------------------------------------------------------------

Kind = tuple[str, str]  # the field's path, and what it is compared with: "str", "money EUR", ...


def _kind(value: Scalar) -> str:
    return f"money {value.currency}" if isinstance(value, Money) else type(value).__name__


def rankable(condition: Condition) -> tuple[Kind, tuple[Scalar, ...]] | None:
    """The kind and literals of a comparison that a rank can stand for."""
    if not isinstance(condition, Comparison) or not isinstance(condition.operand, Literal):
        return None
    if condition != Comparison(condition.field, condition.operator, condition.operand):
        return None  # what else a comparison can say (also when empty ...) is for the reference
    if condition.operator not in TESTS and condition.operator not in _SEVERAL:
        return None
    literal = condition.operand.value
    values = literal if isinstance(literal, tuple) else (literal,)
    kinds = {_kind(value) for value in values}
    if len(kinds) != 1 or any(is_empty(value) for value in values):
        return None
    return (condition.field, kinds.pop()), values


def literals(conditions: Iterable[Condition]) -> dict[Kind, tuple[Scalar, ...]]:
    """The literals of all comparisons that a rank can stand for, by kind and in order."""
    found: dict[Kind, dict[object, Scalar]] = {}
    for condition in conditions:
        if fixed := rankable(condition):
            known = found.setdefault(fixed[0], {})
            known.update({rank_key(value): value for value in fixed[1]})
    return {kind: tuple(known[key] for key in sorted(known)) for kind, known in found.items()}  # type: ignore[type-var]  # one kind, so ordered


def rank_key(value: Scalar) -> object:
    """What values of one kind are ordered by."""
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
    names: dict[object, str] = field(default_factory=dict)
    places: dict[Kind, dict[object, int]] = field(default_factory=dict)

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
        fixed = rankable(condition)
        if fixed is None or not isinstance(condition, Comparison):
            return ((self._derived(condition, wanted),),)
        kind, values = fixed
        places = self._places(kind)
        codes = list(dict.fromkeys(2 * places[rank_key(value)] + 1 for value in values))
        name = self._name(kind, lambda: Ranked(kind, self.literals[kind]))
        return self._tests(condition.operator, name, codes, wanted)

    def _places(self, kind: Kind) -> dict[object, int]:
        if kind not in self.places:
            self.places[kind] = {rank_key(each): at for at, each in enumerate(self.literals[kind])}
        return self.places[kind]

    def _tests(self, operator: str, fact: str, codes: Sequence[int], wanted: bool) -> tuple[Alternative, ...]:
        if operator == "between":
            inside = (Test(fact, ">=", codes[0]), Test(fact, "<=", codes[-1]))
            return (inside,) if wanted else tuple((_opposite(each),) for each in inside)
        if operator in ("is_any_of", "is_none_of"):
            if wanted is (operator == "is_any_of"):
                return tuple((Test(fact, "==", code),) for code in codes)
            return (tuple(Test(fact, "!=", code) for code in codes),)
        test = Test(fact, TESTS[operator], codes[0])
        return ((test if wanted else _opposite(test),),)

    def _derived(self, condition: Condition, wanted: bool) -> Test:
        return Test(self._name(likeness(condition), lambda: Derived(condition)), "==", int(wanted))

    def _name(self, key: object, fact: Callable[[], Ranked | Derived]) -> str:
        if key not in self.names:
            self.names[key] = f"f{len(self.names)}"
            self.facts[self.names[key]] = fact()
        return self.names[key]


def _opposite(test: Test) -> Test:
    return replace(test, operator=_OPPOSITE[test.operator])
