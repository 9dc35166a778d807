"""`o2o check --prove`: what publishing would ask, asked beforehand."""

import pytest
from click.testing import CliRunner

from rules_engine.cli import main
from rules_engine.folders import shipped_rulesets


@pytest.mark.parametrize("name", [each.name for each in shipped_rulesets()])
def test_what_ships_is_proved_by_the_command(name):
    shown = CliRunner().invoke(main, ["check", name, "--prove"])
    assert shown.exit_code == 0
    assert f"{name}: nothing wrong" in shown.output


def test_what_is_asked_nothing_has_no_proof_to_fail(tmp_path):
    for text in ("ruleset", "mapping", "cases"):
        (tmp_path / f"{text}.yaml").write_text("format: 1\n", "utf-8")
    shown = CliRunner().invoke(main, ["check", str(tmp_path), "--prove"])
    assert shown.exit_code == 1
    assert "not-proved" not in shown.output
