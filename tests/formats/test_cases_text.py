"""The text of cases: what each says about its record, its events and what is expected."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from rules_engine.formats.cases_text import read_cases
from rules_engine.model.case import Event
from rules_engine.model.finding import Place
from rules_engine.model.fixture import Expectation, FixtureCase, overridden
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Money
from tests.formats.reading import CATALOG, ROOT, findings

HEAD = "format: 1\nruleset: sample\ncases:\n"
CASE = """\
  - case: a signed deal
    facts:
      opportunity: {amount: 5000 EUR, close_date: 2026-03-31, stage: closed_won, comment: null}
      line_items: [{id: L-1, quantity: 2.50, in_stock: false}]
    with: {opportunity.name: Harbour, "line_items[L-1].quantity": 4}
    previous: {opportunity.stage: negotiation}
    events:
      - {type: signature.completed, at: 2026-03-03T09:00:00+01:00, data: {by: Zoë}}
    now: 2026-03-04T09:00:00+01:00
    zone: Europe/Berlin
    expect:
      verdict: convert
      rule: won
      reason: signed
      fields: {title: Harbour, "lines[L-1].quantity": 4, other.Region: north}
"""
ZONE = timezone(timedelta(hours=1))


def test_a_case_says_its_record_its_events_its_clock_and_what_is_expected() -> None:
    (found,) = read_cases(HEAD + CASE, CATALOG)
    assert found == FixtureCase(
        "a signed deal",
        datetime(2026, 3, 4, 9, tzinfo=ZONE),
        Expectation(
            Verdict.CONVERT,
            "won",
            "signed",
            {"title": "Harbour", "lines[L-1].quantity": Decimal(4), "other.Region": "north"},
        ),
        facts={
            "opportunity": {
                "amount": Money(Decimal(5000), "EUR"),
                "close_date": datetime(2026, 3, 31, tzinfo=ZONE).date(),
                "stage": "closed_won",
                "comment": None,
            },
            "line_items": ({"id": "L-1", "quantity": Decimal("2.50"), "in_stock": False},),
        },
        overrides={"opportunity.name": "Harbour", "line_items[L-1].quantity": Decimal(4)},
        previous={"opportunity.stage": "negotiation"},
        events=(Event("signature.completed", datetime(2026, 3, 3, 9, tzinfo=ZONE), "e1", {"by": "Zoë"}),),
        zone="Europe/Berlin",
    )


def test_overrides_reach_into_lists_by_id() -> None:
    record = {"line_items": ({"id": "L-1", "quantity": Decimal(1)}, {"id": "L.2", "quantity": Decimal(2)})}
    found = overridden(record, {"line_items[L.2].quantity": Decimal(9), "opportunity.name": "x"})
    assert found == {
        "line_items": ({"id": "L-1", "quantity": Decimal(1)}, {"id": "L.2", "quantity": Decimal(9)}),
        "opportunity": {"name": "x"},
    }
    with pytest.raises(KeyError, match="L-7"):
        overridden(record, {"line_items[L-7].quantity": Decimal(9)})


def test_each_shipped_file_of_cases_reads() -> None:
    files = sorted((ROOT / "rulesets").glob("*/cases.yaml"))
    assert files
    assert all(read_cases(file.read_text("utf-8"), CATALOG, file.name) for file in files)


@pytest.mark.parametrize(
    ("old", "new", "check", "message", "suggestion"),
    [
        ("opportunity.name: H", "opportunity.nam: H", "unknown-field", "case has no field `opportunity.nam`",
         "did you mean `opportunity.name`?"),
        ("5000 EUR", "5000", "type-mismatch", "`opportunity.amount` is money, and here stands the text `5000`",
         "say the currency, such as `5000 EUR`"),
        ("{title: H", "{titel: H", "unknown-field", "quote has no field `titel`", "did you mean `title`?"),
        ("signature.completed", "signature.complete", "unknown-event", "there is no event `signature.complete`",
         "did you mean `signature.completed`?"),
        ("verdict: convert", "verdict: conver", "unknown-word", "`conver` is no verdict", "did you mean `convert`?"),
        ("now: 2026-03-04T09:00:00+01:00", "now: 2026-03-04T09:00:00", "type-mismatch",
         "`now` is a date and time with its offset, and here stands the text `2026-03-04T09:00:00`",
         "write such as `2026-03-31T09:00:00+02:00`"),
        ("Europe/Berlin", "Europe/Berln", "unknown-word", "`Europe/Berln` is no time zone",
         "did you mean `Europe/Berlin`?"),
        ("    facts:", "    record: x.json\n    facts:", "missing-key", "a case has either `record` or `facts`",
         "write `record:` and a file below fixtures/, or `facts:` and the case itself"),
    ],
)  # fmt: skip
def test_a_wrong_word_of_a_case_is_named(old: str, new: str, check: str, message: str, suggestion: str) -> None:
    assert old in CASE
    (found,) = findings(lambda: read_cases(HEAD + CASE.replace(old, new, 1), CATALOG))
    assert (found.check, found.message, found.suggestion) == (check, message, suggestion)


def test_two_cases_of_one_name_are_refused_at_the_second() -> None:
    (found,) = findings(lambda: read_cases(HEAD + CASE + CASE, CATALOG))
    assert (found.check, found.place) == ("duplicate-case", Place("", 4 + CASE.count("\n"), 11))
