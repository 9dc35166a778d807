"""A record's JSON typed by the catalog, exactly; wrong values are named by their path."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rules_engine.formats.record_json import read_record
from rules_engine.model.values import Money
from tests.formats.reading import CATALOG, findings


def test_values_get_the_type_of_their_field() -> None:
    raw = """{
      "opportunity": {"amount": {"amount": 0.1, "currency": "EUR"}, "close_date": "2026-03-31", "probability": 20,
                      "created_at": "2026-03-31T09:00:00Z", "stage": "closed_won", "name": null, "Custom__c": [1.10]},
      "account": {"credit_limit": "12.00 EUR", "framework_agreement": false},
      "line_items": [{"id": "L-1", "quantity": "2.50"}],
      "extra": {"deep": 12345678901234567890.123456789}
    }"""
    assert read_record(raw, CATALOG, "case") == {
        "opportunity": {
            "amount": Money(Decimal("0.1"), "EUR"),
            "close_date": date(2026, 3, 31),
            "probability": Decimal(20),
            "created_at": datetime(2026, 3, 31, 9, tzinfo=UTC),
            "stage": "closed_won",
            "name": None,
            "Custom__c": (Decimal("1.10"),),
        },
        "account": {"credit_limit": Money(Decimal("12.00"), "EUR"), "framework_agreement": False},
        "line_items": ({"id": "L-1", "quantity": Decimal("2.50")},),
        "extra": {"deep": Decimal("12345678901234567890.123456789")},
    }


NAIVE = datetime(2026, 3, 31, 9)  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize(
    ("raw", "check", "message"),
    [
        ('{"opportunity": {"name": 5}}', "type-mismatch", "`opportunity.name` is text, and here stands `5`"),
        ('{"opportunity": {"amount": 5}}', "type-mismatch", "`opportunity.amount` is money, and here stands `5`"),
        ('{"opportunity": {"close_date": "31.3.2026"}}', "type-mismatch",
         '`opportunity.close_date` is a date, and here stands the text `"31.3.2026"`'),
        ('{"opportunity": {"created_at": "2026-03-31T09:00:00"}}', "type-mismatch",
         '`opportunity.created_at` is a date and time, and here stands the text `"2026-03-31T09:00:00"`'),
        ('{"opportunity": {"stage": "won"}}', "unknown-choice", "`opportunity.stage` has no choice `won`"),
        ('{"line_items": [{"quantity": true}]}', "type-mismatch",
         "`line_items[0].quantity` is a number, and here stands `true`"),
        ('{"account": []}', "type-mismatch", "`account` is a record, and here stands a list"),
        ("[]", "wrong-shape", "a record is an object, and here stands a list"),
        ('{"a": NaN}', "not-json", "`NaN` is no number"),
        ('{"a": 1e999999999}', "not-json", "the number `1e999999999` is out of all proportion"),
        ("[" * 100_000, "too-deep", "the record lies more than 50 levels deep"),
        ('{"x": ' + "[" * 60 + "]" * 60 + "}", "too-deep", f"`x{'[0]' * 51}` lies more than 50 levels deep"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_by_its_path(raw: str, check: str, message: str) -> None:
    (found,) = findings(lambda: read_record(raw, CATALOG, "case", "deal.json"))
    assert (found.check, found.message, found.place.file) == (check, message, "deal.json")


def test_values_that_are_typed_already_are_kept() -> None:
    typed = {"opportunity": {"close_date": date(2026, 3, 31), "created_at": datetime(2026, 3, 31, 9, tzinfo=UTC)}}
    assert read_record(typed, CATALOG, "case") == typed
    (found,) = findings(lambda: read_record({"opportunity": {"close_date": NAIVE}}, CATALOG, "case"))
    assert found.check == "type-mismatch"


def test_broken_json_is_named_with_line_and_column() -> None:
    (found,) = findings(lambda: read_record('{"a": 1,\n "b" 2}', CATALOG, "case"))
    assert (found.check, found.place.line, found.place.column) == ("not-json", 2, 6)


def test_an_object_that_went_through_floats_is_refused() -> None:
    (found,) = findings(lambda: read_record({"Custom__c": 0.1}, CATALOG, "case"))
    assert found.message == "`Custom__c` is a binary fraction, which loses digits"
