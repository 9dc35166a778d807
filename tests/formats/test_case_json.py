"""A case's record as a file: readable, exact, and nothing else passes for one."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings

from rules_engine.folders import fixture_record, full_catalog
from rules_engine.formats.case_json import read_case_record, write_case_record
from rules_engine.model.case import Case
from rules_engine.model.values import Money, Months
from rules_engine.shipped import shipped
from tests.formats.reading import CATALOG, RICH, findings
from tests.strategies import cases

NAMES = sorted(each.name for each in (shipped("fixtures") / "sample_crm").glob("opportunity_*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_the_case_of_a_shipped_record_comes_back_as_it_was(name):
    record = fixture_record(f"sample_crm/{name}", "Europe/Berlin")
    assert read_case_record(write_case_record(record, full_catalog()), full_catalog()) == record


@settings(max_examples=80)
@given(cases(RICH))
def test_any_case_comes_back_as_it_was(case: Case):
    assert read_case_record(write_case_record(case.record, RICH), RICH) == case.record


def test_what_the_catalog_does_not_know_keeps_its_kind():
    other = {
        "money": Money(Decimal("1.20"), "EUR"),
        "day": date(2026, 3, 31),
        "instant": datetime(2026, 3, 31, 9, tzinfo=UTC),
        "clock": time(9, 30),
        "span": timedelta(days=2),
        "months": Months(3),
        "list": (Decimal("0.10"), "x", None, {"$odd": True}),
        "huge": Decimal("1E+50"),
    }
    record = {"other": other}
    assert read_case_record(write_case_record(record, CATALOG), CATALOG) == record


def test_it_is_written_as_a_person_would():
    record = {"opportunity": {"amount": Money(Decimal("5000"), "EUR"), "probability": Decimal("12.50"), "name": "Zoë"}}
    assert write_case_record(record, CATALOG) == (
        '{\n  "opportunity": {\n    "amount": "5000 EUR",\n    "probability": 12.50,\n    "name": "Zoë"\n  }\n}\n'
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"StageName": "Won"}', "a case has no `StageName`"),
        ("[]", "a record is an object"),
        ('{"other": {"a": {"$date": "soon"}}}', "is no value"),
        ('{"other": {"a": {"$money": 1}}}', "is no value"),
        ('{"other": {"a": {"$record": 1}}}', "is no value"),
        ('{"opportunity": {"amount": 12}}', "`opportunity.amount` is money"),
    ],
)
def test_what_is_no_case_is_refused_in_words(text, words):
    assert words in str(findings(lambda: read_case_record(text, CATALOG, "./x.json"))[0])
