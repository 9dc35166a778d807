"""A rule that another always beats is found where that is certain, and only there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.analysis.never_fires import implies, never_fires
from rules_engine.evaluation.comparison import Scene
from rules_engine.evaluation.match import trace_condition
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Case
from rules_engine.model.decision import Truth
from rules_engine.model.finding import Severity
from rules_engine.model.ruleset import All, Any, Condition
from tests.formats.reading import CATALOG
from tests.strategies import NOW, cases, conditions

WON = "{field: opportunity.stage, is: closed_won}"
BIG = "{field: opportunity.amount, at_least: 5000 EUR}"


def findings(first: str, second: str, extra: str = "", policy: str = "first") -> list[str]:
    text = (
        f"format: 1\nruleset: r\nstep: opportunity-to-quote\nhit_policy: {policy}\nrules:\n"
        f"  - {{id: upper, then: convert, when: {first}{extra}}}\n  - {{id: lower, then: propose, when: {second}}}\n"
    )
    found = list(never_fires(read_ruleset(text, CATALOG)))
    assert all((each.check, each.severity) == ("never-fires", Severity.WARNING) for each in found)
    return [each.message for each in found]


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (WON, WON),
        (WON, f"{{all: [{BIG}, {WON}]}}"),
        (f"{{any: [{BIG}, {WON}]}}", WON),
        ("{field: opportunity.amount, more_than: 100 EUR}", BIG),
        ("{field: opportunity.stage, is_any_of: [closed_won, closed_lost]}", WON),
        (f"{{any: [{BIG}, {WON}]}}", f"{{any: [{WON}, {BIG}]}}"),
    ],
)
def test_a_rule_below_one_that_is_true_whenever_it_is_never_decides(upper: str, lower: str) -> None:
    assert findings(upper, lower) == ["rule `lower` can never decide: `upper` above it is true whenever it is"]


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (f"{{all: [{BIG}, {WON}]}}", WON),
        (BIG, "{field: opportunity.amount, more_than: 100 EUR}"),
        ("{field: opportunity.amount, more_than: 5000 EUR}", BIG),
        ("{field: opportunity.amount, at_least: 100 USD}", BIG),
        ("{field: opportunity.amount, at_least: 100 EUR}", "{field: account.credit_limit, at_least: 200 EUR}"),
        ("{happened: deposit.paid, within: 14 days}", "{happened: deposit.paid}"),
    ],
)
def test_what_is_not_certain_is_not_said(upper: str, lower: str) -> None:
    assert findings(upper, lower) == []


def test_a_rule_that_does_not_always_decide_hides_none() -> None:
    assert findings(WON, WON, ", mode: watch") == []
    assert findings(WON, WON, ", mode: off") == []
    assert findings(WON, WON, ", effective_until: 2026-12-31") == []
    assert findings(WON, WON, policy="unique") == []


@settings(max_examples=150)
@given(conditions(CATALOG, 1), conditions(CATALOG, 1), st.integers(0, 3), cases(CATALOG))
def test_what_implies_says_holds_in_every_case(one: Condition, other: Condition, shape: int, case: Case) -> None:
    drawn = [(All((one, other)), one), (one, Any((other, one))), (All((other, one)), Any((one,))), (one, other)]
    narrow, wide = drawn[shape]
    if shape < 3:
        assert implies(narrow, wide)
    scene = Scene(case, NOW, case.record)
    if implies(narrow, wide) and trace_condition(narrow, scene).truth is Truth.TRUE:
        assert trace_condition(wide, scene).truth is Truth.TRUE
