"""The lines of a quote or order as money sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.discounts import Discount, line_amount
from rules_engine.conversion.money import Rounding, spoken
from rules_engine.conversion.wording import digits
from rules_engine.model.values import Money, Record, Value, identity

LINES = "lines"
# Lines that say something and cost nothing.
WORDS = ("section", "text")


@dataclass(frozen=True)
class Line:
    """A line of a document; None and "" stand for what it does not say.

    `steps` are its discounts in order, `stated` its own net amount, `parent` the line that it is a part of. `optional`
    lines, and the parts of one, are offered and not yet agreed: they count in no total.
    """

    name: str
    position: int
    record: Record
    kind: str
    quantity: Decimal | None
    price: Money | None
    steps: tuple[Discount, ...]
    stated: Money | None
    rate: Decimal | None
    code: str
    parent: str
    optional: bool


def lines_of(document: Record) -> tuple[Line, ...]:
    """The lines in their order."""
    records = document.get(LINES)
    given = records if isinstance(records, tuple) else ()
    found = [_line(each, at) for at, each in enumerate(given) if isinstance(each, Mapping)]
    chosen = _optional(found)
    return tuple(_line(each.record, each.position, each.name in chosen) for each in found) if chosen else tuple(found)


def _line(record: Record, position: int, optional: bool = False) -> Line:
    return Line(
        identity(record, position),
        position,
        record,
        _text(record.get("kind")),
        _number(record.get("quantity")),
        _money(record.get("unit_price")),
        _steps(record),
        _money(record.get("net_amount")),
        _number(record.get("tax_rate")),
        _text(record.get("tax_code")),
        _text(record.get("parent")),
        optional or record.get("optional") is True,
    )


def _optional(lines: Sequence[Line]) -> frozenset[str]:
    """The names of the optional lines with all their parts, however deep."""
    parts: dict[str, list[str]] = {}
    for line in lines:
        parts.setdefault(line.parent, []).append(line.name)
    open_, found = [line.name for line in lines if line.optional], set[str]()
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            open_ += parts.get(name, ())
    return frozenset(found)


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Value | None) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _money(value: Value | None) -> Money | None:
    return value if isinstance(value, Money) else None


def _steps(record: Record) -> tuple[Discount, ...]:
    """`discounts`, each with a `percent` or an `amount` a unit; where there are none, the one of `discount` percent."""
    given = record.get("discounts")
    steps = [_step(each) for each in given if isinstance(each, Mapping)] if isinstance(given, tuple) else []
    found = tuple(each for each in steps if each is not None and each.value)
    percent = record.get("discount")
    return found or ((Discount(percent),) if isinstance(percent, Decimal) and percent else ())


def _step(record: Record) -> Discount | None:
    percent, amount = record.get("percent"), record.get("amount")
    if isinstance(percent, Decimal):
        return Discount(percent)
    return Discount(amount.amount, fixed=True) if isinstance(amount, Money) else None


# --- what a line costs -----------------------------------------------------------------------------------------


def beyond_measure(line: Line) -> str:
    """Why its figures cannot be reckoned with, "" where they can."""
    if line.price is None or line.quantity is None:
        return ""
    if line.price.currency not in MINOR_UNITS:
        return f"line `{line.name}`: `{line.price.currency}` is not a currency of ISO 4217"
    if None in (digits(line.quantity), digits(line.price.amount), *(digits(each.value) for each in line.steps)):
        return f"line `{line.name}`: its quantity, price or discount is beyond all measure"
    return ""


def priced(line: Line, rounding: Rounding) -> Money | None:
    """Quantity × unit price less the discounts, rounded once; None where quantity or price are not there."""
    if line.price is None or line.quantity is None or beyond_measure(line):
        return None
    return line_amount(line.quantity, line.price.amount, line.steps, line.price.currency, rounding)


def list_price(line: Line) -> Money | None:
    """The product's price in the price list; None where it is not said, or is no amount."""
    found = _money(line.record.get("list_price"))
    return found if found is not None and digits(found.amount) is not None else None


def sum_in_words(line: Line) -> str:
    """`4 × 100.00 EUR less 10 %`."""
    if line.price is None or line.quantity is None:
        return ""
    less = f" less {steps_in_words(line)}" if line.steps else ""
    return f"{digits(line.quantity)} × {spoken(line.price)}{less}"


def steps_in_words(line: Line) -> str:
    """`10 %, then 5 %`."""
    return ", then ".join(str(each) for each in line.steps)
