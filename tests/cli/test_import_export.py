"""`o2o import` and `o2o export` as a person types them."""

import json

import pytest
from click.testing import CliRunner

from rules_engine.cli import main
from rules_engine.shipped import shipped

IMPORT = ["--ruleset", "mine", "--step", "opportunity-to-quote"]
CREDIT = [
    "--currency", "EUR", "--map", "Stage=opportunity.stage", "--map", "Amount=opportunity.amount",
    "--map", "Credit status=account.credit_status", "--verdict", "APPROVED=convert", "--verdict", "REFER=propose",
    "--verdict", "DECLINED=hold", "--verdict", "WAIT=ignore",
]  # fmt: skip


@pytest.fixture
def o2o():
    return lambda *words: CliRunner().invoke(main, [str(each) for each in words])


@pytest.fixture
def file(tmp_path):
    def write(text, name="rules.json"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
        return path

    return write


def in_folder(tmp_path, ruleset):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "ruleset.yaml").write_text(ruleset, "utf-8")
    for name in ("mapping.yaml", "cases.yaml"):
        (folder / name).write_text((shipped("rulesets") / "on-close" / name).read_text("utf-8"), "utf-8")
    return folder


def test_an_imported_ruleset_is_exported_and_imported_again(o2o, file, tmp_path):
    first = o2o("import", "json-logic", shipped("fixtures") / "json_logic/won_deals.json", *IMPORT, "--currency", "EUR")
    assert first.exit_code == 0
    folder = in_folder(tmp_path, first.output)
    out = o2o("export", "json-logic", folder, "--currency", "EUR")
    assert out.exit_code == 0
    again = o2o("import", "json-logic", file(out.output), *IMPORT, "--currency", "EUR")
    assert (again.exit_code, again.output) == (0, first.output)


def test_a_decision_table_goes_in_and_out(o2o, file, tmp_path):
    first = o2o("import", "dmn", shipped("fixtures") / "dmn/credit_check.dmn", *IMPORT, *CREDIT)
    assert first.exit_code == 0
    assert "{field: account.credit_status, is_not: review, also_when_empty: true}" in first.output
    out = o2o("export", "dmn", in_folder(tmp_path, first.output), "--currency", "EUR")
    assert out.exit_code == 0
    again = o2o("import", "dmn", file(out.output, "again.dmn"), *IMPORT, "--currency", "EUR")
    assert again.exit_code == 0
    assert again.output.count("  - id: ") == first.output.count("  - id: ") == 3


def test_a_warning_stands_beside_the_ruleset_and_not_in_it(o2o, file):
    path = file({"<": [{"var": "opportunity.probability"}, 5]})
    shown = o2o("import", "json-logic", path, *IMPORT, "--then", "convert")
    assert shown.exit_code == 0
    assert "warning: rules.json: an empty `opportunity.probability` counts as 0" in shown.stderr
    assert shown.stdout.startswith("format: 1\n")
    assert shown.stdout.endswith("    then: convert\n")


def test_what_is_refused_ends_with_a_no_and_its_place(o2o, file):
    path = file([{"map": [1, 2]}])
    shown = o2o("import", "json-logic", path, *IMPORT)
    assert (shown.exit_code, shown.output) == (
        1, 'rules.json: error: rules[0]: "map" has no counterpart [no-counterpart]\n')  # fmt: skip
    machine = json.loads(o2o("import", "json-logic", path, *IMPORT, "--json").output)
    assert machine["ruleset"] is None
    assert [each["check"] for each in machine["findings"]] == ["no-counterpart"]
    shown = o2o("export", "dmn", "on-close")
    assert shown.exit_code == 1
    assert shown.output.startswith("ruleset.yaml:14:11: error: rule `nothing-to-quote`: `no` has no counterpart")
    assert json.loads(o2o("export", "json-logic", "signature-and-deposit", "--json").output)["text"] is None


def test_for_programs_the_text_is_a_field(o2o, file):
    found = json.loads(o2o("import", "json-logic", file({"var": "opportunity.name"}), *IMPORT, "--json").output)
    assert found["ruleset"].startswith("format: 1\nruleset: mine\n")
    assert found["findings"] == []
    assert json.loads(json.loads(o2o("export", "json-logic", "on-close", "--json").output)["text"])[1]["id"] == "won"


def test_a_catalog_adds_fields(o2o, file, tmp_path):
    path = file({">": [{"var": "opportunity.Score__c"}, 5]})
    assert o2o("import", "json-logic", path, *IMPORT).exit_code == 1
    catalog = file("format: 1\ndocuments:\n  opportunity:\n    fields:\n      Score__c: number\n", "mine.yaml")
    shown = o2o("import", "json-logic", path, *IMPORT, "--catalog", catalog)
    assert shown.exit_code == 0
    assert "{field: opportunity.Score__c, more_than: 5}" in shown.output
    folder = in_folder(tmp_path, shown.output)
    assert o2o("export", "json-logic", folder).exit_code == 1
    assert o2o("export", "json-logic", folder, "--catalog", catalog).exit_code == 0


@pytest.mark.parametrize("words", [["--map", "Stage"], ["--verdict", "=convert"], ["--step", "nowhere"]])
def test_wrong_use_says_what_to_write(o2o, words):
    shown = o2o("import", "dmn", shipped("fixtures") / "dmn/credit_check.dmn", *IMPORT, *words)
    assert shown.exit_code == 2
    assert words[0] in shown.output


def test_a_name_that_is_none_is_refused(o2o, file):
    shown = o2o("import", "json-logic", file({"var": "opportunity.name"}), "--ruleset", "My Rules",
                "--step", "quote-to-order")  # fmt: skip
    assert shown.exit_code == 1
    assert "did you mean `my-rules`?" in shown.output
