"""The published JSON Schemas take what the readers take, and refuse the common slips."""

from decimal import Decimal
from pathlib import Path
from typing import Any as Json

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from rules_engine.formats.mapping_text import write_mapping
from rules_engine.formats.ruleset_text import write_ruleset
from rules_engine.formats.schema import cases_schema, mapping_schema, ruleset_schema
from rules_engine.formats.typed_values import read_untyped
from rules_engine.formats.yaml_tree import read_tree
from rules_engine.model.mapping import Mapping
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import Ruleset
from rules_engine.model.transforms import TRANSFORMS
from tests.formats.reading import CATALOG, RICH, ROOT, RULE
from tests.formats.test_mapping_text import HEAD
from tests.strategies import mappings, rulesets

SCHEMAS = {
    "ruleset": ruleset_schema(RICH),
    "mapping": mapping_schema(CATALOG),
    "cases": cases_schema(CATALOG),
}
FILES = [(file, name) for name in SCHEMAS for file in sorted((ROOT / "rulesets").glob(f"*/{name}.yaml"))]


def as_json(text: str) -> Json:
    """YAML 1.2 as JSON has it."""
    return _plain(read_untyped(read_tree(text)))


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def is_valid(name: str, text: str) -> bool:
    return Draft202012Validator(SCHEMAS[name]).is_valid(as_json(text))


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_a_valid_2020_12_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("file", "name"), FILES, ids=[f"{file.parent.name}-{name}" for file, name in FILES])
def test_each_shipped_file_is_valid(file: Path, name: str) -> None:
    errors = list(Draft202012Validator(SCHEMAS[name]).iter_errors(as_json(file.read_text("utf-8"))))
    assert errors == []


@settings(max_examples=60)
@given(rulesets(RICH, most=2))
def test_any_written_ruleset_is_valid(ruleset: Ruleset) -> None:
    assert is_valid("ruleset", write_ruleset(ruleset)), write_ruleset(ruleset)


@settings(max_examples=60)
@given(mappings(CATALOG))
def test_any_written_mapping_is_valid(mapping: Mapping) -> None:
    assert is_valid("mapping", write_mapping(mapping)), write_mapping(mapping)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("{field: opportunity.amount, at_least: 5 EUR}", "{field: opportunity.amont, at_least: 5 EUR}"),
        ("{field: opportunity.amount, at_least: 5 EUR}", "{field: opportunity.amount, atleast: 5 EUR}"),
        ("{field: opportunity.amount, at_least: 5 EUR}", "{field: opportunity.amount, at_least: 5}"),
        ("{field: opportunity.amount, at_least: 5 EUR}", "{field: opportunity.amount, contains: 5 EUR}"),
        ("{field: opportunity.name, is_empty: true}", "{field: opportunity.name, is_empty: false}"),
        ("{some: files, where: {field: category, is: drawing}}", "{some: files, where: {field: sku, is: drawing}}"),
        ("{happened: deposit.paid, within: 14 days}", "{happened: deposit.paid, within: 14}"),
        ("{happened: deposit.paid}", "{happened: deposit.pade}"),
        ("{all: [{no: files}]}", "{all: []}"),
    ],
)
def test_a_slip_in_a_condition_is_refused(good: str, bad: str) -> None:
    assert is_valid("ruleset", RULE + good)
    assert not is_valid("ruleset", RULE + bad)


def test_a_slip_in_a_mapping_or_a_case_is_refused() -> None:
    assert is_valid("mapping", HEAD + "  title: {from: opportunity.name, through: [trim]}")
    assert not is_valid("mapping", HEAD + "  titel: opportunity.name")
    assert not is_valid("mapping", HEAD + "  title: {from: opportunity.name, through: [trimm]}")
    assert not is_valid("mapping", HEAD + "  title: {from: opportunity.name, through: [truncate]}")
    case = "format: 1\ncases:\n  - {case: a, facts: {}, now: 2026-03-04T09:00:00Z, expect: {verdict: convert}}"
    assert is_valid("cases", case)
    assert not is_valid("cases", case.replace("convert", "conver"))
    assert not is_valid("cases", case.replace("00Z", "00"))


def test_each_operator_and_transform_stands_in_its_schema() -> None:
    said = str(SCHEMAS["ruleset"])
    assert [name for name in OPERATORS if f"'{name}'" not in said] == []
    assert [name for name in TRANSFORMS if f"'{name}'" not in str(SCHEMAS["mapping"])] == []
