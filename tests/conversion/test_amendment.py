"""What differs between a document as it stands and as it would be made: by line id, in data and in words."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.conversion.amendment import amendment_key, changed_fields, changes, in_words
from rules_engine.folders import full_catalog
from rules_engine.model.values import Money

CATALOG = full_catalog()


def line(name, quantity="4", **more):
    return {"id": name, "sku": "WHL-40", "name": "Wheel set", "quantity": Decimal(quantity), **more}


def found(before, after, besides=()):
    return changes(before, after, "order", CATALOG, besides)


def test_a_field_is_named_by_its_label_with_both_values():
    (change,) = found({"delivery_date": date(2026, 6, 15)}, {"delivery_date": date(2026, 7, 1)})
    assert (change.path, change.before, change.after) == ("delivery_date", "2026-06-15", "2026-07-01")
    assert change.words == "delivery date was 2026-06-15 and would be 2026-07-01"


def test_a_field_that_is_new_or_gone_is_empty_on_that_side():
    assert [each.words for each in found({}, {"purchase_order": "PO-1"})] == [
        "purchase order was empty and would be PO-1"
    ]
    assert [each.words for each in found({"purchase_order": "PO-1"}, {"purchase_order": None})] == [
        "purchase order was PO-1 and would be empty"
    ]


def test_lines_are_compared_by_their_id_wherever_they_stand():
    one, two = line("L-1"), line("L-2")
    assert found({"lines": (one, two)}, {"lines": (two, one)}) == ()
    assert found({"lines": ({**one, "position": 1},)}, {"lines": ({**one, "position": 7},)}) == ()
    (change,) = found({"lines": (one, two)}, {"lines": (line("L-2", "9"), one)})
    assert (change.path, change.words) == (
        "lines[L-2].quantity", "quantity of line `L-2` (Wheel set) was 4 and would be 9",
    )  # fmt: skip


def test_two_lines_of_one_sku_are_two_lines():
    (change,) = found({"lines": (line("L-1"), line("L-2"))}, {"lines": (line("L-1", "5"), line("L-2"))})
    assert change.path == "lines[L-1].quantity"


def test_a_line_that_came_or_went_is_one_change():
    price = Money(Decimal("2350.00"), "EUR")
    went, came = found({"lines": (line("L-1"),)}, {"lines": (line("L-9", "2", unit_price=price),)})
    assert (went.path, went.before, went.after, went.words) == (
        "lines[L-1]", "4 x WHL-40", "", "line `L-1` (Wheel set) would go",
    )  # fmt: skip
    assert came.words == "line `L-9` (Wheel set) would come: 2 x WHL-40 at 2350.00 EUR"


def test_the_digits_of_a_number_are_no_change_and_zero_is_one():
    assert found({"lines": (line("L-1", "4.00"),)}, {"lines": (line("L-1", "4"),)}) == ()
    (change,) = found({"lines": (line("L-1", "4"),)}, {"lines": (line("L-1", "0"),)})
    assert change.after == "0"


def test_what_is_passed_over_never_counts():
    assert found({"other": "a", "title": "b"}, {"other": "c", "title": "b"}, ("other",)) == ()


def test_many_changes_are_said_in_short():
    said = in_words(found({}, {f"field_{number}": "x" for number in range(8)}))
    assert said.endswith("; and 3 more")
    assert said.count(" would be ") == 5


def test_only_the_native_fields_that_differ_are_sent_and_one_that_is_gone_is_emptied():
    before = {"title": "a", "terms": "30 days", "items": (line("L-1"),)}
    after = {"title": "a", "items": (line("L-1", "5"),)}
    assert changed_fields(before, after) == {"terms": None, "items": (line("L-1", "5"),)}


DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["a", "b"]),
        "delivery_date": st.sampled_from([date(2026, 1, 1), None]),
        "lines": st.lists(
            st.builds(line, st.sampled_from(["L-1", "L-2", "L-3"]), st.sampled_from(["1", "2"])),
            unique_by=lambda each: each["id"],
            max_size=3,
        ).map(tuple),
    },
)


@given(DOCUMENTS, DOCUMENTS)
def test_there_is_a_change_exactly_where_the_documents_differ_and_back_it_is_the_reverse(one, other):
    there, back = found(one, other), found(other, one)
    assert {(each.path, each.before, each.after) for each in there} == {
        (each.path, each.after, each.before) for each in back
    }

    def content(document):
        lines = {each["id"]: each for each in document.get("lines") or ()}
        return {**{name: value for name, value in document.items() if value is not None}, "lines": lines}

    assert bool(there) is (content(one) != content(other))
    assert (amendment_key("K", there) == amendment_key("K", back)) is (not there)


@pytest.mark.parametrize("base", ["K", "K2"])
def test_the_same_change_of_the_same_base_has_the_same_key(base):
    change = found({"title": "a"}, {"title": "b"})
    assert amendment_key(base, change) == amendment_key(base, found({"title": "a"}, {"title": "b"}))
    assert amendment_key(base, change) != amendment_key("another", change)
