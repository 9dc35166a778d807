"""`o2o schema`, `o2o format`, `o2o diff`: what editors read, what a formatter does, what changed."""

import json
import shutil

import pytest
from click.testing import CliRunner

from rules_engine.cli import main
from rules_engine.formats import format_versions
from rules_engine.formats.published_schemas import KINDS
from rules_engine.shipped import shipped
from tests.formats.commented import remarks
from tests.formats.test_format_versions import OLD, policy_is_hit_policy


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(each) for each in words])


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(shipped("rulesets") / "signature-and-deposit", tmp_path / "mine")


# --- schema --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_printed_schema_is_the_one_that_ships(o2o, kind):
    answer = o2o("schema", kind)
    assert answer.exit_code == 0
    assert answer.output == (shipped("rulesets") / "schema" / f"{kind}.json").read_text("utf-8")


def test_all_schemas_are_written_into_a_folder(o2o, tmp_path):
    answer = o2o("schema", "--out", "new/schemas", "--json")
    assert sorted(json.loads(answer.output)["written"]) == sorted(f"new/schemas/{kind}.json" for kind in KINDS)
    for kind in KINDS:
        shown = (shipped("rulesets") / "schema" / f"{kind}.json").read_bytes()
        assert (tmp_path / f"new/schemas/{kind}.json").read_bytes() == shown


def test_a_catalogs_fields_stand_in_the_schema(o2o, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "format: 1\ndocuments:\n  opportunity:\n    fields:\n      Region__c: {type: text, label: Sales region}\n"
        "      Second_buyer__c: record of account\n",
        "utf-8",
    )
    text = o2o("schema", "ruleset", "--catalog", "own.yaml").output
    assert "opportunity.Region__c" in text
    assert "Sales region, text" in text
    assert "opportunity.Second_buyer__c.credit_status" in text


def test_a_connectors_types_stand_in_the_schema(o2o, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "format: 1\nsystem: ours\ndocuments:\n  deal:\n    fields:\n      sum: number\n", "utf-8"
    )
    assert '"ours.deal"' in o2o("schema", "mapping", "--catalog", "own.yaml").output


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["schema"], 2, "say which schema to print: ruleset, mapping, cases, catalog, connector"),
        (["schema", "rulset"], 2, "rulset"),
        (["schema", "ruleset", "--catalog", "none.yaml"], 3, "there is no file `none.yaml`"),
        (["schema", "ruleset", "--catalog", "bad.yaml"], 1, "there is no type"),
    ],
)
def test_a_schema_that_cannot_be_made_says_why(o2o, tmp_path, words, code, says):
    (tmp_path / "bad.yaml").write_text("format: 1\ndocuments: {a: {fields: {b: mony}}}\n", "utf-8")
    answer = o2o(*words)
    assert answer.exit_code == code
    assert says in answer.output or "is no type of a field" in answer.output


# --- format --------------------------------------------------------------------------------------------------------


def test_formatting_writes_once_and_has_nothing_to_do_then(o2o, folder):
    before = {each.name: each.read_text("utf-8") for each in folder.glob("*.yaml")}
    assert o2o("format", "mine", "--check").exit_code == 1
    assert {each.name: each.read_text("utf-8") for each in folder.glob("*.yaml")} == before
    assert o2o("format", "mine").exit_code == 0
    again = o2o("format", "mine", "--check", "--json")
    assert again.exit_code == 0
    assert {each["changed"] for each in json.loads(again.output)["files"]} == {False}
    assert o2o("test", "mine").exit_code == 0
    for name, text in before.items():
        assert remarks((folder / name).read_text("utf-8")) == remarks(text)


def test_formatting_keeps_the_line_ends_and_the_byte_order_mark(o2o, folder):
    file = folder / "ruleset.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert o2o("format", "mine").exit_code == 0
    text = file.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf# yaml")
    assert text.count(b"\n") == text.count(b"\r\n") > 10
    assert o2o("format", "mine", "--check").exit_code == 0


def test_a_text_that_cannot_be_read_is_left_as_it_is(o2o, folder):
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text("utf-8").replace("step:", "stpe:"), "utf-8")
    before = file.read_bytes()
    answer = o2o("format", "mine")
    assert answer.exit_code == 1
    assert "mine/ruleset.yaml:8:1: error: a ruleset has no key `stpe`" in answer.output
    assert file.read_bytes() == before


def test_older_texts_are_brought_to_the_current_edition(o2o, folder, monkeypatch):
    monkeypatch.setitem(format_versions.MIGRATIONS, 1, {"ruleset": policy_is_hit_policy})
    (folder / "ruleset.yaml").write_text(OLD, "utf-8")
    assert o2o("format", "mine", "--migrate", "--check").exit_code == 1
    assert "mine/ruleset.yaml migrated" in o2o("format", "mine", "--migrate").output
    expected = OLD.replace("format: 1", "format: 2").replace("policy:", "hit_policy:")
    assert (folder / "ruleset.yaml").read_text("utf-8") == expected
    assert o2o("format", "mine", "--migrate", "--check").exit_code == 0


# --- diff ----------------------------------------------------------------------------------------------------------


def test_the_same_ruleset_has_no_difference(o2o, folder):
    answer = o2o("diff", "signature-and-deposit", "mine")
    assert (answer.exit_code, answer.output) == (0, "the two mean the same\n")


def test_differences_are_said_in_words(o2o, folder):
    file = folder / "ruleset.yaml"
    file.write_text(
        file.read_text("utf-8").replace("14 days\n    ", "21 days\n    ").replace("within: 14", "within: 21")
    )
    cases = folder / "cases.yaml"
    cases.write_text(cases.read_text("utf-8").replace("hold", "convert", 1))
    answer = o2o("diff", "signature-and-deposit", "mine")
    assert answer.exit_code == 1
    assert "within ~~14~~ 21 days" in answer.output
    assert "cases.yaml\n@@" in answer.output
    shown = json.loads(
        o2o("diff", "signature-and-deposit/../signature-and-deposit", "mine/ruleset.yaml", "--json").output
    )
    assert [each["rule"] for each in shown["changes"]] == ["signed-and-paid"]
    assert shown["texts"] == []


def test_what_cannot_be_read_is_said(o2o, folder):
    (folder / "ruleset.yaml").write_text("format: 1\n", "utf-8")
    answer = o2o("diff", "signature-and-deposit", "mine")
    assert answer.exit_code == 1
    assert "a ruleset lacks `rules`" in answer.output
    assert o2o("diff", "signature-and-deposits", "mine").exit_code == 3
