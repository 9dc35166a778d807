"""What changed between two rulesets is said in words, once each, and nothing is said of what stayed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine.analysis.ruleset_changes import Piece, What, diff
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.ruleset import Late, Mode, Policies, Ruleset
from tests.formats.reading import CATALOG, RICH
from tests.strategies import rulesets

TEXT = """\
format: 1
ruleset: sample
step: opportunity-to-quote
rules:
  - id: waits
    when: {field: account.credit_status, is: on_hold}
    then: {hold: credit}
  - id: big-deal
    when:
      all:
        - {field: opportunity.amount, at_least: 5000 EUR}
        - {field: opportunity.stage, is: closed_won}
        - {no: files}
    then: convert
  - id: last
    when: {happened: quote.accepted}
    then: {propose: accepted}
"""
OLD = read_ruleset(TEXT, CATALOG)


def said(new: str) -> list[str]:
    return [str(each) for each in diff(OLD, read_ruleset(new, CATALOG), CATALOG)]


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("5000 EUR", "7500 EUR", ["`big-deal`: opportunity amount is at least ~~5000~~ 7500 EUR"]),
        ("at_least", "more_than", ["`big-deal`: opportunity amount is ~~at least~~ more than 5000 EUR"]),
        ("        - {no: files}\n", "", ["`big-deal`: condition removed: ~~there are no files~~"]),
        ("    then: convert\n", "    mode: off\n    then: convert\n", ["`big-deal`: switched ~~on~~ off"]),
        ("id: big-deal", "id: large", ["`large`: renamed: ~~big-deal~~ large"]),
        ("then: convert", "then: {hold: look}", ["`big-deal`: ~~create a quote~~ hold it: look"]),
        ("propose: accepted", "propose: they said yes",
         ["`last`: propose a quote for approval: ~~accepted~~ they said yes"]),
        ("      all:", "      any:", ["`big-deal`: ~~all~~ any of these"]),
        ("when: {happened: quote.accepted}", "when: {all: [{happened: quote.accepted}, {no: files}]}",
         ["`last`: condition added: there are no files"]),
        ("rules:", "hit_policy: unique\nrules:", ["hit policy: ~~first~~ unique"]),
        ("rules:", "otherwise: {hold: nothing fits}\nrules:", ["otherwise: ~~do nothing yet~~ hold it: nothing fits"]),
        ("    when: {happened", "    title: At last\n    when: {happened", ["`last`: title: ~~Last~~ At last"]),
        ("    when: {happened", "    effective_from: 2026-01-01\n    when: {happened",
         ["`last`: days of effect: ~~always~~ from 2026-01-01"]),
        ("opportunity-to-quote", "quote-to-order", ["step: ~~opportunity-to-quote~~ quote-to-order",
                                                    "`big-deal`: create ~~a quote~~ an order",
                                                    "`last`: propose ~~a quote~~ an order for approval: accepted"]),
        ("ruleset: sample", "ruleset: other", ["name: ~~sample~~ other"]),
    ],
)  # fmt: skip
def test_one_change_is_said_in_one_sentence(right: str, wrong: str, words: list[str]) -> None:
    assert said(TEXT.replace(right, wrong, 1)) == words


def test_rules_added_removed_and_moved_are_named_by_their_ids() -> None:
    waits, big, last = OLD.rules
    new = replace(OLD, rules=(last, waits, replace(big, id="more", when=waits.when)))
    found = diff(OLD, new, CATALOG)
    assert [(each.rule, each.what) for each in found if each.what.value.startswith("rule")] == [
        ("big-deal", What.RULE_REMOVED),
        ("waits", What.RULE_MOVED),
        ("more", What.RULE_ADDED),
    ]
    assert "`waits`: moved: place ~~1~~ 2" in [str(each) for each in found]


def test_only_the_rule_that_was_moved_is_said_to_have_moved() -> None:
    waits, big, last = OLD.rules
    found = diff(OLD, replace(OLD, rules=(big, last, waits)), CATALOG)
    assert [(each.rule, each.what) for each in found] == [("waits", What.RULE_MOVED)]


def test_a_condition_that_was_moved_is_not_said_to_be_new() -> None:
    moved = TEXT.replace("        - {no: files}\n", "").replace("      all:\n", "      all:\n        - {no: files}\n")
    assert said(moved) == ["`big-deal`: condition moved: there are no files"]


def test_policies_and_days_and_modes_are_said() -> None:
    rules = (replace(OLD.rules[0], mode=Mode.WATCH, effective_until=date(2026, 3, 31)), *OLD.rules[1:])
    late = next(each for each in Late if each is not Policies().expiry)
    found = [str(each) for each in diff(OLD, replace(OLD, rules=rules, policies=Policies(expiry=late)))]
    assert found == [
        f"policy: expiry ~~{Policies().expiry}~~ {late}",
        "`waits`: ~~switched on~~ only watches",
        "`waits`: days of effect: ~~always~~ until 2026-03-31",
    ]


def test_the_pieces_say_both_sides_whole() -> None:
    (change,) = diff(OLD, read_ruleset(TEXT.replace("5000", "7500"), CATALOG), CATALOG)
    assert change.pieces == (
        Piece("", "opportunity amount is at least"),
        Piece("-", "5000"),
        Piece("+", "7500"),
        Piece("", "EUR"),
    )


SLOWLY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOWLY
@given(rulesets(RICH))
def test_nothing_is_said_of_a_ruleset_and_itself(ruleset: Ruleset) -> None:
    assert diff(ruleset, ruleset, RICH) == ()


@SLOWLY
@given(rulesets(RICH), rulesets(RICH), st.integers(0, 3))
def test_something_is_said_of_any_two_that_differ_and_both_sides_are_told_apart(
    old: Ruleset, other: Ruleset, kept: int
) -> None:
    new = replace(other, rules=(*old.rules[:kept], *(replace(each, id=f"new-{each.id}") for each in other.rules)))
    found = diff(old, new, RICH)
    assert bool(found) == (old != new)
    for each in found:
        assert each.before != each.after
        assert " ".join(piece.text for piece in each.pieces if piece.mark != "+").split() == each.before.split()
        assert " ".join(piece.text for piece in each.pieces if piece.mark != "-").split() == each.after.split()
