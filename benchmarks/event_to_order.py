"""How long from a CRM's webhook to the confirmed order, on the built-in systems and SQLite.

    python -m benchmarks.event_to_order [DEALS]

Prints milliseconds a deal and, as the machine's own measure in the same run, the ratio to a floor: the order book
asked directly to write the same two documents, with no event, no rule, no mapping and no record of any of it.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rules_engine.bootstrap import Product, open_product
from rules_engine.config import Settings
from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.delivery.worker import work_once
from rules_engine.model.run import ConversionState
from rules_engine.model.values import Record
from rules_engine.sample_workspace import CRM, SLUG, set_up

LIKE = "D-1001"  # a framework customer: quote and order follow from one event


def main(deals: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        product = open_product(replace(Settings(), folder=Path(folder)))
        set_up(product)
        crm = product.sample_crm(SLUG)
        record = crm.fetch(LIKE)
        for number in range(deals + 1):
            crm.add({**record, "Id": f"B-{number}", "Number": f"BENCH-{number}"})
        _whole(product, 0)  # compiles the rules, reads the mappings
        whole, accepted, floor = [], [], []
        for number in range(1, deals + 1):
            seconds, accept = _whole(product, number)
            whole.append(seconds)
            accepted.append(accept)
            floor.append(_floor(product, number))
        middle, least = statistics.median(whole), statistics.median(floor)
        print(f"deals                             {deals}")
        print(f"event to confirmed order, median  {middle * 1000:8.1f} ms   x {middle / least:5.1f} of the floor")
        print(f"event to confirmed order, 95 %    {sorted(whole)[int(deals * 0.95)] * 1000:8.1f} ms")
        print(f"of it until the webhook's 2xx     {statistics.median(accepted) * 1000:8.1f} ms")
        print(f"floor: the two writes alone       {least * 1000:8.1f} ms   x   1.0")


def _whole(product: Product, number: int) -> tuple[float, float]:
    """Seconds from the signed webhook until the order is confirmed, and until the webhook was answered."""
    body = webhook_body(product.sample_crm(SLUG).act(f"B-{number}", "win"))
    headers = product.sign(SLUG, CRM, f"msg_{number}", body)
    start = time.perf_counter()
    assert product.receive(SLUG, CRM, headers, body).status == 202  # noqa: S101 - a benchmark of failures is none
    accepted = time.perf_counter() - start
    while work_once(product.workspace(SLUG), product.work):
        pass
    seconds = time.perf_counter() - start
    runs = product.workspace(SLUG).runs.case(CRM, f"B-{number}").conversions
    assert [run.state for run in runs] == [ConversionState.CONFIRMED] * 2  # noqa: S101 - as above
    return seconds, accepted


def _floor(product: Product, number: int) -> float:
    """Seconds for the order book to write and give back the same two documents under other keys."""
    quote, order = product.workspace(SLUG).runs.case(CRM, f"B-{number}").conversions
    book = product.order_book(SLUG)
    start = time.perf_counter()
    _write_both(book, quote.payload, order.payload, number)
    return time.perf_counter() - start


def _write_both(book: OrderBook, quote: Record, order: Record, number: int) -> None:
    written = book.create("quote", quote, f"floor-{number}")
    book.read("quote", written)
    second = book.create("order", {**order, "quotation": written.id}, f"floor-{number}")
    book.read("order", second)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
