"""A line's price less its discounts, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from rules_engine.conversion.money import EXACT, HUNDRED, Rounding, percent_of, rounded
from rules_engine.conversion.wording import digits
from rules_engine.model.values import Money

# More decimals than any system keeps of a unit price or a percentage.
_FINEST = Decimal(1).scaleb(-8)


@dataclass(frozen=True)
class Discount:
    """One step of a discount: `value` percent, or an amount a unit in the price's currency where `fixed`."""

    value: Decimal
    fixed: bool = False

    def __str__(self) -> str:
        return f"{digits(self.value)}{' a unit' if self.fixed else ' %'}"


def discounted(price: Decimal, steps: Iterable[Discount]) -> Decimal:
    """The price after each step in turn, unrounded: 10 % then 5 % is 14.5 %, not 15 %."""
    for step in steps:
        less = step.value if step.fixed else percent_of(price, step.value)
        price = EXACT.subtract(price, less)
    return price


def line_amount(
    quantity: Decimal,
    unit_price: Decimal,
    steps: Iterable[Discount],
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> Money:
    """Quantity × unit price less the steps, rounded once at the end: a unit price may have more decimals."""
    return Money(rounded(EXACT.multiply(quantity, discounted(unit_price, steps)), currency, rounding), currency)


def line_net(
    quantity: Decimal,
    unit_price: Decimal,
    discount: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> Money:
    """`line_amount` with a discount of so many percent."""
    return line_amount(quantity, unit_price, (Discount(discount),), currency, rounding)


def as_one_percent(
    quantity: Decimal, price: Decimal, steps: tuple[Discount, ...], currency: str, rounding: Rounding
) -> Decimal | None:
    """The one percentage that makes the line cost the same to the minor unit; None where there is none."""
    less = EXACT.subtract(price, discounted(price, steps))
    share = EXACT.divide(less, price) if price else Decimal(0)
    percent = _short(EXACT.multiply(share, HUNDRED))
    same = line_amount(quantity, price, steps, currency, rounding)
    return percent if line_net(quantity, price, percent, currency, rounding) == same else None


def as_net_price(
    quantity: Decimal, price: Decimal, steps: tuple[Discount, ...], currency: str, rounding: Rounding
) -> Decimal | None:
    """The unit price with the steps within it, at which the line costs the same; None where there is none."""
    net = _short(discounted(price, steps))
    same = line_amount(quantity, price, steps, currency, rounding)
    return net if line_amount(quantity, net, (), currency, rounding) == same else None


def _short(value: Decimal) -> Decimal:
    """At most 8 decimals, without zeros at the end."""
    cut = EXACT.quantize(value, _FINEST).normalize(EXACT)
    return cut if cut.as_tuple().exponent not in range(1, 99) else cut.quantize(Decimal(1), context=EXACT)
