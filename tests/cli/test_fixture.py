"""`o2o fixture`: from what happened to a real deal to a case that stands in the ruleset's own test."""

import json
import shutil

import pytest
from click.testing import CliRunner

from rules_engine.cli import main
from rules_engine.folders import full_catalog
from rules_engine.formats.case_json import read_case_record
from rules_engine.formats.cases_text import read_cases
from rules_engine.shipped import shipped
from tests.builtin_systems import Watch
from tests.demo import new_demo
from tests.test_product import deliver, work


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))

    def run(*words):
        return CliRunner().invoke(main, [str(each) for each in words])

    return run


@pytest.fixture
def product(tmp_path):
    """D-1001 was signed, and an hour later won: it became a quote and an order."""
    made = new_demo(tmp_path / "var", Watch())
    deliver(made, "sign", message="msg_signed")
    work(made)
    made.clock.forward(hours=1)
    deliver(made, "win", message="msg_won")
    work(made)
    yield made
    made.matcher.close()


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(shipped("rulesets") / "on-close", tmp_path / "mine")


def test_an_event_s_evaluation_becomes_a_case_that_passes(o2o, product, folder):
    before = (folder / "cases.yaml").read_text("utf-8")
    shown = o2o("fixture", "from-event", "msg_won", "--ruleset", folder, "--name", "the crane")
    assert shown.exit_code == 0, shown.output
    assert "decided then, and again with masked data: convert by `won`" in shown.output
    text = (folder / "cases.yaml").read_text("utf-8")
    assert text.startswith(before.rstrip())
    case = read_cases(text, full_catalog())[-1]
    assert (case.name, case.expect.verdict.value, case.expect.rule) == ("the crane", "convert", "won")
    assert [each.type for each in case.events] == ["signature.completed", "opportunity.won"]
    assert case.zone == "Europe/Berlin"
    assert case.expect.fields["lines[L-2].quantity"] == 4
    tested = json.loads(o2o("test", folder, "--json").output)
    assert (tested["failed"], tested["rulesets"][0]["cases"][-1]["case"]) == (0, "the crane")
    published = o2o("publish", folder, "--note", "with a real case")
    assert published.exit_code == 0, published.output


def test_nobody_s_data_stand_in_what_is_written(o2o, product, folder):
    o2o("fixture", "from-event", "msg_won", "--ruleset", folder)
    files = [folder / "cases.yaml", *sorted(folder.glob("*.json"))]
    assert len(files) == 3  # the record, and that of the evaluation before
    frozen = [files[0].read_text("utf-8").split("- case: D-1001")[1], *(each.read_text("utf-8") for each in files[1:])]
    for word in ("Hafenlogistik", "Petersen", "Lindqvist", "811234567", "555", "Waltershof", "hafen"):
        assert [each for each in frozen if word in each] == [], word
    record = read_case_record(frozen[1], full_catalog())
    assert record["account"]["number"] == "C-1042"
    assert [each["id"] for each in record["line_items"]] == ["L-1", "L-2", "L-3", "L-4"]


def test_the_same_text_is_masked_the_same_in_every_case(o2o, product):
    name = {
        json.loads(text)["account"]["name"]
        for event in ("msg_signed", "msg_won")
        for text in json.loads(o2o("fixture", "from-event", event, "--json").output)["files"].values()
    }
    assert len(name) == 1


def test_without_a_folder_all_is_printed_and_nothing_written(o2o, product, tmp_path):
    here = sorted(tmp_path.iterdir())
    shown = o2o("fixture", "from-event", "msg_signed")
    assert shown.exit_code == 0
    assert "- case: D-1001 as it was on 2026-03-03 09:00, opportunity-to-quote" in shown.stdout
    assert "# ./D-1001-2026-03-03.json" in shown.stdout
    assert sorted(tmp_path.iterdir()) == here


def test_an_event_is_found_by_its_number_and_a_deal_by_its_id(o2o, product):
    by_number = json.loads(o2o("fixture", "from-event", "2", "--json").output)
    assert (by_number["trigger"], by_number["verdict"], by_number["rule"]) == ("event:2", "convert", "won")
    order = json.loads(o2o("fixture", "from-deal", "D-1001", "--step", "quote-to-order", "--json").output)
    assert (order["verdict"], order["rule"]) == ("convert", "framework")


def test_the_step_is_that_of_the_folder_s_ruleset(o2o, product, tmp_path):
    folder = shutil.copytree(shipped("rulesets") / "framework-or-acceptance", tmp_path / "orders")
    shown = o2o("fixture", "from-event", "msg_won", "--ruleset", folder)
    assert "convert by `framework`" in shown.output
    assert o2o("test", folder).exit_code == 0


def test_a_second_case_takes_names_of_its_own(o2o, product, folder):
    for _ in range(2):
        assert o2o("fixture", "from-event", "msg_won", "--ruleset", folder).exit_code == 0
    assert len(list(folder.glob("*.json"))) == 4
    assert o2o("test", folder).exit_code == 0
    named = ("fixture", "from-event", "msg_won", "--ruleset", folder, "--name", "twice")
    assert [o2o(*named).exit_code for _ in range(2)] == [0, 3]


def test_what_the_folder_s_ruleset_decides_otherwise_is_said(o2o, product, folder):
    text = (folder / "ruleset.yaml").read_text("utf-8")
    (folder / "ruleset.yaml").write_text(text.replace("then: convert", "then: propose"), "utf-8")
    shown = o2o("fixture", "from-event", "msg_won", "--ruleset", folder)
    assert shown.exit_code == 0
    assert "with the ruleset as it stands in the folder: expected convert, got propose" in shown.output


def test_what_a_rule_reads_word_for_word_is_kept_with_a_note(o2o, product, folder):
    text = (folder / "ruleset.yaml").read_text("utf-8")
    stage = "{field: opportunity.stage, is: closed_won}"
    name = "{field: account.name, is: Hafenlogistik Hamburg GmbH}"
    (folder / "ruleset.yaml").write_text(text.replace(f"when: {stage}", f"when: {{all: [{stage}, {name}]}}"), "utf-8")
    assert o2o("publish", folder, "--note", "one customer", "--despite", "the cases are of others").exit_code == 0
    product.clock.forward(hours=1)
    assert o2o("publish", folder, "--note", "x", "--despite", "y").exit_code == 0
    deliver(product, "reopen", message="msg_reopened")
    work(product)
    deliver(product, "win", message="msg_again")
    work(product)
    shown = o2o("fixture", "from-event", "msg_again", "--ruleset", folder)
    assert "`account.name` is not masked: `won` reads it: " in shown.output
    cases = (folder / "cases.yaml").read_text("utf-8")
    assert "  # `account.name` is not masked: `won` reads it: " in cases
    assert "Hafenlogistik Hamburg GmbH" in next(folder.glob("D-1001*[0-9].json")).read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("from-event", "nothing"), "there is no accepted event `nothing`"),
        (("from-event", "99"), "there is no accepted event `99`"),
        (("from-deal", "D-9"), "there is no deal `D-9`: name it by its id in the CRM"),
        (("from-deal", "D-1001", "--workspace", "south"), "there is no workspace `south`"),
        (("from-event", "msg_signed", "--step", "quote-to-order"),
         "the event `msg_signed` led to no evaluation of the step `quote-to-order`; there is `opportunity-to-quote`"),
        (("from-event", "msg_won", "--ruleset", "on-close"), "`on-close` ships with the product and is not changed"),
    ],
)  # fmt: skip
def test_what_cannot_be_frozen_is_said(o2o, product, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    shown = o2o("fixture", *words)
    assert (shown.exit_code, said in shown.output) == (3, True), shown.output
