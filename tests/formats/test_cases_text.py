"""The text of cases: what each says about its record, its events and what is expected."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.formats.schema import cases_schema
from rules_engine.model.case import Event, Rate
from rules_engine.model.finding import Place
from rules_engine.model.fixture import Expectation, FixtureCase, overridden
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Money
from tests.formats.reading import CATALOG, ROOT, findings
from tests.formats.test_schema import as_json

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


# --- moments, and what the workspace has -----------------------------------------------------------------------

STEPS = """\
  - case: in steps
    facts: {opportunity: {stage: proposal}}
    events: [{type: signature.completed, at: 2026-03-03T09:00:00Z}]
    zone: Europe/Berlin
    previous: ./before.json
    rates: [{base: EUR, quote: USD, rate: 1.0850, on: 2026-03-01}]
    rates_on: 2026-03-02
    fiscal_start: 4
    steps:
      - step: quiet
        now: 2026-03-04T09:00:00Z
        expect: {verdict: ignore}
      - with: {opportunity.stage: closed_won}
        events: [{type: deposit.paid, at: 2026-03-05T09:00:00Z}, {type: deposit.paid, at: 2026-03-05T09:00:00Z, id: e2}]
        now: 2026-03-05T09:00:00Z
        expect: {verdict: convert}
"""


def test_a_case_in_steps_ends_with_its_last_and_says_what_the_workspace_has() -> None:
    (found,) = read_cases(HEAD + STEPS, CATALOG)
    assert (found.now.day, found.expect.verdict) == (5, Verdict.CONVERT)
    assert [(each.what, each.now.day, each.expect.verdict) for each in found.moments] == [
        ("quiet", 4, Verdict.IGNORE),
        ("", 5, Verdict.CONVERT),
    ]
    assert found.steps[1].overrides == {"opportunity.stage": "closed_won"}
    assert (found.previous, found.previous_record) == (None, "./before.json")
    assert found.rates == (Rate("EUR", "USD", Decimal("1.0850"), date(2026, 3, 1)),)
    assert (found.rates_on, found.fiscal_start) == (date(2026, 3, 2), 4)


def test_each_event_without_an_id_gets_one_of_its_own_in_all_the_case() -> None:
    (found,) = read_cases(HEAD + STEPS, CATALOG)
    assert [each.id for each in (*found.events, *found.steps[1].events)] == ["e1", "e2-", "e2"]


def test_a_case_without_steps_is_one_moment() -> None:
    (found,) = read_cases(HEAD + CASE, CATALOG)
    assert [(each.now, each.expect) for each in found.moments] == [(found.now, found.expect)]


@pytest.mark.parametrize(
    ("old", "new", "check", "message"),
    [
        ("    zone: Europe/Berlin\n", "    now: 2026-03-04T09:00:00Z\n", "wrong-shape",
         "a case with `steps` has no `now` of its own"),
        ("now: 2026-03-05T09", "now: 2026-03-03T09", "time-goes-back",
         "this step's `now` lies before that of the step above"),
        ("      - step: quiet\n", "      - stop: quiet\n", "unknown-key", "a step has no key `stop`"),
        ("        now: 2026-03-05T09:00:00Z\n", "", "missing-key", "a step lacks `now`"),
        ("rate: 1.0850", "rate: 0", "type-mismatch", "a rate is more than 0"),
        ("rate: 1.0850", "rate: much", "type-mismatch", "`rate` is a number, and here stands the text `much`"),
        ("base: EUR", "base: Euro", "type-mismatch", "`Euro` is no currency"),
        ("fiscal_start: 4", "fiscal_start: 13", "type-mismatch",
         "`fiscal_start` is a month, and here stands the text `13`"),
        ("rates_on: 2026-03-02", "rates_on: soon", "type-mismatch",
         "`rates_on` is a date, and here stands the text `soon`"),
    ],
)  # fmt: skip
def test_a_wrong_word_of_a_step_or_a_rate_is_named(old: str, new: str, check: str, message: str) -> None:
    assert old in STEPS
    found = findings(lambda: read_cases(HEAD + STEPS.replace(old, new, 1), CATALOG))
    assert (check, message) in {(each.check, each.message) for each in found}


def test_steps_that_are_none_are_refused() -> None:
    empty = STEPS.split("    steps:\n")[0] + "    steps: []\n"
    assert "`steps` is empty" in {each.message for each in findings(lambda: read_cases(HEAD + empty, CATALOG))}


def test_cases_in_steps_are_written_and_read_back() -> None:
    cases = read_cases(HEAD + STEPS + CASE, CATALOG)
    assert read_cases(write_cases(cases, "sample"), CATALOG) == cases


@given(st.lists(st.sampled_from(["", "e1", "e2", "e3", "e2-"]), max_size=5), st.integers(0, 5))
def test_whatever_ids_events_have_they_are_written_and_read_back(ids: list[str], cut: int) -> None:
    """Given or not, twice or not, in the case itself or in its steps."""
    at = "type: deposit.paid, at: 2026-03-05T09:00:00Z"
    lines = [f"{{{at}, id: {each}}}" if each else f"{{{at}}}" for each in ids]
    own, later = ", ".join(lines[:cut]), ", ".join(lines[cut:])
    step = f"{{now: 2026-03-05T09:00:00Z, expect: {{verdict: ignore}}, events: [{later}]}}"
    text = f"{HEAD}  - {{case: a, facts: {{}}, events: [{own}], steps: [{step}]}}\n"
    cases = read_cases(text, CATALOG)
    assert read_cases(write_cases(cases), CATALOG) == cases


def test_the_published_schema_takes_what_the_reader_takes() -> None:
    schema = Draft202012Validator(cases_schema(CATALOG))
    assert list(schema.iter_errors(as_json(HEAD + STEPS + CASE))) == []
    twice = STEPS.replace("    zone: Europe/Berlin\n", "    now: 2026-03-04T09:00:00Z\n")
    assert not schema.is_valid(as_json(HEAD + twice))
