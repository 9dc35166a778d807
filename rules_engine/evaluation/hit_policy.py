"""From the rules that are true to the one outcome."""

from collections.abc import Sequence
from typing import Final

from rules_engine.model.ruleset import HitPolicy, Outcome, Rule, Ruleset, Verdict

# When several rules speak at once, the most cautious verdict decides.
CAUTION: Final = (Verdict.HOLD, Verdict.PROPOSE, Verdict.CONVERT, Verdict.IGNORE)


def decide(ruleset: Ruleset, true_rules: Sequence[Rule]) -> tuple[Outcome, str]:
    """The outcome and the id of the deciding rule ("" for otherwise); `true_rules` are on, in ruleset order."""
    if not true_rules:
        return ruleset.otherwise, ""
    match ruleset.hit_policy:
        case HitPolicy.FIRST:
            chosen = true_rules[0]
        case HitPolicy.COLLECT:
            chosen = min(true_rules, key=lambda rule: CAUTION.index(rule.then.verdict))
        case HitPolicy.UNIQUE:
            if len(true_rules) > 1:
                names = ", ".join(f"`{rule.id}`" for rule in true_rules)
                return Outcome(Verdict.HOLD, f"more than one rule matches, and only one may: {names}"), ""
            chosen = true_rules[0]
    return chosen.then, chosen.id
