"""What a condition lacks to be as it is wanted: a lower bound of the changes, and the moves that come first.

Every way to the wanted truth begins with one of a need's moves, so that a search over them misses none.
"""

from collections.abc import Sequence
from dataclasses import replace

from rules_engine.evaluation.changes.aggregate_moves import aggregate
from rules_engine.evaluation.changes.altered import Atom, Happen, Path, Remove
from rules_engine.evaluation.changes.event_moves import leaf
from rules_engine.evaluation.changes.moves import (
    ADD,
    NOTHING,
    REMOVE,
    Aim,
    Here,
    Move,
    Need,
    Target,
    added,
    any_of,
    emptied,
    impossible,
    items_of,
    needed,
    opposite,
    plus,
    within,
)
from rules_engine.evaluation.match import trace_condition
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Aggregate, All, Any, Condition, NoneOf, Quantified, Quantifier


def need(condition: Condition, target: Target, here: Here) -> Need | None:
    """What lacks for the condition's truth to be one of `target`; None where it is."""
    match condition:
        case All(inner):
            return group([need(each, target, here) for each in inner], every=Truth.FALSE not in target)
        case Any(inner):
            return group([need(each, target, here) for each in inner], every=Truth.TRUE not in target)
        case NoneOf(inner):
            return need(Any(inner), opposite(target), here)
        case Quantified(quantifier=Quantifier.NO):
            return need(replace(condition, quantifier=Quantifier.SOME), opposite(target), here)
        case _:
            # The same question comes up in many altered cases that differ only elsewhere.
            key = (condition, target, here.path, _concerning(condition, here))
            if key not in here.memory.needs:
                here.memory.needs[key] = _single(condition, target, here)
            return here.memory.needs[key]


def _single(condition: Condition, target: Target, here: Here) -> Need | None:
    if trace_condition(condition, here.scene).truth in target:
        return None
    match condition:
        case Quantified():
            return _quantified(condition, target, here)
        case Aggregate():
            return aggregate(condition, target, here, need)
        case _:
            return leaf(condition, target, here)


def _concerning(condition: Condition, here: Here) -> tuple[Atom, ...]:
    """The changes that the condition's truth can hang on: those below its record or list, and those above all lists."""
    within = (
        (*here.path, *condition.collection.split(".")) if isinstance(condition, Quantified | Aggregate) else here.path
    )
    return tuple(
        each
        for each in here.state.atoms
        if isinstance(each, Happen)
        or each.path[: len(within)] == within
        or not any(isinstance(step, int) for step in each.path)
    )


def group(needs: Sequence[Need | None], *, every: bool) -> Need | None:
    """Of all of them, or of any one."""
    if every:
        return _all_of([each for each in needs if each is not None])
    if any(each is None for each in needs):
        return None
    return any_of([each for each in needs if each is not None])


def _all_of(needs: Sequence[Need]) -> Need | None:
    if not needs:
        return None
    lost = next((each for each in needs if not each.possible), None)
    if lost is not None:
        return lost
    lower, touched = NOTHING, frozenset[Path]()
    for each in needs:
        # One change may serve two conditions: only those that share nothing add up.
        if touched.isdisjoint(each.touches):
            lower, touched = plus(lower, each.lower), touched | each.touches
    first = min(needs, key=lambda each: len(each.moves))
    return Need(max(lower, *(each.lower for each in needs)), first.moves, touched)


# --- lists ----------------------------------------------------------------------------------------------------


def _of_item(where: Condition | None, target: Target, inside: Here) -> Need | None:
    """What one record lacks; without `where` any record will do, and none can be made not to."""
    if where is None:
        return None if Truth.TRUE in target else impossible("the record is there")
    return need(where, target, inside)


def _quantified(condition: Quantified, target: Target, here: Here) -> Need | None:
    collection, path = condition.collection, (*here.path, *condition.collection.split("."))
    items = items_of(collection, here)
    aim = Aim(condition, target, here.root)
    if items is None:
        return impossible(f"`{collection}` is not a list of records")
    is_every = condition.quantifier is Quantifier.EVERY
    all_needed = (Truth.FALSE if is_every else Truth.TRUE) not in target
    needs = [(each, _of_item(condition.where, target, within(collection, each, record, here)))
             for each, record in items]  # fmt: skip
    if all_needed:
        open_ones = [_or_removed(one, each, here, aim) for each, one in needs if one is not None]
        # Nothing lacks in any record, and it is still not so: the list is empty, or was never sent.
        return _all_of(open_ones) or _of_nothing(is_every, collection, here, aim, path)
    # What was begun is finished first: a record that was added and is not yet as it should be.
    fresh = [one for each, one in needs if one is not None and each in here.state.added]
    more = needed([added(collection, here, aim)], here, [path], "", ADD)
    found = any_of(fresh or [*(one for _, one in needs if one is not None), more])
    return replace(found, touches=found.touches | {path})


def _or_removed(lacking: Need, path: Path, here: Here, aim: Aim) -> Need:
    gone = needed([Move((Remove(path),), REMOVE, aim)], here, [path], lacking.because)
    if path in here.state.added or not gone.possible:
        return lacking
    both = any_of([lacking, gone])
    return replace(both, touches=both.touches | {path})


def _of_nothing(is_every: bool, collection: str, here: Here, aim: Aim, path: Path) -> Need:
    moves = [emptied(collection, here, aim), added(collection, here, aim)] if not here.state.size(path) else []
    if is_every and here.state.size(path) and not here.state.live(path):
        moves = [added(collection, here, aim)]
    return needed(moves, here, [path], f"`{collection}` cannot be judged")
