"""Amounts in whole minor units of their currency, and exact until then."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.wording import digits
from rules_engine.model.values import Money

# Products of amounts stay exact, whatever precision the caller's thread has.
EXACT = Context(prec=200)
HUNDRED = Decimal(100)


class Rounding(StrEnum):
    HALF_UP = "half up"  # away from zero for negatives: a credit mirrors its invoice
    HALF_EVEN = "half even"


class UnknownCurrency(ValueError):
    """Not a code of ISO 4217."""


def minor_units(currency: str, overrides: Mapping[str, int] | None = None) -> int:
    """Decimals of the currency; `overrides` are the workspace's (HUF is often shown with 0). Raises UnknownCurrency."""
    decimals = (overrides or {}).get(currency, MINOR_UNITS.get(currency))
    if decimals is None:
        raise UnknownCurrency(f"`{currency}` is not a currency of ISO 4217")
    return decimals


def minor_unit(currency: str, overrides: Mapping[str, int] | None = None) -> Decimal:
    """The least amount of the currency: 0.01 for EUR, 1 for JPY. Raises UnknownCurrency."""
    return Decimal(1).scaleb(-minor_units(currency, overrides))


def rounded(
    amount: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
    overrides: Mapping[str, int] | None = None,
) -> Decimal:
    """The amount in whole minor units of the currency. Raises UnknownCurrency."""
    mode = ROUND_HALF_UP if rounding is Rounding.HALF_UP else ROUND_HALF_EVEN
    return amount.quantize(minor_unit(currency, overrides), rounding=mode, context=EXACT)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """Unrounded."""
    return EXACT.divide(EXACT.multiply(amount, percent), HUNDRED)


def cash_adjustment(total: Decimal, step: Decimal, currency: str) -> Decimal:
    """What a separate line adds so that the total can be paid in coins of `step` (CHF 12.23, 0.05: 0.02)."""
    steps = EXACT.divide(total, step).quantize(Decimal(1), rounding=ROUND_HALF_UP, context=EXACT)
    return rounded(steps * step - total, currency)


def spoken(money: Money) -> str:
    """`15.42 EUR`, without an exponent."""
    return f"{digits(money.amount)} {money.currency}"
