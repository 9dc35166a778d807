"""What is wrong with the lines of a quote or order as lines, whatever they add up to."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from rules_engine.conversion.discounts import Discount, discounted, line_amount
from rules_engine.conversion.lines import WORDS, Line, beyond_measure, list_price, priced, steps_in_words
from rules_engine.conversion.money import Rounding, spoken
from rules_engine.conversion.wording import digits
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.ruleset import Policies, Price, Quantities
from rules_engine.model.values import Money, Record


def line_findings(lines: Sequence[Line], policies: Policies) -> Iterator[Finding]:
    """What holds a document for the sake of its lines, whatever they add up to."""
    for line in lines:
        if line.kind not in WORDS:
            yield from _odd_quantity(line, policies)
            yield from _other_price(line, policies)
        yield from _below_nothing(line)
        yield from _odd_steps(line)
        yield from _two_discounts(line)
    yield from _bundles(lines)


def _odd_quantity(line: Line, policies: Policies) -> Iterator[Finding]:
    if policies.quantities is Quantities.HOLD and line.quantity is not None and line.quantity <= 0:
        what = "a negative quantity" if line.quantity < 0 else "a quantity"
        yield Finding(
            "odd-quantity",
            f"line `{line.name}` has {what} of {digits(line.quantity)}",
            suggestion="correct it, or say `quantities: allow` in the ruleset's policies",
        )


def _odd_steps(line: Line) -> Iterator[Finding]:
    """A step of a discount that cannot be reckoned with: it is no percentage, or is money of another currency."""
    given = line.record.get("discounts")
    for each in given if isinstance(given, tuple) else ():
        amount = each.get("amount") if isinstance(each, Mapping) else None
        if not isinstance(each, Mapping) or isinstance(each.get("percent"), Decimal):
            continue
        abroad = isinstance(amount, Money) and line.price is not None and amount.currency != line.price.currency
        if abroad or (amount is not None and not isinstance(amount, Money)):
            said = spoken(amount) if isinstance(amount, Money) else f"`{amount}`"
            yield Finding(
                "odd-discount",
                f"line `{line.name}` has a discount of {said} a unit, which is no money in the currency of its price",
                suggestion="write it as a percentage, or as an amount in the line's currency",
            )


def _other_price(line: Line, policies: Policies) -> Iterator[Finding]:
    listed = list_price(line)
    if policies.price is Price.LOCK or line.price is None or listed == line.price:
        return
    if listed is None:
        message = f"line `{line.name}` has no list price to compare with: {spoken(line.price)} stays"
        yield Finding("price-differs", message, severity=Severity.WARNING, suggestion="fill its list price in")
        return
    if listed.currency != line.price.currency:
        message = f"line `{line.name}` costs {spoken(line.price)} a unit, its list price is {spoken(listed)}"
        yield Finding("price-differs", message, suggestion="let both have one currency; nothing is converted unasked")
        return
    if policies.price is Price.REPRICE:
        return
    less = ""
    if line.steps:
        now, then = (Money(discounted(each.amount, line.steps), each.currency) for each in (line.price, listed))
        less = f" (less {steps_in_words(line)}: {spoken(now)} and {spoken(then)})"
    yield Finding(
        "price-differs",
        f"line `{line.name}` costs {spoken(line.price)} a unit, its list price is {spoken(listed)}{less}",
        suggestion="correct the price, or say `price: lock` or `price: reprice` in the ruleset's policies",
    )


def _below_nothing(line: Line) -> Iterator[Finding]:
    if line.price is None or not line.steps or beyond_measure(line) or line.price.amount < 0:
        return
    net = discounted(line.price.amount, line.steps)
    if net < 0:
        less = f"{spoken(line.price)} less {steps_in_words(line)}"
        message = f"line `{line.name}` costs less than nothing: {less} is {spoken(Money(net, line.price.currency))}"
        yield Finding("discount-too-great", message, suggestion="correct its discount")


def _two_discounts(line: Line) -> Iterator[Finding]:
    percent, listed = line.record.get("discount"), line.record.get("discounts")
    if not isinstance(percent, Decimal) or not percent or not listed or beyond_measure(line):
        return
    if line.price is None or line.quantity is None or digits(percent) is None:
        return
    currency = line.price.currency
    one = line_amount(line.quantity, line.price.amount, (Discount(percent),), currency)
    steps = line_amount(line.quantity, line.price.amount, line.steps, currency)
    if one != steps:
        said = steps_in_words(line)
        message = f"line `{line.name}` has a discount of {digits(percent)} % and, in steps, one of {said}"
        yield Finding("two-discounts", f"{message}: {spoken(one)} or {spoken(steps)}", suggestion="keep one of them")


def _bundles(lines: Sequence[Line]) -> Iterator[Finding]:
    """A bundle's price stands on the bundle or on its parts, and a part has a bundle that there is."""
    by_name = {line.name: line for line in lines}
    circles = _circles(by_name)
    for line in lines:
        if not line.parent:
            continue
        bundle = by_name.get(line.parent)
        if bundle is None:
            message = f"line `{line.name}` is a part of line `{line.parent}`, which there is not"
            yield Finding("bundle-unknown", message, suggestion="add the bundle, or clear the line's `parent`")
        elif line.name in circles:
            message = f"line `{line.name}` is a part of itself"
            yield Finding("bundle-unknown", message, suggestion="clear the line's `parent`")
        elif line.optional is bundle.optional and _costs(bundle) and _costs(line):
            message = f"bundle `{bundle.name}` has a price, and so has its part `{line.name}`"
            yield Finding("bundle-priced-twice", message, suggestion="let the bundle have the price, or its parts")


def _circles(by_name: Mapping[str, Line]) -> frozenset[str]:
    """The lines whose way up from parent to parent leads back to them; each line is walked once."""
    seen: set[str] = set()
    found: set[str] = set()
    for start in by_name:
        way: dict[str, None] = {}
        here = start
        while here in by_name and here not in seen:
            seen.add(here)
            way[here] = None
            here = by_name[here].parent
        if here in way:
            names = list(way)
            found.update(names[names.index(here) :])
    return frozenset(found)


def _costs(line: Line) -> bool:
    amount = priced(line, Rounding.HALF_UP) or line.stated
    return amount is not None and bool(amount.amount)


def too_many_lines(payload: Record, document_type: str, catalog: Catalog) -> Iterator[Finding]:
    """The lists of the payload that are longer than the order system takes."""
    kind = catalog.types.get(document_type)
    for field in kind.fields.values() if kind else ():
        there = payload.get(field.name)
        most = field.max_lines if field.type is Type.RECORDS else None
        if most is not None and isinstance(there, tuple) and len(there) > most:
            message = f"{len(there)} lines, and the order system takes {most} in `{field.name}`"
            yield Finding("too-many-lines", message, suggestion="split the document in the CRM")
