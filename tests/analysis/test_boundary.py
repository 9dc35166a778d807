"""The cases at the edges of a ruleset: what is in them, and that both matchers answer them alike."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings

from rules_engine.analysis.boundary.boundary_cases import ZONE, boundary_cases
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation import calendar
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import full_catalog, shipped_rulesets
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import Comparison, Duration, Outcome, Rule, Ruleset, Step, Unit, Verdict
from rules_engine.model.values import MISSING, Missing, Money, get
from tests import strategies
from tests.formats.reading import RICH, RULE
from tests.strategies import NOW

CATALOG = full_catalog()
REFERENCE = ReferenceMatcher()
SHIPPED = [read_ruleset(each.ruleset_text, CATALOG) for each in shipped_rulesets()]


def cases_of(condition: str, limit: int = 1_000):
    ruleset = read_ruleset(RULE + condition, RICH)
    found = list(boundary_cases(ruleset, RICH, NOW, limit))
    return ruleset, found


def values(condition: str, path: str):
    return [get(case.record, path) for case, _ in cases_of(condition)[1]]


def truths(condition: str):
    ruleset, found = cases_of(condition)
    return {REFERENCE.match(ruleset, case, now) == {"only"} for case, now in found}


@pytest.mark.parametrize("ruleset", SHIPPED, ids=lambda each: each.name)
def test_both_matchers_answer_every_edge_of_what_ships_alike(ruleset):
    matcher = DurableMatcher()
    found = [(REFERENCE.match(ruleset, *asked), matcher.match(ruleset, *asked)) for asked in _asked(ruleset)]
    matcher.close()
    assert len(found) > 5
    assert [expected for expected, got in found if expected != got] == []
    assert frozenset().union(*(expected for expected, _ in found)) == {rule.id for rule in ruleset.rules}


def _asked(ruleset):
    return boundary_cases(ruleset, CATALOG, NOW)


MATCHER = DurableMatcher(capacity=8)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(strategies.rulesets(RICH, most=4))
def test_both_matchers_answer_every_edge_of_a_random_ruleset_alike(ruleset):
    for case, now in boundary_cases(ruleset, RICH, NOW, 150):
        assert MATCHER.match(ruleset, case, now) == REFERENCE.match(ruleset, case, now)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(strategies.rulesets(RICH, most=3))
def test_the_same_cases_come_in_the_same_order_and_no_more_than_asked_for(ruleset):
    first = [(case, now) for case, now in boundary_cases(ruleset, RICH, NOW, 40)]
    assert first == list(boundary_cases(ruleset, RICH, NOW, 40))
    assert len(first) <= 40
    assert first == list(islice(boundary_cases(ruleset, RICH, NOW, 1_000), 40))


def test_money_is_asked_at_its_bound_a_cent_and_less_beside_it_in_another_currency_and_as_other_kinds():
    asked = values("{field: opportunity.amount, at_least: 5000 EUR}", "opportunity.amount")
    amounts = {each.amount for each in asked if isinstance(each, Money) and each.currency == "EUR"}
    assert amounts >= {Decimal(text) for text in ("5000", "5000.01", "4999.99", "5000.000000000001")}
    assert Money(Decimal(5000), "USD") in asked
    assert {None, Decimal(5000), "5000 EUR", ()} <= {each for each in asked if not isinstance(each, Missing)}
    assert MISSING in asked
    ruleset, found = cases_of("{field: opportunity.amount, at_least: 5000 EUR}")
    assert {bool(case.rates) for case, _ in found} == {True, False}


def test_a_choice_is_asked_with_every_other_choice():
    asked = values("{field: opportunity.stage, is: closed_won}", "opportunity.stage")
    assert {"closed_won", "closed_lost", "negotiation", ""} <= {each for each in asked if isinstance(each, str)}


def test_a_share_of_another_field_is_asked_at_both_its_ends():
    condition = "{field: opportunity.amount, within: {percent: 10, of: account.credit_limit}}"
    amounts = {each.amount for each in values(condition, "opportunity.amount") if isinstance(each, Money)}
    assert {Decimal(90), Decimal(110)} <= amounts


def test_a_field_of_time_is_asked_at_the_midnights_around_a_day():
    asked = values("{field: opportunity.created_at, on_or_after: today - 14 days}", "opportunity.created_at")
    bound = calendar.shift_day(calendar.today(NOW, ZONE), Duration(-14, Unit.DAYS))
    instants = [each for each in asked if isinstance(each, datetime)]
    midnight = calendar.midnight(bound, ZONE)
    assert {midnight, midnight - timedelta(microseconds=1)} <= set(instants)


def test_the_clock_is_asked_at_the_days_of_effect_and_at_the_instant_that_a_decision_wakes():
    text = (RULE + "{field: opportunity.close_date, before: today}").replace(
        "    then: convert", "    then: convert\n    effective_from: 2026-05-01\n    effective_until: 2026-05-31"
    )
    clocks = {now for _, now in boundary_cases(read_ruleset(text, RICH), RICH, NOW)}
    for day in (date(2026, 5, 1), date(2026, 6, 1)):
        midnight = calendar.midnight(day, ZONE)
        assert {midnight, midnight - timedelta(microseconds=1)} <= clocks


def test_lists_have_no_one_and_two_records_and_are_none():
    asked = values("{some: line_items, where: {field: quantity, more_than: 2}}", "line_items")
    assert {len(each) for each in asked if isinstance(each, tuple)} == {0, 1, 2}
    assert all(each in asked for each in ("text", None, MISSING, ("text",)))
    quantities = {each[0].get("quantity") for each in asked if isinstance(each, tuple) and each and each != ("text",)}
    assert {Decimal(2), Decimal("2.01"), Decimal("1.99"), None} <= quantities


def test_a_count_is_asked_with_one_record_too_few_and_one_too_many():
    asked = values("{count: files, is: 3}", "files")
    assert {2, 3, 4} <= {len(each) for each in asked if isinstance(each, tuple)}


def test_a_window_is_asked_at_its_last_instant_and_at_the_first_after_it():
    condition = "{happened: [signature.completed, deposit.paid], within: 14 days, in_order: true}"
    ruleset, found = cases_of(condition)
    spans = {case.events[-1].at - case.events[0].at for case, _ in found if len(case.events) == 2}
    answers = {}
    for case, now in found:
        if len(case.events) == 2 and case.events[0].type == "signature.completed":
            answers[case.events[-1].at - case.events[0].at] = bool(REFERENCE.match(ruleset, case, now))
    long = sorted(span for span in spans if span > timedelta(days=13))
    assert long[1] - long[0] == timedelta(microseconds=1)
    assert [answers[each] for each in long] == [True, False]


@pytest.mark.parametrize(
    "condition",
    [
        "{changed: true, field: opportunity.stage}",
        "{changed_to: closed_won, field: opportunity.stage}",
        "{changed_from: closed_won, field: opportunity.stage}",
        "{not_happened: deposit.paid, since: signature.completed, for: 7 days}",
        "{happened: [signature.completed, deposit.paid], at_least: 3}",
        "{every: line_items, where: {all: [{field: quantity, at_least: 2}, {field: in_stock, is: true}]}}",
        "{no: files, where: {field: category, is: purchase_order}}",
        "{sum: line_items.quantity, more_than: 12.5, where: {field: kind, is: product}}",
        "{average: line_items.quantity, between: [2, 3]}",
        "{max: line_items.net_amount, less_than: {field: account.credit_limit, percent: 50}}",
        "{field: opportunity.Tags__c, contains_all_of: [hot, cold]}",
        "{field: opportunity.name, starts_with: Zoë}",
        "{all: [{field: opportunity.amount, at_least: 10 EUR}, {field: opportunity.amount, less_than: 11 EUR}]}",
        "{none: [{field: opportunity.stage, is: closed_lost}, {field: account.credit_status, is: on_hold}]}",
    ],
)
def test_a_condition_is_met_by_a_case_and_missed_by_another(condition):
    assert truths(condition) == {True, False}


@pytest.mark.parametrize("name", [name for name, each in OPERATORS.items() if each.takes.value != "pattern"])
def test_every_operator_is_met_by_a_case_and_missed_by_another(name):
    """On each type of field that it is for."""
    here = strategies.world(RICH)
    for kind in sorted(OPERATORS[name].types):
        fields = [*here.typed([kind]), *((path, field) for path, field in here.lists if field.type is kind)]
        if not fields:
            continue
        path, field = fields[0]
        operand = strategies.operands(name, field, here)
        _assert_met_and_missed(path, name, operand)


def _has_one_answer(operand, path):
    """A field compared with itself, the ends of a day (nothing is beyond), and two spans that are never compared."""
    value = getattr(operand, "value", None)
    several = value if isinstance(value, tuple) else (value,)
    ends = {time.min, time.max} & {each for each in several if isinstance(each, time)}
    return getattr(operand, "path", "") == path or bool(ends) or len({type(each) for each in several}) > 1


def _assert_met_and_missed(path, name, operand):
    @settings(max_examples=5, database=None, suppress_health_check=list(HealthCheck))
    @given(operand)
    def check(drawn):
        rule = Rule("only", "", Comparison(path, name, drawn), Outcome(Verdict.CONVERT))
        ruleset = Ruleset("drawn", "", Step.OPPORTUNITY_TO_QUOTE, (rule,))
        found = {bool(REFERENCE.match(ruleset, *asked)) for asked in boundary_cases(ruleset, RICH, NOW)}
        assert found == {True, False} or _has_one_answer(drawn, path)

    check()
