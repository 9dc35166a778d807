"""Discounts as lines of their own, for an order system that has no discount on a line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from rules_engine.conversion.discounts import line_amount
from rules_engine.conversion.lines import LINES, Line, lines_of, priced, steps_in_words
from rules_engine.conversion.money import Rounding
from rules_engine.conversion.totals import INCLUDED
from rules_engine.model.conversion import Account, Change, Conversion, Lineage, Origin, SourceValue
from rules_engine.model.values import Money, Record, Value, leaves

DISCOUNT_OF = "discount_of"
_CHANGE = "discount_line"
_TAKEN = ("discount", "discounts")
# What the discount's line has from its line.
_SHARED = ("tax_code", "tax_rate")


def with_discount_lines(made: Conversion, rounding: Rounding) -> Conversion:
    """After each line with a discount one with a negative price, `discount_of` it; the line itself then has none.

    A line that has no id of its own, and one whose discount's line would have the id of another, stays as it is.
    """
    lines = lines_of(made.document)
    names = {line.name for line in lines}
    apart = {
        line.name: line
        for line in lines
        if line.steps and line.record.get("id") and priced(line, rounding) and _name(line) not in names
    }
    if not apart:
        return made
    own_net = made.document.get(INCLUDED) is not True
    records = [each for line in lines for each in _records(line, line.name in apart, own_net, rounding)]
    lineage = tuple(_lineage(made.lineage, apart, own_net, rounding))
    document: dict[str, Value] = {**made.document, LINES: tuple(records)}
    return replace(made, document=document, lineage=lineage, ledger=_relinked(made.ledger, lineage))


def _name(line: Line) -> str:
    return f"{line.name}-discount"


def _records(line: Line, apart: bool, own_net: bool, rounding: Rounding) -> Iterator[Record]:
    if not apart:
        yield line.record
        return
    kept = {name: value for name, value in line.record.items() if name not in _TAKEN}
    if line.stated is not None:
        kept["net_amount"] = _whole(line, rounding) if own_net else line.stated
    yield kept
    yield _discount(line, own_net, rounding)


def _whole(line: Line, rounding: Rounding) -> Money | None:
    """What the line costs without its discount."""
    if line.price is None or line.quantity is None:
        return None
    return line_amount(line.quantity, line.price.amount, (), line.price.currency, rounding)


def _discount(line: Line, own_net: bool, rounding: Rounding) -> Record:
    whole, net = _whole(line, rounding), priced(line, rounding)
    off = Money(net.amount - whole.amount, net.currency) if whole and net else None
    shared = {name: line.record[name] for name in _SHARED if line.record.get(name) is not None}
    amounts: dict[str, Value] = {"unit_price": off, **({"net_amount": off} if own_net else {})}
    if line.optional:  # perhaps only because what it is a part of is
        shared["optional"] = True
    words = {"id": _name(line), "kind": "product", "name": f"Discount: {steps_in_words(line)}"}
    return {**words, DISCOUNT_OF: line.name, "quantity": Decimal(1), **amounts, **shared}


def _lineage(
    lineage: Sequence[Lineage], apart: dict[str, Line], own_net: bool, rounding: Rounding
) -> Iterator[Lineage]:
    steps: dict[str, list[SourceValue]] = {name: [] for name in apart}
    for each in lineage:
        name, _, field = each.target.removeprefix(f"{LINES}[").partition("].")
        line = apart.get(name) if each.target.startswith(f"{LINES}[") else None
        if line is not None and field.partition("[")[0].partition(".")[0] in _TAKEN:
            steps[name] += each.sources
        elif line is not None and field == "net_amount" and own_net:
            whole = _whole(line, rounding)
            yield replace(each, value=whole, origin=Origin.TRANSFORMED,
                          changes=(*each.changes, Change(_CHANGE, whole, _lost(line))))  # fmt: skip
        else:
            yield each
    for name, line in apart.items():
        sources = tuple({each.path: each for each in steps[name]}.values())
        for path, leaf in leaves(_discount(line, own_net, rounding), f"{LINES}[{_name(line)}]"):
            yield Lineage(path, leaf, Origin.TRANSFORMED, sources, (Change(_CHANGE, leaf, _lost(line)),))


def _lost(line: Line) -> str:
    return f"the discount of {steps_in_words(line)} stands on line `{_name(line)}`"


def _relinked(ledger: Sequence[Account], lineage: Iterable[Lineage]) -> tuple[Account, ...]:
    """Each account with the fields that its source reached now."""
    reached: dict[str, list[str]] = {}
    for each in lineage:
        for source in each.sources:
            reached.setdefault(source.path, []).append(each.target)
    return tuple(
        replace(each, targets=tuple(reached[each.source])) if each.source in reached else each for each in ledger
    )
