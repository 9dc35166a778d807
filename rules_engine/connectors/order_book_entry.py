"""What the order book accepts: its refusals in words, and the totals that it computes itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select

from rules_engine.conversion.allocation import allocated
from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.model.errors import Refused
from rules_engine.model.values import Record, Value, is_empty
from rules_engine.store.builtin_tables import OrderBookCustomerRow as Customer
from rules_engine.store.builtin_tables import OrderBookDocumentRow as Document
from rules_engine.store.builtin_tables import OrderBookProductRow as Product
from rules_engine.store.session import GuardedSession

ARTICLE = "article"
_HUNDRED = Decimal(100)
_WORDS = {"qty": "quantity", "price": "price", "rebate": "rebate", "vat_rate": "VAT rate"}


@dataclass(frozen=True)
class Item:
    """A line as accepted: `net` in the document's currency (with VAT where prices include it), `rate` in percent."""

    record: Record
    product: Product | None
    net: Decimal
    vat: tuple[str, Decimal]


@dataclass(frozen=True)
class Entry:
    """A document as accepted, ready to be numbered."""

    customer: Customer
    currency: str
    quotation: Document | None
    items: tuple[Item, ...]
    totals: dict[str, Value]


def accept(
    session: GuardedSession, document: str, payload: Record, key: str, currencies: Sequence[str]
) -> Entry:
    """Raises Refused with the first thing that is wrong, in the order in which a clerk would look."""
    if not key.strip():
        raise Refused(f"the {document} has no external key: without one it can't be found again")
    currency = _currency(payload, currencies)
    customer = _customer(session, payload, currency)
    quotation = _quotation(session, payload, customer, currency, key) if document == "order" else None
    items = tuple(_items(session, document, payload, currency))
    return Entry(customer, currency, quotation, items, _totals(payload, items, currency))


def recount(
    session: GuardedSession, document: str, payload: Record, currency: str
) -> tuple[tuple[Item, ...], dict[str, Value]]:
    """The lines and totals of a document that stands, as changed. Raises Refused."""
    items = tuple(_items(session, document, payload, currency))
    return items, _totals(payload, items, currency)


def _currency(payload: Record, currencies: Sequence[str]) -> str:
    currency = payload.get("currency")
    if not isinstance(currency, str) or not currency:
        raise Refused("the document has no currency")
    if currency not in currencies:
        raise Refused(f"the order book keeps no `{currency}`, only {', '.join(f'`{each}`' for each in currencies)}")
    return currency


def _customer(session: GuardedSession, payload: Record, currency: str) -> Customer:
    value = payload.get("customer")
    if is_empty(value):
        raise Refused("the document has no customer")
    row = session.scalars(select(Customer).where(Customer.id == number_of(value))).one_or_none()
    if row is None:
        raise Refused(f"there is no customer with the id `{value}`")
    if not row.active:
        raise Refused(f"customer `{row.number}` is closed for new documents")
    if row.currency and row.currency != currency:
        raise Refused(f"customer `{row.number}` is kept in `{row.currency}`, the document is in `{currency}`")
    return row


def _quotation(session: GuardedSession, payload: Record, customer: Customer, currency: str, key: str) -> Document:
    value = payload.get("quotation")
    if is_empty(value):
        raise Refused("the order names no quotation")
    found = select(Document).where(Document.id == number_of(value), Document.kind == "quote").with_for_update()
    row = session.scalars(found).one_or_none()
    if row is None:
        raise Refused(f"there is no quotation with the id `{value}`")
    if row.currency != currency:
        raise Refused(f"quotation `{row.number}` is in `{row.currency}`, the order is in `{currency}`")
    if row.customer_id != customer.id:
        raise Refused(f"quotation `{row.number}` is for another customer than `{customer.number}`")
    order = session.scalars(select(Document).where(Document.quotation_id == row.id)).one_or_none()
    if order is not None:
        raise Refused(f"quotation `{row.number}` is ordered already as `{order.number}` under another key than `{key}`")
    return row


def _items(session: GuardedSession, document: str, payload: Record, currency: str) -> Iterator[Item]:
    items = payload.get("items")
    if not isinstance(items, tuple) or not items:
        raise Refused(f"the {document} has no lines")
    taken: set[str] = set()
    for position, record in enumerate(items, 1):
        if not isinstance(record, Mapping):
            raise Refused(f"line {position} is not a record")
        name = str(record.get("id") or "")
        if not name:
            raise Refused(f"line {position} has no id")
        if name in taken:
            raise Refused(f"line `{name}` stands in the {document} twice")
        taken.add(name)
        yield _item(session, record, name, currency)


def _item(session: GuardedSession, record: Record, name: str, currency: str) -> Item:
    article = record.get("type", ARTICLE) == ARTICLE
    quantity = _number(record, "qty", name, needed=article)
    if article and quantity == 0:
        raise Refused(f"line `{name}` has a quantity of 0")
    price = _number(record, "price", name, needed=article)
    rebate = _number(record, "rebate", name)
    rate = _number(record, "vat_rate", name)
    product = _product(session, record, name) if article else None
    net = rounded(quantity * price * (_HUNDRED - rebate) / _HUNDRED, currency)
    return Item(record, product, net, (str(record.get("vat_code") or ""), rate))


def _number(record: Record, field: str, name: str, *, needed: bool = False) -> Decimal:
    value = record.get(field)
    if is_empty(value) and not needed:
        return Decimal(0)
    if not isinstance(value, Decimal):
        words = _WORDS[field]
        wrong = f"line `{name}` has no {words}" if is_empty(value) else f"the {words} of line `{name}` is not a number"
        raise Refused(wrong)
    return value


def _product(session: GuardedSession, record: Record, name: str) -> Product:
    value = record.get("article")
    if is_empty(value):
        raise Refused(f"line `{name}` names no article")
    row = session.scalars(select(Product).where(Product.id == number_of(value))).one_or_none()
    if row is None:
        raise Refused(f"line `{name}`: there is no article with the id `{value}`")
    if not row.active:
        raise Refused(f"line `{name}`: article `{row.sku}` is no longer sold")
    return row


def _totals(payload: Record, items: Sequence[Item], currency: str) -> dict[str, Value]:
    sold = [item for item in items if item.record.get("optional") is not True]
    rebate = payload.get("rebate_amount")
    if isinstance(rebate, Decimal):
        parts = allocated(rounded(rebate, currency), [max(item.net, Decimal(0)) for item in sold], currency)
        sold = [replace(item, net=item.net - part) for item, part in zip(sold, parts, strict=True)]
    return totals(sold, currency, included=payload.get("prices_include_vat") is True)


def totals(items: Sequence[Item], currency: str, *, included: bool = False) -> dict[str, Value]:
    """Net, VAT and gross in the document's currency; VAT is rounded once for each group of code and rate.

    Where prices include VAT, gross is what the lines add up to.
    """
    groups: dict[tuple[str, Decimal], Decimal] = {}
    for item in items:
        groups[item.vat] = groups.get(item.vat, Decimal(0)) + item.net
    whole = sum((item.net for item in items), rounded(Decimal(0), currency))
    over = (rate / (_HUNDRED + rate) if included else rate / _HUNDRED for _, rate in groups)
    vat = sum(
        (rounded(base * share, currency) for base, share in zip(groups.values(), over, strict=True)),
        rounded(Decimal(0), currency),
    )
    net = whole - vat if included else whole
    return {"net_total": net, "vat_total": vat, "gross_total": net + vat}


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half up, away from zero, to the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2)), ROUND_HALF_UP)


def number_of(value: Value) -> int:
    """The row's number in an id as text; -1, which no row has, for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
