"""`o2o approve` over the sample workspace: what waits for a yes, and the answers."""

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from rules_engine.bootstrap import now
from rules_engine.cli import main
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.delivery.worker import work_once
from rules_engine.sample_workspace import CRM, SLUG
from tests.demo import new_demo

WHEELS = {"Lines[L-2].Quantity": Decimal(9), "Lines[L-2].NetAmount": Decimal(21150), "Amount": Decimal(73380)}


@pytest.fixture
def product(tmp_path):
    """An order of four wheel sets that should be one of nine."""
    made = new_demo(tmp_path / "var", now)
    crm = made.sample_crm(SLUG)
    for action, put in (("win", {}), ("sign", WHEELS)):
        crm.change("D-1001", Changes(put=put))
        body = webhook_body(event := crm.act("D-1001", action))
        assert made.receive(SLUG, CRM, made.sign(SLUG, CRM, event.id, body), body).status == 202
        while work_once(made.workspace(SLUG), made.work):
            pass
    yield made
    made.matcher.close()


@pytest.fixture
def o2o(tmp_path, monkeypatch, product):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))

    def run(*words):
        return CliRunner().invoke(main, [str(each) for each in words])

    return run


def wheels(product):
    (order,) = product.order_book(SLUG).documents("order")
    items = product.order_book(SLUG).read("order", order)["items"]
    return next(each["qty"] for each in items if each["id"] == "L-2")


def test_what_waits_is_listed_with_its_changes(o2o):
    shown = o2o("approve")
    assert shown.exit_code == 0, shown.output
    assert "3  proposed  amendment of `D-1001`" in shown.output
    assert "quantity of line `L-2` (Wheel set 400 mm) was 4 and would be 9" in shown.output
    (row,) = json.loads(o2o("approve", "--json").output)
    assert (row["conversion"], row["kind"], row["step"]) == (3, "amendment", "quote-to-order")
    assert {"path": "lines[L-2].quantity", "before": "4", "after": "9"}.items() <= row["changes"][0].items()


def test_a_yes_sends_it_once(o2o, product):
    shown = o2o("approve", 3, "--as", "Ana")
    assert shown.exit_code == 0, shown.output
    assert shown.output == "amendment O-00001/1 of `D-1001` is confirmed now\n"
    assert wheels(product) == 9
    again = o2o("approve", 3)
    assert again.exit_code == 3
    assert "conversion 3 is confirmed: there is nothing to approve or to refuse" in again.output
    assert o2o("approve").output == "nothing waits for a yes\n"


def test_a_no_is_kept_with_its_reason(o2o, product):
    said = json.loads(o2o("approve", 3, "--refuse", "--reason", "agreed otherwise", "--as", "Ben", "--json").output)
    assert (said["state"], said["error"], said["answered_by"]) == ("declined", "agreed otherwise", "Ben")
    assert wheels(product) == 4


def test_what_a_person_made_there_by_hand_is_taken_as_it_stands(o2o, product):
    said = json.loads(o2o("approve", 3, "--done", "--json").output)
    assert (said["state"], said["number"]) == ("confirmed", "")
    assert wheels(product) == 4


def test_a_refusal_of_the_order_system_is_the_answer_no(o2o, product):
    product.order_book(SLUG).move("order", "O-00001", "invoiced")
    shown = o2o("approve", 3)
    assert shown.exit_code == 1
    assert "it is invoiced: write a credit note and a new order" in shown.output


def test_two_answers_at_once_and_a_number_that_nobody_has_are_wrong(o2o):
    assert o2o("approve", 3, "--refuse", "--done").exit_code == 2
    assert o2o("approve", "--refuse").exit_code == 2
    missing = o2o("approve", 99)
    assert missing.exit_code == 3
    assert "there is no conversion `99`" in missing.output
