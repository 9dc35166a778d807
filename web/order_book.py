"""The built-in order system's own small pages: its articles, quotations and orders."""

from collections.abc import Mapping

from flask import Blueprint, abort, render_template

from rules_engine.connectors.order_book import OrderBook
from rules_engine.model.run import Written
from rules_engine.model.values import Record
from rules_engine.store import order_book_pages, pages
from web import here

blueprint = Blueprint("order_book", __name__, url_prefix="/order-book")

KINDS = {"quote": "quotation", "order": "order"}


@blueprint.get("")
def index() -> str:
    with here.reading() as session:
        shown = {kind: order_book_pages.documents(session, kind) for kind in KINDS}
        return render_template(
            "order_book/index.html",
            products=order_book_pages.products(session),
            customers=order_book_pages.customers(session),
            **shown,
        )


@blueprint.get("/<kind>/<number>")
def show(kind: str, number: str) -> str:
    if kind not in KINDS:
        abort(404)
    with here.reading() as session:
        found = order_book_pages.document(session, kind, number)
        if found is None:
            abort(404, f"the order book has no {KINDS[kind]} `{number}`")
        conversion = pages.by_key(session, found.row.external_key)
        return render_template(
            "order_book/show.html",
            kind=kind,
            document=found,
            conversion=conversion,
            record=_read(here.product().order_book(here.slug()), kind, str(found.row.id)),
        )


def _read(book: OrderBook, kind: str, number: str) -> Mapping[str, object]:
    """The document as the order system gives it out, without its lines."""
    record: Record = book.read(kind, Written(number))
    return {name: value for name, value in record.items() if name != "items"}
