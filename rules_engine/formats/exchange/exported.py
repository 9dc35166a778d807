"""What all writers of other notations ask of a ruleset: what of it has no place there, and its fields' types."""

from collections.abc import Mapping
from dataclasses import fields

from rules_engine.formats.notes import Notes
from rules_engine.formats.paths import Scope, follow
from rules_engine.formats.ruleset_writer import condition_tree
from rules_engine.model.catalog import Type
from rules_engine.model.ruleset import Comparison, Condition, HitPolicy, Rule, Ruleset

# The signs that other formats have for our operators of order.
ORDERS = {
    "at_least": ">=",
    "more_than": ">",
    "at_most": "<=",
    "less_than": "<",
    "on_or_after": ">=",
    "after": ">",
    "on_or_before": "<=",
    "before": "<",
}


def check_whole(ruleset: Ruleset, notes: Notes, notation: str, policies: frozenset[HitPolicy]) -> None:
    """Report what of the ruleset and its rules, beside their conditions, another notation has no place for."""
    kept = ("name", "title", "step", "rules", "hit_policy", "otherwise", "description", "place")
    for key in _said(ruleset, kept):
        notes.error("no-counterpart", f"`{key}` has no counterpart in {notation}", ruleset.place, "leave it out")
    if ruleset.hit_policy not in policies:
        notes.error("no-counterpart", f"the hit policy `{ruleset.hit_policy}` has no counterpart in {notation}",
                    ruleset.place)  # fmt: skip
    for rule in ruleset.rules:
        for key in _said(rule, ("id", "title", "when", "then", "place")):
            notes.error("no-counterpart", f"rule `{rule.id}`: `{key}` has no counterpart in {notation}", rule.place,
                        "leave it out")  # fmt: skip


def unsaid(comparison: Comparison) -> list[str]:
    """What a comparison says beside field, operator and operand."""
    return _said(comparison, ("field", "operator", "operand", "also_when_empty", "place"))


def _said(each: Ruleset | Rule | Comparison, kept: tuple[str, ...]) -> list[str]:
    """The attributes with another value than their default, but those `kept`."""
    return [one.name for one in fields(each) if one.name not in kept and getattr(each, one.name) != one.default]


def leading(condition: Condition) -> str:
    """The word of ours that a condition begins with: `happened`, `sum`, `changed_to`, an operator."""
    tree = condition_tree(condition)
    words = [key for key in tree if key != "field"] if isinstance(tree, Mapping) else []
    return words[0] if words else ""


def kind_of(path: str, scope: Scope) -> Type | None:
    """The type of the field, None where there is none."""
    step = follow(scope.catalog, scope.root, path)
    return None if step.unknown else step.fields[-1].type
