"""The changes that make a figure over a list as it is wanted: a value in it, one record more, one less."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeAlias

from rules_engine.evaluation.changes.altered import Path, Remove
from rules_engine.evaluation.changes.leaf_moves import (
    OTHER_SIDE,
    anchors,
    expected_of,
    field_move,
    home_of,
    operand_path,
    other_values,
    settable,
    with_other,
)
from rules_engine.evaluation.changes.moves import (
    FALSE,
    NEVER,
    NOTHING,
    REMOVE,
    TRUE,
    Aim,
    Cost,
    Here,
    Move,
    Need,
    Target,
    added,
    emptied,
    impossible,
    items_of,
    needed,
    within,
)
from rules_engine.evaluation.changes.nearby import nearby
from rules_engine.evaluation.comparison import compare
from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.money import in_currency
from rules_engine.model.catalog import Type
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Aggregate, Comparison, Condition, Function
from rules_engine.model.values import Missing, Money, Record, Value, get, is_empty, put

Solve: TypeAlias = Callable[[Condition, Target, Here], Need | None]
# A figure can be changed in many ways: to change one of its values is thought of after what is plain.
ONE_OF_MANY: Final = 1.0
# A count is looked for this far from what it is.
FAR: Final = 50
# With these, each value must lie on the right side by itself.
_EACH: Final = {
    Function.MIN: frozenset({"at_least", "more_than", "on_or_after", "after"}),
    Function.MAX: frozenset({"at_most", "less_than", "on_or_before", "before"}),
}


def aggregate(condition: Aggregate, target: Target, here: Here, solve: Solve) -> Need:
    """What the figure lacks; each move is a step towards it, and the last one reaches it."""
    items = items_of(condition.collection, here)
    path = (*here.path, *condition.collection.split("."))
    if items is None:
        return impossible(f"`{condition.collection}` is not a list of records")
    trace = trace_condition(condition, here.scene)
    expected = expected_of(condition, here.scene)
    aim = Aim(condition, target, here.root, expected, trace.actual)
    moves = list(_of_the_operand(condition, target, here, aim, trace.actual))
    if not items and isinstance(get(here.scene.record, condition.collection), Missing):
        moves.append(emptied(condition.collection, here, aim))
    truths = [Truth.TRUE if condition.where is None else trace_condition(condition.where, inside.scene).truth
              for inside in (within(condition.collection, each, record, here) for each, record in items)]  # fmt: skip
    rows = [(within(condition.collection, each, record, here), truth)
            for (each, record), truth in zip(items, truths, strict=True)]  # fmt: skip
    # What was begun is finished first: a record that was added and does not count yet.
    fresh = [(inside, truth) for inside, truth in rows if inside.path in here.state.added and truth is not Truth.TRUE]
    for inside, truth in fresh or rows:
        moves += _membership(condition, truth, inside, aim, solve)
        if truth is not Truth.FALSE and condition.of:
            moves += _own_value(condition, items, truths, inside, here, aim, target)
    # One new value can be whatever the figure lacks; only a count may need several records.
    grown = any(each[:-1] == path for each in here.state.added)
    if not fresh and (condition.function is Function.COUNT or not grown):
        moves.append(added(condition.collection, here, aim))
    touches = [path, *(each for each, _ in items), *((*each, *condition.of.split(".")) for each, _ in items)]
    touches += [(*here.path, *operand_path(condition.operand).split("."))]
    least = _least(condition, target, here, items, truths)
    because = f"no {condition.function.value} of `{condition.collection}` was found that makes it so"
    return needed(moves, here, touches, because, least) if least < NEVER else impossible(because)


def _least(
    condition: Aggregate, target: Target, here: Here, items: Sequence[tuple[Path, Record]], truths: Sequence[Truth]
) -> Cost:
    """At least so many changes: as many as a count is away from one that will do, or one for each value to move."""
    if operand_path(condition.operand):
        return NOTHING
    if condition.function is Function.COUNT and Truth.UNKNOWN not in truths:
        now = truths.count(Truth.TRUE)
        steps = next((step for step in range(1, FAR) for each in (now + step, now - step)
                      if each >= 0 and _judged(condition, Decimal(each), here) in target), None)  # fmt: skip
        if steps is None:
            return NEVER
        fresh = any(path in here.state.added for path, _ in items)
        return (0, max(0, steps - fresh), 0.0)
    if target == TRUE and condition.operator in _EACH.get(condition.function, ()):
        values = [
            get(record, condition.of) for (_, record), truth in zip(items, truths, strict=True) if truth is Truth.TRUE
        ]
        # Values in a record that is new count with the record.
        wrong = sum(isinstance(each, Missing) or _judged(condition, each, here) is not Truth.TRUE for each in values)
        return (0, max(0, wrong - len(here.state.added)), 0.0)
    return NOTHING


def _judged(condition: Aggregate, figure: Value | Missing, here: Here) -> Truth:
    comparison = Comparison(f"{condition.collection}.{condition.of}", condition.operator, condition.operand)
    return compare(figure, comparison, here.scene, "").truth


def _membership(condition: Aggregate, truth: Truth, inside: Here, aim: Aim, solve: Solve) -> Iterator[Move]:
    """One more or one less: the record meets the condition or no longer does, or is taken out."""
    if condition.where is not None:
        for target in (TRUE,) if inside.path in inside.state.added else (TRUE, FALSE):
            lacking = solve(condition.where, target, inside) if truth not in target else None
            yield from lacking.moves if lacking is not None else ()
    if truth is not Truth.FALSE and inside.path not in inside.state.added:
        yield Move((Remove(inside.path),), REMOVE, aim)


# --- the values -----------------------------------------------------------------------------------------------


def _own_value(
    condition: Aggregate,
    items: Sequence[tuple[Path, Record]],
    truths: Sequence[Truth],
    inside: Here,
    here: Here,
    aim: Aim,
    target: Target,
) -> Iterator[Move]:
    """This record's value set to what the whole lacks; where that is not enough yet, to what it must be by itself."""
    name = condition.of
    if not settable(inside, name):
        return
    actual = get(inside.scene.record, name)
    counting = [record for (path, record), truth in zip(items, truths, strict=True)
                if truth is Truth.TRUE and path != inside.path]  # fmt: skip
    others = [get(record, name) for record in counting]
    missing = isinstance(actual, Missing) or is_empty(actual)
    wanted = list(_wanted(condition.function, others, aim.expected, inside))
    field = inside.field(name)
    known = [*wanted, *(() if isinstance(aim.expected, Missing) else (aim.expected,)), *anchors(inside, name)]
    if missing and field is not None and not known:
        known = [Money(Decimal(0), "EUR") if field.type is Type.MONEY else Decimal(0)]
    found = []
    # A value on the wrong side is brought over, though others may have to follow.
    wrong = condition.operator in _EACH.get(condition.function, ()) and _judged(condition, actual, here) not in target
    blanks = sum(isinstance(each, Missing) or is_empty(each) for each in others)
    values = nearby(actual, known, field, inside.scene)
    here.memory.tried += len(values)
    for value in values:
        step = (missing and (blanks or not others)) or (wrong and _judged(condition, value, here) in target)
        if step or _over((*others, value), condition, here) in target:
            found.append(field_move(inside, name, value, aim, ONE_OF_MANY + _below_nothing(actual, value)))
    # Where nothing else asks about the field, the smallest move is as good as any.
    asked_elsewhere = inside.asked.conditions.get((inside.root, name))
    yield from found if asked_elsewhere or blanks else sorted(found, key=lambda each: each.cost)[:1]


def _over(values: Sequence[Value | Missing], condition: Aggregate, here: Here) -> Truth:
    """The truth of the figure over these values alone."""
    rows = tuple(put({}, condition.of, each) for each in values if not isinstance(each, Missing))
    if len(rows) < len(values):
        return Truth.UNKNOWN
    plain = replace(condition, where=None, collection="rows")
    return trace_condition(plain, replace(here.scene, record={**here.scene.record, "rows": rows})).truth


def _below_nothing(before: Value | Missing, after: Value) -> float:
    """A quantity or an amount that would go below nothing is the last that is thought of."""
    amount = after.amount if isinstance(after, Money) else after
    return 4.0 if isinstance(amount, Decimal) and amount < 0 and not isinstance(before, Missing) else 0.0


def _wanted(
    function: Function, others: Sequence[Value | Missing], expected: Value | Missing, here: Here
) -> Iterator[Value]:
    """What one value must be for the figure to be as expected, given the others."""
    for each in expected if isinstance(expected, tuple) else (expected,):
        currency = _currency(others) or (each.currency if isinstance(each, Money) else "")
        goal = _amount(each, currency, here)
        rest = [_amount(other, currency, here) for other in others]
        numbers = [number for number in rest if number is not None]
        if goal is None or len(numbers) < len(rest):
            continue
        match function:
            case Function.SUM:
                found = goal - sum(numbers, Decimal(0))
            case Function.AVERAGE:
                found = goal * (len(numbers) + 1) - sum(numbers, Decimal(0))
            case _:
                found = goal
        yield Money(found, currency) if currency else found


def _currency(values: Sequence[Value | Missing]) -> str:
    return next((each.currency for each in values if isinstance(each, Money)), "")


def _amount(value: Value | Missing, currency: str, here: Here) -> Decimal | None:
    match value:
        case Money():
            return in_currency(value, currency, here.scene.case.rates, here.scene.rate_day)
        case Decimal() if value.is_finite() and not currency:
            return value
        case _:
            return None


# --- the other side -------------------------------------------------------------------------------------------


def _of_the_operand(
    condition: Aggregate, target: Target, here: Here, aim: Aim, figure: Value | Missing
) -> Iterator[Move]:
    path = operand_path(condition.operand)
    if not path:
        return
    home = home_of(path, here)
    if not settable(home, path):
        return
    for value in other_values(condition.operand, path, figure, home):
        if trace_condition(condition, with_other(here, home, path, value)).truth in target:
            yield field_move(home, path, value, replace(aim, root=home.root), OTHER_SIDE)
