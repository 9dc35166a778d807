"""`o2o backtest` over the sample workspace: a published ruleset decides as it did, a changed one says where not."""

import json
import shutil

from rules_engine.shipped import shipped
from tests.cli.test_replay import kept, o2o, product  # noqa: F401 - fixtures

STEP = "opportunity-to-quote"


def test_the_published_ruleset_decides_everything_as_it_did(o2o, product):  # noqa: F811 - fixtures
    count = sum(row.step == STEP for row in kept(product))
    shown = o2o("backtest", "on-close")
    assert shown.exit_code == 0, shown.output
    assert shown.output == f"0 of {count} evaluations would be decided otherwise: 0 newly convert, 0 no longer do\n"


def test_a_changed_ruleset_names_the_deals_it_would_decide_otherwise(o2o, product, tmp_path):  # noqa: F811 - fixtures
    folder = shutil.copytree(shipped("rulesets") / "on-close", tmp_path / "mine")
    text = (folder / "ruleset.yaml").read_text("utf-8")
    (folder / "ruleset.yaml").write_text(text.replace("then: convert", "then: {hold: wait for spring}"), "utf-8")
    converted = [row for row in kept(product) if row.step == STEP and row.verdict == "convert"]
    found = json.loads(o2o("backtest", folder, "--json").output)
    assert found["differing"] == len(converted) > 0
    assert [each["decision"] for each in found["otherwise"]] == [row.id for row in converted]
    assert {(each["then"]["verdict"], each["now"]["verdict"]) for each in found["otherwise"]} == {("convert", "hold")}
    shown = o2o("backtest", folder)
    assert shown.exit_code == 1
    assert f"D-1001: convert won → hold won (decision {converted[0].id})" in shown.output
    assert f"0 newly convert, {len(converted)} no longer do" in shown.output


def test_a_ruleset_of_another_step_is_asked_about_its_own(o2o, product):  # noqa: F811 - fixtures
    count = sum(row.step != STEP for row in kept(product))
    assert f" of {count} evaluations" in o2o("backtest", "framework-or-acceptance").output
