"""Every ruleset that ships: its texts are sound, its cases hold, each of its rules is seen to fire and not to fire."""

from pathlib import Path

import pytest

from rules_engine.analysis.fixtures import FixtureResult, fixture_case, run_fixture
from rules_engine.bootstrap import fixture_record
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.decision import Decision
from rules_engine.model.fixture import FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset, Verdict
from tests.builtin_systems import RULESETS, shared_catalog, unaccounted

SHARED = shared_catalog()
NAMES = sorted(path.parent.name for path in RULESETS.glob("*/ruleset.yaml"))


def text(name: str, file: str) -> str:
    return (RULESETS / name / file).read_text("utf-8")


def ruleset(name: str) -> Ruleset:
    return read_ruleset(text(name, "ruleset.yaml"), SHARED, f"{name}/ruleset.yaml")


def mapping(name: str) -> Mapping:
    return read_mapping(text(name, "mapping.yaml"), SHARED, f"{name}/mapping.yaml")


def cases(name: str) -> tuple[FixtureCase, ...]:
    return read_cases(text(name, "cases.yaml"), SHARED, f"{name}/cases.yaml")


ALL_CASES = [(name, case) for name in NAMES for case in cases(name)]


def run(name: str, fixture: FixtureCase) -> FixtureResult:
    return run_fixture(fixture, ruleset(name), mapping(name), fixture_record, DurableMatcher(), SHARED)


def decided(name: str, fixture: FixtureCase) -> Decision:
    decision = run(name, fixture).decision
    assert decision is not None
    return decision


def test_five_rulesets_ship_each_with_mapping_cases_and_readme() -> None:
    assert NAMES == [
        "framework-or-acceptance",
        "on-acceptance",
        "on-close",
        "purchase-order-in-stock",
        "signature-and-deposit",
    ]
    for name in NAMES:
        assert ruleset(name).name == mapping(name).name == name
        assert cases(name)
        assert (RULESETS / name / "README.md").read_text("utf-8").startswith(f"# {ruleset(name).title}")


@pytest.mark.parametrize(("name", "fixture"), ALL_CASES, ids=[f"{name}: {case.name}" for name, case in ALL_CASES])
def test_a_case_is_decided_for_the_reason_it_expects(name: str, fixture: FixtureCase) -> None:
    result = run(name, fixture)
    assert result.failures == ()
    assert result.decision is not None
    assert result.decision.disagreement == ()
    assert result.decision.rule == fixture.expect.rule
    if result.conversion is not None:
        record = fixture_case(fixture, fixture_record).record
        assert [str(each) for each in result.conversion.problems] == []
        assert unaccounted(record, result.conversion) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_decides_a_case_and_leaves_another(name: str) -> None:
    decisions = [decided(name, each) for each in cases(name)]
    for rule in ruleset(name).rules:
        assert any(decision.rule == rule.id for decision in decisions), rule.id
        assert any(rule.id not in decision.matched for decision in decisions), rule.id


@pytest.mark.parametrize("name", NAMES)
def test_each_converting_rule_has_a_case_with_important_fields(name: str) -> None:
    converting = {rule.id for rule in ruleset(name).rules if rule.then.verdict is Verdict.CONVERT}
    assert {each.expect.rule for each in cases(name) if each.expect.fields} == converting


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_names_each_rule_and_each_reason_for_a_hold(name: str) -> None:
    readme = Path(RULESETS / name / "README.md").read_text("utf-8")
    for rule in ruleset(name).rules:
        assert f"`{rule.id}`" in readme
