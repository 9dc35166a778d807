"""Files that cases name: below fixtures/, or beside them in the ruleset's own folder and nowhere else."""

import json

import pytest

from rules_engine.folders import beside, file_desk, file_in, fixture_record, records_in, ruleset_folders
from rules_engine.model.errors import NotFound, Permanent, Unreadable
from rules_engine.model.values import get
from rules_engine.shipped import shipped


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "mine"
    (inside / "sample_crm").mkdir(parents=True)
    native = (shipped("fixtures") / "sample_crm/opportunity_harbour.json").read_text("utf-8")
    (inside / "sample_crm/deal.json").write_text(native, "utf-8")
    (inside / "deal.json").write_text('{"opportunity": {"id": "D-7", "amount": "12 EUR"}}', "utf-8")
    (tmp_path / "secret.json").write_text('{"opportunity": {"id": "secret"}}', "utf-8")
    return inside


def test_a_file_beside_the_cases_is_a_case_and_one_in_a_crm_s_folder_that_crm_s_record(folder):
    read = records_in(folder)
    assert get(read("./deal.json", "UTC"), "opportunity.id") == "D-7"
    assert read("./sample_crm/deal.json", "UTC") == fixture_record("sample_crm/opportunity_harbour.json", "UTC")
    assert beside(folder) == ["./deal.json", "./sample_crm/deal.json"]


@pytest.mark.parametrize("name", ["./../secret.json", "./a/../../secret.json", "./..\\secret.json", "./deal.json\0"])
def test_a_name_never_leads_out_of_the_folder(folder, name):
    with pytest.raises(Permanent, match="leads out of the ruleset's folder"):
        records_in(folder)(name, "UTC")


def test_neither_does_a_link(folder):
    (folder / "link.json").symlink_to(folder.parent / "secret.json")
    (folder / "out").symlink_to(folder.parent)
    for name in ("./link.json", "./out/secret.json"):
        with pytest.raises(Permanent, match="leads out of the ruleset's folder"):
            records_in(folder)(name, "UTC")


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret.json", "sample_crm/../../pyproject.toml"])
def test_any_other_name_is_one_of_the_shipped_files_or_none(folder, name):
    with pytest.raises(NotFound):
        records_in(folder)(name, "UTC")


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(folder):
    with pytest.raises(NotFound, match=r"did you mean `\./deal\.json`\?"):
        records_in(folder)("./dael.json", "UTC")
    with pytest.raises(NotFound, match=r"a file beside the cases is named `\./deal\.json`"):
        records_in(folder)("deal.json", "UTC")


def test_without_a_folder_it_says_where_such_a_file_can_be_read():
    with pytest.raises(NotFound, match="test it with `o2o test` in its folder"):
        fixture_record("./deal.json", "UTC")


def test_a_crm_s_record_beside_the_cases_says_where_it_belongs(folder):
    (folder / "native.json").write_text(json.dumps({"Id": "D-1", "StageName": "Closed Won"}), "utf-8")
    with pytest.raises(Unreadable, match=r"folder with the name of its system, such as `\./sample_crm/`"):
        records_in(folder)("./native.json", "UTC")


def test_a_folder_of_rulesets_is_all_of_them_and_each_file_has_a_name_from_here(tmp_path, monkeypatch):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ruleset.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert [each.name for each in ruleset_folders(".")] == ["a", "b"]
    assert file_in(tmp_path / "a", "cases.yaml") == "a/cases.yaml"
    monkeypatch.chdir(tmp_path / "a")
    assert file_in(tmp_path / "b", "cases.yaml") == "b/cases.yaml"


def test_a_desk_of_a_folder_reads_its_files(folder):
    assert get(file_desk(folder).records("./deal.json", "UTC"), "opportunity.id") == "D-7"
