"""An amount seen in another currency, at a dated rate: no rate means unknown, never 1."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rules_engine.model.case import Rate
from rules_engine.model.values import Money


def in_currency(money: Money, currency: str, rates: Sequence[Rate], on: date) -> Decimal | None:
    """The unrounded amount in `currency` at the newest rate of that day or before, direct or inverse."""
    if money.currency == currency:
        return money.amount
    known = [rate for rate in rates if rate.on <= on and {rate.base, rate.quote} == {money.currency, currency}]
    if not known:
        return None
    # A direct rate of the same day wins over an inverse one.
    newest = max(known, key=lambda rate: (rate.on, rate.base == money.currency))
    return money.amount * newest.rate if newest.base == money.currency else money.amount / newest.rate
