"""Values in the words of messages, of carried-over notes and of the `text` transform."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal

from rules_engine.conversion.graphemes import cut
from rules_engine.formats.literals import span_text
from rules_engine.model.values import Money, Months, Value

# No amount of business needs more digits; a thousand zeros from `1E+1000` are an accident.
MOST_DIGITS = 40


def plain(value: Value) -> str | None:
    """A scalar, or a list of scalars with ", ", as text; None for what has no plain text: null, a record, a NaN.

    Decimals never with an exponent, dates and times in ISO 8601, booleans `true` and `false`, money `15.42 EUR`.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return digits(value)
        case Money():
            amount = digits(value.amount)
            return amount and f"{amount} {value.currency}"
        case date() | time():  # a datetime too
            return value.isoformat()
        case timedelta() | Months():
            return span_text(value)
        case tuple():
            parts = [plain(item) for item in value]
            return None if None in parts else ", ".join(part for part in parts if part is not None)
        case _:
            return None


def digits(value: Decimal) -> str | None:
    """`1E+3` as `1000`; None for what is no finite number or has more than 40 digits on a side."""
    if not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    if value.adjusted() > MOST_DIGITS or (isinstance(exponent, int) and exponent < -MOST_DIGITS):
        return None
    return format(value, "f")


def shown(value: Value, most: int = 60) -> str:
    """A value in backticks for a message, shortened."""
    text = plain(value)
    if text is None:
        return kind_of(value)
    short = cut(text, most)
    return f"`{short}`" if short == text else f"`{short}…`"


def kind_of(value: Value) -> str:
    """What a value is, in words: `a date`, `a list`."""
    match value:
        case None:
            return "nothing"
        case str():
            return "text"
        case bool():
            return "yes or no"
        case Decimal():
            return "a number"
        case Money():
            return "money"
        case tuple():
            return "a list"
        case Mapping():
            return "a record"
        case _:
            return "a date and time" if hasattr(value, "hour") else "a date"
