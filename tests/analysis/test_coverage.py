"""What a ruleset's cases have seen of it, and what is named that they have not."""

import json

import pytest
from click.testing import CliRunner

from rules_engine import bootstrap, folders
from rules_engine.analysis.coverage import Coverage, coverage
from rules_engine.analysis.fixtures import run_fixture
from rules_engine.cli import main
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.decision import Truth
from tests.formats.reading import CATALOG

RULESET = """\
format: 1
ruleset: r
step: opportunity-to-quote
rules:
  - id: small
    title: Below the least amount
    when: {field: opportunity.amount, less_than: 100 EUR}
    then: {hold: too small}
  - id: stocked
    title: Won and in stock
    when:
      all:
        - {field: opportunity.stage, is: closed_won}
        - every: line_items
          where: {field: in_stock, is: true}
    then: convert
"""
MAPPING = """\
format: 1
mapping: r
from: case
to: quote
fields:
  opportunity: opportunity.id
  customer: account.id
  currency: {from: opportunity.currency, otherwise: EUR}
  title: opportunity.name
  billing_address: account.billing_address
lines:
  lines:
    from: line_items
    fields: {id: id, note: note}
"""
NOW = "2026-03-10T12:00:00+01:00"
WON = (
    "{opportunity: {id: D-1, stage: closed_won, amount: 100 EUR, name: Crane}, "
    "account: {id: A-1, billing_address: {city: Kiel}}, line_items: [{id: L-1, in_stock: %s}]}"
)


def seen(*cases: str, ruleset: str = RULESET) -> Coverage:
    """Of cases written as their facts; what they expect does not matter here."""
    text = "format: 1\ncases:\n"
    for number, each in enumerate(cases):
        text += f"  - {{case: case {number}, facts: {each}, now: {NOW}, expect: {{verdict: hold}}}}\n"
    read = read_ruleset(ruleset, CATALOG, "ruleset.yaml")
    mapping = read_mapping(MAPPING, CATALOG, "mapping.yaml")
    results = [
        run_fixture(each, read, mapping, lambda name, zone: {}, ReferenceMatcher(), CATALOG)
        for each in read_cases(text, CATALOG)
    ]
    return coverage(read, mapping, results, CATALOG)


def gaps(found: Coverage) -> list[str]:
    return [f"{each.place}: {each.what}" for each in found.gaps]


def test_rules_are_counted_by_what_they_decided_and_what_they_were() -> None:
    found = seen(WON % "true", WON % "false", "{opportunity: {amount: 99 EUR}}", "{}")
    counted = {each.rule.id: (each.decided, *(each.truths[one] for one in Truth)) for each in found.rules}
    assert counted == {"small": (1, 1, 2, 1), "stocked": (1, 1, 1, 2)}
    assert (found.otherwise, found.several) == (2, 0)


def test_a_condition_is_covered_when_it_was_seen_true_and_false() -> None:
    found = seen(WON % "true", WON % "false")
    covered = {each.words: (sorted(one.value for one in each.truths), each.covered) for each in found.conditions}
    assert covered["opportunity amount is less than 100 EUR"] == (["false"], False)
    assert covered["opportunity stage is Closed won"] == (["true"], False)
    assert covered["in stock is yes"] == (["false", "true"], True)
    assert covered["for every line item in stock is yes"] == (["false", "true"], True)


def test_a_condition_that_stands_twice_is_seen_at_each_of_its_places() -> None:
    twice = RULESET.replace("is: true}", "is: true}\n        - {field: opportunity.stage, is: closed_won}")
    found = seen(WON % "true", ruleset=twice)
    lines = [each.condition.place.line for each in found.conditions if each.words == "opportunity stage is Closed won"]
    assert lines == [13, 16]


def test_each_gap_is_named_at_its_line_with_the_case_that_would_close_it() -> None:
    found = seen(WON % "true")
    assert gaps(found) == [
        "ruleset.yaml:5:5: rule `small` was never true",
        "ruleset.yaml:9:5: rule `stocked` was always true",
        "ruleset.yaml:1:1: `otherwise` (ignore) never decided",
        "ruleset.yaml:7:11: rule `small`: `opportunity amount is less than 100 EUR` was never true",
        "ruleset.yaml:13:11: rule `stocked`: `opportunity stage is Closed won` was never false",
        "ruleset.yaml:14:11: rule `stocked`: `for every line item in stock is yes` was never false",
        "ruleset.yaml:15:18: rule `stocked`: `in stock is yes` was never false",
        "mapping.yaml:8:3: target field `currency` was filled by its `otherwise` only",
        "mapping.yaml:14:22: target field `lines.note` was never filled",
    ]
    assert found.gaps[0].remedy == "add a case of which it is: Below the least amount"
    assert found.gaps[-1].remedy == "add a case that converts with a value in `note`"


def test_a_condition_inside_an_empty_list_was_never_asked() -> None:
    found = seen("{opportunity: {stage: closed_won, amount: 100 EUR}, line_items: []}")
    assert "ruleset.yaml:15:18: rule `stocked`: `in stock is yes` was never asked" in gaps(found)


def test_unknown_is_not_false() -> None:
    found = seen("{opportunity: {stage: closed_won}}", WON % "true")
    named = "ruleset.yaml:7:11: rule `small`: `opportunity amount is less than 100 EUR` was never"
    assert f"{named} true" in gaps(found)
    found = seen("{opportunity: {amount: 5 EUR}}", "{opportunity: {amount: null}}")
    assert f"{named} false (it was unknown)" in gaps(found)


def test_target_fields_are_filled_from_a_source_or_by_default() -> None:
    made = {each.target: (each.made, each.defaulted) for each in seen(WON % "true").fields}
    assert made == {
        "opportunity": (True, False),
        "customer": (True, False),
        "currency": (False, True),
        "title": (True, False),
        "billing_address": (True, False),
        "lines.id": (True, False),
        "lines.note": (False, False),
    }


def test_a_default_that_was_never_needed_is_named() -> None:
    found = seen((WON % "true").replace("stage:", "currency: USD, stage:"))
    assert "mapping.yaml:8:3: the `otherwise` of target field `currency` was never needed" in gaps(found)


def test_two_rules_at_once_are_asked_for_where_the_hit_policy_is_for_them() -> None:
    unique = RULESET.replace("rules:", "hit_policy: unique\nrules:")
    named = "ruleset.yaml:1:1: `hit_policy: unique` was never needed"
    assert named in gaps(seen(WON % "true", ruleset=unique))
    both = seen((WON % "true").replace("100 EUR", "5 EUR"), ruleset=unique)
    assert named not in gaps(both)
    assert (both.several, both.otherwise) == (1, 0)
    assert named.replace("unique", "first") not in gaps(seen(WON % "true"))


def test_a_rule_that_is_off_is_not_asked_for() -> None:
    off = RULESET.replace("    title: Below", "    mode: off\n    title: Below")
    assert [each for each in gaps(seen(WON % "true", ruleset=off)) if "`small`" in each] == []


def test_a_rule_that_is_always_beaten_never_decided() -> None:
    beaten = RULESET.replace("less_than: 100 EUR", "at_least: 100 EUR")
    assert "ruleset.yaml:9:5: rule `stocked` was true and never decided" in gaps(seen(WON % "true", ruleset=beaten))


@pytest.mark.parametrize("name", [each.name for each in folders.shipped_rulesets()])
def test_the_cases_of_what_ships_see_all_of_it(name: str) -> None:
    desk = bootstrap.file_desk()
    checked = desk.check(folders.read_draft(folders.ruleset_folder(name)))
    assert checked.ruleset is not None
    assert gaps(coverage(checked.ruleset, checked.mapping, desk.run(checked), desk.catalog)) == []


# --- the commands ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A ruleset with one case, which leaves much unseen."""
    case = f"format: 1\ncases:\n  - {{case: won, facts: {WON % 'true'}, now: {NOW}, zone: UTC"
    for name, text in (("ruleset", RULESET), ("mapping", MAPPING), ("cases", case + ", expect: {verdict: convert}}\n")):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def o2o(*words):
    return CliRunner().invoke(main, [str(each) for each in words])


def test_the_command_says_what_is_not_covered_and_answers_no(folder) -> None:
    shown = o2o("coverage", folder)
    assert shown.exit_code == 1
    assert "ruleset.yaml:5:5: rule `small` was never true; add a case of which it is: Below" in shown.output
    assert "1 case: 0 of 5 conditions seen true and false, 5 of 7 target fields filled" in shown.output


def test_the_command_answers_yes_for_what_ships_and_speaks_json() -> None:
    shown = o2o("coverage", "on-close", "--json")
    assert shown.exit_code == 0
    (row,) = json.loads(shown.output)["rulesets"]
    assert (row["ruleset"], row["covered"], row["gaps"]) == ("on-close", True, [])
    assert {each["rule"]: each["decided"] > 0 for each in row["rules"]} == {"nothing-to-quote": True, "won": True}


def test_mutate_prints_the_cases_that_lack_and_answers_no_until_they_are_there(folder, tmp_path) -> None:
    shown = o2o("mutate", folder, "--write", tmp_path / "more.yaml")
    assert shown.exit_code == 1
    assert "ruleset.yaml:7:11: `less_than` became `at_most`" not in shown.output
    assert "ruleset.yaml:7:11: `100 EUR` became `99.99 EUR` (rule small)" in shown.output
    more = (tmp_path / "more.yaml").read_text("utf-8")
    refused = o2o("mutate", folder, "--write", folder / "cases.yaml")
    assert (refused.exit_code, "is there already" in refused.output) == (3, True)
    own = (folder / "cases.yaml").read_text("utf-8")
    (folder / "cases.yaml").write_text(own + more.partition("cases:\n")[2], "utf-8")
    assert o2o("test", folder).exit_code == 0
    again = o2o("mutate", folder)
    assert (again.exit_code, "(100 %)" in again.output) == (0, True)


def test_mutate_speaks_json_and_refuses_what_fails_already(folder) -> None:
    (row,) = json.loads(o2o("mutate", "on-close", "--json").output)["rulesets"]
    assert (row["proven"], row["score"], row["survived"], row["equivalent"]) == (True, "100", 0, 1)
    assert {each["fate"] for each in row["mutants"]} == {"killed", "equivalent"}
    cases = folder / "cases.yaml"
    cases.write_text(cases.read_text("utf-8").replace("verdict: convert", "verdict: hold"), "utf-8")
    shown = o2o("mutate", folder)
    assert (shown.exit_code, "1 of its cases fail already, such as `won`" in shown.output) == (1, True)
    cases.write_text(cases.read_text("utf-8").replace("verdict:", "verdct:"), "utf-8")
    assert o2o("mutate", folder).exit_code == o2o("coverage", folder).exit_code == 1
    assert o2o("mutate", "--write", folder / "x.yaml").exit_code == 2
