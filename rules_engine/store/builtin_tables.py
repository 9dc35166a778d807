"""The tables of the two built-in systems: the sample CRM's opportunities and the order book."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rules_engine.store.base import Base, BigId, InWorkspace, Kept, one_of, within


class SampleCrmOpportunityRow(InWorkspace, Base):
    """An opportunity with all that hangs on it; `record` is native, `version` grows with each change."""

    __tablename__ = "sample_crm_opportunities"
    __table_args__ = (UniqueConstraint("workspace_id", "opportunity"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    opportunity: Mapped[str]
    record: Mapped[Any] = mapped_column(Kept)
    modified_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)


class OrderBookProductRow(InWorkspace, Base):
    """An article that can be sold while it is active."""

    __tablename__ = "order_book_products"
    __table_args__ = (UniqueConstraint("workspace_id", "sku"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)


class OrderBookCustomerRow(InWorkspace, Base):
    """A customer; with a currency, documents in any other are refused. "" accepts every currency of the book."""

    __tablename__ = "order_book_customers"
    __table_args__ = (UniqueConstraint("workspace_id", "number"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)


class OrderBookDocumentRow(InWorkspace, Base):
    """A quotation or an order. `external_key` is ours: one document a key and kind; a quotation is ordered once."""

    __tablename__ = "order_book_documents"
    __table_args__ = (
        UniqueConstraint("workspace_id", "kind", "number"),
        UniqueConstraint("workspace_id", "kind", "external_key"),
        UniqueConstraint("workspace_id", "quotation_id"),
        UniqueConstraint("workspace_id", "id"),
        within("customer_id", "order_book_customers.id"),
        within("quotation_id", "order_book_documents.id"),
        one_of("kind", ("quote", "order")),
        one_of("state", ("open", "ordered", "confirmed", "shipped", "invoiced", "cancelled")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    number: Mapped[str]
    state: Mapped[str]
    external_key: Mapped[str]
    customer_id: Mapped[int] = mapped_column(BigId)
    quotation_id: Mapped[int | None] = mapped_column(BigId)
    currency: Mapped[str]
    header: Mapped[Any] = mapped_column(Kept)
    totals: Mapped[Any] = mapped_column(Kept)


class OrderBookLineRow(InWorkspace, Base):
    """A line of a document; `position` is its place from 1, `net` its amount as the book computed it."""

    __tablename__ = "order_book_lines"
    __table_args__ = (
        UniqueConstraint("workspace_id", "document_id", "position"),
        within("document_id", "order_book_documents.id"),
        within("product_id", "order_book_products.id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    product_id: Mapped[int | None] = mapped_column(BigId)
    item: Mapped[Any] = mapped_column(Kept)
    net: Mapped[str]


class OrderBookAmendmentRow(InWorkspace, Base):
    """A change of a document, once under the key `external_key`; `number` counts from 1 in its document.

    `changes` are the fields as they were sent, `before` what they held until then.
    """

    __tablename__ = "order_book_amendments"
    __table_args__ = (
        UniqueConstraint("workspace_id", "external_key"),
        UniqueConstraint("workspace_id", "document_id", "number"),
        within("document_id", "order_book_documents.id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    external_key: Mapped[str]
    changes: Mapped[Any] = mapped_column(Kept)
    before: Mapped[Any] = mapped_column(Kept)


class OrderBookSequenceRow(InWorkspace, Base):
    """The last number drawn for a kind of document; locked while one is drawn, so that numbers have no gaps."""

    __tablename__ = "order_book_sequences"
    __table_args__ = (UniqueConstraint("workspace_id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    last: Mapped[int] = mapped_column(default=0)
