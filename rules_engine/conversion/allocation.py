"""An amount shared out so that its parts add up to it."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from rules_engine.conversion.money import EXACT, minor_unit


def allocated(amount: Decimal, weights: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    """`amount` shared out by weight in whole minor units, parts adding up to it: largest remainder, earlier first.

    `amount` itself is in whole minor units, no weight is negative. Weights that add up to 0 share it evenly.
    """
    if not weights:
        return ()
    unit, total = minor_unit(currency), sum(weights, Decimal(0))
    shares = list(weights) if total else [Decimal(1)] * len(weights)
    whole = total or Decimal(len(weights))
    exact = [EXACT.divide(EXACT.multiply(abs(amount), share), whole) for share in shares]
    parts = [each.quantize(unit, rounding=ROUND_FLOOR, context=EXACT) for each in exact]
    missing = int((abs(amount) - sum(parts, Decimal(0))) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])
    for at in by_remainder[:missing]:
        parts[at] += unit
    return tuple(-part if part and amount < 0 else part for part in parts)
