"""The data that the demo starts with: the sample CRM's opportunities, the order book's customers and products."""

from dataclasses import dataclass
from pathlib import Path

from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.connectors.sample_story import read_native
from rules_engine.formats.record_json import read_json


@dataclass(frozen=True)
class Loaded:
    """How many records were added; 0 everywhere when all were there."""

    opportunities: int
    customers: int
    products: int


def load_sample_data(crm: SampleCrm, orders: OrderBook, folder: Path) -> Loaded:
    """Add what lacks from the folder of fixtures (`sample_crm/opportunity_*.json`, `order_book/*.json`)."""
    catalog = crm.catalog()
    known = {record["Id"] for record in crm.opportunities()}
    records = [read_native(path, catalog) for path in sorted((folder / "sample_crm").glob("opportunity_*.json"))]
    fresh = [record for record in sorted(records, key=lambda each: str(each["Id"])) if record["Id"] not in known]
    for record in fresh:
        crm.add(record)
    return Loaded(len(fresh), _customers(orders, folder), _products(orders, folder))


def _customers(orders: OrderBook, folder: Path) -> int:
    found = read_json((folder / "order_book" / "customers.json").read_bytes())
    lacking = [each for each in found if orders.look_up("customer", "number", each["number"]) is None]
    for each in lacking:
        orders.add_customer(each["number"], each["name"], each["currency"])
    return len(lacking)


def _products(orders: OrderBook, folder: Path) -> int:
    found = read_json((folder / "order_book" / "products.json").read_bytes())
    lacking = [each for each in found if orders.look_up("article", "sku", each["sku"]) is None]
    for each in lacking:
        orders.add_product(each["sku"], each["name"], each["unit"], active=each["active"])
    return len(lacking)
