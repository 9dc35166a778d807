"""The look-up tables of the bulk matcher beside the reference."""

from datetime import date, timedelta
from decimal import Decimal as D
from itertools import product

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rules_engine.bulk_matcher import BulkMatcher
from rules_engine.evaluation.comparison import compare_field
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.evaluation.quick import quick_trace
from rules_engine.evaluation.scene import Scene
from rules_engine.folders import full_catalog
from rules_engine.model.case import Rate
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Happened,
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
    Verdict,
)
from rules_engine.model.values import Money
from tests import strategies
from tests.evaluation.builders import NOON, a_case, happened

CATALOG = strategies.with_clocks(full_catalog())


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    strategies.rulesets(CATALOG, most=6),
    st.lists(st.tuples(strategies.cases(CATALOG), st.integers(-40, 40)), min_size=1, max_size=4),
)
def test_whole_histories_are_answered_as_the_reference_answers_each_case(ruleset, cases):
    history = [(case, strategies.NOW + timedelta(days=days)) for case, days in cases]
    assert list(BulkMatcher().match_all(ruleset, history)) == [
        ReferenceMatcher().match(ruleset, case, now) for case, now in history
    ]


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(strategies.conditions(CATALOG), min_size=10, max_size=20), strategies.cases(CATALOG))
def test_many_rules_are_answered_at_once_as_the_reference_answers_each(conditions, case):
    asked = ruleset(*conditions)
    assert BulkMatcher().match(asked, case, strategies.NOW) == ReferenceMatcher().match(asked, case, strategies.NOW)


def ruleset(*conditions, **more):
    rules = tuple(Rule(f"rule-{n}", "", each, Outcome(Verdict.CONVERT), **more) for n, each in enumerate(conditions))
    return Ruleset("r", "R", Step.OPPORTUNITY_TO_QUOTE, rules)


def field(operator, operand=None, *, name="f", **more):
    return Comparison(name, operator, operand if operand is None else Literal(operand), **more)


def same(asked, *cases):
    """What both say, asked twice so that what is remembered is asked too."""
    matcher = BulkMatcher()
    expected = [ReferenceMatcher().match(asked, case, NOON) for case in cases]
    for _ in range(2):
        assert list(matcher.match_all(asked, [(case, NOON) for case in cases])) == expected
    return expected


def test_unlike_values_that_python_takes_for_equal_are_kept_apart():
    asked = ruleset(*(field(op, value) for op in ("is", "is_not") for value in (True, D(1), "1", D(0), False)))
    values = [True, D(1), "1", D("1.0"), D(0), False, None, (), ("1",), {}]
    assert len(set(same(asked, *(a_case({"f": value}) for value in values)))) > 4


def test_what_is_no_number_is_unknown():
    asked = ruleset(field("at_least", D(5)), NoneOf((field("at_least", D(5)),)))
    assert same(asked, a_case({"f": D("NaN")}), a_case({"f": D("sNaN")}), a_case({"f": D("Infinity")})) == [
        frozenset(),
        frozenset(),
        {"rule-0"},
    ]


def test_money_is_compared_at_the_case_own_rates():
    asked = ruleset(*(field("more_than", Money(D(5), currency)) for currency in ("EUR", "USD")))
    rate = Rate("EUR", "USD", D("1.10"), date(2026, 1, 1))
    euros = {"f": Money(D("4.90"), "EUR")}
    assert same(asked, a_case(euros), a_case(euros, rates=(rate,))) == [frozenset(), {"rule-1"}]


@pytest.mark.parametrize("quantifier", Quantifier)
@pytest.mark.parametrize("where", [None, field("at_least", D(5)), Any((field("is", D(1)), field("is", "x")))])
@pytest.mark.parametrize("also", [False, True])
def test_lists_that_lack_are_empty_or_hold_anything(quantifier, where, also):
    every = Quantified(quantifier, "lines", where, also)
    asked = ruleset(every, NoneOf((every,)), Any((every, field("is", D(1), name="other"))))
    lists = [None, "", (), "text", D(1), ("a", "b"), ({"f": D(9)}, "b"), ({"f": D(9)}, {"f": D(1)}), ({"f": D(9)}, {})]
    same(asked, a_case({}), *(a_case({"lines": each}) for each in lists))


def test_a_list_inside_a_list_is_asked_record_by_record():
    inner = Quantified(Quantifier.EVERY, "steps", field("at_least", D(5)))
    asked = ruleset(Quantified(Quantifier.SOME, "lines", All((inner, field("is", "x", name="kind")))))
    lines = lambda *numbers: ({"kind": "x", "steps": tuple({"f": D(n)} for n in numbers)},)  # noqa: E731  # a name would hide it
    answers = same(asked, *(a_case({"lines": lines(*each)}) for each in ((5, 6), (5, 4), ())))
    assert answers == [{"rule-0"}, frozenset(), frozenset()]


def test_more_alternatives_than_there_are_bits_for_are_answered_all_the_same():
    x = field("contains", "x", name="h")
    clauses = [Any((field("is", D(n)), field("is", D(n), name="g"), x)) for n in range(9)]
    asked = ruleset(All(tuple(clauses)), *clauses)
    assert same(asked, a_case({"f": D(3), "g": D(4), "h": "x"}))[0] == {f"rule-{n}" for n in range(10)}
    assert same(asked, a_case({"f": D(3), "g": D(4), "h": "y"}))[0] == {"rule-4", "rule-5"}


def test_a_field_of_which_very_many_texts_are_asked_is_answered():
    asked = ruleset(*(field("contains", f"word {n}") for n in range(100)))
    assert same(asked, a_case({"f": "word 77 and word 8"}))[0] == {"rule-7", "rule-77", "rule-8"}


def test_what_moves_with_the_clock_and_what_happened_is_answered():
    conditions = [Comparison("f", op, RelativeDate("today")) for op in ("before", "on_or_after", "is", "is_not")]
    asked = ruleset(*conditions, *(NoneOf((each,)) for each in conditions))
    same(asked, *(a_case({"f": NOON.date() + timedelta(days=by)}) for by in (-1, 0, 1)), a_case({"f": NOON}))


def test_what_happened_is_answered():
    asked = ruleset(Happened(("signed",)), NoneOf((Happened(("signed",)),)))
    assert same(asked, a_case({}, happened("signed", "2026-03-01 09:00")), a_case({})) == [{"rule-0"}, {"rule-1"}]


def test_rules_that_are_off_or_not_in_effect_do_not_match():
    tomorrow = NOON.date() + timedelta(days=1)
    yesterday = NOON.date() - timedelta(days=1)
    for more in ({"mode": Mode.OFF}, {"effective_from": tomorrow}, {"effective_until": yesterday}):
        assert same(ruleset(field("at_least", D(5)), **more), a_case({"f": D(5)})) == [frozenset()]
    assert same(ruleset(field("at_least", D(5)), effective_until=NOON.date()), a_case({"f": D(5)})) == [{"rule-0"}]


def test_a_history_is_read_one_case_at_a_time():
    read = []

    def history():
        for n in range(1000):
            read.append(n)
            yield a_case({"f": D(n)}), NOON

    answers = BulkMatcher().match_all(ruleset(field("at_least", D(5))), history())
    assert next(answers) == frozenset()
    assert len(read) < 300


def test_rulesets_that_come_and_go_are_not_taken_for_one_another():
    matcher = BulkMatcher()
    for n in range(40):
        assert matcher.match(ruleset(field("is", D(n))), a_case({"f": D(n)}), NOON) == {"rule-0"}


@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(strategies.conditions(CATALOG, depth=0), strategies.cases(CATALOG))
def test_the_short_way_of_the_reference_says_what_the_long_way_says(condition, case):
    if not isinstance(condition, Comparison):
        return
    scene = Scene(case, strategies.NOW, case.record)
    short, long = quick_trace(condition, scene, ""), compare_field(condition, scene)
    event("short" if short else "long")
    if short:
        assert (short.truth, short.actual, short.expected) == (long.truth, long.actual, long.expected)
        assert (short.cause, short.wake_at) == (long.cause, long.wake_at)


@pytest.mark.parametrize("operator", ["is", "is_not", "at_least", "less_than", "is_any_of", "is_none_of", "between"])
def test_the_short_way_leaves_what_needs_care_to_the_long_way(operator):
    texts = ["K", "\u212a", "Zoe\u0308", "", ("K",)]
    values = [*texts, True, D(1), D("NaN"), None, NOON, NOON.date(), Money(D(1), "EUR")]
    for value, literal in product(values, values):
        several = operator in ("is_any_of", "is_none_of", "between")
        operand = Literal((literal, literal) if several else literal)
        condition = Comparison("f", operator, operand)
        scene = Scene(a_case({"f": value}), NOON, {"f": value})
        short = quick_trace(condition, scene, "")
        assert short is None or short.truth is compare_field(condition, scene).truth
