"""Amounts rounded, added up and shared out, and whether a document's total is the sum of its lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.wording import digits
from rules_engine.model.values import Money, Record, Value, identity

# Products of amounts stay exact, whatever precision the caller's thread has.
_EXACT = Context(prec=200)
_HUNDRED = Decimal(100)


class Rounding(StrEnum):
    HALF_UP = "half up"  # away from zero for negatives: a credit mirrors its invoice
    HALF_EVEN = "half even"


class TaxRounding(StrEnum):
    PER_LINE = "per line"
    PER_DOCUMENT = "per document"  # once for each group of category and rate (EN 16931)


class UnknownCurrency(ValueError):
    """Not a code of ISO 4217."""


def minor_units(currency: str, overrides: Mapping[str, int] | None = None) -> int:
    """Decimals of the currency; `overrides` are the workspace's (HUF is often shown with 0). Raises UnknownCurrency."""
    decimals = (overrides or {}).get(currency, MINOR_UNITS.get(currency))
    if decimals is None:
        raise UnknownCurrency(f"`{currency}` is not a currency of ISO 4217")
    return decimals


def rounded(
    amount: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
    overrides: Mapping[str, int] | None = None,
) -> Decimal:
    """The amount in whole minor units of the currency. Raises UnknownCurrency."""
    mode = ROUND_HALF_UP if rounding is Rounding.HALF_UP else ROUND_HALF_EVEN
    return amount.quantize(_unit(currency, overrides), rounding=mode, context=_EXACT)


def _unit(currency: str, overrides: Mapping[str, int] | None = None) -> Decimal:
    return Decimal(1).scaleb(-minor_units(currency, overrides))


def _percent(amount: Decimal, percent: Decimal) -> Decimal:
    return _EXACT.divide(_EXACT.multiply(amount, percent), _HUNDRED)


def line_net(
    quantity: Decimal,
    unit_price: Decimal,
    discount: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> Money:
    """Quantity × unit price less `discount` percent, rounded once at the end: a unit price may have more decimals."""
    gross = _EXACT.multiply(quantity, unit_price)
    net = _percent(gross, _EXACT.subtract(_HUNDRED, discount))
    return Money(rounded(net, currency, rounding), currency)


@dataclass(frozen=True)
class Discount:
    """One step of a discount: `value` percent, or an amount in the price's currency where `fixed`."""

    value: Decimal
    fixed: bool = False


def discounted(price: Decimal, steps: Iterable[Discount]) -> Decimal:
    """The price after each step in turn, unrounded: 10 % then 5 % is 14.5 %, not 15 %."""
    for step in steps:
        price = price - step.value if step.fixed else _percent(price, _HUNDRED - step.value)
    return price


@dataclass(frozen=True)
class TaxedLine:
    """A line as the total sees it: `rate` in percent. An allowance on the document is a line with a negative net."""

    net: Decimal
    rate: Decimal
    category: str = "S"


@dataclass(frozen=True)
class TaxGroup:
    category: str
    rate: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    net: Decimal
    tax: Decimal
    gross: Decimal
    currency: str
    groups: tuple[TaxGroup, ...]


def document_totals(
    lines: Sequence[TaxedLine],
    currency: str,
    policy: TaxRounding = TaxRounding.PER_DOCUMENT,
    rounding: Rounding = Rounding.HALF_UP,
) -> Totals:
    """Net, tax and gross; `per line` rounds each line's tax, `per document` that of each group."""
    groups: dict[tuple[str, Decimal], list[TaxedLine]] = {}
    for line in lines:
        groups.setdefault((line.category, line.rate), []).append(line)
    found = tuple(_tax_group(*group, each, currency, policy, rounding) for group, each in groups.items())
    zero = rounded(Decimal(0), currency)
    net, tax = sum((each.base for each in found), zero), sum((each.tax for each in found), zero)
    return Totals(net, tax, net + tax, currency, found)


def _tax_group(
    category: str, rate: Decimal, lines: Sequence[TaxedLine], currency: str, policy: TaxRounding, rounding: Rounding
) -> TaxGroup:
    base = rounded(sum((line.net for line in lines), Decimal(0)), currency, rounding)
    bases = [line.net for line in lines] if policy is TaxRounding.PER_LINE else [base]
    taxes = (rounded(_percent(each, rate), currency, rounding) for each in bases)
    return TaxGroup(category, rate, base, sum(taxes, rounded(Decimal(0), currency)))


def split_gross(gross: Decimal, rate: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """(net, tax) of a price that includes its tax; they always add up to `gross`, the figure that was promised."""
    net = rounded(_EXACT.divide(gross * _HUNDRED, _HUNDRED + rate), currency)
    return net, gross - net


def cash_adjustment(total: Decimal, step: Decimal, currency: str) -> Decimal:
    """What a separate line adds so that the total can be paid in coins of `step` (CHF 12.23, 0.05: 0.02)."""
    steps = _EXACT.divide(total, step).quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_EXACT)
    return rounded(steps * step - total, currency)


def allocated(amount: Decimal, weights: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    """`amount` shared out by weight in whole minor units, parts adding up to it: largest remainder, earlier first.

    `amount` itself is in whole minor units, no weight is negative. Weights that add up to 0 share it evenly.
    """
    if not weights:
        return ()
    unit, total = _unit(currency), sum(weights, Decimal(0))
    shares = list(weights) if total else [Decimal(1)] * len(weights)
    exact = [_EXACT.divide(_EXACT.multiply(abs(amount), share), total or Decimal(len(weights))) for share in shares]
    parts = [each.quantize(unit, rounding=ROUND_FLOOR, context=_EXACT) for each in exact]
    missing = int((abs(amount) - sum(parts, Decimal(0))) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])
    for at in by_remainder[:missing]:
        parts[at] += unit
    return tuple(-part if part and amount < 0 else part for part in parts)


@dataclass(frozen=True)
class Parity:
    """A document's net total: `expected` from its lines, `found` in the other system, `residual` = found - expected.

    None is what cannot be known. `explained` says the difference line by line; "" where there is none.
    """

    expected: Money | None
    found: Money | None
    residual: Money | None
    explained: str = ""


def parity(document: Record, found_total: Money | None) -> Parity:
    """Whether a quote or order adds up: the sum of quantity × price less discount against a total before tax.

    A line without a unit price counts with its own net amount, one without either (a section, a text) not at all.
    """
    lines = document.get("lines")
    judged = [_judged(line, at) for at, line in enumerate(lines)] if isinstance(lines, tuple) else []
    notes = [each.note for each in judged if each.note]
    nets = [each.net for each in judged if each.net is not None]
    currencies = {each.currency for each in nets}
    if len(currencies) != 1:
        why = f"the lines are in {' and '.join(sorted(currencies))}" if currencies else "no line has a price"
        return Parity(None, found_total, None, "; ".join([*notes, why]))
    expected = Money(sum((each.amount for each in nets), Decimal(0)), currencies.pop())
    if found_total is None:
        return Parity(expected, None, None, "; ".join(notes))
    if found_total.currency != expected.currency:
        why = f"the total is in {found_total.currency}, the lines are in {expected.currency}"
        return Parity(expected, found_total, None, "; ".join([*notes, why]))
    residual = Money(found_total.amount - expected.amount, expected.currency)
    if residual.amount:
        notes.append(f"the lines add up to {_words(expected)}, the total is {_words(found_total)}")
    return Parity(expected, found_total, residual, "; ".join(notes))


@dataclass(frozen=True)
class _Judged:
    net: Money | None = None
    note: str = ""


def _judged(line: Value, position: int) -> _Judged:
    """The line's net as it should be, and a note where its own net amount says otherwise."""
    if not isinstance(line, Mapping):
        return _Judged()
    name, own, price = identity(line, position), line.get("net_amount"), line.get("unit_price")
    stated = own if isinstance(own, Money) else None
    quantity, discount = line.get("quantity"), line.get("discount")
    if not isinstance(price, Money) or not isinstance(quantity, Decimal):
        return _Judged(stated)
    less = discount if isinstance(discount, Decimal) else Decimal(0)
    if price.currency not in MINOR_UNITS:
        return _Judged(stated, f"line `{name}`: `{price.currency}` is not a currency of ISO 4217")
    if None in (digits(quantity), digits(price.amount), digits(less)):
        return _Judged(stated, f"line `{name}`: its quantity, price or discount is beyond all measure")
    net = line_net(quantity, price.amount, less, price.currency)
    if stated is None or stated == net:
        return _Judged(net)
    percent = f" less {digits(less)} %" if less else ""
    sum_ = f"{digits(quantity)} × {_words(price)}{percent} is {_words(net)}"
    return _Judged(net, f"line `{name}`: {sum_}, its net amount is {_words(stated)}")


def _words(money: Money) -> str:
    return f"{digits(money.amount)} {money.currency}"
