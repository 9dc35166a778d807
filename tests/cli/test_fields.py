"""`o2o fields`: the coverage figure of stored conversions, by mapping, by connection and of one."""

import json

import pytest
from click.testing import CliRunner

from rules_engine.bootstrap import now
from rules_engine.cli import main
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.delivery.worker import work_once
from rules_engine.sample_workspace import CRM, ORDERS, SLUG
from tests.demo import new_demo


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))

    def run(*words):
        return CliRunner().invoke(main, [str(each) for each in words])

    return run


@pytest.fixture
def product(tmp_path):
    return new_demo(tmp_path / "var", now)


@pytest.fixture
def converted(product):
    """D-1001 became a quote and an order, D-1002 a quote; D-1003 is held."""
    for deal in ("D-1001", "D-1002", "D-1003"):
        event = product.sample_crm(SLUG).act(deal, "win")
        body = webhook_body(event)
        product.receive(SLUG, CRM, product.sign(SLUG, CRM, event.id, body), body)
        while work_once(product.workspace(SLUG), product.work):
            pass
    return product


def test_before_anything_arrived_there_is_nothing_to_count(o2o, product):
    shown = o2o("fields")
    assert (shown.exit_code, shown.output) == (0, "0 of 0 fields of 0 documents arrived\n")


def test_the_figure_is_told_of_all_by_mapping_and_by_connection(o2o, converted):
    lines = o2o("fields").output.splitlines()
    assert lines[0] == "324 of 330 fields of 3 documents arrived (98.1 %)"
    assert "  framework-or-acceptance: 129 of 131 fields of 1 document arrived (98.4 %)" in lines
    assert "  on-close: 195 of 199 fields of 2 documents arrived (97.9 %)" in lines
    assert f"  {ORDERS}: 324 of 330 fields of 3 documents arrived (98.1 %)" in lines
    assert "  2 dropped: a stamp of the CRM (mapping on-close) (LastModifiedDate)" in lines


def test_the_json_adds_up_to_every_populated_field(o2o, converted):
    said = json.loads(o2o("fields", "--json").output)
    whole = said["all"]
    assert sum(whole["ways"].values()) == whole["populated"] == 330
    assert sum(each["count"] for each in whole["lost"]) == whole["ways"]["dropped"] == 6
    assert sum(each["populated"] for each in said["mappings"].values()) == 330
    assert set(said["connections"]) == {CRM, ORDERS}


def test_one_conversion_is_told_alone_also_where_it_is_held(o2o, converted):
    held = next(each for each in converted.workspace(SLUG).runs.case(CRM, "D-1003").conversions)
    assert o2o("fields", "--conversion", held.id).output.startswith("34 of 36 fields of 1 document arrived (94.4 %)\n")
    missing = o2o("fields", "--conversion", 99)
    assert (missing.exit_code, "no conversion `99`" in missing.output) == (3, True)


def test_a_ruleset_a_connection_or_the_newest_can_be_asked_for_alone(o2o, converted):
    assert o2o("fields", "--ruleset", "on-close").output.startswith("195 of 199 fields of 2 documents")
    assert o2o("fields", "--connection", CRM).output.startswith("324 of 330 fields of 3 documents")
    assert o2o("fields", "--newest", 1).output.startswith("66 of 68 fields of 1 document ")
    assert (o2o("fields", "--connection", "hubspot").exit_code, o2o("fields", "--ruleset", "x").exit_code) == (3, 3)
