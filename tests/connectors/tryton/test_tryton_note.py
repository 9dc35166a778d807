"""The note with our key, and a sale's values: no server needed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.connectors.tryton_note import KeyNote, key_note, read_note, search_domain, write_note
from rules_engine.connectors.tryton_records import scalar, two_addresses, without_zeros
from rules_engine.connectors.tryton_sale import changed_since_quoted, net_price, ordered, positions
from rules_engine.model.errors import Refused

D = Decimal
# What a text field of Tryton keeps: no surrogates, no NUL, and one kind of line end.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))
FILLED = TEXTS.filter(bool)


@given(
    document=st.sampled_from(["quote", "order"]),
    key=st.from_regex(r"[!-~]{1,40}", fullmatch=True),
    lines=st.lists(FILLED, max_size=4, unique=True),
    price=st.decimals(0, 10**9, places=4),
    remarks=TEXTS,
    carried=TEXTS,
)
def test_a_note_reads_back_as_it_was_written(document, key, lines, price, remarks, carried):
    rows = tuple({"id": each, "unit_price": price, "discount": D("12.5")} for each in lines)
    payload = {"remarks": remarks, "note": carried, "contact_name": "Jeanne: Moreau"}
    note = key_note(document, key, payload, rows)
    assert read_note(write_note(note)) == note
    assert note.lines == tuple(lines)
    assert note.texts.get("note", "") == carried


@pytest.mark.parametrize("text", ["", "call them", "Opportunity to Order", "Opportunity to Order: quote", "key: x"])
def test_a_note_that_is_not_ours_is_left_alone(text):
    assert read_note(text) is None


@pytest.mark.parametrize("damage", ["lines: [", "lines: 5", "discounts: []", 'discounts: {"L": ["x", "y"]}'])
def test_a_note_that_a_person_damaged_still_has_its_key(damage):
    found = read_note(f"Opportunity to Order: quote o2o-1\n{damage}\n\nregion: South")
    assert found == KeyNote("quote", "o2o-1", texts={"note": "region: South"})


def test_a_wildcard_in_a_key_stands_for_itself():
    ((field, operator, pattern),) = search_domain("quote", "a_b%c\\d")
    assert (field, operator) == ("notes.message", "like")
    assert pattern == "Opportunity to Order: quote a\\_b\\%c\\\\d\n%"


def test_a_discount_goes_into_the_unit_price():
    line = {"id": "L-1", "quantity": D(3), "discount": D(10)}
    assert net_price(line, D("119.50")) == D("107.5500")
    assert net_price({**line, "discount": D(0)}, D("119.50")) == D("119.50")
    assert net_price({**line, "discount": D(100)}, D("119.50")) == 0


def test_a_discount_that_four_decimals_cannot_hold_is_refused():
    line = {"id": "L-1", "quantity": D(12000), "discount": D("33.3")}
    with pytest.raises(Refused, match="line `L-1`: 0.345 less 33.3 % is 0.230115"):
        net_price(line, D("0.345"))


def test_positions_are_the_lines_own_where_all_have_one():
    assert positions(({"sequence": D(2)}, {"sequence": D(5)})) == [2, 5]
    assert positions(({"sequence": D(2)}, {})) == [10, 20]
    assert positions(({"sequence": D("1.5")}, {"sequence": D(2)})) == [10, 20]
    assert [
        each["id"] for each in ordered({"lines": ({"id": "b", "sequence": D(2)}, {"id": "a", "sequence": D(1)})})
    ] == [
        "a",
        "b",
    ]


def test_an_order_without_a_value_takes_the_quotations():
    line = {"product": "1", "quantity": D(2), "unit_price": D("1.50"), "taxes": ("1",)}
    quoted = {"party": "2", "payment_term": "10", "lines": (line,)}
    assert list(changed_since_quoted({"party": "2", "lines": ({"product": "1", "quantity": D("2.0")},)}, quoted)) == []
    assert list(changed_since_quoted({"party": "3", "lines": (line,)}, quoted)) == [
        "`party` is 3 in the order and 2 in the quotation"
    ]


BILL, SHIP, PLAIN = ({"id": 1, "invoice": True}, {"id": 2, "delivery": True}, {"id": 3})


@pytest.mark.parametrize(
    ("chosen", "addresses", "expected"),
    [
        (None, [], (None, None)),
        (None, [PLAIN], (PLAIN, PLAIN)),
        (None, [PLAIN, BILL, SHIP], (BILL, SHIP)),
        (SHIP, [BILL, SHIP], (BILL, SHIP)),
        (BILL, [BILL, SHIP], (BILL, SHIP)),
        (BILL, [BILL], (BILL, BILL)),
        (PLAIN, [BILL, SHIP, PLAIN], (BILL, PLAIN)),
        (PLAIN, [PLAIN], (PLAIN, PLAIN)),
    ],
)
def test_the_opportunitys_address_is_always_one_of_the_two(chosen, addresses, expected):
    assert two_addresses(chosen, addresses) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3.0, D(3)), (0.1, D("0.1")), (12.50, D("12.5")), (100, D(100)), (1e-7, D("1E-7")), (True, True), (None, None)],
)
def test_a_number_of_the_wire_becomes_a_decimal_without_noise(value, expected):
    assert scalar(value) == expected


def test_a_large_round_number_has_no_exponent():
    assert str(without_zeros(D("1E+3"))) == "1000"
