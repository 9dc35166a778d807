"""`o2o suggest` reads what it is given and prints what programs and people ask for."""

import json

import pytest
from click.testing import CliRunner

from rules_engine.cli import main

SOURCE = {"system": "Shop", "object": "Line", "fields": [{"name": "qty", "type": "int", "odd": 1}, {"name": "sku"}]}
TARGET = {"fields": [{"name": "Quantity"}, {"name": "item_code", "type": "Link", "reference": "Item"}]}


@pytest.fixture
def run(tmp_path):
    def run(*arguments, **files):
        for name, data in ({"source": SOURCE, "target": TARGET} | files).items():
            text = data if isinstance(data, str) else json.dumps(data)
            (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        told = [str(tmp_path / each) if each.endswith(".json") else each for each in arguments]
        return CliRunner().invoke(
            main, ["suggest", str(tmp_path / "source.json"), str(tmp_path / "target.json"), *told]
        )

    return run


def test_programs_get_a_list_best_first(run):
    answer = run("--json")
    found = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert {"source", "target", "confidence", "reason", "transform", "accept"} == set(found[0])
    assert [each["confidence"] for each in found] == sorted((each["confidence"] for each in found), reverse=True)
    assert next(each for each in found if each["target"] == "Quantity")["source"] == ["qty"]
    look_up = next(each for each in found if each["target"] == "item_code")
    assert (look_up["source"], look_up["transform"]) == (["sku"], [{"look_up": {"in": "Item", "by": "code"}}])


def test_one_document_may_hold_both_schemas(run):
    both = {"source": SOURCE, "target": TARGET}
    assert json.loads(run("--json", source=both, target=both).stdout) == json.loads(run("--json").stdout)


def test_people_see_the_best_choice_with_its_reason(run):
    lines = run().stdout.splitlines()
    at = next(at for at, line in enumerate(lines) if line.endswith("Quantity <- qty"))
    assert lines[at + 1].strip() == "both are `quantity`"
    assert lines[-1] == "2 of 2 target fields, from 2 source fields"


def test_samples_of_the_source_are_read_from_their_file(run):
    found = json.loads(run("--json", "--samples", "rows.json", rows=[{"qty": 3}, {"qty": 4}], target=["Menge"]).stdout)
    assert found[0]["source"] == ["qty"]


def test_refused_confirmed_and_mapped_are_heard(run):
    refused = json.loads(run("--json", "--refused", "no.json", no=[{"source": "qty", "target": "Quantity"}]).stdout)
    assert (["qty"], "Quantity") not in [(each["source"], each["target"]) for each in refused]
    confirmed = json.loads(
        run("--json", "--confirmed", "yes.json", yes=[{"source": "sku", "target": "Quantity"}]).stdout
    )
    assert (confirmed[0]["source"], confirmed[0]["target"], confirmed[0]["accept"]) == (["sku"], "Quantity", True)
    assert {each["target"] for each in json.loads(run("--json", "--mapped", "Quantity").stdout)} == {"item_code"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is not JSON"), ("1", "a schema is"), ('{"fields": [{}]}', "a field has no `name`")],
)
def test_what_is_no_schema_is_said_with_the_remedy(run, text, said):
    answer = run(source=text)
    assert answer.exit_code == 1
    assert said in answer.output


def test_a_file_that_is_not_there_is_for_a_person(run):
    answer = run("--samples", "gone.json")
    assert answer.exit_code == 3
    assert "cannot be read" in answer.output
