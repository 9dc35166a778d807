"""Conditions over what happened to the case and over what changed since it was last looked at."""

from collections.abc import Sequence
from datetime import datetime

from rules_engine.evaluation import calendar
from rules_engine.evaluation.scene import Judged, Scene, order, truth
from rules_engine.model.case import Event
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Changed, ChangeKind, Happened, NotHappened
from rules_engine.model.values import Missing, Money, Value, get


def judge_happened(condition: Happened, scene: Scene) -> Judged:
    """An event dated after `now` has not happened yet: the decision wakes when it will have."""
    wanted = set(condition.events)
    relevant = sorted((event for event in scene.case.events if event.type in wanted), key=lambda event: event.at)
    past = [event for event in relevant if event.at <= scene.now]
    wake = next((event.at for event in relevant if event.at > scene.now), None)
    zone = scene.case.zone
    answer = (_in_order if condition.in_order else _in_any_order)(past, condition, zone)
    return Judged(truth(answer), tuple(_said(event) for event in past), wake_at=None if answer else wake)


def _in_any_order(past: Sequence[Event], condition: Happened, zone: str) -> bool:
    """Each event often enough between some event and the end of the window that it opens.

    A later start never has an earlier end, so that the window slides over the events once.
    """
    count = dict.fromkeys(condition.events, 0)
    following = 0
    for event in past if condition.within else past[:1]:
        end = _end(event, condition, zone)
        while following < len(past) and (end is None or past[following].at < end):
            count[past[following].type] += 1
            following += 1
        if all(each >= condition.at_least for each in count.values()):
            return True
        count[event.type] -= 1
    return False


def _in_order(past: Sequence[Event], condition: Happened, zone: str) -> bool:
    """Each event often enough, and all of one before the next of them.

    `latest[name][n]` is the latest event with which n + 1 of that name, and all before them, can have begun: the
    later it lies, the later the window ends.
    """
    latest: dict[str, list[Event | None]] = {name: [None] * condition.at_least for name in condition.events}
    before = dict(zip(condition.events[1:], condition.events, strict=False))
    final = latest[condition.events[-1]]
    for event in past:
        row = latest[event.type]
        row[1:] = row[:-1]
        row[0] = latest[before[event.type]][-1] if event.type in before else event
        if final[-1] is not None and event.type == condition.events[-1]:
            end = _end(final[-1], condition, zone)
            if end is None or event.at < end:
                return True
    return False


def _end(first: Event, condition: Happened, zone: str) -> datetime | None:
    """The first instant after the window that the event opens; None where there is no end."""
    return None if condition.within is None else calendar.last_moment_within(first.at, condition.within, zone)


def judge_not_happened(condition: NotHappened, scene: Scene) -> Judged:
    """True once the whole span has passed without the event; false before, with the instant at which it ends."""
    starts = [event.at for event in scene.case.events if event.type == condition.since and event.at <= scene.now]
    # One that is dated ahead begins the span anew when its time comes.
    ahead = min((each.at for each in scene.case.events if each.type == condition.since and each.at > scene.now),
                default=None)  # fmt: skip
    if not starts:
        return Judged(Truth.FALSE, None, wake_at=ahead)
    start = max(starts)
    end = calendar.last_moment_within(start, condition.span, scene.case.zone)
    answered = any(event.type == condition.event and start <= event.at < end for event in scene.case.events)
    passed = scene.now >= end
    wakes = [each for each in (None if passed or answered else end, ahead) if each]
    return Judged(truth(passed and not answered), start, wake_at=min(wakes, default=None))


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
    """The same amount in another currency is another value: an edit is no less one for today's rate."""
    if isinstance(left, Money) and isinstance(right, Money) and left.currency != right.currency:
        return False
    return left == right or order(left, right, scene) == 0


def _said(event: Event) -> Value:
    return {"id": event.id, "type": event.type, "at": event.at}
