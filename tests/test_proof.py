"""Publishing asks the production matcher in a process of its own: whatever it does there, the parent lives."""

from dataclasses import replace

import pytest

from rules_engine.authoring import Desk, NotPublished
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.folders import fixture_record, full_catalog, shipped_rulesets
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.draft import Version
from rules_engine.model.finding import Severity
from rules_engine.proof import SubprocessProver
from tests.strategies import NOW

TWO_RULES = """\
format: 1
ruleset: sample
step: opportunity-to-quote
rules:
  - id: good
    when: {field: opportunity.stage, is: closed_won}
    then: convert
  - id: bad
    when:
      all:
        - {field: opportunity.stage, is: negotiation}
        - {field: opportunity.amount, at_least: 5000 EUR}
        - some: line_items
          where: {field: quantity, more_than: 1}
    then: {hold: too much}
"""


def prove(matcher: str, seconds: int = 20, megabytes: int = 1_024):
    prover = SubprocessProver(f"tests.wrong_matchers:{matcher}", seconds, megabytes)
    return prover.prove(read_ruleset(TWO_RULES, full_catalog(), "ruleset.yaml"), full_catalog(), NOW)


@pytest.mark.parametrize("draft", shipped_rulesets(), ids=lambda each: each.name)
def test_what_ships_is_proved(draft):
    ruleset = read_ruleset(draft.ruleset_text, full_catalog())
    assert SubprocessProver().prove(ruleset, full_catalog(), NOW) == ()


def test_a_matcher_that_is_wrong_about_a_rule_is_told_with_the_rule_the_place_and_the_case():
    (found,) = prove("Wrong")
    assert (found.check, found.severity, str(found.place)) == ("not-proved", Severity.ERROR, "ruleset.yaml:8:5")
    assert found.message == (
        "rule `bad` is not true, and the production matcher says true, for opportunity stage not received; "
        "opportunity amount not received; line items: not received; at 2026-03-28 22:30:00+00:00"
    )


def test_a_matcher_that_is_wrong_at_one_value_only_is_found():
    (found,) = prove("WrongAtTheEdge")
    assert "rule `bad` is true, and the production matcher says not true" in found.message
    assert "opportunity amount 5000 EUR" in found.message
    assert "line items: 1 records" in found.message


@pytest.mark.parametrize(
    ("matcher", "words"),
    [
        ("Crashing", "crashed (signal 11, SIGSEGV) on rule `bad`"),
        ("Looping", "did not answer within 1 seconds on rule `bad`"),
        ("Waiting", "did not answer within 1 seconds on rule `bad`"),
        ("Gluttonous", "needed more than 300 MB of memory on rule `bad`"),
        ("Refusing", "failed (code 107) on rule `bad`"),
        ("Leaving", "answered 0 of "),
        ("Missing", "failed (module 'tests.wrong_matchers' has no attribute 'Missing') on these rules together"),
    ],
)
def test_a_matcher_that_does_not_answer_is_told_with_what_it_did(matcher, words):
    (found,) = prove(matcher, seconds=1, megabytes=300)
    assert found.message.startswith(f"the production matcher {words}")
    assert found.severity is Severity.ERROR


def test_a_matcher_that_writes_without_end_is_stopped():
    (found,) = prove("Chattering", seconds=5)
    assert "the production matcher " in found.message


def test_a_failure_that_needs_several_rules_says_so():
    (found,) = prove("OnlyTogether")
    assert found.message == "the production matcher crashed (signal 6, SIGABRT) on these rules together"


def test_the_process_sees_nothing_of_our_environment_and_holds_none_of_our_handles(monkeypatch, tmp_path):
    monkeypatch.setenv("O2O_SECRET_KEYS", "secret")
    with (tmp_path / "open").open("w") as handle:
        handle.write("kept open while the process runs")
        (found,) = prove("Curious")
    assert "O2O" not in found.message
    assert "and 0 handles" in found.message


class Counting:
    """A prover that says what it is told to, and how often it was asked."""

    def __init__(self, *findings):
        self.findings, self.asked = findings, 0

    def prove(self, ruleset, catalog, now):
        self.asked += 1
        return self.findings


class Shelf:
    def __init__(self):
        self.published = []

    def save(self, draft, who, now):
        return draft

    def publish(self, name, revision, note, who, now):
        self.published.append(name)
        return Version(1, name, 1, "", "", "", "", note, who, now)


@pytest.fixture
def matcher():
    made = DurableMatcher()
    yield made
    made.close()


def desk(prover, matcher, shelf):
    return Desk(full_catalog(), fixture_record, matcher, shelf, prover)


DRAFT = next(each for each in shipped_rulesets() if each.name == "on-close")


def test_what_is_not_proved_is_not_published_whatever_is_said_for_it(matcher):
    shelf = Shelf()
    prover = SubprocessProver("tests.wrong_matchers:OnlyTogether")
    outcome = desk(prover, matcher, shelf).publish(DRAFT, "note", "Ana", NOW, despite="we know better")
    assert isinstance(outcome, NotPublished)
    (reason,) = outcome.reasons
    assert reason.startswith("ruleset.yaml:")
    assert ": the production matcher crashed (signal 6, SIGABRT) on these rules together; " in reason
    assert shelf.published == []


def test_what_is_proved_is_published(matcher):
    shelf = Shelf()
    assert isinstance(desk(SubprocessProver(), matcher, shelf).publish(DRAFT, "note", "Ana", NOW), Version)
    assert shelf.published == ["on-close"]


def test_nothing_is_asked_of_a_draft_that_is_refused_already(matcher):
    prover = Counting()
    author = desk(prover, matcher, Shelf())
    assert isinstance(author.publish(DRAFT, "", "Ana", NOW), NotPublished)
    broken = replace(DRAFT, ruleset_text=DRAFT.ruleset_text.replace("closed_won", "won"))
    assert isinstance(author.publish(broken, "note", "Ana", NOW, despite="it"), NotPublished)
    assert author.prove(author.check(broken), NOW) == ()
    assert prover.asked == 0


def test_a_ruleset_is_proved_once_though_asked_twice():
    prover = SubprocessProver()
    ruleset = read_ruleset(TWO_RULES, full_catalog())
    assert prover.prove(ruleset, full_catalog(), NOW) == ()
    # Whatever came in its stead would now be found out.
    object.__setattr__(prover, "matcher", "tests.wrong_matchers:Crashing")
    assert prover.prove(ruleset, full_catalog(), NOW) == ()
    renamed = read_ruleset(TWO_RULES.replace("5000 EUR", "5001 EUR"), full_catalog())
    assert prover.prove(renamed, full_catalog(), NOW) != ()
