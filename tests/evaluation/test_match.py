"""Groups, quantifiers, aggregates, changes and happenings."""

from datetime import date, timedelta
from decimal import Decimal as D
from itertools import product

import pytest

from rules_engine.evaluation.match import conjunction, disjunction, negation
from rules_engine.evaluation.role import give_roles
from rules_engine.model.decision import Role, Truth
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    ChangeKind,
    Comparison,
    Duration,
    Function,
    Happened,
    Literal,
    NoneOf,
    NotHappened,
    Quantified,
    Quantifier,
    Unit,
)
from rules_engine.model.values import Money, Months
from tests.evaluation.builders import a_case, berlin, happened, judge, trace

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
RECORD = {"yes": True, "no": False}
LEAF = {
    T: Comparison("yes", "is", Literal(True)),
    F: Comparison("no", "is", Literal(True)),
    U: Comparison("x", "is", Literal(True)),
}
# As numbers, and is the smallest and or the largest: Kleene's tables in one line.
NUMBER = {F: 0, U: 1, T: 2}


@pytest.mark.parametrize(("left", "right"), list(product(Truth, Truth)))
def test_groups_follow_kleenes_tables(left, right):
    both = (LEAF[left], LEAF[right])
    case = a_case(RECORD)
    assert NUMBER[judge(All(both), case)] == min(NUMBER[left], NUMBER[right])
    assert NUMBER[judge(Any(both), case)] == max(NUMBER[left], NUMBER[right])
    assert NUMBER[judge(NoneOf(both), case)] == 2 - max(NUMBER[left], NUMBER[right])
    assert conjunction([left, right]) is negation(disjunction([negation(left), negation(right)]))


IN_STOCK = Comparison("stock", "is", Literal(True))


def lines(*stock):
    return a_case({"lines": tuple({"id": f"L{n}", "stock": each} for n, each in enumerate(stock))})


@pytest.mark.parametrize(
    ("quantifier", "stock", "answer"),
    [
        (Quantifier.EVERY, (True, True), T),
        (Quantifier.EVERY, (True, False), F),
        (Quantifier.EVERY, (True, None), U),
        (Quantifier.EVERY, (False, None), F),
        (Quantifier.EVERY, (), U),
        (Quantifier.SOME, (False, True), T),
        (Quantifier.SOME, (None, True), T),
        (Quantifier.SOME, (None, False), U),
        (Quantifier.SOME, (), F),
        (Quantifier.NO, (False, False), T),
        (Quantifier.NO, (False, None), U),
        (Quantifier.NO, (True, None), F),
        (Quantifier.NO, (), T),
    ],
)
def test_quantifiers_over_line_items(quantifier, stock, answer):
    assert judge(Quantified(quantifier, "lines", IN_STOCK), lines(*stock)) is answer


def test_every_is_true_on_an_empty_list_only_where_the_author_says_so():
    assert judge(Quantified(Quantifier.EVERY, "lines", IN_STOCK, also_when_empty=True), lines()) is T
    assert judge(Quantified(Quantifier.EVERY, "lines", IN_STOCK, also_when_empty=True), a_case({})) is U


def test_a_quantifier_without_a_condition_asks_whether_there_is_one():
    assert judge(Quantified(Quantifier.SOME, "lines"), lines(True)) is T
    assert judge(Quantified(Quantifier.NO, "lines"), lines()) is T


def test_each_record_of_a_quantifier_is_traced_by_its_id_with_its_value():
    found = trace(Quantified(Quantifier.EVERY, "lines", IN_STOCK), lines(True, None, False))
    assert [(each.item, each.truth, each.actual) for each in found.children] == [
        ("L0", T, True),
        ("L1", U, None),
        ("L2", F, False),
    ]
    assert found.children[1].cause == "`lines[L1].stock` is empty"


def count(operator, number, where=IN_STOCK):
    return Aggregate(Function.COUNT, "lines", "", operator, Literal(D(number)), where)


@pytest.mark.parametrize(
    ("operator", "number", "stock", "answer"),
    [
        ("at_least", 2, (True, True, False), T),
        ("at_least", 2, (True, None, False), U),
        ("at_least", 1, (True, None), T),
        ("at_least", 3, (True, None), F),
        ("is", 1, (True, False), T),
        ("is", 1, (True, None), U),
        ("is", 0, (), T),
    ],
)
def test_a_count_with_unknown_records_is_a_range_that_must_agree(operator, number, stock, answer):
    assert judge(count(operator, number), lines(*stock)) is answer


def priced(*prices):
    return a_case({"lines": tuple({"id": str(n), "price": each} for n, each in enumerate(prices))})


EUR = lambda n: Money(D(n), "EUR")  # noqa: E731  a constructor's short name in tables


@pytest.mark.parametrize(
    ("function", "operator", "operand", "prices", "answer"),
    [
        (Function.SUM, "is", EUR("30.03"), (EUR("10.01"), EUR("20.02")), T),
        (Function.SUM, "is", EUR(0), (), T),
        (Function.SUM, "at_least", EUR(1), (EUR(10), Money(D(10), "USD")), U),
        (Function.SUM, "at_least", EUR(1), (EUR(10), None), U),
        (Function.MIN, "is", EUR(1), (EUR(2), EUR(1)), T),
        (Function.MAX, "is", EUR(2), (EUR(2), EUR(1)), T),
        (Function.MAX, "on_or_before", date(2026, 3, 9), (date(2026, 3, 9), date(2026, 3, 1)), T),
        (Function.MIN, "before", date(2026, 3, 2), (date(2026, 3, 9), date(2026, 3, 1)), T),
        (Function.MAX, "is", Months(2), (Months(1), Months(2)), T),
        (Function.MAX, "at_least", Months(1), (Months(1), timedelta(days=40)), U),
        (Function.MIN, "is", date(2026, 3, 9), (date(2026, 3, 9), D(1)), U),
        (Function.AVERAGE, "is", EUR("1.5"), (EUR(2), EUR(1)), T),
        (Function.AVERAGE, "is", EUR(0), (), U),
    ],
)
def test_figures_over_line_items(function, operator, operand, prices, answer):
    assert judge(Aggregate(function, "lines", "price", operator, Literal(operand)), priced(*prices)) is answer


# --- happenings -----------------------------------------------------------------------------------------------

SIGNED, PAID = "signature.completed", "deposit.paid"


def both(within=None, in_order=False):
    return Happened((SIGNED, PAID), in_order, within)


@pytest.mark.parametrize(
    ("signed", "paid", "answer"),
    [
        ("2026-02-01 09:00", "2026-02-15 23:59", T),
        ("2026-02-01 23:59", "2026-02-15 00:01", T),
        ("2026-02-01 09:00", "2026-02-16 00:00", F),
        ("2026-02-15 23:59", "2026-02-01 09:00", T),
    ],
)
def test_within_14_days_counts_calendar_days_in_the_zone_last_day_included(signed, paid, answer):
    case = a_case({}, happened(SIGNED, signed), happened(PAID, paid))
    assert judge(both(Duration(14, Unit.DAYS)), case) is answer


def test_336_hours_are_not_14_days_over_a_change_of_summer_time():
    # The clock goes forward on 29 March 2026, so these 14 days last 335 hours and one minute more.
    case = a_case({}, happened(SIGNED, "2026-03-20 09:00"), happened(PAID, "2026-04-03 10:01"))
    later = berlin("2026-04-10 00:00")
    assert judge(both(Duration(336, Unit.HOURS)), case, later) is F
    assert judge(both(Duration(14, Unit.DAYS)), case, later) is T


def test_an_earlier_signature_too_far_away_does_not_spoil_a_later_one():
    case = a_case(
        {},
        happened(SIGNED, "2026-01-01 09:00"),
        happened(SIGNED, "2026-02-10 09:00"),
        happened(PAID, "2026-02-15 09:00"),
    )
    assert judge(both(Duration(14, Unit.DAYS)), case) is T


def test_in_order_means_as_written_and_late_news_does_not_matter():
    case = a_case({}, happened(PAID, "2026-02-02 09:00"), happened(SIGNED, "2026-02-01 09:00"))
    assert judge(both(in_order=True), case) is T
    other = a_case({}, happened(PAID, "2026-02-01 09:00"), happened(SIGNED, "2026-02-02 09:00"))
    assert judge(both(in_order=True), other) is F


def test_at_least_three_reminders():
    times = ("2026-02-01 09:00", "2026-02-02 09:00", "2026-02-03 09:00")
    reminders = [happened("reminder.sent", at) for at in times]
    assert judge(Happened(("reminder.sent",), at_least=3), a_case({}, *reminders)) is T
    assert judge(Happened(("reminder.sent",), at_least=3), a_case({}, *reminders[:2])) is F


def test_an_event_dated_ahead_has_not_happened_yet_and_wakes_the_case():
    found = trace(Happened((SIGNED,)), a_case({}, happened(SIGNED, "2026-03-12 09:00")))
    assert (found.truth, found.wake_at) == (F, berlin("2026-03-12 09:00"))


def test_no_answer_for_7_days_is_true_only_when_they_have_passed():
    silence = NotHappened("quote.accepted", "quote.sent", Duration(7, Unit.DAYS))
    sent = happened("quote.sent", "2026-03-01 15:00")
    early = trace(silence, a_case({}, sent), berlin("2026-03-08 23:59"))
    assert (early.truth, early.wake_at) == (F, berlin("2026-03-09 00:00"))
    assert judge(silence, a_case({}, sent), berlin("2026-03-09 00:00")) is T
    assert (
        judge(silence, a_case({}, sent, happened("quote.accepted", "2026-03-05 09:00")), berlin("2026-03-20 00:00"))
        is F
    )
    assert judge(silence, a_case({}), berlin("2026-03-20 00:00")) is F


# --- changes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "before", "now", "answer"),
    [
        (ChangeKind.CHANGED, None, "open", "won", T),
        (ChangeKind.CHANGED, None, "won", "won", F),
        (ChangeKind.CHANGED, None, None, "won", T),
        (ChangeKind.CHANGED_TO, "won", "open", "won", T),
        (ChangeKind.CHANGED_TO, "won", "won", "won", F),
        (ChangeKind.CHANGED_TO, "won", "open", "lost", F),
        (ChangeKind.CHANGED_FROM, "open", "open", "won", T),
        (ChangeKind.CHANGED_FROM, "open", "open", "open", F),
    ],
)
def test_changes_compare_with_the_last_evaluation(kind, value, before, now, answer):
    assert judge(Changed("stage", kind, value), a_case({"stage": now}, previous={"stage": before})) is answer


def test_a_case_seen_for_the_first_time_is_not_known_to_have_changed():
    found = trace(Changed("stage", ChangeKind.CHANGED_TO, "won"), a_case({"stage": "won"}))
    assert (found.truth, found.cause) == (U, "`stage` is seen for the first time")


# --- roles ----------------------------------------------------------------------------------------------------


def roles(condition):
    judged = trace(condition, a_case(RECORD))
    give_roles(judged)
    return [each.role for each in judged.children]


def test_colour_means_does_it_help_and_not_is_it_true():
    assert roles(NoneOf((LEAF[F], LEAF[T]))) == [Role.HELPS, Role.BLOCKS]
    assert roles(Any((LEAF[T], LEAF[F]))) == [Role.HELPS, Role.NOT_NEEDED]
    assert roles(Any((LEAF[F], LEAF[U]))) == [Role.BLOCKS, Role.BLOCKS]
    assert roles(All((LEAF[T], LEAF[U]))) == [Role.HELPS, Role.BLOCKS]
