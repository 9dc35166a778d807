"""Conditions over what happened to the case and over what changed since it was last looked at."""

from collections.abc import Sequence

from rules_engine.evaluation import calendar
from rules_engine.evaluation.scene import Judged, Scene, order, truth
from rules_engine.model.case import Event
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Changed, ChangeKind, Happened, NotHappened
from rules_engine.model.values import Missing, Value, get


def judge_happened(condition: Happened, scene: Scene) -> Judged:
    """An event dated after `now` has not happened yet: the decision wakes when it will have."""
    wanted = set(condition.events)
    relevant = sorted((event for event in scene.case.events if event.type in wanted), key=lambda event: event.at)
    past = [event for event in relevant if event.at <= scene.now]
    wake = next((event.at for event in relevant if event.at > scene.now), None)
    zone = scene.case.zone
    answer = any(_complete(_window(past, first, condition, zone), condition) for first in _starts(past, condition))
    return Judged(truth(answer), tuple(_said(event) for event in past), wake_at=None if answer else wake)


def _starts(past: Sequence[Event], condition: Happened) -> range:
    """Where a window can begin; without `within` the whole history is the only window."""
    return range(len(past)) if condition.within else range(1 if past else 0)


def _window(past: Sequence[Event], first: int, condition: Happened, zone: str) -> Sequence[Event]:
    if condition.within is None:
        return past
    end = calendar.last_moment_within(past[first].at, condition.within, zone)
    return [event for event in past[first:] if event.at < end]


def _complete(window: Sequence[Event], condition: Happened) -> bool:
    if not condition.in_order:
        count = {name: 0 for name in condition.events}
        for event in window:
            count[event.type] += 1
        return all(each >= condition.at_least for each in count.values())
    awaited = [name for name in condition.events for _ in range(condition.at_least)]
    for event in window:
        if awaited and event.type == awaited[0]:
            awaited.pop(0)
    return not awaited


def judge_not_happened(condition: NotHappened, scene: Scene) -> Judged:
    """True once the whole span has passed without the event; false before, with the instant at which it ends."""
    starts = [event.at for event in scene.case.events if event.type == condition.since and event.at <= scene.now]
    if not starts:
        return Judged(Truth.FALSE, None)
    start = max(starts)
    end = calendar.last_moment_within(start, condition.span, scene.case.zone)
    answered = any(event.type == condition.event and start <= event.at < end for event in scene.case.events)
    passed = scene.now >= end
    return Judged(truth(passed and not answered), start, wake_at=None if passed or answered else end)


def judge_changed(condition: Changed, scene: Scene) -> Judged:
    """Against the record of the last evaluation; the first time a case is seen, nothing is known to have changed."""
    name = f"{scene.prefix}{condition.field}"
    now = get(scene.record, condition.field)
    if isinstance(now, Missing):
        return Judged(Truth.UNKNOWN, now, cause=f"no data: `{name}`")
    if scene.case.previous is None:
        return Judged(Truth.UNKNOWN, now, cause=f"`{name}` is seen for the first time")
    before = get(scene.case.previous, condition.field)
    if isinstance(before, Missing):
        return Judged(Truth.UNKNOWN, now, cause=f"no data: `{name}` at the last evaluation")
    changed = not _same(before, now, scene)
    match condition.kind:
        case ChangeKind.CHANGED:
            answer = changed
        case ChangeKind.CHANGED_TO:
            answer = changed and _same(now, condition.value, scene)
        case ChangeKind.CHANGED_FROM:
            answer = changed and _same(before, condition.value, scene)
    return Judged(truth(answer), now, before)


def _same(left: Value, right: Value, scene: Scene) -> bool:
    return left == right or order(left, right, scene) == 0


def _said(event: Event) -> Value:
    return {"id": event.id, "type": event.type, "at": event.at}
