"""What each operator answers, on the values that go wrong elsewhere."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal as D

import pytest

from rules_engine.model.case import Rate
from rules_engine.model.decision import Truth
from rules_engine.model.operators import OPERATORS, Takes
from rules_engine.model.ruleset import (
    Comparison,
    Duration,
    FieldOperand,
    Length,
    Literal,
    Near,
    Period,
    RelativeDate,
    Unit,
)
from rules_engine.model.values import Money, Months
from tests.evaluation.builders import NOON, a_case, berlin, field, judge, trace

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
EUR, USD = (lambda n: Money(D(n), "EUR")), (lambda n: Money(D(n), "USD"))

TABLE = [
    # value, operator, operand, answer
    ("won", "is", "won", T),
    ("Won", "is", "won", F),
    ("caf\u00e9", "is", "cafe\u0301", T),
    ("won ", "is", "won", F),
    ("won", "is_not", "won", F),
    ("open", "is_not", "won", T),
    ("open", "is_any_of", ("won", "open"), T),
    ("lost", "is_any_of", ("won", "open"), F),
    ("lost", "is_none_of", ("won", "open"), T),
    ("5", "is", D(5), U),
    (True, "is", D(1), U),
    (True, "is", True, T),
    (False, "is", False, T),
    (False, "is_not", True, T),
    (D("0.1") + D("0.2"), "is", D("0.3"), T),
    (D("1.0"), "is", D("1.00"), T),
    (D(2**63), "is", D(2**63 + 5), F),
    (D("9007199254740993"), "more_than", D("9007199254740992"), T),
    (D(0), "at_least", D(0), T),
    (D(0), "is_empty", None, F),
    (False, "is_empty", None, F),
    ("", "is_empty", None, T),
    (None, "is_empty", None, T),
    ((), "is_empty", None, T),
    (D(-1), "less_than", D(0), T),
    (D(5), "between", (D(5), D(7)), T),
    (D(7), "between", (D(5), D(7)), T),
    (D("7.01"), "between", (D(5), D(7)), F),
    (EUR("5000.00"), "at_least", EUR(5000), T),
    (EUR("4999.99"), "at_least", EUR(5000), F),
    (USD(5000), "at_least", EUR(5000), U),
    (EUR(5), "at_least", D(5), U),
    ("abc", "contains", "b", T),
    ("abc", "contains", "B", F),
    ("abc", "does_not_contain", "x", T),
    ("abc", "starts_with", "ab", T),
    ("abc", "ends_with", "bc", T),
    (D(5), "contains", "5", U),
    (("red", "blue"), "contains", "red", T),
    (("red", "blue"), "contains_all_of", ("red", "blue"), T),
    (("red",), "contains_all_of", ("red", "blue"), F),
    (("red",), "contains_any_of", ("red", "blue"), T),
    (("red",), "does_not_contain", "red", F),
    (("red",), "is_not", "red", U),
    (("red",), "is_none_of", ("red",), U),
    (("red",), "is", "red", U),
    ("red", "contains_any_of", ("red",), U),
    (date(2026, 3, 10), "on_or_before", date(2026, 3, 10), T),
    (date(2026, 3, 10), "before", date(2026, 3, 10), F),
    (date(2026, 3, 11), "after", date(2026, 3, 10), T),
    (date(2026, 3, 10), "on_or_after", date(2026, 3, 10), T),
    # 23:30 UTC on the 9th is the 10th in Berlin: the day counts in the workspace's zone.
    (datetime(2026, 3, 9, 23, 30, tzinfo=UTC), "is", date(2026, 3, 10), T),
    (date(2026, 3, 10), "before", datetime(2026, 3, 10, tzinfo=UTC), U),
    ("b", "more_than", "a", T),
    ("Z", "less_than", "a", T),
    ("b", "between", ("b", "d"), T),
    ("d1", "between", ("b", "d"), F),
    ("caf\u00e9", "at_most", "cafe\u0301", T),
    ("PO-4711", "matches", "^PO-[0-9]+$", T),
    ("xPO-4711", "matches", "^PO-[0-9]+$", F),
    ("xPO-4711", "matches", "PO-[0-9]+", T),
    ("xPO-4711", "does_not_match", "^PO", T),
    (D(5), "matches", "5", U),
    (time(9, 30), "on_or_before", time(9, 30), T),
    (time(9, 30), "after", time(9, 29, 59), T),
    (time(9, 30), "between", (time(9), time(17)), T),
    (timedelta(days=2), "is", timedelta(hours=48), T),
    (timedelta(hours=47), "at_least", timedelta(days=2), F),
    (Months(12), "at_least", Months(12), T),
    (Months(-1), "less_than", Months(0), T),
    # A month has no number of days.
    (Months(1), "more_than", timedelta(days=1), U),
    (Months(1), "is_not", timedelta(days=30), U),
]


@pytest.mark.parametrize(("value", "operator", "operand", "answer"), TABLE)
def test_operators_answer_as_the_table_says(value, operator, operand, answer):
    assert judge(field(operator, operand), a_case({"f": value})) is answer


@pytest.mark.parametrize("operator", [each.name for each in OPERATORS.values() if each.takes is not Takes.NOTHING])
@pytest.mark.parametrize("value", [None, "", ()])
def test_an_empty_value_makes_every_comparison_unknown(operator, value):
    assert judge(field(operator, "x"), a_case({"f": value})) is U


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_field_that_was_never_sent_is_unknown_everywhere(operator):
    for also in (False, True):
        found = trace(field(operator, "x", also_when_empty=also), a_case({}))
        assert found.truth is U
        assert found.cause == "no data: `f`"


@pytest.mark.parametrize("operator", [each.name for each in OPERATORS.values() if each.negative])
def test_also_when_empty_makes_a_negative_operator_true_on_a_blank(operator):
    assert judge(field(operator, "x", also_when_empty=True), a_case({"f": None})) is T


def test_also_when_empty_means_nothing_for_a_positive_operator():
    assert judge(field("is", "x", also_when_empty=True), a_case({"f": None})) is U


def test_money_compares_at_the_newest_rate_of_that_day_or_before():
    rates = (
        Rate("USD", "EUR", D("0.90"), date(2026, 1, 1)),
        Rate("USD", "EUR", D("0.80"), date(2026, 3, 1)),
        Rate("USD", "EUR", D("0.10"), date(2026, 3, 11)),  # tomorrow's
    )
    case = a_case({"f": USD(100)}, rates=rates)
    assert judge(field("is", EUR(80)), case) is T


def test_a_rate_serves_in_both_directions():
    case = a_case({"f": EUR(80)}, rates=(Rate("USD", "EUR", D("0.80"), date(2026, 3, 1)),))
    assert judge(field("is", USD(100)), case) is T


def test_no_rate_is_unknown_and_says_so():
    found = trace(field("at_least", EUR(1)), a_case({"f": USD(100)}))
    assert (found.truth, found.cause) == (U, "no rate from USD to EUR for `f`")


@pytest.mark.parametrize(
    ("operand", "answer"),
    [
        (FieldOperand("g"), T),
        (FieldOperand("g", percent=D(110)), F),
        (FieldOperand("missing"), U),
        (FieldOperand("empty"), U),
    ],
)
def test_a_field_compares_with_another_field(operand, answer):
    case = a_case({"f": EUR(100), "g": EUR(95), "empty": None})
    assert judge(Comparison("f", "at_least", operand), case) is answer


def test_a_date_compares_with_another_date_shifted():
    case = a_case({"f": date(2026, 2, 28), "g": date(2026, 1, 31)})
    assert judge(Comparison("f", "is", FieldOperand("g", Duration(1, Unit.MONTHS))), case) is T


def test_within_a_percentage_of_another_field():
    near = Near(D(5), "g")
    assert judge(Comparison("f", "within", near), a_case({"f": D(105), "g": D(100)})) is T
    assert judge(Comparison("f", "within", near), a_case({"f": D("105.01"), "g": D(100)})) is F


# --- dates that move with the clock ---------------------------------------------------------------------------

MOVING = [
    # value, operator, operand, answer on 10 March 2026 at noon in Berlin, next change
    (date(2026, 2, 24), "in_the_last", Duration(14, Unit.DAYS), T, "2026-03-11 00:00"),
    (date(2026, 2, 23), "in_the_last", Duration(14, Unit.DAYS), F, None),
    (date(2026, 3, 11), "in_the_last", Duration(14, Unit.DAYS), F, "2026-03-11 00:00"),
    (date(2026, 3, 24), "in_the_next", Duration(14, Unit.DAYS), T, "2026-03-25 00:00"),
    (date(2026, 3, 25), "in_the_next", Duration(14, Unit.DAYS), F, "2026-03-11 00:00"),
    (date(2026, 3, 10), "is", RelativeDate("today"), T, "2026-03-11 00:00"),
    (date(2026, 3, 12), "is", RelativeDate("today"), F, "2026-03-12 00:00"),
    (date(2026, 3, 12), "is_not", RelativeDate("today"), T, "2026-03-12 00:00"),
    (date(2026, 3, 10), "on_or_before", RelativeDate("today"), T, None),
    (date(2026, 3, 10), "on_or_after", RelativeDate("today"), T, "2026-03-11 00:00"),
    (date(2026, 3, 17), "before", RelativeDate("today", Duration(7, Unit.DAYS)), F, "2026-03-11 00:00"),
    (date(2026, 2, 28), "on_or_after", RelativeDate("today", Duration(-1, Unit.MONTHS)), T, "2026-04-01 00:00"),
    (date(2026, 3, 31), "in", Period("this", "quarter"), T, "2026-04-01 00:00"),
    (date(2026, 3, 9), "in", Period("this", "week"), T, "2026-03-16 00:00"),
    (date(2026, 3, 8), "in", Period("last", "week"), T, "2026-03-16 00:00"),
    (date(2027, 1, 1), "in", Period("next", "year"), T, "2027-01-01 00:00"),
    (berlin("2026-03-10 08:00"), "in_the_last", Duration(4, Unit.HOURS), T, None),
    (berlin("2026-03-10 07:59"), "in_the_last", Duration(4, Unit.HOURS), F, None),
    (berlin("2026-03-10 12:30"), "before", RelativeDate("now"), F, "2026-03-10 12:30"),
]


@pytest.mark.parametrize(("value", "operator", "operand", "answer", "changes"), MOVING)
def test_relative_dates_count_calendar_days_and_say_when_they_change(value, operator, operand, answer, changes):
    found = trace(field(operator, operand), a_case({"f": value}))
    assert found.truth is answer
    if changes:
        assert found.wake_at == berlin(changes)


@pytest.mark.parametrize(("value", "operator", "operand"), [row[:3] for row in MOVING])
def test_nothing_changes_before_the_announced_instant_and_something_does_at_it(value, operator, operand):
    case = a_case({"f": value})
    found = trace(field(operator, operand), case)
    end = found.wake_at or berlin("2028-01-01 00:00")
    step = (end - NOON) / 50
    assert {judge(field(operator, operand), case, NOON + step * n) for n in range(50)} == {found.truth}
    if found.wake_at and not isinstance(value, datetime):
        assert judge(field(operator, operand), case, found.wake_at) is not found.truth


def test_a_date_has_no_hours():
    found = trace(field("in_the_last", Duration(4, Unit.HOURS)), a_case({"f": date(2026, 3, 10)}))
    assert (found.truth, found.cause) == (U, "`f` is a date without a time, and is compared by the hour")


@pytest.mark.parametrize(
    "value", [date.min, date.max, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]
)
@pytest.mark.parametrize(
    "operand", [RelativeDate("today"), Duration(14, Unit.DAYS), Period("last", "year"), Literal(date.min)]
)
def test_the_ends_of_the_calendar_do_not_break_it(value, operand):
    operator = {RelativeDate: "on_or_before", Duration: "in_the_last", Period: "in", Literal: "after"}[type(operand)]
    judge(field(operator, operand), a_case({"f": value}))


@pytest.mark.parametrize(
    ("value", "operator", "operand", "answer"),
    [
        ("Won", "is", "wON", T),
        ("STRASSE", "is", "straße", T),
        ("Won", "is_none_of", ("won", "open"), F),
        ("Urgent: crane", "contains", "URGENT", T),
        ("Urgent", "starts_with", "urg", T),
        ("Urgent", "does_not_contain", "GENT", F),
        ("po-1", "matches", "^PO", T),
        ("CAFE\u0301", "is", "caf\u00e9", T),
    ],
)
def test_capitals_do_not_matter_where_the_author_says_so(value, operator, operand, answer):
    with_case = field(operator, operand)
    assert judge(replace(with_case, ignore_case=True), a_case({"f": value})) is answer
    assert judge(with_case, a_case({"f": value})) is not answer


@pytest.mark.parametrize(
    ("value", "count", "answer"),
    [("abc", 3, T), ("Zoe\u0308", 3, T), ("", 0, T), ("abcd", 3, F), (None, 0, U), (D(3), 1, U)],
)
def test_a_length_counts_characters(value, count, answer):
    assert judge(Length("f", "is", Literal(D(count))), a_case({"f": value})) is answer


def test_the_length_of_a_field_that_was_never_sent_is_unknown():
    assert trace(Length("f", "at_most", Literal(D(5))), a_case({})).cause == "no data: `f`"


@pytest.mark.parametrize(
    ("day", "which", "answer"),
    [
        # The fiscal year begins in April: on 10 March 2026 its last quarter runs, of the year that began in 2025.
        (date(2026, 1, 1), Period("this", "fiscal quarter"), T),
        (date(2025, 12, 31), Period("this", "fiscal quarter"), F),
        (date(2025, 12, 31), Period("last", "fiscal quarter"), T),
        (date(2025, 4, 1), Period("this", "fiscal year"), T),
        (date(2026, 3, 31), Period("this", "fiscal year"), T),
        (date(2026, 4, 1), Period("this", "fiscal year"), F),
        (date(2026, 4, 1), Period("next", "fiscal year"), T),
        (date(2025, 3, 31), Period("last", "fiscal year"), T),
    ],
)
def test_fiscal_periods_are_counted_from_the_workspaces_month(day, which, answer):
    case = replace(a_case({"f": day}), fiscal_start=4)
    assert judge(field("in", which), case) is answer


@pytest.mark.parametrize(
    ("operator", "plus", "value", "asked", "turns"),
    [
        # From 28 February on 1 month ahead stays on the 28th, and jumps to the 1st of April with the 1st of March.
        ("before", Duration(1, Unit.MONTHS), "2026-03-31 12:00", "2026-02-28 13:00", "2026-03-01 00:00"),
        # The night of the change to summer time has no 02:30: the day after it begins an hour early.
        ("before", Duration(1, Unit.DAYS), "2026-03-29 03:15", "2026-03-28 00:00", "2026-03-28 03:15"),
        ("after", Duration(-1, Unit.MONTHS), "2026-02-28 12:00", "2026-03-28 13:00", None),
    ],
)
def test_a_clock_shifted_by_days_or_months_wakes_before_anything_changes(operator, plus, value, asked, turns):
    case, condition = a_case({"f": berlin(value)}), field(operator, RelativeDate("now", plus))
    at = berlin(asked)
    found = trace(condition, case, at)
    step, now = timedelta(minutes=7), at
    while now < at + timedelta(days=6) and (found.wake_at is None or now < found.wake_at):
        assert judge(condition, case, now) is found.truth
        now += step
    if turns:
        assert found.wake_at is not None
        assert found.wake_at <= berlin(turns) + timedelta(microseconds=1)
