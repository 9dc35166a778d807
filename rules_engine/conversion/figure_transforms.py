"""Transforms of numbers, quantities and money that are exact, or say what they rounded."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from decimal import Context as Precision
from fractions import Fraction
from zoneinfo import ZoneInfo

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome
from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.money import rounded
from rules_engine.conversion.units import factor_between, unit_of
from rules_engine.conversion.wording import MOST_DIGITS, digits, kind_of, shown
from rules_engine.model.case import rate_between
from rules_engine.model.values import Money, Value, is_empty

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_MARKS = {".", ",", " ", "'", "\u00a0", "\u202f", "’"}
_EXACT = Precision(prec=200)


def number(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """Digits with a point. `decimal` and `thousands` say which marks a text has: without them none is guessed."""
    if isinstance(value, Decimal) and value.is_finite():
        return Done(value)
    if isinstance(value, Money):
        return Failed(f"{shown(value)} is money, not a number", "use `amount`")
    remedy = "a number is written as `1234.50`; say other marks with `decimal` and `thousands`"
    if not isinstance(value, str):
        return Failed(f"{shown(value)} is not a number", remedy)
    if value == "":
        return Done(None)
    point, thousands = arguments.get("decimal", "."), arguments.get("thousands", "")
    if point not in (".", ",") or (thousands != "" and thousands not in _MARKS) or point == thousands:
        return Failed("`number` does not know these marks", 'write `decimal: ","` and `thousands: "."`')
    plain = _plain(value, str(point), str(thousands))
    if len(value) > MOST_DIGITS or not _NUMBER.fullmatch(plain):
        return Failed(f"{shown(value)} is not a number", remedy)
    return Done(Decimal(plain))


def _plain(text: str, point: str, thousands: str) -> str:
    """With a decimal point and no other mark; as it stands where a thousands mark is not between groups of three."""
    if len(text) > MOST_DIGITS:
        return text
    whole, mark, rest = text.partition(point)
    if thousands and thousands in whole:
        if not re.fullmatch(rf"[+-]?[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+", whole):
            return "no number"
        whole = whole.replace(thousands, "")
    return f"{whole}{'.' if mark else ''}{rest}"


def round_to(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`decimals` from 0 to 20; money keeps its currency. What was rounded away is said as a loss."""
    decimals = arguments.get("decimals")
    if not isinstance(decimals, Decimal) or not decimals.is_finite() or decimals not in range(21):
        return Failed(f"`round` cannot round to {shown(decimals)} decimals", "give a whole number from 0 to 20")
    amount = value.amount if isinstance(value, Money) else value
    if not isinstance(amount, Decimal) or digits(amount) is None:
        return Failed(f"{shown(value)} is not a number", "put `number` before it")
    found = amount.quantize(Decimal(1).scaleb(-int(decimals)), rounding=ROUND_HALF_UP, context=_EXACT)
    loss = f"rounded from {digits(amount)}" if found != amount else ""
    return Done(Money(found, value.currency) if isinstance(value, Money) else found, loss)


# --- units ----------------------------------------------------------------------------------------------------


def quantity_in(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`[quantity, unit]` in the unit `to`; only where the result has an end: a third of a dozen is 4, of a ten not."""
    return _converted("quantity_in", value, arguments, inverse=False)


def price_per(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`[price, unit]` as the price of one `to`: the factor the other way round, so that price × quantity stays."""
    return _converted("price_per", value, arguments, inverse=True)


def _converted(name: str, value: Value, arguments: Arguments, *, inverse: bool) -> Outcome:
    sources = value if isinstance(value, tuple) else (value,)
    if len(sources) != 2:
        return Failed(f"`{name}` needs a figure and its unit", "write `from: [quantity, unit]`")
    figure, unit = sources
    if is_empty(figure):
        return Done(None)
    amount = figure.amount if isinstance(figure, Money) else figure
    if not isinstance(amount, Decimal) or digits(amount) is None:
        return Failed(f"{shown(figure)} is not a figure", "map a number, or money for a price")
    factor = _factor(unit, arguments.get("to"))
    if isinstance(factor, Failed):
        return factor
    exact = Fraction(amount) / factor if inverse else Fraction(amount) * factor
    found = _decimal(exact)
    if found is None:
        what = f"{digits(amount)} per {unit}" if inverse else f"{digits(amount)} {unit}"
        return Failed(f"{what} is no whole decimal in {arguments.get('to')}", "keep the source's unit")
    change = "" if factor == 1 else f"1 {unit} is {factor} {arguments.get('to')}"
    return Done(Money(found, figure.currency) if isinstance(figure, Money) else found, change)


def _factor(unit: Value, to: Value) -> Fraction | Failed:
    remedy = "use a code of UN/ECE Recommendation 20 such as `C62`, `KGM`, `MTR`, or map it first"
    known = []
    for each in (unit, to):
        found = unit_of(each) if isinstance(each, str) and len(each) < 100 else None
        if found is None:
            return Failed(f"{shown(each)} is no unit that we know", remedy)
        known.append(found)
    factor = factor_between(known[0], known[1])
    return Failed(f"{shown(unit)} cannot be counted in {shown(to)}", remedy) if factor is None else factor


def _decimal(exact: Fraction) -> Decimal | None:
    """The fraction as a decimal with at most 20 decimals; None where it goes on for ever."""
    found = _EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    if Fraction(found) != exact or -int(found.as_tuple().exponent) > 20:
        return None
    return found.normalize() if found.as_tuple().exponent != 0 and found == found.to_integral_value() else found


# --- currencies -----------------------------------------------------------------------------------------------


def in_currency(value: Value, arguments: Arguments, context: Context) -> Outcome:
    """`[money]` or `[money, day]` in the currency `to`, at the newest rate of that day or before, rounded half up.

    The rate and its day stand in the lineage. Without a rate it fails: nothing is taken for 1.
    """
    sources = value if isinstance(value, tuple) else (value,)
    to = arguments.get("to")
    if not isinstance(to, str) or to not in MINOR_UNITS:
        return Failed(f"{shown(to)} is not a currency", "use a code of ISO 4217 such as `EUR`")
    if not 1 <= len(sources) <= 2:
        return Failed("`in_currency` needs money, and may have a day", "write `from: [amount, close_date]`")
    money, day = sources[0], sources[1] if len(sources) == 2 else None
    if is_empty(money):
        return Done(None)
    if not isinstance(money, Money) or digits(money.amount) is None:
        return Failed(f"{shown(money)} is not money", "put `money` before it")
    if money.currency == to:
        return Done(money)
    on = _day(day, context)
    if on is None:
        return Failed(f"{kind_of(day)} is no day for a rate", "give a date, or leave it out for today")
    rate = rate_between(money.currency, to, context.rates, on)
    if rate is None:
        return Failed(f"there is no rate from {money.currency} to {to} on {on}", "add one with `o2o rates`")
    direct = rate.base == money.currency
    exact = _EXACT.multiply(money.amount, rate.rate) if direct else _EXACT.divide(money.amount, rate.rate)
    said = f"1 {rate.base} = {rate.rate:f} {rate.quote} of {rate.on}"
    return Done(Money(rounded(exact, to), to), f"from {digits(money.amount)} {money.currency} at {said}")


def _day(value: Value, context: Context) -> date | None:
    match value:
        case None | "":
            return context.now.astimezone(ZoneInfo(context.zone)).date()
        case datetime():
            try:
                return value.astimezone(ZoneInfo(context.zone)).date()
            except (OverflowError, ValueError):
                return None
        case date():
            return value
        case _:
            return None
