"""The values that a comparison tells apart: at its bounds, beside them, of other kinds, and none."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from rules_engine.analysis.boundary.nearby import distinct, in_zone, nearby, unlike
from rules_engine.analysis.boundary.stage import Stage
from rules_engine.model.catalog import Type
from rules_engine.model.ruleset import Comparison, Condition, FieldOperand, Length, Literal, Near
from rules_engine.model.values import MISSING, Missing, Money, Value, get

MOST_LITERALS: Final = 20
MOST_CHARACTERS: Final = 10_000


def candidates(condition: Comparison | Length, stage: Stage) -> tuple[Value | Missing, ...]:
    """Values of the field at the edges of the comparison, the likeliest first; missing, null and empty last."""
    stage = with_others(condition, stage)
    field = stage.field(condition.field)
    usual = stage.ordinary(condition.field)
    # On an ordinary value the trace says what the operand comes to, whatever kind of operand it is.
    expected = stage.placed(condition.field, usual).trace(condition).expected
    literal = condition.operand.value if isinstance(condition.operand, Literal) else None
    bounds = distinct([*_some(_flat(literal)), *_some(_flat(expected)), *_around(condition, expected)])
    typed = [each for bound in bounds for each in in_zone(bound, field.type, stage.scene.case.zone)]
    near = [each for bound in typed for each in nearby(bound)]
    if isinstance(condition, Length):
        near = list(_of_length(near))
    codes = [each.code for each in field.choices[:8]]
    if field.type is Type.CHOICES:
        near, codes = list(_lists(near, codes)), []
    others = [each for bound in bounds if not isinstance(bound, Missing) for each in unlike(bound)]
    return distinct([*near, *codes, usual, *others, (), "", None, MISSING])


def with_others(condition: Condition, stage: Stage) -> Stage:
    """The stage with an ordinary value in the field that the operand names, if it has none."""
    operand = getattr(condition, "operand", None)
    if not isinstance(operand, FieldOperand | Near) or stage.catalog.find(stage.root, operand.path) is None:
        return stage
    if not isinstance(get(stage.scene.record, operand.path), Missing):
        return stage
    return stage.placed(operand.path, stage.ordinary(operand.path))


def _flat(value: Value | Missing) -> tuple[Value | Missing, ...]:
    return value if isinstance(value, tuple) else () if value is None or isinstance(value, Missing) else (value,)


def _some(values: tuple[Value | Missing, ...]) -> tuple[Value | Missing, ...]:
    """Of thousands of literals the first and the last: what is true of them is true of those between."""
    return values if len(values) <= MOST_LITERALS else (*values[: MOST_LITERALS - 1], values[-1])


def _around(condition: Comparison | Length, expected: Value | Missing) -> Iterator[Value]:
    """The two ends of "within 5 % of another field"."""
    if not isinstance(condition.operand, Near):
        return
    for share in (100 - condition.operand.percent, 100 + condition.operand.percent):
        match expected:
            case Decimal():
                yield expected * share / 100
            case Money(amount, currency):
                yield Money(amount * share / 100, currency)


def _of_length(numbers: Sequence[Value]) -> Iterator[Value]:
    for each in numbers:
        if isinstance(each, Decimal) and each == int(each) and 0 <= each <= MOST_CHARACTERS:
            yield from ("a" * (int(each) + more) for more in (0, 1, -1) if int(each) + more >= 0)
            # Two code points that are one in NFC.
            yield "e\u0301" * int(each)


def _lists(wanted: Sequence[Value], codes: Sequence[str]) -> Iterator[Value]:
    texts = list(dict.fromkeys(each for each in wanted if isinstance(each, str)))
    yield from ((each,) for each in (*texts, *codes))
    yield from (tuple(texts), (*texts, *codes), tuple(texts[1:]))
