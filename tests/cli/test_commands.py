"""Each command as a person types it, with good and bad words, for people and for programs."""

import json
import shutil
import socket
from dataclasses import replace

import pytest
from click.testing import CliRunner

from rules_engine.bootstrap import now
from rules_engine.cli import COMMANDS, main
from rules_engine.shipped import shipped
from tests.demo import new_demo


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))

    def run(*words):
        return CliRunner().invoke(main, [str(each) for each in words])

    return run


@pytest.fixture
def folder(tmp_path):
    """A copy of a shipped ruleset, to spoil."""
    return shutil.copytree(shipped("rulesets") / "on-close", tmp_path / "mine")


def spoil(folder, file, old, new):
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_speaks_json(o2o, name):
    shown = o2o(name, "--help")
    assert shown.exit_code == 0
    assert "--json" in shown.output


def test_check_has_nothing_to_say_against_what_ships(o2o):
    shown = o2o("check", "on-close")
    assert (shown.exit_code, shown.output) == (
        0,
        "on-close: nothing wrong with its 2 rules, its mapping and its 10 cases\n",
    )


BAD = [
    (
        "ruleset.yaml",
        "{field: opportunity.stage, is: closed_won}",
        "{field: opportunity.stge, is: closed_won}",
        "`opportunity.stge`",
        "opportunity.stage",
    ),
    (
        "ruleset.yaml",
        "{field: opportunity.stage, is: closed_won}",
        "{field: opportunity.stage, iss: closed_won}",
        "`iss`",
        "`is`",
    ),
    ("ruleset.yaml", "more_than: 0", "more_than: soon", "soon", "number"),
    ("ruleset.yaml", "rules:", "rules", "", "colon"),
    ("mapping.yaml", "  title: opportunity.name", "  titel: opportunity.name", "`titel`", "`title`"),
    ("mapping.yaml", "opportunity.reference", "opportunity.refrence", "refrence", "reference"),
    ("cases.yaml", "verdict: convert", "verdict: konvert", "`konvert`", "`convert`"),
]


@pytest.mark.parametrize(("file", "old", "new", "word", "remedy"), BAD)
def test_bad_text_is_refused_with_line_column_word_and_remedy(o2o, folder, file, old, new, word, remedy):
    spoil(folder, file, old, new)
    shown = o2o("check", folder)
    assert shown.exit_code == 1
    assert shown.output.startswith(f"{file}:")
    line, column = shown.output.split(":")[1:3]
    assert int(line) > 1
    assert int(column) >= 1
    assert word in shown.output
    assert remedy in shown.output


@pytest.mark.parametrize(("file", "old", "new", "word", "remedy"), BAD)
def test_bad_text_is_not_published_and_nothing_is_saved(o2o, demo, folder, file, old, new, word, remedy):
    spoil(folder, file, old, new)
    before = demo.rulesets("demo").draft("on-close")
    refused = o2o("publish", folder, "--note", "try")
    assert refused.exit_code == 1
    assert word in refused.output
    assert remedy in refused.output
    assert demo.rulesets("demo").draft("on-close") == before


def test_findings_for_programs_have_their_place(o2o, folder):
    spoil(folder, "mapping.yaml", "  title: opportunity.name", "  titel: opportunity.name")
    found = json.loads(o2o("check", folder, "--json").output)["findings"][0]
    assert (found["file"], found["line"], found["column"], found["severity"]) == ("mapping.yaml", 8, 3, "error")


def test_an_unknown_ruleset_is_answered_with_the_nearest(o2o):
    shown = o2o("check", "on-clos")
    assert shown.exit_code == 3
    assert "did you mean `on-close`?" in shown.output


def test_test_runs_every_shipped_case(o2o):
    shown = o2o("test")
    assert shown.exit_code == 0
    assert "cases as expected" in shown.output.splitlines()[-1]


def test_a_failing_case_says_what_was_expected_what_came_and_why(o2o, folder):
    spoil(folder, "cases.yaml", "verdict: convert", "verdict: hold")
    shown = o2o("test", folder)
    assert shown.exit_code == 1
    assert "expected hold, got convert, because `won` matched first" in shown.output


def test_a_wrong_field_says_both_values(o2o, folder):
    spoil(folder, "cases.yaml", "title: Harbour crane retrofit", "title: Harbour train")
    shown = o2o("test", folder)
    assert "expected `title` to be Harbour train, got Harbour crane retrofit" in shown.output


def test_explain_says_why_a_case_of_the_ruleset_is_left_alone(o2o):
    shown = o2o("explain", "on-close", "an open deal is left alone")
    assert shown.exit_code == 1
    assert shown.output.startswith(
        "IGNORE: no rule matches; `won` lacks: opportunity stage is Closed won (now Negotiation)"
    )


def test_explain_takes_a_fixture_file_and_another_clock(o2o):
    shown = o2o(
        "explain", "on-close", "sample_crm/opportunity_harbour.json", "--now", "2026-03-31T09:00+02:00", "--json"
    )
    assert json.loads(shown.output)["verdict"]


def test_an_unknown_case_is_answered_with_the_nearest(o2o):
    shown = o2o("explain", "on-close", "a won deal becomes a qoute")
    assert shown.exit_code == 3
    assert "did you mean `a won deal becomes a quote`?" in shown.output


def test_convert_shows_every_field_with_its_source_and_what_was_left_behind(o2o):
    shown = o2o("convert", "on-close", "a won deal becomes a quote")
    assert shown.exit_code == 0
    assert "  title = Harbour crane retrofit from opportunity.name" in shown.output
    assert "dropped opportunity.stage: the stage is why the quote exists, not a part of it" in shown.output


def test_convert_shows_one_field_with_its_source_and_what_came_of_each_transform(o2o):
    shown = o2o("convert", "on-close", "a won deal becomes a quote", "--field", "contact_email")
    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        "contact_email = jens.petersen@hafenlogistik.example (transformed)",
        "  from contact.email:  Jens.Petersen@Hafenlogistik.example ",
        "  trim: Jens.Petersen@Hafenlogistik.example",
        "  lower_case: jens.petersen@hafenlogistik.example",
    ]


def test_convert_shows_all_fields_below_one_and_none_that_only_begins_alike(o2o):
    lines = o2o("convert", "on-close", "a won deal becomes a quote", "--field", "lines[L-3]").output.splitlines()
    targets = [line.split(" = ")[0] for line in lines if not line.startswith(" ")]
    assert "lines[L-3].sku" in targets
    assert all(each.startswith("lines[L-3].") for each in targets)
    alone = o2o("convert", "on-close", "a won deal becomes a quote", "--field", "opportunity", "--json").output
    assert [each["target"] for each in json.loads(alone)] == ["opportunity"]


def test_a_field_that_the_document_does_not_have_is_answered_with_the_nearest(o2o):
    shown = o2o("convert", "on-close", "a won deal becomes a quote", "--field", "contact_emial")
    assert (shown.exit_code, shown.output) == (
        3,
        "error: the quote has nothing at `contact_emial`; did you mean `contact_email`?\n",
    )


STORY = "sample_crm/story_harbour.json"


@pytest.mark.parametrize(
    ("now", "verdicts"),
    [
        ("2026-03-11T09:00+01:00", ["ignore", "ignore", "ignore"]),
        ("2026-03-25T11:19+01:00", ["ignore", "ignore", "hold"]),
        ("2026-03-25T11:20+01:00", ["ignore", "convert", "hold"]),
        ("2026-03-30T07:45+02:00", ["ignore", "convert", "convert"]),
        ("2026-04-02T14:10+02:00", ["convert", "convert", "convert"]),
    ],
)
def test_a_story_is_explained_as_it_was_at_an_instant(o2o, now, verdicts):
    names = ["on-close", "signature-and-deposit", "purchase-order-in-stock"]
    shown = [o2o("explain", name, STORY, "--now", now).output for name in names]
    assert [each.split()[0].rstrip(":").lower() for each in shown] == verdicts


def test_a_story_without_an_instant_is_told_to_its_end(o2o):
    shown = o2o("explain", "on-close", STORY)
    assert shown.exit_code == 0
    assert "decided for 2026-04-07 10:00+02:00" in shown.output


def test_a_story_that_is_not_there_is_answered_with_the_nearest(o2o):
    shown = o2o("explain", "on-close", "sample_crm/story_harbor.json")
    assert shown.exit_code == 3
    assert f"did you mean `{STORY}`?" in shown.output


def test_publish_needs_a_workspace_that_exists(o2o):
    shown = o2o("publish", "on-close", "--note", "x", "--workspace", "nobody")
    assert (shown.exit_code, shown.output) == (3, "error: there is no workspace `nobody`\n")


@pytest.fixture
def demo(tmp_path):
    return new_demo(tmp_path / "var", now)


def test_publishing_what_is_published_already_is_that_version(o2o, demo):
    shown = json.loads(o2o("publish", "on-close", "--note", "again", "--json").output)
    assert shown["version"] == 1


def test_publishing_a_change_makes_the_next_version(o2o, demo, folder):
    spoil(folder, "ruleset.yaml", "title: Quote as soon as the deal is won", "title: Quote on winning")
    assert json.loads(o2o("publish", folder, "--note", "shorter title", "--json").output)["version"] == 2
    assert [each.note for each in demo.rulesets("demo").versions("on-close")] == ["shorter title", "as it ships"]


def test_publishing_does_not_lose_what_somebody_typed_in_the_pages(o2o, demo, folder):
    rulesets = demo.rulesets("demo")
    typed = replace(rulesets.draft("on-close"), cases_text="# half a thought")
    rulesets.save(typed, "Ana", demo.clock())
    spoil(folder, "ruleset.yaml", "title: Quote as soon as the deal is won", "title: Quote on winning")
    refused = o2o("publish", folder, "--note", "x")
    assert refused.exit_code == 3
    assert "`Ana` has changed `on-close` in the pages and not published it" in refused.output
    assert rulesets.draft("on-close").cases_text == "# half a thought"
    assert o2o("publish", folder, "--note", "x", "--replace-draft").exit_code == 0


def test_a_failing_fixture_stops_publishing_unless_a_reason_is_given(o2o, demo, folder):
    spoil(folder, "cases.yaml", "verdict: convert", "verdict: hold")
    refused = o2o("publish", folder, "--note", "x")
    assert refused.exit_code == 1
    assert "expected hold, got convert" in refused.output
    assert o2o("publish", folder, "--note", "x", "--despite", "the case is wrong").exit_code == 0
    assert demo.rulesets("demo").versions("on-close")[0].note == "x (published although: the case is wrong)"


def test_a_setting_that_cannot_be_read_is_named(o2o, monkeypatch):
    monkeypatch.setenv("O2O_PORT", "eighty")
    shown = o2o("sweep", "sample-crm")
    assert (shown.exit_code, shown.output) == (
        3,
        "error: `O2O_PORT` is `eighty`; it must be a whole number from 1 to 65535\n",
    )


def test_serve_listens_on_loopback_only(o2o):
    shown = o2o("serve", "--host", "0.0.0.0")  # noqa: S104 - refused
    assert shown.exit_code == 3
    assert "listen on 127.0.0.1" in shown.output


def test_a_port_that_is_taken_is_said_with_another(o2o):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        shown = o2o("serve", "--port", port)
    assert shown.exit_code == 3
    assert f"port {port} is taken by another program" in shown.output
    assert f"--port {port + 1}" in shown.output
