"""What an order system asks of a document by its mapping, and what of the document's price it would not hear of."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules_engine.conversion.lines import LINES, Line, lines_of, steps_in_words
from rules_engine.conversion.money import spoken
from rules_engine.conversion.totals import DISCOUNT, INCLUDED
from rules_engine.model.finding import Finding
from rules_engine.model.mapping import Mapping
from rules_engine.model.values import Money, Record

SHARE = "discount_share"
NET_PRICE = "net_price"


@dataclass(frozen=True)
class Wanted:
    """The fields of our document that a mapping into an order system reads: its own, and those of its lines.

    `whole`: the lines are copied as they stand, and the order system takes what they have.
    """

    header: frozenset[str]
    lines: frozenset[str]
    whole: bool

    def takes(self, *fields: str) -> bool:
        return self.whole or any(field in self.lines for field in fields)


def wanted_by(native: Mapping) -> Wanted:
    header = {source for each in native.fields for source in each.sources}
    inside = [each for lines in native.lines if lines.source == LINES for each in lines.fields]
    read = {source for each in inside for source in each.sources}
    outer = {source[2:] for source in read if source.startswith("^.")}
    return Wanted(frozenset(header | outer), frozenset(read), LINES in header)


def untaken(document: Record, wanted: Wanted) -> Iterator[Finding]:
    """Amounts that change what the document costs, and that the order system would not hear of."""
    for line in lines_of(document):
        if line.steps and not _takes_discount(line, wanted):
            message = f"line `{line.name}` has a discount of {steps_in_words(line)}, and the order system takes none"
            yield Finding("no-field-for-discount", f"{message} that costs the same",
                          suggestion="let its mapping read `discounts`, `discount` or `net_price`")  # fmt: skip
    discount = document.get(DISCOUNT)
    if isinstance(discount, Money) and discount.amount and DISCOUNT not in wanted.header and SHARE not in wanted.lines:
        message = f"the document has a discount of {spoken(discount)}, and the order system takes none"
        yield Finding("no-field-for-discount", message,
                      suggestion="let its mapping read `document_discount` or the lines' `discount_share`")  # fmt: skip
    if document.get(INCLUDED) is True and INCLUDED not in wanted.header:
        message = "the prices include tax, and the order system is not told so"
        yield Finding("no-field-for-tax", message, suggestion=f"let its mapping read `{INCLUDED}`")


def _takes_discount(line: Line, wanted: Wanted) -> bool:
    if wanted.takes("discounts"):
        return True
    in_percent = wanted.takes("discount") and bool(line.record.get("discount"))
    return in_percent or (wanted.takes(NET_PRICE) and _there(line.record, NET_PRICE))


def _there(record: Record, field: str) -> bool:
    return record.get(field) is not None
