"""What a pipeline reads of a run: JUnit's XML as its schemas have it, and JSON with the reasons."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import pytest

from rules_engine.analysis.fixtures import FixtureResult
from rules_engine.analysis.reports import RulesetReport, case_json, junit
from rules_engine.folders import file_desk, full_catalog, read_draft, ruleset_folder
from rules_engine.model.finding import Finding, Place

AT = datetime(2026, 3, 4, 9, 30, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def results() -> tuple[FixtureResult, ...]:
    desk = file_desk()
    draft = read_draft(ruleset_folder("on-close"))
    spoilt = draft.cases_text.replace("verdict: convert", "verdict: hold", 1)
    return desk.run(desk.check(replace(draft, cases_text=spoilt)))


@pytest.fixture(scope="module")
def report(results) -> RulesetReport:
    return RulesetReport("on-close", "mine/cases.yaml", (), results)


def parsed(*reports: RulesetReport):
    return fromstring(junit(reports, AT))  # noqa: S314 - our own


def test_each_case_is_a_test_and_a_failure_says_why_and_where(report):
    (suite,) = parsed(report)
    tests = suite.findall("testcase")
    assert [each.get("name") for each in tests] == [each.fixture.name for each in report.results]
    (failure,) = suite.findall("testcase/failure")
    assert failure.get("message") == "expected hold, got convert, because `won` matched first"
    assert f"\nmine/cases.yaml:{report.results[0].fixture.place.line}\n" in failure.text
    assert (suite.get("tests"), suite.get("failures")) == (str(len(tests)), "1")


def test_a_ruleset_that_cannot_be_read_is_one_failing_test_with_its_findings():
    finding = Finding("unknown-field", "there is no field `x`", Place("ruleset.yaml", 3, 4))
    (suite,) = parsed(RulesetReport("mine", "mine/cases.yaml", (finding, finding), ()))
    (test,) = suite.findall("testcase")
    assert (suite.get("tests"), suite.get("failures"), test.get("name")) == ("1", "1", "can be read")
    assert test.find("failure").text.splitlines() == ["ruleset.yaml:3:4: there is no field `x`"] * 2


# What the two common schemas ask of each element, in the order in which they ask it: Ant's (windyroad/JUnit-Schema)
# names every attribute below as required, and Jenkins' (junit-10.xsd of its xunit plugin) knows all of them.
ATTRIBUTES = {
    "testsuites": set(),
    "testsuite": {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "system-out": set(),
    "system-err": set(),
}


def test_the_xml_has_the_shape_of_both_common_schemas(report):
    root = parsed(report, replace(report, ruleset="another"))
    assert {each.tag for each in root.iter()} == set(ATTRIBUTES)
    for each in root.iter():
        assert set(each.attrib) == ATTRIBUTES[each.tag], each.tag
    for number, suite in enumerate(root):
        tags = [each.tag for each in suite]
        assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
        assert suite.get("id") == str(number)
        assert suite.get("timestamp") == "2026-03-04T09:30:15"
    times = [each.get("time") for each in root.iter() if each.get("time")]
    assert all(re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", each) for each in times)


def test_characters_that_xml_cannot_hold_are_replaced_and_names_hold_in_one_line(report):
    odd = report.results[0]
    fixture = replace(odd.fixture, name="a\x00b\n\x1b[31m c\ud800")
    (suite,) = parsed(replace(report, results=(replace(odd, fixture=fixture, failures=("got \x0b",)),)))
    test = suite.find("testcase")
    assert test.get("name") == "a\ufffdb \ufffd[31m c\ufffd"
    assert test.find("failure").get("message") == "got \ufffd"


def test_json_says_what_was_expected_what_came_where_how_long_and_why(report):
    found = case_json(replace(report.results[0], seconds=0.25), report.file, full_catalog())
    assert (found["passed"], found["verdict"], found["rule"], found["seconds"]) == (False, "convert", "won", 0.25)
    assert found["expected"]["verdict"] == "hold"
    assert found["place"] == {"file": "mine/cases.yaml", "line": report.results[0].fixture.place.line, "column": 5}
    assert {each["rule"]: each["truth"] for each in found["rules"]} == {"nothing-to-quote": "false", "won": "true"}
    assert all(each["why"] for each in found["rules"])


def test_json_of_a_case_in_steps_has_each_step():
    desk = file_desk()
    draft = read_draft(ruleset_folder("on-close"))
    cases = """\
format: 1
cases:
  - case: won in two steps
    record: sample_crm/opportunity_harbour.json
    steps:
      - {step: open, now: 2026-03-03T09:00:00Z, expect: {verdict: ignore}}
      - step: won
        with: {opportunity.stage: closed_won}
        now: 2026-03-04T09:00:00Z
        expect: {verdict: hold}
"""
    (result,) = desk.run(desk.check(replace(draft, cases_text=cases)))
    found = case_json(result, "cases.yaml", full_catalog())
    assert [(each["step"], each["passed"], each["verdict"]) for each in found["steps"]] == [
        ("open", True, "ignore"),
        ("won", False, "convert"),
    ]
    assert found["failures"] == ["step 2 (`won`): expected hold, got convert, because `won` matched first"]
