"""One question, three engines: random rulesets and cases, and the answers must be equal."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rules_engine.bulk_matcher import BulkMatcher
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher, trace_rules
from rules_engine.folders import full_catalog
from rules_engine.model.decision import Truth
from tests import strategies

CATALOG = strategies.with_clocks(full_catalog())
MATCHER = DurableMatcher(capacity=8)
COUNT: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _report():
    yield
    print(f"\n{COUNT['rules']} rules asked, {COUNT['true']} of them true, in {COUNT['questions']} questions")


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    strategies.rulesets(CATALOG, most=6),
    st.lists(strategies.cases(CATALOG), min_size=1, max_size=4),
    st.integers(-40, 40),
)
def test_all_matchers_answer_as_the_reference_does(ruleset, cases, days):
    now, bulk = strategies.NOW + timedelta(days=days), BulkMatcher()
    for case in cases:
        expected = ReferenceMatcher().match(ruleset, case, now)
        assert MATCHER.match(ruleset, case, now) == expected
        assert bulk.match(ruleset, case, now) == expected
        COUNT["questions"] += 1
        COUNT["rules"] += len(ruleset.rules)
        COUNT["true"] += len(expected)
        event("some rule is true" if expected else "no rule is true")


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(strategies.rulesets(CATALOG), strategies.cases(CATALOG))
def test_every_question_has_an_answer_with_a_reason_and_the_same_one_again(ruleset, case):
    decision = evaluate(ruleset, case, strategies.NOW, MATCHER)
    assert decision.reason or decision.verdict.value == "ignore"
    assert not decision.disagreement
    assert decision == evaluate(ruleset, case, strategies.NOW, MATCHER)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(strategies.rulesets(CATALOG), strategies.cases(CATALOG), st.floats(0, 0.999))
def test_nothing_changes_by_time_alone_before_the_announced_instant(ruleset, case, share):
    decision = evaluate(ruleset, case, strategies.NOW, ReferenceMatcher())
    until = decision.wake_at or strategies.NOW + timedelta(days=400)
    between = strategies.NOW + (until - strategies.NOW) * share
    later = evaluate(ruleset, case, between, ReferenceMatcher())
    assert (later.verdict, later.rule, later.matched) == (decision.verdict, decision.rule, decision.matched)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(strategies.rulesets(CATALOG, most=1), strategies.cases(CATALOG))
def test_an_unknown_condition_always_says_why(ruleset, case):
    for rule in trace_rules(ruleset, case, strategies.NOW):
        stack = [rule.trace]
        while stack:
            trace = stack.pop()
            assert trace.cause if trace.truth is Truth.UNKNOWN else not trace.cause
            stack.extend(trace.children)
