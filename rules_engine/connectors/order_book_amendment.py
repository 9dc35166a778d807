"""What the order book lets change in a document that stands, by its state, and how it takes a change once."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from rules_engine.connectors.order_book_entry import Item, number_of, recount
from rules_engine.formats.values_json import decode, encode
from rules_engine.model.errors import NotFound, Refused
from rules_engine.model.run import Written
from rules_engine.model.values import Record, Value
from rules_engine.store.builtin_tables import OrderBookAmendmentRow as Amendment
from rules_engine.store.builtin_tables import OrderBookDocumentRow as Document
from rules_engine.store.builtin_tables import OrderBookLineRow as Line
from rules_engine.store.session import GuardedSession

# Who bought in which money, and from which quotation: that is another document.
_NEVER = frozenset({"customer", "currency", "quotation"})
# What still helps once the goods are on their way.
_WORDS_ONLY = frozenset(
    {"your_reference", "purchase_order", "attention", "email", "phone", "text", "remarks", "notes", "sales_person"}
)
# Why nothing of it may change any more.
_CLOSED = {
    "ordered": "it is ordered: change the order",
    "invoiced": "it is invoiced: write a credit note and a new order",
    "cancelled": "it is cancelled",
}


def take(session: GuardedSession, document: str, written: Written, changes: Record, key: str) -> tuple[Document, int]:
    """The document with the changes in it, and the amendment's id; with a key that is known, as it stands.

    Raises Refused with the first thing that is wrong, and NotFound.
    """
    if not key.strip():
        raise Refused("the change has no external key: without one it can't be found again")
    query = select(Document).where(Document.id == number_of(written.id), Document.kind == document).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"the order book has no {document} with the id `{written.id}`")
    known = session.scalars(select(Amendment).where(Amendment.external_key == key)).one_or_none()
    if known is not None:
        return row, known.id
    _refuse(row, changes)
    before = _record(row.header) | {"items": _items_of(session, row)}
    _write(session, row, {name: value for name, value in {**before, **changes}.items() if value is not None})
    count = session.scalar(select(func.count(Amendment.id)).where(Amendment.document_id == row.id)) or 0
    was = {name: before.get(name) for name in changes}
    made = Amendment(
        document_id=row.id, number=count + 1, external_key=key, changes=encode(changes), before=encode(was)
    )
    session.add(made)
    session.flush()
    return row, made.id


def number_in(session: GuardedSession, amendment: int) -> int:
    """The amendment's number in its document, from 1."""
    return session.scalars(select(Amendment.number).where(Amendment.id == amendment)).one()


def _refuse(row: Document, changes: Record) -> None:
    if row.state in _CLOSED:
        raise Refused(f"{row.kind} `{row.number}` can't be changed: {_CLOSED[row.state]}")
    fixed = sorted(_NEVER & set(changes))
    if fixed:
        raise Refused(f"the {fixed[0]} of {row.kind} `{row.number}` can't be changed: cancel it and write a new one")
    late = sorted(set(changes) - _WORDS_ONLY) if row.state == "shipped" else []
    if late:
        raise Refused(f"{row.kind} `{row.number}` is shipped: its `{late[0]}` can't be changed any more")


def _write(session: GuardedSession, row: Document, payload: Record) -> None:
    items, totals = recount(session, row.kind, payload, row.currency)
    row.header = encode({name: value for name, value in payload.items() if name != "items"})
    row.totals = encode(totals)
    for line in _lines_of(session, row):
        session.delete(line)
    session.flush()
    session.add_all(line_rows(row, items))


def line_rows(row: Document, items: Sequence[Item]) -> list[Line]:
    return [
        Line(
            document_id=row.id,
            position=position,
            product_id=item.product.id if item.product else None,
            item=encode(item.record),
            net=str(item.net),
        )
        for position, item in enumerate(items, 1)
    ]


def _lines_of(session: GuardedSession, row: Document) -> Sequence[Line]:
    return session.scalars(select(Line).where(Line.document_id == row.id).order_by(Line.position)).all()


def _items_of(session: GuardedSession, row: Document) -> tuple[Value, ...]:
    return tuple(_record(line.item) for line in _lines_of(session, row))


def _record(kept: object) -> dict[str, Value]:
    record = decode(kept)
    if not isinstance(record, Mapping):
        raise TypeError(f"a record is kept as {type(record).__name__}")
    return dict(record)
