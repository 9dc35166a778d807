"""The changes that make a comparison as it is wanted: its field set, or the one on the other side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal

from rules_engine.evaluation import calendar
from rules_engine.evaluation.changes.altered import Add, Path, Put, at
from rules_engine.evaluation.changes.moves import Aim, Cost, Here, Move, Need, Target, needed
from rules_engine.evaluation.changes.nearby import distance, nearby, of_length
from rules_engine.evaluation.changes.pattern_example import example
from rules_engine.evaluation.comparison import resolve
from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.scene import Scene
from rules_engine.model.catalog import Field, Type
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import (
    Aggregate,
    Comparison,
    Condition,
    Duration,
    FieldOperand,
    Length,
    Near,
    Operand,
    Period,
    RelativeDate,
)
from rules_engine.model.values import MISSING, Missing, Money, Value, get, put

# To change the other side of a comparison is the less usual thing to do.
OTHER_SIDE = 0.3
# What a record of a list is (its kind, its article) is seldom what is wrong with it, and nothing is emptied lightly.
ANOTHER_KIND = 2.0
EMPTIED = 3.0


# --- fields ---------------------------------------------------------------------------------------------------


def field_move(here: Here, name: str, value: Value, aim: Aim, more: float = 0.0) -> Move:
    """The field of this record set; what a new record holds counts with the record."""
    path = (*here.path, *name.split("."))
    return Move((Put(path, value),), _cost(here, name, value, more), aim)


def _cost(here: Here, name: str, value: Value, more: float) -> Cost:
    field, before = here.field(name), get(here.scene.record, name)
    if here.is_new:
        return (0, 0, 0.06 if field is not None and field.choices else 0.05)
    by_system = int(field is not None and field.read_only)
    weight = 1.0 + distance(before, value) + more
    if value is None or value == ():
        weight += EMPTIED
    elif here.path and isinstance(before, str) and before and isinstance(value, str):
        weight += ANOTHER_KIND
    return by_system, 1, weight


def settable(here: Here, name: str) -> bool:
    """Whether only records stand on the way to the field."""
    names = name.split(".")
    above = [at(here.scene.record, tuple(names[:depth])) for depth in range(1, len(names))]
    return all(isinstance(each, Mapping | Missing) or each is None for each in above)


def anchors(here: Here, name: str) -> tuple[Value, ...]:
    """What the field is compared with anywhere in the ruleset."""
    return here.asked.anchors.get((here.root, name), ())


def comparison(condition: Comparison | Length, target: Target, here: Here) -> Need:
    aim = Aim(condition, target, here.root, expected_of(condition, here.scene))
    moves = [*_own_side(condition, target, here, aim), *_other_side(condition, target, here, aim)]
    other = operand_path(condition.operand)
    paths: list[Path] = [(*here.path, *condition.field.split("."))]
    paths += [(*home_of(other, here).path, *other.split("."))] if other else []
    because = f"no value of `{here.scene.prefix}{condition.field}` was found that makes it so"
    return needed(moves, here, [*paths, here.path] if here.path else paths, because)


def _own_side(condition: Comparison | Length, target: Target, here: Here, aim: Aim) -> Iterator[Move]:
    name, field = condition.field, here.field(condition.field)
    if not settable(here, name):
        return
    if field is not None and field.type in (Type.RECORD, Type.RECORDS):
        yield from _whole(condition, target, here, field, aim)
        return
    judge = judge_of(condition, here.scene)
    values = _values(condition, here, field, aim.expected)
    here.memory.tried += len(values)
    that_do = [each for each in values if judge(each) in target]
    yield from told_apart([field_move(here, name, each, aim) for each in that_do], name, here)


def told_apart(moves: Sequence[Move], name: str, here: Here) -> list[Move]:
    """Of values that no condition tells apart only the one that moves least."""
    key = (here.root, name)
    if key in here.asked.linked or len(moves) < 2:
        return list(moves)
    asking = here.asked.conditions.get(key, ())
    found: dict[tuple[Truth, ...], Move] = {}
    for move in sorted(moves, key=lambda each: each.cost):
        value = next(each.value for each in move.atoms if isinstance(each, Put))
        # A single condition is the one that has chosen these values.
        truths = tuple(judge_of(each, here.scene)(value) for each in asking) if len(asking) > 1 else ()
        found.setdefault(truths, move)
    return list(found.values())


def judge_of(condition: Condition, scene: Scene) -> Callable[[Value], Truth]:
    name = getattr(condition, "field", "")
    return lambda value: trace_condition(condition, replace(scene, record=put(scene.record, name, value))).truth


def _values(condition: Comparison | Length, here: Here, field: Field | None, expected: Value | Missing) -> list[Value]:
    actual = get(here.scene.record, condition.field)
    if isinstance(condition, Length):
        numbers = expected if isinstance(expected, tuple) else (expected,)
        bounds = [each.to_integral_value(ROUND_FLOOR) for each in numbers if isinstance(each, Decimal)]
        counts = [*(bound + step for bound in bounds for step in (0, 1, -1, 2)), Decimal(1), Decimal(10)]
        texts = [of_length(actual, each) for each in counts]
        return [each for each in texts if each is not None]
    known = [*known_value(expected), *anchors(here, condition.field)]
    if condition.operator == "matches" and isinstance(expected, str):
        known.append(example(expected))
    found = nearby(actual, known, field, here.scene)
    return [*found, None] if actual is not None else found


def known_value(value: Value | Missing) -> tuple[Value, ...]:
    return () if isinstance(value, Missing) else (value,)


def _whole(condition: Condition, target: Target, here: Here, field: Field, aim: Aim) -> Iterator[Move]:
    """A record or a list that is, or is not, to be empty."""
    name = getattr(condition, "field", "")
    path = (*here.path, *name.split("."))
    filled = trace_condition(condition, replace(here.scene, record=put(here.scene.record, name, ({},)))).truth
    if filled not in target:
        there = at(here.scene.record, tuple(name.split(".")))
        count = max(1, len(there)) if isinstance(there, tuple | Mapping) else 1
        yield Move((Put(path, () if field.type is Type.RECORDS else None),), (0, count, count * 3.0), aim)
    elif field.type is Type.RECORDS:
        yield Move((Add((*path, here.state.size(path))),), (0, 1, 2.5), aim)
    else:
        inner = here.catalog.types.get(field.of)
        for each in inner.fields.values() if inner else ():
            values = nearby(MISSING, (), each, here.scene)
            if values:
                yield field_move(here, f"{name}.{each.name}", values[0], aim)


# --- the other side -------------------------------------------------------------------------------------------


def operand_path(operand: Operand) -> str:
    return operand.path if isinstance(operand, FieldOperand | Near) else ""


def home_of(path: str, here: Here) -> Here:
    """Where the other field stands: in this record, else in the case."""
    top = replace(here, scene=replace(here.scene, record=here.state.case.record), path=(), root="case")
    if not isinstance(get(here.scene.record, path), Missing):
        return here
    if not isinstance(get(top.scene.record, path), Missing):
        return top
    return here if here.field(path) is not None else top


def _other_side(condition: Comparison | Length, target: Target, here: Here, aim: Aim) -> Iterator[Move]:
    path = operand_path(condition.operand)
    if not path:
        return
    home = home_of(path, here)
    if not settable(home, path):
        return
    actual = get(here.scene.record, condition.field)
    is_length = isinstance(condition, Length) and isinstance(actual, str)
    figure = Decimal(len(actual)) if is_length and isinstance(actual, str) else actual
    for value in other_values(condition.operand, path, figure, home):
        if trace_condition(condition, with_other(here, home, path, value)).truth in target:
            yield field_move(home, path, value, replace(aim, root=home.root), OTHER_SIDE)


def other_values(operand: Operand, path: str, figure: Value | Missing, home: Here) -> list[Value]:
    """Candidates for the field on the right, given what stands on the left."""
    known = [*known_value(figure), *known_value(_back(figure, operand, home.scene)), *anchors(home, path)]
    return nearby(get(home.scene.record, path), known, home.field(path), home.scene)


def with_other(here: Here, home: Here, path: str, value: Value) -> Scene:
    """The scene with the other field set, in this record or in the case."""
    if home.path == here.path:
        return replace(here.scene, record=put(here.scene.record, path, value))
    case = here.scene.case
    return replace(here.scene, case=replace(case, record=put(case.record, path, value)))


def _back(figure: Value | Missing, operand: Operand, scene: Scene) -> Value | Missing:
    """The other field's value at which its percentage, or its date shifted, meets the figure."""
    percent = operand.percent if isinstance(operand, FieldOperand) else None
    span = operand.plus if isinstance(operand, FieldOperand) else None
    match figure:
        case Decimal() if percent:
            return figure * 100 / percent
        case Money(amount, currency) if percent:
            return Money(amount * 100 / percent, currency)
        case datetime() if span:
            return calendar.shift(figure, Duration(-span.count, span.unit), scene.case.zone)
        case date() if span:
            return calendar.shift_day(figure, Duration(-span.count, span.unit))
        case _:
            return figure


def expected_of(condition: Comparison | Length | Aggregate, scene: Scene) -> Value | Missing:
    """The operand resolved: for what moves with the clock the first and last that count, for `within` both ends."""
    operand = condition.operand
    match operand:
        case Duration() | Period() | RelativeDate():
            probe = Comparison("probe", condition.operator, operand)
            return trace_condition(probe, replace(scene, record={**scene.record, "probe": scene.now})).expected
        case Near(percent, path):
            other, _ = resolve(FieldOperand(path), scene)
            amount = other.amount if isinstance(other, Money) else other
            if not isinstance(amount, Decimal):
                return MISSING
            ends = (amount - abs(amount) * percent / 100, amount, amount + abs(amount) * percent / 100)
            return tuple(Money(each, other.currency) for each in ends) if isinstance(other, Money) else ends
        case _:
            return resolve(operand, scene)[0]
