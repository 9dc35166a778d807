"""Whether a document adds up: its totals as its lines give them, against every amount that somebody states."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.lines import lines_of, priced
from rules_engine.conversion.money import EXACT, Rounding, spoken
from rules_engine.conversion.totals import DEFAULT, DISCOUNT, TOTALS, Reckoned, reckoned
from rules_engine.conversion.wording import digits
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.ruleset import Amount, Policies
from rules_engine.model.ruleset import Rounding as Policy
from rules_engine.model.values import Money, Record, Value


@dataclass(frozen=True)
class Parity:
    """A document's net total: `expected` from its lines, `found` in the other system, `residual` = found - expected.

    None is what cannot be known. `explained` says the difference line by line; "" where there is none.
    """

    expected: Money | None
    found: Money | None
    residual: Money | None
    explained: str = ""


def parity(document: Record, found_total: Money | None, policy: Policy = DEFAULT) -> Parity:
    """Whether a quote or order adds up: what its lines come to against a total before tax."""
    ours = reckoned(document, policy)
    notes = [*(text for text, _ in ours.notes), *(each for each in ours.broken if each not in ours.unknown)]
    if ours.net is None:
        return Parity(None, found_total, None, "; ".join([*notes, *ours.unknown[-1:]]))
    if found_total is None:
        return Parity(ours.net, None, None, "; ".join(notes))
    if found_total.currency != ours.net.currency:
        why = f"the total is in {found_total.currency}, the lines are in {ours.net.currency}"
        return Parity(ours.net, found_total, None, "; ".join([*notes, why]))
    residual = Money(found_total.amount - ours.net.amount, ours.net.currency)
    if residual.amount:
        notes.append(f"the lines add up to {spoken(ours.net)}, the total is {spoken(found_total)}")
    return Parity(ours.net, found_total, residual, "; ".join(notes))


def money_findings(document: Record, policies: Policies) -> Iterator[Finding]:
    """An error for each stated amount that differs by more than the tolerance, a warning for what cannot be compared.

    Stated are each line's `net_amount`, the document's `net_total`, `tax_total` and `gross_total`, and its
    `expected_amount`, which may be meant with tax or without, and may be an estimate.
    """
    ours = reckoned(document, policies.rounding)
    currency = document.get("currency")
    yield from _discount(document, ours)
    yield from (_error(why, "correct the line") for why in ours.broken)
    yield from _currency(ours, currency)
    for text, residual in ours.notes:
        yield _differing(text, residual, policies)
    stated = {name: _money(document, name) for name in TOTALS}
    for name, total in stated.items():
        if total is not None:
            yield from _compared(name, total, (ours.of(name),), document, ours, policies)
    expected = _money(document, "expected_amount")
    if expected is not None:
        found = _compared("expected_amount", expected, (ours.net, ours.gross), document, ours, policies)
        estimate = policies.amount is Amount.ESTIMATE
        yield from (replace(each, severity=Severity.WARNING) if estimate else each for each in found)
    if ours.tax is None:
        yield from _own_sum(stated, policies)


def _money(document: Record, name: str) -> Money | None:
    """A total as money; a mere number is one in the document's currency."""
    value, currency = document.get(name), document.get("currency")
    if isinstance(value, Decimal) and isinstance(currency, str):
        return Money(value, currency)
    return value if isinstance(value, Money) else None


def _discount(document: Record, ours: Reckoned) -> Iterator[Finding]:
    """The document's own discount must be in its currency, and cannot be more than there is."""
    off, whole = document.get(DISCOUNT), ours.net or ours.gross
    if not isinstance(off, Money) or whole is None:
        return
    if off.currency != whole.currency:
        yield _error(f"the document's discount is in {off.currency}, the lines are in {whole.currency}",
                     "write it in the document's currency")  # fmt: skip
    elif off.amount > 0 > whole.amount:
        yield _error(f"the document's discount of {spoken(off)} is more than its lines come to", "correct the discount")


def _error(message: str, remedy: str) -> Finding:
    return Finding("money-parity", message, suggestion=remedy)


def _currency(ours: Reckoned, currency: Value | None) -> Iterator[Finding]:
    if isinstance(currency, str) and currency and currency not in MINOR_UNITS:
        yield _error(f"`{currency}` is not a currency of ISO 4217", "write its code of three capitals, such as `EUR`")
    there = ours.net or ours.gross
    if there is not None and isinstance(currency, str) and currency and there.currency != currency:
        message = f"the document is in {currency}, its lines are in {there.currency}"
        yield _error(message, "let both have one currency; nothing is converted unasked")


_ESTIMATE = ", or say `amount: estimate` in the policies where it never is their sum"


def _differing(text: str, residual: Decimal, policies: Policies, hint: str = "") -> Finding:
    """An error above the tolerance, a warning up to it."""
    if abs(residual) <= policies.tolerance:
        return Finding("money-parity", f"{text}, within the tolerance of {digits(policies.tolerance)}",
                       severity=Severity.WARNING)  # fmt: skip
    remedy = "correct it where it is wrong, or allow the difference with the ruleset's policy `tolerance`"
    return _error(text, f"{remedy}{hint}")


def _compared(
    name: str,
    stated: Money,
    computed: tuple[Money | None, ...],
    document: Record,
    ours: Reckoned,
    policies: Policies,
) -> Iterator[Finding]:
    known = [each for each in computed if each is not None]
    if not known:
        why = "; ".join(dict.fromkeys(ours.unknown)) or "the lines do not say it"
        yield Finding("money-parity", f"`{name}`, {spoken(stated)}, cannot be compared: {why}",
                      severity=Severity.WARNING)  # fmt: skip
        return
    if any(each.currency != stated.currency for each in known):
        message = f"`{name}` is in {stated.currency}, the lines are in {known[0].currency}"
        yield _error(message, "let both have one currency; nothing is converted unasked")
        return
    if digits(stated.amount) is None:
        yield _error(f"`{name}` is beyond all measure", "correct it")
        return
    nearest = min(known, key=lambda each: abs(each.amount - stated.amount))
    residual = EXACT.subtract(stated.amount, nearest.amount)
    if residual:
        what = " with tax" if nearest is ours.gross and nearest is not known[0] else ""
        text = f"`{name}` is {spoken(stated)}, the lines come to {spoken(nearest)}{what}"
        hint = "" if name in TOTALS else _ESTIMATE
        yield _differing(f"{text}{_why(name, stated, document, ours, policies)}", residual, policies, hint)


def _why(name: str, stated: Money, document: Record, ours: Reckoned, policies: Policies) -> str:
    """What would make up the difference, as far as that can be seen."""
    if ours.unknown:
        return f" ({'; '.join(ours.unknown)})"
    if name in TOTALS:
        for other in Policy:
            if other is not policies.rounding and reckoned(document, other).of(name) == stated:
                return f" (rounded `{other.value}` it would be the same: see the ruleset's policy `rounding`)"
    for line in lines_of(document):
        amount = priced(line, Rounding.HALF_UP) if line.optional else None
        if amount and ours.net and stated.amount - ours.net.amount == amount.amount:
            return f" (the optional line `{line.name}` is not counted)"
    return ""


def _own_sum(stated: dict[str, Money | None], policies: Policies) -> Iterator[Finding]:
    """Where tax cannot be computed, the stated totals must at least agree with each other."""
    net, tax, gross = (stated[name] for name in TOTALS)
    if net is None or tax is None or gross is None or len({net.currency, tax.currency, gross.currency}) > 1:
        return
    if None in (digits(net.amount), digits(tax.amount), digits(gross.amount)):
        return
    residual = EXACT.subtract(EXACT.add(net.amount, tax.amount), gross.amount)
    if residual:
        text = f"`net_total` and `tax_total` make {spoken(Money(net.amount + tax.amount, net.currency))}"
        yield _differing(f"{text}, `gross_total` is {spoken(gross)}", residual, policies)
