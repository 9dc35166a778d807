"""From rules to one decision: hit policies, modes, days of effect, waking, and a matcher that errs."""

from datetime import date

import pytest

from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.explain import explain_text
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.evaluation.sentence import rule_sentence
from rules_engine.model.ruleset import (
    All,
    Comparison,
    Duration,
    Happened,
    HitPolicy,
    Literal,
    Mode,
    NoneOf,
    Outcome,
    Quantified,
    Quantifier,
    RelativeDate,
    Rule,
    Ruleset,
    Step,
    Unit,
    Verdict,
)
from tests.evaluation.builders import NOON, a_case, berlin

WON = Comparison("opportunity.stage", "is", Literal("closed_won"))
CONVERT, HOLD = Outcome(Verdict.CONVERT), Outcome(Verdict.HOLD, "a person must look")
CASE = a_case({"opportunity": {"stage": "closed_won"}})
OPEN = a_case({"opportunity": {"stage": "proposal"}})


def rule(name, then=CONVERT, when=WON, **more):
    return Rule(name, name.title(), when, then, **more)


def ruleset(*rules, policy=HitPolicy.FIRST, **more):
    return Ruleset("r", "R", Step.OPPORTUNITY_TO_QUOTE, rules, policy, **more)


def decide(rules, case=CASE, now=NOON, matcher=None):
    return evaluate(rules, case, now, matcher or ReferenceMatcher())


@pytest.mark.parametrize(
    ("policy", "verdict", "deciding"),
    [
        (HitPolicy.FIRST, Verdict.CONVERT, "a"),
        (HitPolicy.COLLECT, Verdict.HOLD, "b"),
        (HitPolicy.UNIQUE, Verdict.HOLD, ""),
    ],
)
def test_hit_policies_with_two_true_rules(policy, verdict, deciding):
    decision = decide(ruleset(rule("a"), rule("b", HOLD), policy=policy))
    assert (decision.verdict, decision.rule, decision.matched) == (verdict, deciding, ("a", "b"))


def test_two_matches_under_unique_are_named():
    decision = decide(ruleset(rule("a"), rule("b"), policy=HitPolicy.UNIQUE))
    assert decision.reason == "more than one rule matches, and only one may: `a`, `b`"


def test_a_rule_that_watches_is_reported_and_decides_nothing():
    decision = decide(ruleset(rule("a", mode=Mode.WATCH)))
    assert (decision.verdict, decision.matched, decision.watched) == (Verdict.IGNORE, ("a",), ("a",))


def test_a_rule_that_is_off_does_not_count_but_is_still_explained():
    decision = decide(ruleset(rule("a", mode=Mode.OFF)))
    assert (decision.matched, decision.rules[0].considered, decision.rules[0].truth.value) == ((), False, "true")


@pytest.mark.parametrize(
    ("now", "matched"),
    [("2026-03-09 23:59", ()), ("2026-03-10 00:00", ("a",)), ("2026-03-12 23:59", ("a",)), ("2026-03-13 00:00", ())],
)
def test_days_of_effect_are_inclusive_in_the_workspaces_zone(now, matched):
    rules = ruleset(rule("a", effective_from=date(2026, 3, 10), effective_until=date(2026, 3, 12)))
    assert decide(rules, now=berlin(now)).matched == matched


def test_a_decision_wakes_when_a_rule_comes_into_effect_or_goes():
    rules = ruleset(rule("a", effective_from=date(2026, 3, 11), effective_until=date(2026, 3, 12)))
    assert decide(rules).wake_at == berlin("2026-03-11 00:00")
    assert decide(rules, now=berlin("2026-03-11 08:00")).wake_at == berlin("2026-03-13 00:00")


def test_a_decision_wakes_at_the_earliest_condition_that_time_can_change():
    soon = Comparison("d", "on_or_before", RelativeDate("today", Duration(-2, Unit.DAYS)))
    rules = ruleset(rule("a", when=All((WON, soon))))
    assert decide(rules, a_case({"d": date(2026, 3, 10), "opportunity": {}})).wake_at == berlin("2026-03-12 00:00")


def test_a_convert_says_what_carried_it():
    assert decide(ruleset(rule("a"))).reason == "rule `a` matches: opportunity stage is closed_won"


def test_no_match_says_what_is_lacking_and_what_is_there():
    assert (
        decide(ruleset(rule("a")), OPEN).reason
        == "no rule matches; `a` lacks: opportunity stage is closed_won (now proposal)"
    )


def test_a_lack_of_data_is_named_as_such():
    assert decide(ruleset(rule("a")), a_case({})).reason == (
        "no rule matches; `a` lacks: opportunity stage is closed_won (no data: `opportunity.stage`)"
    )


def test_what_never_happened_is_said_so():
    rules = ruleset(rule("a", when=Happened(("signature.completed",))))
    assert decide(rules, OPEN).reason.endswith("signature completed happened (none of it happened yet)")


class Contrary:
    def match(self, ruleset, case, now):
        return frozenset({"b"})


def test_a_matcher_that_disagrees_with_the_reference_holds_the_case():
    decision = decide(ruleset(rule("a"), rule("b", when=NoneOf((WON,)))), matcher=Contrary())
    assert decision.verdict is Verdict.HOLD
    assert decision.disagreement == ("a", "b")
    assert decision.reason == "the two engines disagree about `a`, `b`, so nothing is converted"


def test_the_same_question_gives_the_same_answer():
    rules = ruleset(rule("a"), rule("b", HOLD))
    assert decide(rules) == decide(rules)


def test_the_text_shows_every_condition_with_its_value_and_its_role():
    rules = ruleset(rule("a", when=All((WON, NoneOf((Comparison("x", "is_empty"),))))))
    assert explain_text(decide(rules)).splitlines()[2:] == [
        "",
        "a: A [unknown]",
        "  ✗ all of these (1 of 2 true)",
        "    ✓ opportunity stage is closed_won (now closed_won)",
        "    ✗ none of these (0 of 1 true)",
        "      ✗ x is empty (no data: `x`)",
    ]


def test_a_rule_reads_as_a_sentence():
    assert rule_sentence(rule("a"), Step.QUOTE_TO_ORDER) == "If opportunity stage is closed_won, create an order."
    assert (
        rule_sentence(rule("a", HOLD), Step.QUOTE_TO_ORDER)
        == "If opportunity stage is closed_won, hold it: a person must look."
    )


def test_what_a_list_lacks_is_said_of_the_list_as_a_whole():
    in_stock = Comparison("in_stock", "is", Literal(True))
    rules = ruleset(rule("a", when=Quantified(Quantifier.EVERY, "line_items", in_stock)))
    lines = tuple({"id": f"L-{n}", "in_stock": n != 2} for n in (1, 2, 3))
    assert decide(rules, a_case({"line_items": lines})).reason == (
        "no rule matches; `a` lacks: for every line item in stock is yes (2 of 3)"
    )


def test_a_rule_above_that_could_not_be_judged_is_named_beside_the_one_that_decides():
    on_hold = rule("on-hold", HOLD, when=Comparison("account.credit_status", "is", Literal("on_hold")))
    assert decide(ruleset(on_hold, rule("a"))).reason == (
        "rule `a` matches: opportunity stage is closed_won; "
        "not known above it: `on-hold`: no data: `account.credit_status`"
    )
