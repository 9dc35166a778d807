"""Proofs that a change to a ruleset makes no difference to any case's verdict and deciding rule."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from rules_engine.analysis.mutation.exclusive import exclusive
from rules_engine.analysis.mutation.normal import true_form
from rules_engine.analysis.never_fires import implies
from rules_engine.evaluation.hit_policy import decide
from rules_engine.model.ruleset import HitPolicy, Mode, Rule, Ruleset


def why_equivalent(original: Ruleset, mutant: Ruleset) -> str:
    """The proof in words, "" where there is none: then the two may differ, or not."""
    return next((words for proof in _PROOFS if (words := proof(original, mutant))), "")


def _same_in_other_words(original: Ruleset, mutant: Ruleset) -> str:
    """Rules that never decide left out, and each condition in its true form."""
    if _essence(original) == _essence(mutant):
        return "it says the same in other words, or of a rule that never decides"
    return ""


def _essence(ruleset: Ruleset) -> Ruleset:
    rules = tuple(replace(rule, when=true_form(rule.when)) for rule in _deciding(ruleset))
    return replace(ruleset, rules=rules)


def _deciding(ruleset: Ruleset) -> Iterator[Rule]:
    """The rules that are on, but those that one above beats whenever they are true."""
    for position, rule in enumerate(ruleset.rules):
        above = [each for each in ruleset.rules[:position] if _always(each)]
        beaten = ruleset.hit_policy is HitPolicy.FIRST and any(implies(rule.when, each.when) for each in above)
        if rule.mode is Mode.ON and not beaten:
            yield rule


def _always(rule: Rule) -> bool:
    return rule.mode is Mode.ON and rule.effective_from is None and rule.effective_until is None


def _each_follows_from_the_other(original: Ruleset, mutant: Ruleset) -> str:
    before, after = tuple(_deciding(original)), tuple(_deciding(mutant))
    if len(before) != len(after) or replace(original, rules=()) != replace(mutant, rules=()):
        return ""
    for one, other in zip(before, after, strict=True):
        both_ways = implies(one.when, other.when) and implies(other.when, one.when)
        if replace(one, when=other.when) != other or not both_ways:
            return ""
    return "each of the two conditions follows from the other"


def _never_true_together(original: Ruleset, mutant: Ruleset) -> str:
    """The same rules in another order, or under another hit policy, where no two of them whose turn matters meet."""
    before, after = tuple(_deciding(original)), tuple(_deciding(mutant))
    if {each.id: each for each in before} != {each.id: each for each in after}:
        return ""
    if replace(original, rules=(), hit_policy=mutant.hit_policy) != replace(mutant, rules=()):
        return ""
    for pair in combinations(before, 2):
        turned = tuple(sorted(pair, key=after.index))
        if _choice(original, pair) != _choice(mutant, turned) and not exclusive(pair[0].when, pair[1].when):
            return ""
    return "no case makes two rules true between which it decides otherwise"


def _choice(ruleset: Ruleset, rules: tuple[Rule, ...]) -> object:
    """What is decided where exactly these rules are true."""
    outcome, rule = decide(ruleset, rules)
    return outcome.verdict, rule


_PROOFS: tuple[Callable[[Ruleset, Ruleset], str], ...] = (
    _same_in_other_words,
    _each_follows_from_the_other,
    _never_true_together,
)
