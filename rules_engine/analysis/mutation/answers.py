"""What a ruleset and its mutants say about one moment of a case, without the explanation."""

from dataclasses import dataclass, replace
from datetime import datetime

from rules_engine.analysis.fixtures import Records, fixture_case
from rules_engine.evaluation.hit_policy import decide
from rules_engine.evaluation.policies import at_its_rates, guarded
from rules_engine.model.case import Case
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Mode, Ruleset, Verdict
from rules_engine.ports import Matcher


@dataclass(frozen=True)
class Answer:
    """The verdict and the id of the deciding rule, "" where none did: what a case can expect of both."""

    verdict: Verdict
    rule: str

    def meets(self, expect: Expectation) -> bool:
        return self.verdict is expect.verdict and (not expect.rule or self.rule == expect.rule)


@dataclass(frozen=True)
class Probe:
    """A fixture as a case; `true` are the ids of the original's rules that count and are true of it."""

    fixture: FixtureCase
    case: Case
    now: datetime
    true: frozenset[str]
    answer: Answer


def probe(fixture: FixtureCase, ruleset: Ruleset, records: Records, matcher: Matcher) -> Probe:
    """The fixture with the original's answer. Raises Problem where its record cannot be read."""
    case = fixture_case(fixture, records)
    true = matcher.match(ruleset, at_its_rates(ruleset, case), fixture.now)
    return Probe(fixture, case, fixture.now, true, _decided(ruleset, true, case, fixture.now))


def answer(mutant: Ruleset, original: Ruleset, at: Probe, matcher: Matcher) -> Answer:
    """What the mutant says; only the rules that it does not share with the original are judged."""
    same_rates = mutant.policies.rates == original.policies.rates
    shared = {id(rule) for rule in original.rules} if same_rates else set()
    fresh = tuple(rule for rule in mutant.rules if id(rule) not in shared)
    case = at_its_rates(mutant, at.case)
    true = matcher.match(replace(mutant, rules=fresh), case, at.now) if fresh else frozenset()
    kept = {rule.id for rule in mutant.rules if id(rule) in shared}
    return _decided(mutant, true | (at.true & kept), at.case, at.now)


def _decided(ruleset: Ruleset, true: frozenset[str], case: Case, now: datetime) -> Answer:
    outcome, rule = decide(ruleset, [each for each in ruleset.rules if each.id in true and each.mode is Mode.ON])
    return Answer(guarded(outcome, ruleset, case, now).outcome.verdict, rule)
