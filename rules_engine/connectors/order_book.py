"""The order book: a real connector over its own tables that numbers what it accepts and refuses what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from rules_engine.connectors.order_book_amendment import line_rows, number_in, take
from rules_engine.connectors.order_book_entry import Entry, accept, number_of
from rules_engine.formats.connector_text import ConnectorText, read_connector
from rules_engine.formats.values_json import decode, encode
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import NotFound, Refused, Retryable
from rules_engine.model.mapping import Mapping as FieldMappings
from rules_engine.model.run import Written
from rules_engine.model.values import Money, Record, Value
from rules_engine.store.builtin_tables import OrderBookCustomerRow as Customer
from rules_engine.store.builtin_tables import OrderBookDocumentRow as Document
from rules_engine.store.builtin_tables import OrderBookLineRow as Line
from rules_engine.store.builtin_tables import OrderBookProductRow as Product
from rules_engine.store.builtin_tables import OrderBookSequenceRow as Numbers
from rules_engine.store.session import GuardedSession, workspace_session

SYSTEM = "order_book"
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY", "KWD")
_PREFIX = {"quote": "Q", "order": "O"}
_STATE = {"quote": "open", "order": "confirmed"}
_TEXT = Path(__file__).with_suffix(".yaml")


def definition(shared: Catalog) -> ConnectorText:
    """The native document types and the mappings to them; `shared` is the catalog that all systems share."""
    return read_connector(_TEXT.read_text("utf-8"), shared, _TEXT.name)


def _no_fault(_moment: str) -> None:
    return None


class OrderBook:
    """An `OrderConnector`. It commits its own transactions: it stands for an outside system.

    `faults` is called with `before commit` and `after commit` of each document made; what it raises is raised
    to the caller, so that a lost answer and a crash can be played.
    """

    system = SYSTEM

    def __init__(
        self,
        engine: Engine,
        workspace_id: int,
        shared: Catalog,
        *,
        currencies: Sequence[str] = CURRENCIES,
        faults: Callable[[str], None] = _no_fault,
    ) -> None:
        self._engine = engine
        self._workspace_id = workspace_id
        self._definition = definition(shared)
        self._currencies = tuple(currencies)
        self._faults = faults

    @property
    def settle(self) -> timedelta:
        return timedelta(0)

    def mapping(self, document: str) -> FieldMappings:
        return self._definition.mappings[document]

    def catalog(self) -> Catalog:
        return self._definition.catalog

    def schema(self) -> Catalog:
        return self._definition.catalog

    def look_up(self, document_type: str, by: str, value: Value) -> Value | None:
        """`article` by `sku`; `customer` by `number` or `name`; `currency` by `code`."""
        if document_type == "currency" and by == "code":
            return value if value in self._currencies else None
        query = _look_up(document_type, by, value)
        with self._session(read_only=True) as session:
            found = session.scalars(query.limit(2)).all()
        if len(found) > 1:
            raise Refused(f"the order book has several records of `{document_type}` whose {by} is `{value}`")
        return str(found[0]) if found else None

    def find(self, document: str, key: str) -> Sequence[Written]:
        with self._session(read_only=True) as session:
            row = _by_key(session, document, key)
            return (_written(row),) if row else ()

    def create(self, document: str, payload: Record, key: str) -> Written:
        """Write the document, or return the one that carries the key already."""
        if document not in _PREFIX:
            raise Refused(f"the order book makes a `quote` or an `order`, not `{document}`")
        self._open_sequence(document)
        try:
            with self._session() as session, session.begin():
                written = self._enter(session, document, payload, key)
                self._faults("before commit")
        except (IntegrityError, OperationalError) as error:
            raise Retryable("the order book was busy with another document and wrote nothing") from error
        self._faults("after commit")
        return written

    def amend(self, document: str, written: Written, changes: Record, key: str) -> Written:
        """Change the document, or return what was changed under this key already."""
        try:
            with self._session() as session, session.begin():
                row, amendment = take(session, document, written, changes, key)
                number = f"{row.number}/{number_in(session, amendment)}"
                self._faults("before commit")
        except (IntegrityError, OperationalError) as error:
            raise Retryable("the order book was busy with another document and wrote nothing") from error
        self._faults("after commit")
        return replace(_written(row), id=str(amendment), number=number)

    def move(self, document: str, number: str, state: str) -> None:
        """A clerk ships, invoices or cancels it: `shipped`, `invoiced`, `cancelled`. Raises NotFound.

        The quotation of an order that is cancelled is open again.
        """
        with self._session() as session, session.begin():
            row = session.scalars(select(Document).where(Document.kind == document, Document.number == number)).first()
            if row is None:
                raise NotFound(f"the order book has no {document} `{number}`")
            row.state = state
            quotation = session.get(Document, row.quotation_id) if row.quotation_id else None
            if quotation is not None and state == "cancelled":
                quotation.state, row.quotation_id = _STATE["quote"], None

    def state(self, document: str, written: Written) -> str:
        """The word for it there. Raises NotFound."""
        with self._session(read_only=True) as session:
            query = select(Document.state).where(Document.id == number_of(written.id), Document.kind == document)
            found = session.scalars(query).one_or_none()
            if found is None:
                raise NotFound(f"the order book has no {document} with the id `{written.id}`")
            return found

    def read(self, document: str, written: Written) -> Record:
        with self._session(read_only=True) as session:
            query = select(Document).where(Document.id == number_of(written.id), Document.kind == document)
            row = session.scalars(query).one_or_none()
            if row is None:
                raise NotFound(f"the order book has no {document} with the id `{written.id}`")
            lines = session.scalars(select(Line).where(Line.document_id == row.id).order_by(Line.position)).all()
            items = tuple(_decoded(each.item) for each in lines)
            own = {"number": row.number, "state": row.state}
            return {**own, **_decoded(row.totals), **_decoded(row.header), "items": items}

    def documents(self, document: str) -> tuple[Written, ...]:
        """Every quote or order, oldest first."""
        with self._session(read_only=True) as session:
            found = session.scalars(select(Document).where(Document.kind == document).order_by(Document.id))
            return tuple(_written(row) for row in found)

    def add_product(self, sku: str, name: str, unit: str = "", *, active: bool = True) -> None:
        with self._session() as session, session.begin():
            session.add(Product(sku=sku, name=name, unit=unit, active=active))

    def add_customer(self, number: str, name: str, currency: str = "", *, active: bool = True) -> None:
        with self._session() as session, session.begin():
            session.add(Customer(number=number, name=name, currency=currency, active=active))

    def _enter(self, session: GuardedSession, document: str, payload: Record, key: str) -> Written:
        # The sequence's row is locked first: two requests with one key then come one after the other.
        sequence = session.scalars(_sequence(document).with_for_update()).one()
        known = _by_key(session, document, key)
        if known is not None:
            return _written(known)
        entry = accept(session, document, payload, key, self._currencies)
        sequence.last += 1
        row = _document_row(document, payload, key, entry, f"{_PREFIX[document]}-{sequence.last:05}")
        session.add(row)
        session.flush()
        session.add_all(line_rows(row, entry.items))
        if entry.quotation is not None:
            entry.quotation.state = "ordered"
        return _written(row)

    def _open_sequence(self, document: str) -> None:
        """The row that numbers are drawn from; another writer may open it at the same moment."""
        with self._session(read_only=True) as session:
            if session.scalars(_sequence(document)).one_or_none() is not None:
                return
        with suppress(IntegrityError), self._session() as session, session.begin():
            session.add(Numbers(kind=document, last=0))

    def _session(self, *, read_only: bool = False) -> GuardedSession:
        return workspace_session(self._engine, self._workspace_id, read_only=read_only)


def _look_up(document_type: str, by: str, value: Value) -> Select[int]:
    match document_type, by:
        case "article", "sku":
            return select(Product.id).where(Product.sku == value)
        case "customer", "number":
            return select(Customer.id).where(Customer.number == value)
        case "customer", "name":
            return select(Customer.id).where(func.lower(Customer.name) == str(value).lower())
        case _:
            raise Refused(
                f"the order book can't look up `{document_type}` by `{by}`; "
                "it can `article` by `sku`, `customer` by `number` or `name`, `currency` by `code`"
            )


def _sequence(document: str) -> Select[Numbers]:
    return select(Numbers).where(Numbers.kind == document)


def _by_key(session: GuardedSession, document: str, key: str) -> Document | None:
    query = select(Document).where(Document.kind == document, Document.external_key == key)
    return session.scalars(query).one_or_none()


def _document_row(document: str, payload: Record, key: str, entry: Entry, number: str) -> Document:
    return Document(
        kind=document,
        number=number,
        state=_STATE[document],
        external_key=key,
        customer_id=entry.customer.id,
        quotation_id=entry.quotation.id if entry.quotation else None,
        currency=entry.currency,
        header=encode({name: value for name, value in payload.items() if name != "items"}),
        totals=encode(entry.totals),
    )


def _written(row: Document) -> Written:
    totals = _decoded(row.totals)
    net, tax, gross = (_money(totals.get(name), row.currency) for name in ("net_total", "vat_total", "gross_total"))
    return Written(str(row.id), row.number, row.state, net, tax, gross)


def _money(amount: Value, currency: str) -> Money | None:
    return Money(amount, currency) if isinstance(amount, Decimal) else None


def _decoded(kept: object) -> Record:
    record = decode(kept)
    if not isinstance(record, Mapping):
        raise TypeError(f"a record is kept as {type(record).__name__}")
    return record
