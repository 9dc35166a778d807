"""Values at which a condition's truth could turn, read from what it saw and what it was compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.analysis.mutation.neighbours import neighbours
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.decision import RuleTrace, Trace
from rules_engine.model.ruleset import (
    Aggregate,
    Changed,
    Comparison,
    Condition,
    FieldOperand,
    Length,
    Literal,
    Near,
    Quantified,
)
from rules_engine.model.values import Missing, Money, Months, Scalar, Value

_MOST_CHOICES = 12


@dataclass(frozen=True)
class Seen:
    """One condition below a rule as it was judged.

    `prefix` is the path before its fields, `line_items[L-2].` inside a list; `root` the document type of them.
    """

    rule: str
    prefix: str
    root: str
    trace: Trace


def seen(rule: RuleTrace, catalog: Catalog) -> Iterator[Seen]:
    """The rule's condition and all below it, once a record inside lists."""
    yield from _seen(Seen(rule.rule, "", "case", rule.trace), catalog)


def _seen(here: Seen, catalog: Catalog) -> Iterator[Seen]:
    yield here
    condition = here.trace.condition
    for child in here.trace.children:
        prefix, root = here.prefix, here.root
        if isinstance(condition, Quantified | Aggregate):
            field = catalog.find(root, condition.collection)
            prefix, root = f"{prefix}{condition.collection}[{child.item}].", field.of if field else ""
        yield from _seen(Seen(here.rule, prefix, root, child), catalog)


def field_values(here: Seen, catalog: Catalog) -> Iterator[tuple[str, Value]]:
    """(path, value) for each value that is worth a try, empty ones last."""
    condition = here.trace.condition
    if not isinstance(condition, Comparison | Length | Changed):
        return
    field = catalog.find(here.root, condition.field)
    path = f"{here.prefix}{condition.field}"
    compared = tuple(_scalars(here.trace.expected)) or tuple(_written(condition))
    if isinstance(condition, Length):
        yield from ((path, text) for text in _texts_of_length(compared))
    elif field is not None and field.type in (Type.RECORD, Type.RECORDS):
        yield from ((path, value) for value in ((), None))
        return
    elif field is not None and field.type is Type.CHOICES:
        yield from ((path, value) for value in _lists(compared))
    else:
        yield from ((path, value) for value in around(compared, field, _share(condition)))
    yield from _other_side(here, condition, catalog)
    yield path, None


def _written(condition: Condition) -> Iterator[Scalar]:
    """The literals of a comparison that could not be judged."""
    operand = condition.operand if isinstance(condition, Comparison | Length) else None
    if isinstance(operand, Literal):
        yield from _scalars(operand.value)
    if isinstance(condition, Changed):
        yield condition.value


def _scalars(value: Value | Missing) -> Iterator[Scalar]:
    if isinstance(value, tuple):
        for each in value:
            yield from _scalars(each)
    elif isinstance(value, str | bool | Decimal | Money | date | time | timedelta | Months):
        yield value


def _share(condition: Condition) -> Decimal | None:
    operand = condition.operand if isinstance(condition, Comparison) else None
    return operand.percent if isinstance(operand, Near) else None


def around(compared: tuple[Scalar, ...], field: Field | None, share: Decimal | None = None) -> Iterator[Scalar]:
    """The compared values and those next to them; of a choice all choices, of a flag both."""
    if field is not None and field.choices:
        yield from (each.code for each in field.choices[:_MOST_CHOICES])
        return
    if field is not None and field.type is Type.BOOLEAN:
        yield from (True, False)
        return
    for value in compared:
        for each in _spread(value, share) if share is not None else (_fitting(value, field),):
            yield each
            yield from neighbours(each)
            if isinstance(each, str):
                yield from (each.swapcase(), f"{each}x", f"x{each}")


def _fitting(value: Scalar, field: Field | None) -> Scalar:
    """A day as an instant of a field that is a date and time, as its noon is in any zone's day but the outermost."""
    day = isinstance(value, date) and not isinstance(value, datetime)
    if day and isinstance(value, date) and field is not None and field.type is Type.DATETIME:
        return datetime.fromisoformat(f"{value.isoformat()}T12:00:00+00:00")
    return value


def _spread(value: Scalar, share: Decimal) -> Iterator[Scalar]:
    for factor in (1 - share / 100, 1 + share / 100):
        if isinstance(value, Money):
            yield Money(value.amount * factor, value.currency)
        elif isinstance(value, Decimal):
            yield value * factor


def _lists(codes: tuple[Scalar, ...]) -> Iterator[Value]:
    yield codes
    for position in range(len(codes)):
        yield (codes[position],)
        yield (*codes[:position], *codes[position + 1 :])


def _texts_of_length(lengths: tuple[Scalar, ...]) -> Iterator[str]:
    for each in lengths:
        if isinstance(each, Decimal):
            whole = min(max(int(each), 0), 2000)
            yield from ("x" * length for length in (whole, whole + 1, max(whole - 1, 0)))


def _other_side(here: Seen, condition: Condition, catalog: Catalog) -> Iterator[tuple[str, Value]]:
    """A comparison with another field turns when that one moves, too."""
    operand = condition.operand if isinstance(condition, Comparison | Aggregate) else None
    path = operand.path if isinstance(operand, FieldOperand | Near) else ""
    if not path:
        return
    inside = catalog.find(here.root, path)
    name, field = (f"{here.prefix}{path}", inside) if inside else (path, catalog.find("case", path))
    yield from ((name, value) for value in around(tuple(_scalars(here.trace.actual)), field))
    yield name, None


def figure_values(here: Seen, items: tuple[str, ...], catalog: Catalog) -> Iterator[tuple[str, Value]]:
    """(path, value) that bring the figure over a list to where it is compared; `items` are its records' names."""
    condition = here.trace.condition
    if not isinstance(condition, Aggregate):
        return
    yield from _other_side(here, condition, catalog)
    if not condition.of:
        return
    compared, actual = tuple(_scalars(here.trace.expected)), tuple(_scalars(here.trace.actual))
    field = catalog.find(here.root, f"{condition.collection}.{condition.of}")
    for item in items:
        path = f"{here.prefix}{condition.collection}[{item}].{condition.of}"
        yield from ((path, value) for value in around((*compared, *actual), field))
        yield path, None
