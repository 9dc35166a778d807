"""How long conversions take, and whether a line costs the same in a short document and in a long one.

    python -m benchmarks.conversions [LINES ...]

Each document goes from the sample CRM's record to the case, to the quote with its money looked at, and to the order
book's payload, whose products are looked up in a dictionary. Prints conversions per second and microseconds a line,
the best of several runs; `x` is the cost of a line against that in the document before. Python's collector of garbage,
whose full rounds cost more the more a process holds, is off meanwhile; the last column is the same with it.
"""

import gc
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from rules_engine.connectors import order_book, sample_crm
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.conversion.prepare import prepared
from rules_engine.folders import full_catalog, read_draft, ruleset_folder, shared_catalog
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.model.catalog import Catalog
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Policies
from rules_engine.model.values import Record, Value

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
ZONE = "Europe/Berlin"
LONGEST = 10_000


def main(sizes: list[int]) -> None:
    print(f"{'lines':>7} {'per second':>11} {'µs a line':>10} {'x':>6} {'collected':>10}   µs a line in each part")
    before = 0.0
    for lines in sizes:
        record = _record(lines)
        parts, with_collector = _best(record, lines, collect=False), sum(_best(record, lines, collect=True))
        whole = sum(parts)
        ratio = f"{whole / before:6.2f}" if before else f"{'':6}"
        words = "  ".join(f"{name} {each:.0f}" for name, each in zip(_NAMES, parts, strict=True))
        print(f"{lines:>7} {1e6 / whole / lines:>11.2f} {whole:>10.0f} {ratio} {with_collector:>10.0f}   {words}")
        before = whole


def _best(record: Record, lines: int, *, collect: bool) -> list[float]:
    """Microseconds a line of each part, the least of several runs."""
    (gc.enable if collect else gc.disable)()
    runs = [list(_stages(record)) for _ in range(max(1, min(20, LONGEST // (10 * lines))))]
    gc.enable()
    gc.collect()
    return [min(run[at] for run in runs) / lines * 1e6 for at in range(len(_NAMES))]


_NAMES = ("case", "quote", "money", "payload")


def _stages(record: Record) -> Iterator[float]:
    """Seconds of each conversion in turn, and of the look at the quote's money."""
    to_case, to_quote, to_payload, catalog, theirs = _SETTING
    ours = Context(ZONE, NOW, catalog=catalog)
    start = time.perf_counter()
    case = convert(record, to_case, ours)
    yield (seen := time.perf_counter()) - start
    made = convert(case.document, to_quote, ours)
    yield (quoted := time.perf_counter()) - seen
    quote = prepared(made, to_quote, to_payload, Policies(), catalog)
    yield (looked := time.perf_counter()) - quoted
    payload = convert(quote.document, to_payload, Context(ZONE, NOW, _look_up, theirs))
    yield time.perf_counter() - looked
    problems = [*case.problems, *quote.problems, *payload.problems]
    assert not problems, problems[0]  # noqa: S101 - a benchmark of failures is none


def _look_up(document_type: str, by: str, value: Value) -> Value | None:
    del document_type, by  # any id will do
    return value


def _setting() -> tuple[Mapping, Mapping, Mapping, Catalog, Catalog]:
    crm, book = sample_crm.definition(shared_catalog()), order_book.definition(shared_catalog())
    assert crm.to_case is not None  # noqa: S101 - it is a CRM
    mapping = read_mapping(read_draft(ruleset_folder("on-close")).mapping_text, full_catalog())
    return crm.to_case, mapping, book.mappings["quote"], full_catalog(), book.catalog


_SETTING = _setting()


def _record(lines: int) -> Record:
    """An opportunity of so many lines, each with two discount steps' worth of a percentage and a custom field."""
    net = Decimal("85.49")  # 3 × 33.33 less 14.5 %
    items: tuple[Record, ...] = tuple(
        {
            "Id": f"L-{number}", "SortOrder": Decimal(number), "LineType": "Product", "Sku": f"SKU-{number % 97}",
            "Name": "Roller 120 mm", "Quantity": Decimal(3), "Unit": "piece", "ListPrice": Decimal("33.33"),
            "UnitPrice": Decimal("33.33"), "DiscountPercent": Decimal("14.5"), "TaxCode": "DE-19",
            "TaxRate": Decimal(19), "NetAmount": net, "Paint_Colour__c": "RAL 1028",
        }
        for number in range(lines)
    )  # fmt: skip
    account: Record = {"Id": "A-1", "Number": "C-1042", "Name": "Hafenlogistik Hamburg GmbH"}
    head: Record = {"Id": "D-1", "Name": "Rollers", "StageName": "Closed Won", "CurrencyIsoCode": "EUR"}
    return {**head, "Amount": net * lines, "Account": account, "Lines": items}


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10, 100, 1_000, LONGEST])
