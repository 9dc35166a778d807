"""What the order book lets change in a document that stands, and that it takes a change once."""

import threading
from decimal import Decimal

import pytest

from rules_engine.connectors.order_book import OrderBook
from rules_engine.model.errors import NotFound, OutcomeUnknown, Refused
from rules_engine.model.run import Written
from rules_engine.ports import AmendingConnector
from tests.builtin_systems import Watch, loaded, new_engine, new_workspace, shared_catalog


@pytest.fixture
def engine(tmp_path):
    with new_engine(tmp_path) as engine:
        yield engine


@pytest.fixture
def book(engine):
    return loaded(engine, new_workspace(engine), Watch(), shared_catalog())[1]


def item(name, qty):
    return {"id": name, "article": "1", "qty": Decimal(qty), "price": Decimal("10.00"), "title": name}


@pytest.fixture
def quote(book):
    payload = {"customer": "1", "currency": "EUR", "title": "Crane", "items": (item("L-1", 2), item("L-2", 1))}
    return book.create("quote", payload, "K-1")


def test_the_order_book_is_a_system_that_takes_changes(book):
    assert isinstance(book, AmendingConnector)


def test_changed_fields_and_lines_stand_with_new_totals_and_the_rest_stays(book, quote):
    made = book.amend("quote", quote, {"terms": "cash", "items": (item("L-2", 5), item("L-3", 1))}, "A-1")
    assert (made.number, made.net_total.amount) == (f"{quote.number}/1", Decimal("60.00"))
    record = book.read("quote", quote)
    assert (record["title"], record["terms"], record["net_total"]) == ("Crane", "cash", Decimal("60.00"))
    assert [(each["id"], each["qty"]) for each in record["items"]] == [("L-2", 5), ("L-3", 1)]


def test_none_empties_a_field(book, quote):
    book.amend("quote", quote, {"title": None}, "A-1")
    assert "title" not in book.read("quote", quote)


def test_the_same_key_again_changes_nothing_and_says_the_same(book, quote):
    first = book.amend("quote", quote, {"title": "Crane 4"}, "A-1")
    book.amend("quote", quote, {"title": "Crane 5"}, "A-2")
    again = book.amend("quote", quote, {"title": "Crane 4"}, "A-1")
    assert (again.id, again.number) == (first.id, first.number)
    assert book.read("quote", quote)["title"] == "Crane 5"


def test_an_answer_lost_after_the_commit_is_made_good_by_asking_again(engine, quote):
    faults = [OutcomeUnknown("no answer")]

    def lost(moment):
        if moment == "after commit" and faults:
            raise faults.pop()

    shaky = OrderBook(engine, 1, shared_catalog(), faults=lost)
    with pytest.raises(OutcomeUnknown):
        shaky.amend("quote", quote, {"title": "Crane 4"}, "A-1")
    assert shaky.amend("quote", quote, {"title": "Crane 4"}, "A-1").number == f"{quote.number}/1"


def test_many_who_send_one_change_at_once_make_it_once(engine, quote):
    made = []

    def send():
        made.append(OrderBook(engine, 1, shared_catalog()).amend("quote", quote, {"title": "Crane 4"}, "A-1"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {each.number for each in made} == {f"{quote.number}/1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer": "2"}, "the customer of quote `Q-00001` can't be changed: cancel it and write a new one"),
        ({"currency": "USD"}, "the currency of quote `Q-00001` can't be changed: cancel it and write a new one"),
        ({"items": ()}, "the quote has no lines"),
        ({"items": ({**item("L-1", 1), "article": "999"},)}, "line `L-1`: there is no article with the id `999`"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_whole(book, quote, changes, words):
    before = book.read("quote", quote)
    with pytest.raises(Refused) as refused:
        book.amend("quote", quote, {"title": "x", **changes}, "A-1")
    assert str(refused.value) == words
    assert book.read("quote", quote) == before


@pytest.mark.parametrize("state", ["ordered", "invoiced", "cancelled"])
def test_a_document_that_is_closed_takes_nothing(book, quote, state):
    book.move("quote", quote.number, state)
    with pytest.raises(Refused, match="quote `Q-00001` can't be changed: it is "):
        book.amend("quote", quote, {"remarks": "x"}, "A-1")


def test_a_shipped_document_takes_words_and_no_goods(book, quote):
    book.move("quote", quote.number, "shipped")
    with pytest.raises(Refused, match="is shipped: its `items` can't be changed any more"):
        book.amend("quote", quote, {"remarks": "x", "items": (item("L-1", 3),)}, "A-1")
    book.amend("quote", quote, {"remarks": "x", "your_reference": "PO 1"}, "A-2")
    assert book.read("quote", quote)["your_reference"] == "PO 1"


def test_what_is_not_there_cannot_be_changed_nor_moved(book):
    with pytest.raises(NotFound, match="no quote with the id `77`"):
        book.amend("quote", Written("77"), {"title": "x"}, "A-1")
    with pytest.raises(NotFound, match="no quote `Q-77`"):
        book.move("quote", "Q-77", "shipped")


def test_a_change_without_a_key_is_refused(book, quote):
    with pytest.raises(Refused, match="has no external key"):
        book.amend("quote", quote, {"title": "x"}, " ")
