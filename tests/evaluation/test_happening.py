"""Happenings against their plain meaning: some event opens a window, and what is asked for lies in it."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.evaluation import calendar
from rules_engine.model.case import Case, Event
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Duration, Happened, Unit
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
