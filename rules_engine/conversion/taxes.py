"""Tax by category and rate, rounded on each line or once a document, from prices with or without it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rules_engine.conversion.money import EXACT, HUNDRED, Rounding, percent_of, rounded
from rules_engine.model.ruleset import Rounding as Policy


class TaxRounding(StrEnum):
    PER_LINE = "per line"
    PER_DOCUMENT = "per document"  # once for each group of category and rate (EN 16931)


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


def modes(policy: Policy) -> tuple[Rounding, TaxRounding]:
    """A ruleset's policy `rounding` in its two parts."""
    rounding, _, tax = policy.value.partition(" per ")
    return Rounding(rounding), TaxRounding(f"per {tax}")


def document_totals(
    lines: Sequence[TaxedLine],
    currency: str,
    policy: TaxRounding = TaxRounding.PER_DOCUMENT,
    rounding: Rounding = Rounding.HALF_UP,
) -> Totals:
    """Net, tax and gross; `per line` rounds each line's tax, `per document` that of each group."""

    def split(amount: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
        base = rounded(amount, currency, rounding)
        return base, rounded(percent_of(amount, rate), currency, rounding)

    return _totals(lines, currency, policy, split)


def inclusive_totals(
    lines: Sequence[TaxedLine],
    currency: str,
    policy: TaxRounding = TaxRounding.PER_DOCUMENT,
    rounding: Rounding = Rounding.HALF_UP,
) -> Totals:
    """The same where the lines' amounts include their tax: the gross total is their sum, the figure promised."""
    return _totals(lines, currency, policy, lambda amount, rate: split_gross(amount, rate, currency, rounding))


Split = Callable[[Decimal, Decimal], tuple[Decimal, Decimal]]


def _totals(lines: Sequence[TaxedLine], currency: str, policy: TaxRounding, split: Split) -> Totals:
    groups: dict[tuple[str, Decimal], list[Decimal]] = {}
    for line in lines:
        groups.setdefault((line.category, line.rate), []).append(line.net)
    found = tuple(_group(*group, amounts, currency, policy, split) for group, amounts in groups.items())
    zero = rounded(Decimal(0), currency)
    net, tax = sum((each.base for each in found), zero), sum((each.tax for each in found), zero)
    return Totals(net, tax, net + tax, currency, found)


def _group(
    category: str, rate: Decimal, amounts: list[Decimal], currency: str, policy: TaxRounding, split: Split
) -> TaxGroup:
    each = amounts if policy is TaxRounding.PER_LINE else [sum(amounts, Decimal(0))]
    parts = [split(amount, rate) for amount in each]
    zero = rounded(Decimal(0), currency)
    return TaxGroup(category, rate, sum((base for base, _ in parts), zero), sum((tax for _, tax in parts), zero))


def split_gross(
    gross: Decimal, rate: Decimal, currency: str, rounding: Rounding = Rounding.HALF_UP
) -> tuple[Decimal, Decimal]:
    """(net, tax) of a price that includes its tax; they always add up to `gross`, the figure that was promised."""
    net = rounded(EXACT.divide(EXACT.multiply(gross, HUNDRED), EXACT.add(HUNDRED, rate)), currency, rounding)
    return net, gross - net
