"""`o2o test`: several rulesets, files beside the cases, reports, and again on every change."""

import json
import os
import re
import shutil
from itertools import islice
from xml.etree.ElementTree import parse

import pytest
from click.testing import CliRunner

from rules_engine.cli import main
from rules_engine.cli.watching import PAUSE, changes, look
from rules_engine.shipped import shipped
from tests.docs.console import ROOT


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)

    def run(*words, changed=None):
        return CliRunner().invoke(main, [str(each) for each in words], obj=changed)

    return run


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(shipped("rulesets") / "on-close", tmp_path / "rulesets" / "mine")


def spoil(folder, file, old, new):
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def test_a_folder_of_rulesets_is_tested_whole(o2o, folder):
    shutil.copytree(folder, folder.parent / "other")
    shown = json.loads(o2o("test", "rulesets", "--json").output)
    assert [each["ruleset"] for each in shown["rulesets"]] == ["mine", "other"]
    assert shown["failed"] == 0
    assert {each["place"]["file"] for each in shown["rulesets"][0]["cases"]} == {"rulesets/mine/cases.yaml"}
    assert all(0 < each["seconds"] < 60 for each in shown["rulesets"][0]["cases"])


def test_a_failing_case_says_its_place(o2o, folder):
    spoil(folder, "cases.yaml", "verdict: convert", "verdict: hold")
    shown = o2o("test", "rulesets/mine")
    assert "✗ a won deal becomes a quote (convert won) rulesets/mine/cases.yaml:" in shown.output


def test_a_record_beside_the_cases_is_tested_explained_and_converted(o2o, folder):
    native = (shipped("fixtures") / "sample_crm/opportunity_harbour.json").read_text("utf-8")
    (folder / "sample_crm").mkdir()
    (folder / "sample_crm/deal.json").write_text(native, "utf-8")
    text = (folder / "cases.yaml").read_text("utf-8")
    (folder / "cases.yaml").write_text(text.replace("sample_crm/opportunity_harbour", "./sample_crm/deal"), "utf-8")
    assert o2o("test", folder).exit_code == 0
    assert o2o("explain", folder, "a won deal becomes a quote").exit_code == 0
    assert o2o("convert", folder, "a won deal becomes a quote").exit_code == 0
    assert "no rule matches" in o2o("explain", folder, "./sample_crm/deal.json").output


def test_junit_s_xml_is_written_beside_what_is_said(o2o, folder, tmp_path):
    spoil(folder, "cases.yaml", "verdict: convert", "verdict: hold")
    shown = o2o("test", folder, "--junit", "report.xml")
    assert shown.exit_code == 1
    (failure,) = parse(tmp_path / "report.xml").iter("failure")  # noqa: S314 - our own
    assert failure.get("message") in shown.output


def test_the_steps_of_the_reference_page_are_decided_as_they_stand_there(o2o, tmp_path):
    page = (ROOT / "docs/reference/cases.md").read_text("utf-8")
    (example,) = (each for each in re.findall(r"^```yaml cases\n(.*?)^```$", page, re.M | re.S) if "steps:" in each)
    folder = shutil.copytree(shipped("rulesets") / "signature-and-deposit", tmp_path / "page")
    (folder / "cases.yaml").write_text(example, "utf-8")
    assert "1 of 1 cases as expected" in o2o("test", folder).output


# --- again on every change -------------------------------------------------------------------------------------


def test_it_runs_again_on_each_change_with_what_stands_there_then(o2o, folder):
    def changed():
        spoil(folder, "cases.yaml", "verdict: convert", "verdict: hold")
        yield [folder / "cases.yaml"]
        (folder / "ruleset.yaml").unlink()
        yield [folder / "ruleset.yaml", folder / "cases.yaml"]

    shown = o2o("test", folder, "--watch", changed=changed())
    tallies = [line for line in shown.output.splitlines() if "as expected" in line]
    assert [each.split()[0] == each.split()[2] for each in tallies] == [True, False]
    assert "mine/cases.yaml changed" in shown.output
    assert "mine/ruleset.yaml and 1 more changed" in shown.output
    assert shown.exit_code == 3  # the last run found no ruleset
    assert "`mine` has no `ruleset.yaml`" in shown.output


def test_ctrl_c_ends_it_with_the_answer_of_the_last_run(o2o, folder):
    def changed():
        raise KeyboardInterrupt
        yield

    shown = o2o("test", folder, "--watch", changed=changed())
    assert (shown.exit_code, shown.output.count("as expected")) == (0, 1)
    assert "Aborted" not in shown.output


def test_a_change_is_a_file_that_is_new_gone_or_otherwise(tmp_path):
    (tmp_path / "below").mkdir()
    kept, gone = tmp_path / "kept.yaml", tmp_path / "below" / "gone.json"
    for file in (kept, gone, tmp_path / ".hidden"):
        file.write_text("a")

    def nothing():
        pass

    def touched():
        os.utime(kept, ns=(1, 1))

    def made_and_deleted():
        (tmp_path / "new.yaml").write_text("")
        (tmp_path / ".hidden").write_text("another")
        gone.unlink()

    doings = iter([nothing, touched, nothing, made_and_deleted])
    pauses = []

    def wait(seconds):
        pauses.append(seconds)
        next(doings)()

    found = list(islice(changes([tmp_path], wait), 2))
    assert found == [[kept], [gone, tmp_path / "new.yaml"]]
    assert pauses == [PAUSE] * 4


def test_a_change_while_it_runs_is_seen_afterwards(tmp_path):
    watched = changes([tmp_path], lambda seconds: None)
    (tmp_path / "new.yaml").write_text("")  # before anybody asked for the first change
    assert next(watched) == [tmp_path / "new.yaml"]


def test_a_folder_that_is_gone_is_empty(tmp_path):
    assert look([tmp_path / "nowhere"]) == {}
