"""Finds conditions that no case can ever meet."""

import unicodedata
from collections.abc import Iterator

from rules_engine.model.finding import Finding, Severity
from rules_engine.model.ruleset import All, Comparison, Condition, Literal, Rule, Ruleset
from rules_engine.model.values import Value

CHECK = "never-true"


def never_true(ruleset: Ruleset) -> Iterator[Finding]:
    """One warning for each rule with an `all` group that asks one field to be two different values."""
    for rule in ruleset.rules:
        # Below `none` a part that is never true is harmless: only what the rule itself needs counts.
        for group in _needed(rule.when):
            yield from _in_group(rule, group)


def _needed(condition: Condition) -> Iterator[All]:
    """The `all` groups that must be true for the condition to be true."""
    if isinstance(condition, All):
        yield condition
        for inner in condition.conditions:
            yield from _needed(inner)


def _in_group(rule: Rule, group: All) -> Iterator[Finding]:
    wanted: dict[str, Comparison] = {}
    for each in group.conditions:
        if not isinstance(each, Comparison) or each.operator != "is" or not isinstance(each.operand, Literal):
            continue
        # Money is compared across currencies, and dates with days: only texts, codes and flags are certain.
        if not isinstance(each.operand.value, str | bool) or each.ignore_case:
            continue
        first = wanted.setdefault(each.field, each)
        if _normal(first) != _normal(each):
            yield Finding(
                CHECK,
                f"rule `{rule.id}` can never be true: `{each.field}` cannot be two values at once",
                each.place,
                Severity.WARNING,
                "write `is_any_of` where either will do",
            )


def _normal(comparison: Comparison) -> Value:
    """The value as comparisons see it: texts that differ only in how an accent is typed are one."""
    value = comparison.operand.value if isinstance(comparison.operand, Literal) else None
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value
