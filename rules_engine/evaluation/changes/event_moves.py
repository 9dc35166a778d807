"""The changes that make a condition without parts as it is wanted, those about what changed and what happened."""

from collections.abc import Sequence
from dataclasses import replace

from rules_engine.evaluation import calendar
from rules_engine.evaluation.changes.altered import Happen
from rules_engine.evaluation.changes.leaf_moves import (
    anchors,
    comparison,
    field_move,
    judge_of,
    known_value,
    settable,
    told_apart,
)
from rules_engine.evaluation.changes.moves import EVENT, Aim, Here, Move, Need, Target, impossible, needed
from rules_engine.evaluation.changes.nearby import nearby
from rules_engine.evaluation.match import trace_condition
from rules_engine.model.case import Event
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Changed, Comparison, Condition, Happened, Length, NotHappened
from rules_engine.model.values import Missing, get


def leaf(condition: Condition, target: Target, here: Here) -> Need:
    """What a comparison, a change or a happening lacks that is not as wanted."""
    match condition:
        case Comparison() | Length():
            return comparison(condition, target, here)
        case Changed():
            return _changed(condition, target, here)
        case Happened():
            return _happened(condition, target, here)
        case NotHappened():
            return _not_happened(condition, target, here)
        case _:
            raise AssertionError(condition)


def _changed(condition: Changed, target: Target, here: Here) -> Need:
    name, field = condition.field, here.field(condition.field)
    path = (*here.path, *name.split("."))
    before = get(here.scene.case.previous or {}, name)
    actual = get(here.scene.record, name)
    aim = Aim(condition, target, here.root, before)
    known = (*known_value(before), condition.value, *known_value(actual), *anchors(here, name))
    values = [*nearby(actual, known, field, here.scene), None] if settable(here, name) else []
    judge = judge_of(condition, here.scene)
    that_do = [each for each in values if judge(each) in target]
    moves = told_apart([field_move(here, name, each, aim) for each in that_do], name, here)
    because = f"`{name}` was not known at the last evaluation" if isinstance(before, Missing) else (
        f"`{name}` would have to change away and back")  # fmt: skip
    return needed(moves, here, [path], because)


def _happened(condition: Happened, target: Target, here: Here) -> Need:
    aim = Aim(condition, target, here.root)
    touches = [("!", each) for each in condition.events]
    if Truth.TRUE not in target:
        return impossible(f"{' and '.join(f'`{each}`' for each in condition.events)} happened, which cannot be undone")
    moves = []
    for events in _missing(condition, here):
        first = len(here.state.happened)
        atoms = tuple(Happen(each, first + number) for number, each in enumerate(events))
        moves.append(Move(atoms, (0, len(atoms), EVENT[2] * len(atoms)), aim))
    return needed(moves, here, touches, "it cannot happen")


def _missing(condition: Happened, here: Here) -> list[tuple[str, ...]]:
    """What must still happen, at once and in this order: for each window that is open, the fewest first."""
    scene, when = here.scene, here.state.at
    past = sorted((each for each in scene.case.events if each.type in condition.events and each.at <= scene.now),
                  key=lambda each: each.at)  # fmt: skip
    windows: list[Sequence[Event]] = [()]
    if condition.within is None:
        windows = [past]
    else:
        for first, event in enumerate(past):
            end = calendar.last_moment_within(event.at, condition.within, scene.case.zone)
            if when < end and event.at <= when:
                windows.append([each for each in past[first:] if each.at < end])
    found = {_remaining(condition, each): None for each in windows}
    return sorted((each for each in found if each), key=len)


def _remaining(condition: Happened, window: Sequence[Event]) -> tuple[str, ...]:
    awaited = [name for name in condition.events for _ in range(condition.at_least)]
    for event in window:
        if condition.in_order and awaited and event.type == awaited[0]:
            awaited.pop(0)
        elif not condition.in_order and event.type in awaited:
            awaited.remove(event.type)
    return tuple(awaited)


def _not_happened(condition: NotHappened, target: Target, here: Here) -> Need:
    """An answer ends the silence, and so does a new beginning; after a new beginning it can be kept."""
    aim = Aim(condition, target, here.root)
    moves = []
    for name in (condition.event, condition.since):
        atom = Happen(name, len(here.state.happened))
        then = replace(here.state, atoms=(*here.state.atoms, atom)).case
        if trace_condition(condition, replace(here.scene, case=then)).truth in target:
            moves.append(Move((atom,), EVENT, aim))
    happened = f"`{condition.event}` followed `{condition.since}`"
    because = f"{happened}, or may still" if Truth.TRUE in target else "the time has passed"
    return needed(moves, here, [("!", condition.event), ("!", condition.since)], because)
