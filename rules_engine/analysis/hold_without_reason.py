"""Finds outcomes that hold a case without telling people why."""

from collections.abc import Iterator

from rules_engine.model.finding import Finding, Place
from rules_engine.model.ruleset import Outcome, Ruleset, Verdict

CHECK = "hold-without-reason"


def hold_without_reason(ruleset: Ruleset) -> Iterator[Finding]:
    """One error for each rule, and for `otherwise`, that holds without a reason."""
    for rule in ruleset.rules:
        yield from _finding(rule.then, f"rule `{rule.id}` holds", rule.place)
    yield from _finding(ruleset.otherwise, "`otherwise` holds", ruleset.place)


def _finding(outcome: Outcome, who: str, place: Place) -> Iterator[Finding]:
    if outcome.verdict is Verdict.HOLD and not outcome.reason:
        yield Finding(CHECK, f"{who} without saying why", place, suggestion="write `{hold: the reason}`")
