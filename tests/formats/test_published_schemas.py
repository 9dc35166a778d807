"""The schema files that ship are current, small, take every shipped text and refuse broken ones."""

import json
import re
from pathlib import Path
from typing import Any as Json

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from rules_engine.folders import full_catalog
from rules_engine.formats.mapping_text import write_mapping
from rules_engine.formats.published_schemas import KINDS, as_text, published
from rules_engine.formats.ruleset_text import write_ruleset
from rules_engine.formats.schema import ruleset_schema
from rules_engine.formats.schema_sharing import shared
from rules_engine.formats.typed_values import read_untyped
from rules_engine.formats.yaml_tree import read_tree
from rules_engine.model.mapping import Mapping
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import Ruleset
from tests.formats.reading import CATALOG, RICH, ROOT, RULE
from tests.formats.test_schema import _plain
from tests.strategies import mappings, rulesets

FOLDER = ROOT / "rulesets/schema"
VALIDATORS = {kind: Draft202012Validator(published(kind, full_catalog())) for kind in KINDS}
RICH_RULESET = Draft202012Validator(published("ruleset", RICH))
SHIPPED = [
    *(
        (kind, file)
        for kind in ("ruleset", "mapping", "cases")
        for file in sorted(ROOT.glob(f"rulesets/*/{kind}.yaml"))
    ),
    ("catalog", ROOT / "rulesets/catalog.yaml"),
    *(("connector", file) for file in sorted(ROOT.glob("rules_engine/connectors/*.yaml"))),
]
SLOWLY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def as_json(text: str) -> Json:
    return _plain(read_untyped(read_tree(text, anchors=True)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_file_that_ships_is_current(kind: str) -> None:
    shipped = (FOLDER / f"{kind}.json").read_text("utf-8")
    assert shipped == as_text(published(kind, full_catalog())), "write it anew with `o2o schema --out rulesets/schema`"
    assert json.loads(shipped) == VALIDATORS[kind].schema


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_valid_2020_12_schema_of_a_sane_size(kind: str) -> None:
    Draft202012Validator.check_schema(VALIDATORS[kind].schema)
    assert len(as_text(published(kind, full_catalog()))) < 200_000


@pytest.mark.parametrize(("kind", "file"), SHIPPED, ids=[f"{file.parent.name}-{file.stem}" for _, file in SHIPPED])
def test_each_shipped_text_is_valid(kind: str, file: Path) -> None:
    assert list(VALIDATORS[kind].iter_errors(as_json(file.read_text("utf-8")))) == []


@pytest.mark.parametrize(("kind", "file"), SHIPPED, ids=[f"{file.parent.name}-{file.stem}" for _, file in SHIPPED])
def test_each_shipped_ruleset_and_catalog_names_its_schema(kind: str, file: Path) -> None:
    if kind == "connector":
        pytest.skip("a connector's text is a part of the product")
    first = file.read_text("utf-8").split("\n")[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, first
    assert (file.parent / named[1]).resolve() == (FOLDER / f"{kind}.json").resolve()


CASE = "{case: a, facts: {}, now: 2026-03-04T09:00:00Z, expect: {verdict: convert}}"
BROKEN = {
    "ruleset": (
        RULE + "{field: opportunity.amount, at_least: 5 EUR}",
        [
            ("opportunity.amount", "opportunity.amont"), ("at_least", "atleast"), ("5 EUR", "5"),
            ("at_least", "contains"),
            ("format: 1", "format: 2"), ("step: opp", "step: op"), ("rules:", "rule:"),
            ("  - id: only\n    then", "  - then"),
            ("convert", "conver"), ("{field", "[{field"), ("id: only", "id: Not A Name"), ("at_least: 5 EUR", "x: 1"),
        ],
    ),
    "mapping": (
        "format: 1\nmapping: m\nfrom: case\nto: quote\nfields:\n  title: {from: opportunity.name, through: [trim]}\n",
        [("title", "titel"), ("trim", "trimm"), ("trim", "truncate"), ("from: opp", "form: opp"),
         ("to: quote", "to: quot")],
    ),
    "cases": (
        f"format: 1\ncases:\n  - {CASE}\n",
        [("convert", "conver"), ("00Z", "00"), ("facts: {}", "x: {}"), ("case: a", "name: a"), ("cases", "case")],
    ),
    "catalog": (
        "format: 1\ndocuments:\n  thing:\n    fields:\n"
        "      a: money\n      b: {type: records of thing, max_length: 3}\n",
        [("money", "mony"), ("fields", "field"), ("max_length: 3", "max_length: 0"), ("documents", "document"),
         ("type:", "typ:")],
    ),
    "connector": (
        "format: 1\nsystem: s\ndocuments: {a: {fields: {b: text}}}\ncase: {from: a, fields: {opportunity.name: b}}\n",
        [("system", "systm"), ("case:", "kase:"), ("text", "txt"), ("from: a", "from: 1"),
         ("opportunity.name: b", "x: 5")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_texts_are_refused(kind: str) -> None:
    good, slips = BROKEN[kind]
    assert list(VALIDATORS[kind].iter_errors(as_json(good))) == []
    for right, wrong in slips:
        bad = good.replace(right, wrong, 1)
        bad = bad + "]" if wrong.startswith("[") else bad
        assert bad != good
        assert not VALIDATORS[kind].is_valid(as_json(bad)), wrong


@SLOWLY
@given(rulesets(RICH, most=2))
def test_any_written_ruleset_is_valid(ruleset: Ruleset) -> None:
    assert RICH_RULESET.is_valid(as_json(write_ruleset(ruleset))), write_ruleset(ruleset)


@SLOWLY
@given(mappings(CATALOG))
def test_any_written_mapping_is_valid(mapping: Mapping) -> None:
    assert VALIDATORS["mapping"].is_valid(as_json(write_mapping(mapping)))


def test_said_once_is_the_same_schema_and_smaller() -> None:
    whole = ruleset_schema(CATALOG)
    small = shared(whole)
    assert _expanded(small, small["$defs"], set(whole["$defs"])) == whole
    assert len(json.dumps(small)) < len(json.dumps(whole)) / 3


def _expanded(node: Json, parts: Json, own: set[str]) -> Json:
    """With each reference to a shared part replaced by what it says."""
    if isinstance(node, list):
        return [_expanded(each, parts, own) for each in node]
    if not isinstance(node, dict):
        return node
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    if name in parts and name not in own:
        return _expanded(parts[name], parts, own)
    kept = {key: each for key, each in node.items() if key != "$defs"}
    found = {key: _expanded(each, parts, own) for key, each in kept.items()}
    if "$defs" in node:
        found["$defs"] = {key: _expanded(each, parts, own) for key, each in node["$defs"].items() if key in own}
    return found


def test_fields_operators_and_keys_say_what_they_are() -> None:
    text = as_text(published("ruleset", RICH))
    assert '"CRM id, text"' in text
    assert [name for name, each in OPERATORS.items() if f'"description":"{each.phrase}"' not in text] == []
    assert "tried from top to bottom" in text


def test_a_custom_field_stands_in_the_schema_of_its_catalog() -> None:
    assert "opportunity.Tags__c" in as_text(published("ruleset", RICH))
    assert "opportunity.Tags__c" not in as_text(published("ruleset", CATALOG))
