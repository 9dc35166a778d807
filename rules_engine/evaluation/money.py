"""An amount seen in another currency, at a dated rate: no rate means unknown, never 1."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rules_engine.model.case import Rate, rate_between
from rules_engine.model.values import Money


def in_currency(money: Money, currency: str, rates: Sequence[Rate], on: date) -> Decimal | None:
    """The unrounded amount in `currency` at the newest rate of that day or before, direct or inverse; None without."""
    if money.currency == currency:
        return money.amount
    newest = rate_between(money.currency, currency, rates, on)
    if newest is None:
        return None
    try:
        return money.amount * newest.rate if newest.base == money.currency else money.amount / newest.rate
    except ArithmeticError:  # a rate of nothing, an amount beyond all numbers
        return None
