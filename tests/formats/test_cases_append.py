"""A case put at the end of a text of cases: the rest stays character for character."""

from datetime import UTC, datetime

import pytest

from rules_engine.formats.cases_append import append_case
from rules_engine.formats.cases_text import read_cases
from rules_engine.model.errors import Permanent, Unreadable
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Verdict
from tests.formats.reading import CATALOG, ROOT

HELD = Expectation(Verdict.HOLD, "a", "why")
NEW = FixtureCase("new", datetime(2026, 3, 4, 9, tzinfo=UTC), HELD, record="./new.json")
OLD = "{case: old, facts: {}, now: 2026-03-04T09:00:00Z, expect: {verdict: ignore}}"
WRITTEN = """\
  - case: new
    record: "./new.json"
    now: 2026-03-04T09:00:00+00:00
    expect: {verdict: hold, rule: a, reason: why}
"""


def test_the_case_stands_at_the_end_below_what_was_there():
    text = f"# mine\nformat: 1\ncases:\n  # the first\n  - {OLD} # so\n"
    assert append_case(text, NEW, CATALOG, ["`account.name` is not masked"]) == (
        f"{text}\n  # `account.name` is not masked\n{WRITTEN}"
    )


@pytest.mark.parametrize("name", sorted(each.parent.name for each in (ROOT / "rulesets").glob("*/cases.yaml")))
def test_every_shipped_text_takes_a_case_and_keeps_its_own_characters(name):
    text = (ROOT / "rulesets" / name / "cases.yaml").read_text("utf-8")
    found = append_case(text, NEW, CATALOG)
    assert found.startswith(text.rstrip())
    assert read_cases(found, CATALOG)[-1] == NEW


def test_what_stands_below_the_cases_stays_below_with_its_comment():
    text = f"format: 1\ncases:\n  - {OLD}\n\n# whose\nruleset: sample\n"
    assert append_case(text, NEW, CATALOG) == f"format: 1\ncases:\n  - {OLD}\n\n{WRITTEN}\n# whose\nruleset: sample\n"


@pytest.mark.parametrize("text", ["format: 1\ncases: []\n", "format: 1\ncases: [] # none yet\n"])
def test_the_first_case_takes_the_place_of_the_empty_list(text):
    assert append_case(text, NEW, CATALOG) == f"format: 1\ncases:\n{WRITTEN}"


def test_the_authors_indentation_and_line_ends_are_kept():
    text = f"format: 1\r\ncases:\r\n- {OLD}\r\n"
    found = append_case(text, NEW, CATALOG)
    assert found.startswith(text)
    assert "\r\n- case: new\r\n  record:" in found
    assert "\n" not in found.replace("\r\n", "")


def test_a_list_in_brackets_and_a_name_that_is_taken_are_refused():
    with pytest.raises(Permanent, match="in brackets"):
        append_case(f"format: 1\ncases: [{OLD}]\n", NEW, CATALOG)
    with pytest.raises(Unreadable, match="two cases are called `new`"):
        append_case(f"format: 1\ncases:\n  - {OLD.replace('old', 'new')}\n", NEW, CATALOG)
