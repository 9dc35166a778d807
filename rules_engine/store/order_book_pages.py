"""What the order book's own pages show, read from its tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from rules_engine.model.values import Record
from rules_engine.store.builtin_tables import (
    OrderBookCustomerRow,
    OrderBookDocumentRow,
    OrderBookLineRow,
    OrderBookProductRow,
)
from rules_engine.store.kept import kept_record

MOST = 100  # rows of a list


@dataclass(frozen=True)
class BookLine:
    """A line as it stands there; `net` in the document's currency, as the book computed it."""

    position: int
    item: Record
    net: Decimal
    sku: str


@dataclass(frozen=True)
class BookDocument:
    """A quotation or order; `totals` holds net_total, vat_total and gross_total."""

    row: OrderBookDocumentRow
    customer: OrderBookCustomerRow
    totals: Record
    lines: tuple[BookLine, ...] = ()
    quotation: str = ""


def products(session: Session) -> Sequence[OrderBookProductRow]:
    return session.scalars(select(OrderBookProductRow).order_by(OrderBookProductRow.sku).limit(MOST)).all()


def customers(session: Session) -> Sequence[OrderBookCustomerRow]:
    return session.scalars(select(OrderBookCustomerRow).order_by(OrderBookCustomerRow.number).limit(MOST)).all()


def documents(session: Session, kind: str) -> list[BookDocument]:
    """Newest first, without their lines."""
    query = _documents(kind).order_by(OrderBookDocumentRow.id.desc()).limit(MOST)
    return [BookDocument(row, customer, kept_record(row.totals)) for row, customer in session.execute(query)]


def document(session: Session, kind: str, number: str) -> BookDocument | None:
    """One document with its lines, None where there is none of this number."""
    found = session.execute(_documents(kind).where(OrderBookDocumentRow.number == number)).one_or_none()
    if found is None:
        return None
    row, customer = found
    quotation = session.get(OrderBookDocumentRow, row.quotation_id) if row.quotation_id else None
    return BookDocument(
        row, customer, kept_record(row.totals), tuple(_lines(session, row.id)), quotation.number if quotation else ""
    )


def _documents(kind: str) -> Select[OrderBookDocumentRow, OrderBookCustomerRow]:
    both = select(OrderBookDocumentRow, OrderBookCustomerRow)
    joined = both.join(OrderBookCustomerRow, OrderBookCustomerRow.id == OrderBookDocumentRow.customer_id)
    return joined.where(OrderBookDocumentRow.kind == kind)


def _lines(session: Session, document_id: int) -> list[BookLine]:
    query = (
        select(OrderBookLineRow, OrderBookProductRow.sku)
        .outerjoin(OrderBookProductRow, OrderBookProductRow.id == OrderBookLineRow.product_id)
        .where(OrderBookLineRow.document_id == document_id)
        .order_by(OrderBookLineRow.position)
        .limit(1000)
    )
    found = session.execute(query)
    return [BookLine(row.position, kept_record(row.item), Decimal(row.net), sku or "") for row, sku in found]
