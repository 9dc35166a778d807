"""The cases of a ruleset as pytest's own tests, run as a customer runs them: pytest in a process of its own."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from rules_engine.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "rules_engine.testing.pytest_plugin"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Away from the project's own settings, with the project importable."""
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    """A customer's repository with three rulesets: one as it should be, one with a failing case, one not readable."""
    for name in ("good", "failing", "broken"):
        shutil.copytree(shipped("rulesets") / "on-close", tmp_path / "rulesets" / name)
    spoil(tmp_path / "rulesets/failing/cases.yaml", "verdict: convert", "verdict: hold")
    spoil(tmp_path / "rulesets/broken/ruleset.yaml", "closed_won", "closed_wn")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def line_of(file: Path, words: str) -> int:
    return 1 + next(at for at, line in enumerate(file.read_text("utf-8").splitlines()) if words in line)


def test_each_case_is_a_test_and_fails_with_the_words_of_o2o_test_and_its_place(folder):
    shown = run(folder, "rulesets", "-q", "--junitxml", "report.xml")
    assert shown.returncode == 1
    assert "rulesets/failing/cases.yaml::failing::a won deal becomes a quote" in shown.stdout
    line = line_of(folder / "rulesets/failing/cases.yaml", "- case: a won deal becomes a quote")
    words = f"expected hold, got convert, because `won` matched first\nrulesets/failing/cases.yaml:{line}\n"
    assert words in shown.stdout
    line = line_of(folder / "rulesets/broken/ruleset.yaml", "closed_wn")
    finding = f"rulesets/broken/ruleset.yaml:{line}:42: `closed_wn` is no choice of `opportunity.stage`"
    assert finding in shown.stdout
    assert " 2 failed" in f" {shown.stdout.splitlines()[-1]}"
    failures = {
        (test.get("classname"), test.get("name")): test.find("failure").get("message").splitlines()[0]
        for test in parse(folder / "report.xml").iter("testcase")  # noqa: S314 - pytest's own
        if test.find("failure") is not None
    }
    assert set(failures) == {
        ("rulesets.broken.cases.yaml.broken", "can be read"),
        ("rulesets.failing.cases.yaml.failing", "a won deal becomes a quote"),
    }
    assert failures["rulesets.failing.cases.yaml.failing", "a won deal becomes a quote"] == words.splitlines()[0]


def test_words_and_names_choose_cases_as_any_tests(folder):
    by_word = run(folder, "rulesets/good", "-q", "-k", "lost")
    by_name = run(folder, "-q", "rulesets/good/cases.yaml::good::a lost deal is left alone")
    assert [(each.returncode, "1 passed" in each.stdout) for each in (by_word, by_name)] == [(0, True)] * 2


def test_a_file_of_that_name_that_is_none_of_ours_is_left_alone(tmp_path):
    (tmp_path / "cases.yaml").write_text("whatever: [")
    assert run(tmp_path, "-q").returncode == 5  # pytest's code for no tests


def test_a_folder_that_lacks_a_text_fails_and_says_so(folder):
    (folder / "rulesets/good/mapping.yaml").unlink()
    shown = run(folder, "rulesets/good", "-q")
    assert (shown.returncode, "`good` has no `mapping.yaml`" in shown.stdout) == (1, True)


def test_the_project_s_own_rulesets_run_with_warnings_as_errors():
    shown = run(ROOT, "rulesets/on-close", "-q")
    assert shown.returncode == 0, shown.stdout


def test_it_loads_neither_the_pages_nor_a_database():
    code = (
        "import sys; from rules_engine.testing import pytest_plugin, ruleset_cases;"
        "print(sorted({'web', 'flask', 'sqlalchemy', 'httpx'} & {each.split('.')[0] for each in sys.modules}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_an_installed_product_brings_it_under_the_name_that_p_takes():
    """So pytest, which loads a plugin once by its name, never has it twice."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    assert points == {PLUGIN: PLUGIN}
