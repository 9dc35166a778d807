"""Decision tables that others published, as rulesets: the rules that match, and what the hit policy makes of them."""

import json
from datetime import UTC, datetime

import pytest

from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.model.case import Case
from rules_engine.model.ruleset import HitPolicy, Outcome, Rule, Ruleset, Step, Verdict
from tests.conformance.translate import condition, record, walked
from tests.conftest import ROOT

FILE = ROOT.parent / "shared" / "conformance" / "decision_tables.json"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MATCHER = DurableMatcher(capacity=4)
# Of a table whose rules agree where several match, the first speaks for all.
POLICIES = {
    "FIRST": HitPolicy.FIRST,
    "UNIQUE": HitPolicy.UNIQUE,
    "ANY": HitPolicy.FIRST,
    "COLLECT": HitPolicy.COLLECT,
    "RULE ORDER": HitPolicy.COLLECT,
}
INEXPRESSIBLE = {
    "PRIORITY": "verdicts have one order of caution, and a table cannot give another to its outputs",
    "OUTPUT ORDER": "rules are reported in the order in which they are written, not in that of their outputs",
    "COLLECT SUM": "an outcome is a verdict and no number, so there is nothing to add up",
}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the published tables are not beside this project")
TABLES = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
TESTS = [pytest.param(table, test, id=f"{table['id']}/{test['test']}") for table in TABLES for test in table["tests"]]


def policy(table) -> str:
    return f"{table['hit_policy']} {table['aggregation']}" if table["aggregation"] else table["hit_policy"]


def as_ruleset(table) -> Ruleset:
    """Each row is a rule that proposes; its outputs stand in the reason as JSON."""
    rules = tuple(
        Rule(each["id"], each["id"], condition(each["when"]), Outcome(Verdict.PROPOSE, said(table, each["outputs"])))
        for each in table["rules"]
    )
    return Ruleset("table", "Table", Step.OPPORTUNITY_TO_QUOTE, rules, POLICIES.get(policy(table), HitPolicy.COLLECT))


def said(table, outputs) -> str:
    """One output is itself, several are by name."""
    names = [each["name"] for each in table["outputs"]]
    return json.dumps(outputs[0] if len(outputs) == 1 else dict(zip(names, outputs, strict=True)), sort_keys=True)


def case_of(table, test) -> Case:
    types = {each["field"]: each["type"] for each in table["inputs"]}
    return Case("1", record(test["data"], types, walked([each["when"] for each in table["rules"]])))


@pytest.mark.parametrize(("table", "test"), TESTS)
def test_the_rows_that_match_are_the_published_ones(table, test):
    for matcher in (ReferenceMatcher(), MATCHER):
        assert matcher.match(as_ruleset(table), case_of(table, test), NOW) == set(test["matched"])


@pytest.mark.parametrize(("table", "test"), TESTS)
def test_the_hit_policy_gives_the_published_answer(table, test):
    if policy(table) in INEXPRESSIBLE:
        pytest.skip(INEXPRESSIBLE[policy(table)])
    ruleset = as_ruleset(table)
    decision = evaluate(ruleset, case_of(table, test), NOW, MATCHER)
    if ruleset.hit_policy is HitPolicy.COLLECT:
        reasons = {each.id: each.then.reason for each in ruleset.rules}
        found = [reasons[each] for each in decision.matched]
        expected = [json.dumps(each, sort_keys=True) for each in test["expected"]]
        if policy(table) == "COLLECT":  # DMN leaves the order of what it collects open
            found, expected = sorted(found), sorted(expected)
        assert found == expected
    else:
        assert (decision.verdict, decision.reason) == (Verdict.PROPOSE, json.dumps(test["expected"], sort_keys=True))


def test_every_published_policy_is_expressed_or_named():
    assert {policy(each) for each in TABLES} == set(POLICIES) | set(INEXPRESSIBLE)


def test_two_rows_that_match_in_a_unique_table_are_a_hold():
    table = next(each for each in TABLES if each["hit_policy"] == "FIRST")
    both = {**table, "hit_policy": "UNIQUE"}
    test = next(each for each in table["tests"] if len(each["matched"]) > 1)
    decision = evaluate(as_ruleset(both), case_of(table, test), NOW, MATCHER)
    assert (decision.verdict, decision.rule) == (Verdict.HOLD, "")
    assert all(f"`{each}`" in decision.reason for each in test["matched"])
