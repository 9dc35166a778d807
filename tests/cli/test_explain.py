"""`o2o explain`: what to change, and the plain JSON."""

import json

import pytest
from click.testing import CliRunner

from rules_engine.cli import main

WAITS = "a signature alone waits"


def explain(*words):
    return CliRunner().invoke(main, ["explain", *words])


def test_what_would_convert_the_case_stands_below_the_verdict():
    shown = explain("signature-and-deposit", WAITS)
    assert shown.exit_code == 1
    assert "\nto convert it:\n  - record: deposit paid by 2026-03-26\n" in shown.output


def test_of_a_case_that_converts_nothing_is_to_be_changed():
    shown = explain("signature-and-deposit", "the deposit may come before the signature")
    assert shown.exit_code == 0
    assert "to convert it" not in shown.output


def test_the_json_has_the_documented_keys_and_no_others():
    found = json.loads(explain("signature-and-deposit", WAITS, "--json").output)
    assert list(found) == [
        "verdict", "rule", "reason", "ruleset", "step", "decided_for", "wake_at", "matched", "watched", "disagreement",
        "rules", "other_verdict",
    ]  # fmt: skip
    assert (found["verdict"], found["decided_for"]) == ("ignore", "2026-03-13T09:00:00+01:00")
    assert list(found["rules"][0]) == ["rule", "title", "mode", "considered", "truth", "condition"]
    change = found["other_verdict"]["changes"][0]
    assert (change["kind"], change["path"], change["operand"]) == (
        "happen",
        "deposit.paid",
        {"type": "date", "value": "2026-03-26"},
    )


def test_no_internal_tag_is_in_the_json():
    assert '"$' not in explain("purchase-order-in-stock", "a line that is not in stock is held", "--json").output


@pytest.mark.parametrize(
    "key", ["kind", "sentence", "item", "truth", "role", "actual", "expected", "cause", "children"]
)
def test_every_condition_has_every_key(key):
    found = json.loads(explain("purchase-order-in-stock", "a line that is not in stock is held", "--json").output)
    stack = [each["condition"] for each in found["rules"]]
    seen = 0
    while stack:
        condition = stack.pop()
        assert key in condition
        stack += condition["children"]
        seen += 1
    assert seen > 20
