"""The right-hand side of a comparison, changed in one place."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from rules_engine.analysis.mutation.neighbours import neighbouring_spans, neighbours
from rules_engine.model.catalog import Field
from rules_engine.model.operators import OPERATORS, Takes
from rules_engine.model.ruleset import (
    Duration,
    FieldOperand,
    Literal,
    Near,
    Operand,
    Period,
    RelativeDate,
    Unit,
)
from rules_engine.model.values import Scalar

_OTHER_PERIOD = {"this": "last", "last": "this", "next": "this"}


def operand_variants(operator: str, operand: Operand, field: Field | None) -> Iterator[tuple[str, Operand]]:
    """(kind, operand) for each change of the operand of a comparison of `field`."""
    match operand:
        case Literal():
            yield from _literals(OPERATORS[operator].takes, operand, field)
        case FieldOperand(_, plus, percent):
            for span in neighbouring_spans(plus, signed=True) if plus is not None else ():
                yield "threshold", replace(operand, plus=span)
            for share in _shares(percent) if percent is not None else ():
                yield "threshold", replace(operand, percent=share)
        case RelativeDate(anchor, plus):
            start = plus or Duration(0, Unit.DAYS if anchor == "today" else Unit.HOURS)
            for span in neighbouring_spans(start, signed=True):
                yield "threshold", RelativeDate(anchor, span if span.count else None)
        case Period(which, unit):
            yield "period", Period(_OTHER_PERIOD[which], unit)
        case Near(percent, path):
            for share in _shares(percent):
                if share >= 0:
                    yield "threshold", Near(share, path)
        case Duration():
            for span in neighbouring_spans(operand):
                yield "window", span
        case None:
            return


def _literals(takes: Takes, literal: Literal, field: Field | None) -> Iterator[tuple[str, Operand]]:
    values = literal.value
    if takes is Takes.PATTERN:
        return  # half a pattern is none
    if not isinstance(values, tuple):
        for each in neighbours(values, field):
            yield "threshold" if not isinstance(values, str | bool) else "value", Literal(each)
    elif takes is Takes.PAIR:
        for pair in _pairs(*values):
            yield "threshold", Literal(pair)
    else:
        for position, value in enumerate(values):
            before, after = values[:position], values[position + 1 :]
            if len(values) > 1:
                yield "value", Literal((*before, *after))
            for each in neighbours(value, field, values):
                yield "value", Literal((*before, each, *after))


def _pairs(low: Scalar, high: Scalar) -> Iterator[tuple[Scalar, Scalar]]:
    for each in neighbours(low):
        if _in_order(each, high):
            yield each, high
    for each in neighbours(high):
        if _in_order(low, each):
            yield low, each


def _in_order(low: Scalar, high: Scalar) -> bool:
    first, last = getattr(low, "amount", low), getattr(high, "amount", high)
    return type(first) is type(last) and first <= last  # type: ignore[operator]  # one type on both sides


def _shares(percent: Decimal) -> Iterator[Decimal]:
    yield from (each for each in neighbours(percent) if isinstance(each, Decimal))
