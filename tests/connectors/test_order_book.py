"""The order book: the shared suite, its refusals, its numbers and its totals."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.order_book_entry import number_of, rounded
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion
from rules_engine.model.errors import NotFound, OutcomeUnknown, Refused, Retryable
from rules_engine.model.finding import Severity
from rules_engine.model.run import Written
from rules_engine.model.values import Record, Value, get, put
from rules_engine.store.base import Base
from rules_engine.store.session import open_engine
from rules_engine.testing.connector_suite import OrderConnectorSuite
from tests.builtin_systems import (
    RULESETS,
    START,
    ZONE,
    Watch,
    loaded,
    new_engine,
    new_workspace,
    shared_catalog,
    unaccounted,
)
from tests.databases import postgresql_server, skip_without_postgresql


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return shared_catalog()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with new_engine(tmp_path) as engine:
        yield engine


@pytest.fixture
def workspace(engine: Engine) -> int:
    return new_workspace(engine)


@pytest.fixture
def book(engine: Engine, workspace: int, catalog: Catalog) -> OrderBook:
    return loaded(engine, workspace, Watch(), catalog)[1]


@pytest.fixture
def orders(book: OrderBook) -> OrderBook:
    return book


VAT: Record = {"vat_code": "DE-19", "vat_rate": Decimal(19)}


def quotation(orders: OrderBook, **other: Value) -> Record:
    """Two lines of one article at different rebates, and a line of text: 13 630.00 net."""
    article = orders.look_up("article", "sku", "WHL-40")
    line: Record = {"type": "article", "article": article, "price": Decimal("2350.00"), **VAT}
    items: tuple[Record, ...] = (
        {**line, "id": "L-2", "sequence": Decimal(1), "qty": Decimal(4), "rebate": Decimal(0)},
        {**line, "id": "L-3", "sequence": Decimal(2), "qty": Decimal(2), "rebate": Decimal(10)},
        {"id": "L-4", "sequence": Decimal(3), "type": "remark", "title": "No crane hire", "qty": Decimal(0)},
    )
    return {
        "title": "Harbour crane retrofit",
        "customer": orders.look_up("customer", "number", "C-1042"),
        "currency": "EUR",
        "bill_to": {"street": "Am Sandtorkai 12", "town": "Hamburg"},
        "dated": date(2026, 3, 3),
        "notes": "Competitor: Nordkran\nfloor: 0",
        "items": items,
        **other,
    }


def with_line(payload: Record, line: int, **values: Value) -> Record:
    items = payload["items"]
    assert isinstance(items, tuple)
    lines = [each for each in items if isinstance(each, dict)]
    lines[line] = {**lines[line], **values}
    return {**payload, "items": tuple(lines)}


class TestOrderBook(OrderConnectorSuite):
    @pytest.fixture
    def orders(self, book: OrderBook) -> OrderBook:
        return book

    @pytest.fixture
    def quote_payload(self, book: OrderBook) -> Record:
        return quotation(book)

    @pytest.fixture
    def order_payload(self, quote_payload: Record) -> Callable[[Written], Record]:
        return lambda quote: {**quote_payload, "quotation": quote.id}

    @pytest.fixture
    def refused(self, quote_payload: Record) -> tuple[Record, str]:
        return {**quote_payload, "currency": "XXX"}, "keeps no `XXX`"

    @pytest.fixture
    def losing_answers(self, book: OrderBook, engine: Engine, workspace: int, catalog: Catalog) -> OrderBook:
        assert book.look_up("article", "sku", "WHL-40")

        def lose(moment: str) -> None:
            if moment == "after commit":
                raise OutcomeUnknown("the line went dead")

        return OrderBook(engine, workspace, catalog, faults=lose)

    @pytest.fixture
    def known(self) -> tuple[str, str, Value]:
        return "article", "sku", "WHL-40"


# --- what it refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer": None}, "the document has no customer"),
        ({"customer": ""}, "the document has no customer"),
        ({"customer": "99"}, "there is no customer with the id `99`"),
        ({"customer": "١"}, "there is no customer with the id `١`"),
        ({"currency": None}, "the document has no currency"),
        ({"currency": "ZAR"}, "keeps no `ZAR`, only `EUR`"),
        ({"currency": "USD"}, "customer `C-1042` is kept in `EUR`, the document is in `USD`"),
        ({"items": ()}, "the quote has no lines"),
        ({"items": None}, "the quote has no lines"),
    ],
)
def test_a_wrong_header_is_refused_in_words(orders: OrderBook, changes: Record, words: str) -> None:
    with pytest.raises(Refused, match=words):
        orders.create("quote", quotation(orders, **changes), "k-1")
    assert orders.documents("quote") == ()


@pytest.mark.parametrize(
    ("line", "changes", "words"),
    [
        (1, {"qty": None}, "line `L-3` has no quantity"),
        (1, {"qty": Decimal(0)}, "line `L-3` has a quantity of 0"),
        (1, {"qty": "2"}, "the quantity of line `L-3` is not a number"),
        (0, {"price": None}, "line `L-2` has no price"),
        (0, {"article": None}, "line `L-2` names no article"),
        (0, {"article": "4711"}, "line `L-2`: there is no article with the id `4711`"),
        (1, {"id": "L-2"}, "line `L-2` stands in the quote twice"),
        (1, {"id": ""}, "line 2 has no id"),
    ],
)
def test_a_wrong_line_is_refused_by_its_name(orders: OrderBook, line: int, changes: Record, words: str) -> None:
    with pytest.raises(Refused, match=words):
        orders.create("quote", with_line(quotation(orders), line, **changes), "k-1")
    assert orders.documents("quote") == ()


def test_an_article_that_is_no_longer_sold_is_refused(orders: OrderBook) -> None:
    old = orders.look_up("article", "sku", "DRV-100")
    with pytest.raises(Refused, match="line `L-2`: article `DRV-100` is no longer sold"):
        orders.create("quote", with_line(quotation(orders), 0, article=old), "k-1")


def test_a_closed_customer_is_refused(orders: OrderBook) -> None:
    orders.add_customer("C-9", "Gone Ltd", "EUR", active=False)
    with pytest.raises(Refused, match="customer `C-9` is closed"):
        orders.create("quote", quotation(orders, customer=orders.look_up("customer", "number", "C-9")), "k-1")


def test_only_quotes_and_orders_are_made(orders: OrderBook) -> None:
    with pytest.raises(Refused, match="makes a `quote` or an `order`, not `invoice`"):
        orders.create("invoice", quotation(orders), "k-1")


def test_a_document_without_a_key_is_refused(orders: OrderBook) -> None:
    with pytest.raises(Refused, match="the quote has no external key"):
        orders.create("quote", quotation(orders), " ")


def test_a_customer_without_a_currency_takes_each_that_the_book_keeps(orders: OrderBook) -> None:
    orders.add_customer("C-8", "Anywhere Ltd")
    customer = orders.look_up("customer", "number", "C-8")
    assert orders.create("quote", quotation(orders, customer=customer, currency="USD"), "k-1").number == "Q-00001"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quotation": None}, "the order names no quotation"),
        ({"quotation": "99"}, "there is no quotation with the id `99`"),
    ],
)
def test_an_order_without_its_quotation_is_refused(orders: OrderBook, changes: Record, words: str) -> None:
    with pytest.raises(Refused, match=words):
        orders.create("order", quotation(orders, **changes), "k-1")


def test_an_order_of_an_order_is_refused(orders: OrderBook) -> None:
    quote = orders.create("quote", quotation(orders), "k-1")
    order = orders.create("order", quotation(orders, quotation=quote.id), "k-2")
    with pytest.raises(Refused, match=f"there is no quotation with the id `{order.id}`"):
        orders.create("order", quotation(orders, quotation=order.id), "k-3")


def test_a_quotation_is_ordered_once(orders: OrderBook) -> None:
    quote = orders.create("quote", quotation(orders), "k-1")
    order = orders.create("order", quotation(orders, quotation=quote.id), "k-2")
    with pytest.raises(Refused, match="quotation `Q-00001` is ordered already as `O-00001`"):
        orders.create("order", quotation(orders, quotation=quote.id), "k-3")
    assert orders.create("order", quotation(orders, quotation=quote.id), "k-2") == order
    assert orders.documents("order") == (order,)
    assert orders.find("quote", "k-1") == (replace(quote, state="ordered"),)


def test_an_order_has_its_quotations_customer_and_currency(orders: OrderBook) -> None:
    orders.add_customer("C-8", "Anywhere Ltd")
    customer = orders.look_up("customer", "number", "C-8")
    quote = orders.create("quote", quotation(orders, customer=customer), "k-1")
    with pytest.raises(Refused, match="quotation `Q-00001` is in `EUR`, the order is in `USD`"):
        orders.create("order", quotation(orders, quotation=quote.id, customer=customer, currency="USD"), "k-2")
    with pytest.raises(Refused, match="quotation `Q-00001` is for another customer than `C-1042`"):
        orders.create("order", quotation(orders, quotation=quote.id), "k-2")


# --- numbers and keys ------------------------------------------------------------------------------------------


def test_numbers_have_no_gaps_whatever_is_refused_or_fails(
    orders: OrderBook, engine: Engine, workspace: int, catalog: Catalog
) -> None:
    def fail(moment: str) -> None:
        if moment == "before commit":
            raise Retryable("out of disk")

    failing = OrderBook(engine, workspace, catalog, faults=fail)
    numbers = [orders.create("quote", quotation(orders), "k-1").number]
    with pytest.raises(Refused):
        orders.create("quote", quotation(orders, items=()), "k-2")
    with pytest.raises(Retryable, match="out of disk"):
        failing.create("quote", quotation(orders), "k-3")
    assert orders.find("quote", "k-3") == ()
    numbers.append(orders.create("quote", quotation(orders), "k-4").number)
    assert numbers == ["Q-00001", "Q-00002"]


def test_each_workspace_counts_for_itself(orders: OrderBook, engine: Engine, catalog: Catalog) -> None:
    orders.create("quote", quotation(orders), "k-1")
    south = loaded(engine, new_workspace(engine, "south"), Watch(), catalog)[1]
    assert south.find("quote", "k-1") == ()
    assert south.create("quote", quotation(south), "k-1").number == "Q-00001"
    north_quote = orders.documents("quote")[0]
    with pytest.raises(NotFound):
        south.read("quote", north_quote)
    with pytest.raises(Refused, match="no customer with the id"):
        south.create("quote", quotation(orders), "k-2")


@pytest.fixture(params=["sqlite", "postgresql"])
def contested(request: pytest.FixtureRequest, catalog: Catalog) -> Iterator[OrderBook]:
    """An order book that several threads write to, on both databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("book")
        return
    skip_without_postgresql()
    with postgresql_server() as url:
        engine = open_engine(url)
        Base.metadata.create_all(engine)
        yield loaded(engine, new_workspace(engine), Watch(), catalog)[1]
        engine.dispose()


def test_eight_writers_with_one_key_make_one_quote_and_with_their_own_eight_without_gaps(contested: OrderBook) -> None:
    orders = contested
    payload = quotation(orders)
    same: list[Written] = []
    own: list[Written] = []

    def write(number: int) -> None:
        same.append(orders.create("quote", payload, "one key"))
        own.append(orders.create("quote", payload, f"key {number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(same) == len(own) == 8
    assert len({each.id for each in same}) == 1
    assert [each.number for each in orders.documents("quote")] == [f"Q-{number:05}" for number in range(1, 10)]


# --- totals ----------------------------------------------------------------------------------------------------


def test_the_book_computes_its_own_totals(orders: OrderBook) -> None:
    found = orders.read("quote", orders.create("quote", quotation(orders), "k-1"))
    assert found["net_total"] == Decimal("13630.00")
    assert found["vat_total"] == Decimal("2589.70")
    assert found["gross_total"] == Decimal("16219.70")
    assert (found["number"], found["state"]) == ("Q-00001", "open")


def test_vat_is_rounded_once_for_each_rate_and_not_for_each_line(orders: OrderBook) -> None:
    # 2 x 6.70 at 15 %: 2.02 by line, 2.01 by document.
    payload = quotation(orders)
    for line in (0, 1):
        payload = with_line(
            payload, line, qty=Decimal(1), price=Decimal("6.70"), rebate=Decimal(0), vat_rate=Decimal(15)
        )
    found = orders.read("quote", orders.create("quote", payload, "k-1"))
    assert (found["net_total"], found["vat_total"]) == (Decimal("13.40"), Decimal("2.01"))
    both = with_line(payload, 1, vat_code="DE-7", vat_rate=Decimal(7))
    found = orders.read("quote", orders.create("quote", both, "k-2"))
    assert found["vat_total"] == Decimal("1.01") + Decimal("0.47")


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("2.675", "EUR", "2.68"),
        ("-2.675", "EUR", "-2.68"),
        ("1227518.5", "JPY", "1227519"),
        ("0.0005", "KWD", "0.001"),
        ("41.4000", "EUR", "41.40"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero_to_the_minor_unit(amount: str, currency: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == expected


@pytest.mark.parametrize("value", ["", "x", None, "-1", "1.0", "²", "9" * 30, True])
def test_an_id_that_is_no_number_belongs_to_no_row(value: Value) -> None:
    assert number_of(value) == -1


# --- looking up ------------------------------------------------------------------------------------------------


def test_customers_are_found_by_number_and_by_name_in_any_case(orders: OrderBook) -> None:
    by_number = orders.look_up("customer", "number", "C-1042")
    assert by_number is not None
    assert orders.look_up("customer", "name", "hafenlogistik hamburg gmbh") == by_number
    assert orders.look_up("currency", "code", "EUR") == "EUR"
    assert orders.look_up("currency", "code", "ZAR") is None


def test_two_customers_of_one_name_are_not_guessed_between(orders: OrderBook) -> None:
    orders.add_customer("C-2", "Twin Ltd")
    orders.add_customer("C-3", "Twin Ltd")
    with pytest.raises(Refused, match="several records of `customer` whose name is `Twin Ltd`"):
        orders.look_up("customer", "name", "Twin Ltd")


def test_a_look_up_that_the_book_does_not_know_says_which_it_does(orders: OrderBook) -> None:
    with pytest.raises(Refused, match="can't look up `article` by `colour`; it can `article` by `sku`"):
        orders.look_up("article", "colour", "red")


# --- the whole way ---------------------------------------------------------------------------------------------


def errors(conversion: Conversion) -> list[str]:
    return [str(each) for each in conversion.problems if each.severity is Severity.ERROR]


def payload_of(
    engine: Engine, workspace: int, catalog: Catalog, orders: OrderBook, opportunity: str
) -> tuple[Conversion, Conversion, Conversion]:
    crm, _ = loaded(engine, workspace, Watch(), catalog)
    text = (RULESETS / "on-close" / "mapping.yaml").read_text("utf-8")
    case = convert(crm.fetch(opportunity), crm.to_case, Context(ZONE, START))
    quote = convert(case.document, read_mapping(text, catalog), Context(ZONE, START, catalog=catalog))
    native = Context(ZONE, START, orders.look_up, orders.catalog())
    return case, quote, convert(quote.document, orders.mapping("quote"), native)


@pytest.mark.parametrize(
    ("opportunity", "net", "gross"),
    [
        ("D-1001", "61630.00", "73339.70"),
        ("D-1002", "18240.00", "21705.60"),
        ("D-1004", "1236403", "1359866"),
        ("D-1005", "7430.25", "7430.25"),
    ],
)
def test_a_fixture_goes_the_whole_way_and_the_totals_agree_with_the_crm(
    engine: Engine, workspace: int, catalog: Catalog, orders: OrderBook, opportunity: str, net: str, gross: str
) -> None:
    case, quote, payload = payload_of(engine, workspace, catalog, orders, opportunity)
    assert errors(case) + errors(quote) + errors(payload) == []
    assert unaccounted(case.document, quote) == []
    assert unaccounted(quote.document, payload) == []
    written = orders.create("quote", payload.document, f"o2o-{opportunity}")
    found = orders.read("quote", written)
    assert (str(found["net_total"]), str(found["gross_total"])) == (net, gross)
    amount = get(case.document, "opportunity.amount.amount")
    assert str(get(case.document, "opportunity.amount")).startswith(net), amount
    assert {name: found[name] for name in payload.document} == dict(payload.document)


def test_what_the_order_book_has_no_field_for_stands_in_its_notes(
    engine: Engine, workspace: int, catalog: Catalog, orders: OrderBook
) -> None:
    _, _, payload = payload_of(engine, workspace, catalog, orders, "D-1001")
    notes = payload.document["notes"]
    assert isinstance(notes, str)
    for line in ("Competitor__c: Nordkran", "Account.Industry: Port operations", "opportunity_number: OPP-2026-0117"):
        assert line in notes
    assert "Paint_Colour__c: RAL 1028" in notes
    assert "Site_Survey_Done__c: " in notes


def test_missing_data_stops_the_conversion_with_the_line_named(
    engine: Engine, workspace: int, catalog: Catalog, orders: OrderBook
) -> None:
    case, quote, _ = payload_of(engine, workspace, catalog, orders, "D-1003")
    assert errors(case) == []
    found = errors(quote)
    assert len(found) == 1
    assert "`L-2`" in found[0]
    assert "quantity" in found[0]


def test_an_article_that_the_book_does_not_know_stops_the_conversion_in_words(
    engine: Engine, workspace: int, catalog: Catalog, orders: OrderBook
) -> None:
    _, quote, _ = payload_of(engine, workspace, catalog, orders, "D-1002")
    lines = quote.document["lines"]
    assert isinstance(lines, tuple)
    assert isinstance(lines[0], dict)
    wrong = put(quote.document, "lines", ({**lines[0], "sku": "LFT-9"},))
    payload = convert(wrong, orders.mapping("quote"), Context(ZONE, START, orders.look_up, orders.catalog()))
    found = errors(payload)
    assert len(found) == 1
    assert "LFT-9" in found[0]
