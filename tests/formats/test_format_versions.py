"""Older editions of the format are read for ever; a second edition exists in these tests alone."""

from dataclasses import replace

import pytest

from rules_engine.formats import format_versions
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.editing.text_edits import apply
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.formats.text_migration import migrated
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.finding import Place
from rules_engine.model.ruleset import HitPolicy
from tests.formats.commented import commented, remarks
from tests.formats.reading import CATALOG, ROOT, RULE, findings

OLD = """\
# deals
format: 1  # the first
ruleset: "sample"
step:    opportunity-to-quote
policy: unique   # two are a hold
rules:
  # the only one
  - id: only
    then: convert
    when: {field: opportunity.stage, is: 'closed_won'}
"""


def policy_is_hit_policy(table: Table) -> Table:
    """The step of these tests: edition 1 said `policy` for what edition 2 calls `hit_policy`."""
    names = {"policy": "hit_policy"}
    return replace(
        table,
        entries={names.get(key, key): each for key, each in table.entries.items()},
        keys={names.get(key, key): each for key, each in table.keys.items()},
    )


@pytest.fixture
def second_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(format_versions.MIGRATIONS, 1, {"ruleset": policy_is_hit_policy})


@pytest.mark.usefixtures("second_edition")
def test_a_text_of_the_first_edition_reads_as_what_it_meant() -> None:
    assert read_ruleset(OLD, CATALOG).hit_policy is HitPolicy.UNIQUE
    assert read_ruleset(OLD, CATALOG) == read_ruleset(
        OLD.replace("policy:", "hit_policy:").replace("1 ", "2 "), CATALOG
    )


@pytest.mark.usefixtures("second_edition")
def test_kinds_of_text_that_no_step_names_are_read_too() -> None:
    for name, read in (("mapping", read_mapping), ("cases", read_cases)):
        assert read((ROOT / f"rulesets/on-close/{name}.yaml").read_text("utf-8"), CATALOG)


@pytest.mark.usefixtures("second_edition")
def test_findings_in_an_older_text_point_into_it() -> None:
    (found,) = findings(lambda: read_ruleset(OLD.replace("unique ", "uniqe "), CATALOG, "old.yaml"))
    assert (found.place, found.suggestion) == (Place("old.yaml", 5, 9), "did you mean `unique`?")
    (found,) = findings(lambda: read_ruleset(OLD.replace("format: 1", "format: 2"), CATALOG))
    assert found.check == "unknown-key", "edition 2 has no `policy`"


@pytest.mark.usefixtures("second_edition")
def test_a_migrated_text_keeps_all_that_the_step_leaves() -> None:
    expected = OLD.replace("format: 1", "format: 2").replace("policy:", "hit_policy:")
    assert migrated(OLD, "ruleset") == expected
    assert migrated(expected, "ruleset") == expected
    ends = OLD.replace("\n", "\r\n")
    assert migrated(ends, "ruleset") == expected.replace("\n", "\r\n")


@pytest.mark.usefixtures("second_edition")
def test_what_is_written_is_of_the_second_edition() -> None:
    ruleset = read_ruleset(OLD, CATALOG)
    text = write_ruleset(ruleset)
    assert text.startswith("format: 2\n")
    assert read_ruleset(text, CATALOG) == ruleset


@pytest.mark.usefixtures("second_edition")
def test_a_form_can_edit_a_text_of_the_first_edition() -> None:
    ruleset = replace(read_ruleset(OLD, CATALOG), title="Another")
    edited = apply(migrated(OLD, "ruleset"), ruleset, CATALOG)
    assert read_ruleset(edited, CATALOG) == ruleset
    assert remarks(edited) == remarks(OLD)


@pytest.mark.usefixtures("second_edition")
@pytest.mark.parametrize("text", ["format: 1\npolicy: [", "format: 1\npolicy: {a: b}\nrules: 5\n", "format: 1\n"])
def test_a_broken_text_of_the_first_edition_is_refused_with_findings(text: str) -> None:
    assert findings(lambda: read_ruleset(text, CATALOG))


@pytest.mark.parametrize(
    ("said", "message", "remedy"),
    [
        ("2", "the text is written in format 2, and this version of the product", "install a newer version"),
        ("999999999999", "the text is written in format 999999999, and this", "install a newer version"),
        ("0", "the format is 1, and here stands the text `0`", "write `format: 1`"),
        ("one", "the format is 1, and here stands the text `one`", "write `format: 1`"),
        ("-1", "the format is 1, and here stands the text `-1`", "write `format: 1`"),
        ("[1]", "the format is 1, and here stands a list", "write `format: 1`"),
    ],
)
def test_a_format_that_this_product_does_not_know_is_refused_with_the_remedy(
    said: str, message: str, remedy: str
) -> None:
    text = RULE.replace("format: 1", f"format: {said}") + "{no: files}"
    (found,) = findings(lambda: read_ruleset(text, CATALOG))
    assert (found.check, found.message.startswith(message)) == ("unknown-format", True), found.message
    assert found.suggestion.startswith(remedy)


def test_a_text_of_the_current_edition_is_left_alone() -> None:
    for text in (OLD, commented(RULE + "{no: files}\n"), RULE.replace("format: 1", "format: 7")):
        assert migrated(text, "ruleset") == text


def test_a_tree_that_says_no_edition_is_left_to_the_reader() -> None:
    place = Place()
    for said in (Text("x", True, place), Items((), place)):
        entries: dict[str, Node] = {"format": said}
        assert format_versions.upgraded(Table(entries, {}, place), "ruleset").entries == entries
    assert format_versions.upgraded(Table({}, {}, place), "ruleset").entries == {}
