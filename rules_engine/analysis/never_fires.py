"""Finds rules that can never decide because one above is true whenever they are."""

from collections.abc import Iterator

from rules_engine.model.finding import Finding, Severity
from rules_engine.model.ruleset import All, Any, Comparison, Condition, HitPolicy, Literal, Mode, Rule, Ruleset
from rules_engine.model.values import Money

CHECK = "never-fires"
# Pairs of rules compared at most: what bounds the time for thousands of rules.
MOST_PAIRS = 500_000
FEWEST_ABOVE = 50


def never_fires(ruleset: Ruleset) -> Iterator[Finding]:
    """One warning for each rule that a rule above it always beats.

    Only under hit policy `first`, and only what is certain: the upper rule is on and has no days of effect, and
    its condition follows from the lower one's by structure (the same, one part of an `all`, a wider bound). Among
    thousands of rules only the nearest above are looked at.
    """
    if ruleset.hit_policy is not HitPolicy.FIRST:
        return
    reach = max(FEWEST_ABOVE, MOST_PAIRS // len(ruleset.rules)) if ruleset.rules else 0
    for position, rule in enumerate(ruleset.rules):
        if rule.mode is Mode.OFF:
            continue
        earlier = (each for each in ruleset.rules[max(0, position - reach) : position] if _always(each))
        above = next((each for each in earlier if implies(rule.when, each.when)), None)
        if above is not None:
            yield _finding(rule, above)


def _always(rule: Rule) -> bool:
    return rule.mode is Mode.ON and rule.effective_from is None and rule.effective_until is None


def _finding(rule: Rule, above: Rule) -> Finding:
    return Finding(
        CHECK,
        f"rule `{rule.id}` can never decide: `{above.id}` above it is true whenever it is",
        rule.place,
        Severity.WARNING,
        f"move it above `{above.id}`, or delete it",
    )


def implies(narrow: Condition, wide: Condition) -> bool:
    """Whether `wide` is certainly true wherever `narrow` is true; False where we cannot tell."""
    return _implies(narrow, wide, {})


def _implies(narrow: Condition, wide: Condition, known: dict[tuple[int, int], bool]) -> bool:
    """Each pair of parts is compared once: there are as many ways to them as there are ways through two trees."""
    pair = id(narrow), id(wide)
    if pair not in known:
        known[pair] = _follows(narrow, wide, known)
    return known[pair]


def _follows(narrow: Condition, wide: Condition, known: dict[tuple[int, int], bool]) -> bool:
    if narrow == wide:
        return True
    if isinstance(wide, All):
        return all(_implies(narrow, each, known) for each in wide.conditions)
    if isinstance(narrow, Any):
        return all(_implies(each, wide, known) for each in narrow.conditions)
    if isinstance(wide, Any) and any(_implies(narrow, each, known) for each in wide.conditions):
        return True
    if isinstance(narrow, All):
        return any(_implies(each, wide, known) for each in narrow.conditions)
    if isinstance(narrow, Comparison) and isinstance(wide, Comparison):
        return _bound(narrow, wide)
    return False


_LOWER = {"at_least": True, "more_than": False}  # whether the bound itself is included
_UPPER = {"at_most": True, "less_than": False}


def _bound(narrow: Comparison, wide: Comparison) -> bool:
    """`amount at least 5000 EUR` implies `amount more than 100 EUR`; both literals of one currency."""
    if narrow.field != wide.field or narrow.ignore_case or wide.ignore_case:
        return False
    if narrow.operator == "is" and wide.operator == "is_any_of":
        return _among(narrow, wide)
    for family, sign in ((_LOWER, 1), (_UPPER, -1)):
        if narrow.operator in family and wide.operator in family:
            difference = _difference(narrow, wide)
            if difference is None:
                return False
            return difference * sign > 0 or (difference == 0 and family[narrow.operator] <= family[wide.operator])
    return False


def _among(narrow: Comparison, wide: Comparison) -> bool:
    one, several = narrow.operand, wide.operand
    if not isinstance(one, Literal) or not isinstance(several, Literal) or not isinstance(several.value, tuple):
        return False
    return one.value in several.value


def _difference(narrow: Comparison, wide: Comparison) -> int | None:
    """The sign of `narrow`'s bound minus `wide`'s; None where they cannot be compared for certain."""
    if not isinstance(narrow.operand, Literal) or not isinstance(wide.operand, Literal):
        return None
    left, right = narrow.operand.value, wide.operand.value
    if isinstance(left, Money) and isinstance(right, Money):
        # Bounds in two currencies depend on the day's rate.
        same = left.currency == right.currency
        return (left.amount > right.amount) - (left.amount < right.amount) if same else None
    if isinstance(left, bool | str | tuple) or type(left) is not type(right) or left is None:
        return None
    return (left > right) - (left < right)  # type: ignore[operator]  # one type on both sides
