"""Happenings against their plain meaning: some event opens a window, and what is asked for lies in it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.evaluation import calendar
from rules_engine.evaluation.happening import judge_changed, judge_not_happened
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Changed, ChangeKind, Duration, Happened, NotHappened, Unit
from rules_engine.model.values import Money
from tests.evaluation.builders import BERLIN, NOON, judge

NAMES = ("a", "b", "c")
EVENTS = st.lists(
    st.builds(Event, st.sampled_from((*NAMES, "d")), st.integers(-5, 90).map(lambda ago: NOON - timedelta(hours=ago))),
    max_size=12,
)
CONDITIONS = st.builds(
    Happened,
    st.permutations(NAMES).flatmap(lambda names: st.integers(1, 3).map(lambda count: tuple(names[:count]))),
    st.booleans(),
    st.none() | st.builds(Duration, st.integers(1, 30), st.sampled_from((Unit.HOURS, Unit.DAYS))),
    st.integers(1, 3),
)


def means(condition: Happened, events: list[Event]) -> bool:
    """Every window tried, as the documentation says it."""
    past = sorted((each for each in events if each.type in condition.events and each.at <= NOON), key=lambda e: e.at)
    starts = range(len(past)) if condition.within else range(min(1, len(past)))
    return any(_complete(_window(past[start:], condition), condition) for start in starts)


def _window(past: list[Event], condition: Happened) -> list[Event]:
    if condition.within is None:
        return past
    end = calendar.last_moment_within(past[0].at, condition.within, BERLIN)
    return [each for each in past if each.at < end]


def _complete(window: list[Event], condition: Happened) -> bool:
    if not condition.in_order:
        types = [each.type for each in window]
        return all(types.count(name) >= condition.at_least for name in condition.events)
    awaited = [name for name in condition.events for _ in range(condition.at_least)]
    for each in window:
        if awaited and each.type == awaited[0]:
            awaited.pop(0)
    return not awaited


@settings(max_examples=600)
@given(CONDITIONS, EVENTS)
def test_a_happening_is_true_where_some_window_holds_all_of_it(condition, events):
    found = judge(condition, Case("1", {}, tuple(events), zone=BERLIN))
    assert (found is Truth.TRUE) is means(condition, events)


def test_a_silence_that_begins_ahead_wakes_when_it_begins():
    sent, now = datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 3, 10, 11, tzinfo=UTC)
    silence = NotHappened("quote.accepted", "quote.sent", Duration(7, Unit.DAYS))
    case = Case("1", {}, (Event("quote.sent", sent, "e1"),))
    assert judge_not_happened(silence, Scene(case, now, {})).wake_at == sent


def test_the_same_worth_in_another_currency_is_a_change():
    rates = (Rate("EUR", "USD", Decimal("1.25"), date(2026, 1, 1)),)
    before, after = {"amount": Money(Decimal(125), "USD")}, {"amount": Money(Decimal(100), "EUR")}
    case = Case("1", after, (), before, rates)
    now = datetime(2026, 3, 10, tzinfo=UTC)
    assert judge_changed(Changed("amount", ChangeKind.CHANGED), Scene(case, now, after)).truth is Truth.TRUE
