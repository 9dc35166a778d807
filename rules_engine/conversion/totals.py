"""A document's totals as its lines give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules_engine.conversion.allocation import allocated
from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.lines import WORDS, Line, beyond_measure, lines_of, priced, sum_in_words
from rules_engine.conversion.money import EXACT, HUNDRED, Rounding, percent_of, rounded, spoken
from rules_engine.conversion.taxes import TaxedLine, Totals, document_totals, inclusive_totals, modes, split_gross
from rules_engine.conversion.wording import digits
from rules_engine.model.ruleset import Policies
from rules_engine.model.ruleset import Rounding as Policy
from rules_engine.model.values import Money, Record

DEFAULT = Policies().rounding
TOTALS = ("net_total", "tax_total", "gross_total")
DISCOUNT = "document_discount"
INCLUDED = "prices_include_tax"


@dataclass(frozen=True)
class Reckoned:
    """A document's totals as its lines give them; None is what cannot be known, `unknown` says why.

    `shares` is what each line that counts bears of the document's discount. `notes` name each line whose own net
    amount says otherwise, with by how much. `totals` has the groups of tax where all rates are known.
    """

    net: Money | None = None
    tax: Money | None = None
    gross: Money | None = None
    shares: tuple[tuple[Line, Decimal], ...] = ()
    notes: tuple[tuple[str, Decimal], ...] = ()
    unknown: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    totals: Totals | None = None

    def of(self, name: str) -> Money | None:
        """The total of that name."""
        return {"net_total": self.net, "tax_total": self.tax, "gross_total": self.gross}[name]


def reckoned(document: Record, policy: Policy = DEFAULT) -> Reckoned:
    """Net, tax and gross of the lines less the document's discount; optional lines, sections and texts do not count.

    A line without a unit price counts with its own net amount, one without either not at all. Where prices include
    tax, gross is what the lines add up to, and net is what is left of it.
    """
    rounding, _ = modes(policy)
    lines = [line for line in lines_of(document) if not line.optional]
    included = document.get(INCLUDED) is True
    broken = tuple(why for line in lines if (why := beyond_measure(line)))
    found = [(line, _amount(line, rounding, included)) for line in lines]
    known = [(line, amount) for line, amount in found if amount is not None]
    unknown = tuple(f"line `{line.name}` has no price" for line, amount in found if amount is None and _sold(line))
    notes = tuple(each for line in lines if (each := _own_net(line, rounding, included)))
    currencies = sorted({amount.currency for _, amount in known})
    if len(currencies) != 1:
        why = f"the lines are in {' and '.join(currencies)}" if currencies else "no line has a price"
        mixed = (why,) if currencies else ()
        return Reckoned(notes=notes, unknown=(*unknown, why), broken=(*broken, *mixed))
    shares = _shares(document, known, currencies[0], rounding)
    blank = Reckoned(shares=shares, notes=notes, unknown=unknown, broken=broken)
    return _totalled(blank, known, currencies[0], policy, included)


def _sold(line: Line) -> bool:
    return line.kind not in WORDS and line.quantity is not None and bool(line.quantity) and line.price is None


def _usable(rate: Decimal | None) -> bool:
    return rate is not None and digits(rate) is not None and rate > -HUNDRED


def _amount(line: Line, rounding: Rounding, included: bool) -> Money | None:
    """What the line costs in the terms of its price: with its tax where prices include it."""
    found = priced(line, rounding)
    stated = line.stated
    if found is not None or stated is None or stated.currency not in MINOR_UNITS or digits(stated.amount) is None:
        return found
    if not included or line.rate is None or not _usable(line.rate):
        return stated
    tax = rounded(percent_of(stated.amount, line.rate), stated.currency, rounding)
    return Money(EXACT.add(stated.amount, tax), stated.currency)


def _shares(
    document: Record, known: list[tuple[Line, Money]], currency: str, rounding: Rounding
) -> tuple[tuple[Line, Decimal], ...]:
    """The document's discount by largest remainder over the lines that cost something."""
    discount = document.get(DISCOUNT)
    if not isinstance(discount, Money) or discount.currency != currency or digits(discount.amount) is None:
        return tuple((line, Decimal(0)) for line, _ in known)
    parts = allocated(rounded(discount.amount, currency, rounding), _weights(known), currency)
    return tuple((line, part) for (line, _), part in zip(known, parts, strict=True))


def _weights(known: Sequence[tuple[Line, Money]]) -> list[Decimal]:
    """What each line bears of the document's discount: a line with its own discount lines, which bear nothing."""
    off: dict[str, Decimal] = {}
    for line, amount in known:
        of = str(line.record.get("discount_of") or "")
        off[of] = off.get(of, Decimal(0)) + amount.amount
    zero = Decimal(0)
    return [
        zero if line.record.get("discount_of") else max(amount.amount + off.get(line.name, zero), zero)
        for line, amount in known
    ]


def _totalled(
    blank: Reckoned, known: list[tuple[Line, Money]], currency: str, policy: Policy, included: bool
) -> Reckoned:
    rounding, by = modes(policy)
    bases = [(line, EXACT.subtract(amount.amount, share)) for (line, amount), (_, share) in
             zip(known, blank.shares, strict=True)]  # fmt: skip
    untaxed = [line for line, base in bases if base and not _usable(line.rate)]
    if untaxed:
        whole = Money(sum((base for _, base in bases), Decimal(0)), currency)
        unknown = (*blank.unknown, *(f"line `{line.name}` has no tax rate" for line in untaxed))
        net, gross = (None, whole) if included else (whole, None)
        return Reckoned(net, None, gross, blank.shares, blank.notes, unknown, blank.broken)
    taxed = [TaxedLine(base, line.rate or Decimal(0), line.code) for line, base in bases if _usable(line.rate)]
    totals = (inclusive_totals if included else document_totals)(taxed, currency, by, rounding)
    net, tax, gross = (Money(each, currency) for each in (totals.net, totals.tax, totals.gross))
    return Reckoned(net, tax, gross, blank.shares, blank.notes, blank.unknown, blank.broken, totals)


def _own_net(line: Line, rounding: Rounding, included: bool) -> tuple[str, Decimal] | None:
    """The line's own net amount where it is another than its quantity, price and discounts give."""
    found, without = priced(line, rounding), ""
    if found is not None and included:
        if line.rate is None or not _usable(line.rate):
            return None
        net = split_gross(found.amount, line.rate, found.currency, rounding)[0]
        with_tax, found = found, Money(net, found.currency)
        without = f"{spoken(with_tax)} with tax and "
    if found is None or line.stated is None or line.stated == found:
        return None
    text = f"line `{line.name}`: {sum_in_words(line)} is {without}{spoken(found)}, its net amount is"
    same = line.stated.currency == found.currency and digits(line.stated.amount) is not None
    residual = EXACT.subtract(line.stated.amount, found.amount) if same else Decimal("Infinity")
    return f"{text} {spoken(line.stated)}", residual
