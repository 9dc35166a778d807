"""A text goes into the store and comes back as it was, character for character, and says the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from rules_engine.folders import shipped_rulesets
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.formats.editing.text_edits import apply
from rules_engine.formats.mapping_text import read_mapping, write_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.draft import Draft
from rules_engine.model.ruleset import Step
from rules_engine.store.rulesets import Rulesets
from tests.databases import START
from tests.formats.commented import commented
from tests.formats.reading import CATALOG, RICH
from tests.strategies import mappings, rulesets

SHIPPED = shipped_rulesets()
DRESSES = {
    "as it is": lambda text: text,
    "Windows' line ends": lambda text: text.replace("\n", "\r\n"),
    "no line end at the end": lambda text: text.rstrip("\n"),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "comments in every script and tabs in them": lambda text: f"# Müßig\t– شركة التبريد 日本 🏗️ e\u0301\n{text}",
    "comments everywhere": commented,
}


def through_the_store(kept: Rulesets, texts: tuple[str, str, str]) -> tuple[str, str, str]:
    """The texts of a draft, after looking that the version published from it has them, too."""
    found = [each for each in kept.drafts() if each.name == "kept"]
    draft = Draft("kept", Step.OPPORTUNITY_TO_QUOTE, *texts, found[0].revision if found else 0)
    saved = kept.save(draft, "anna", START)
    version = kept.publish("kept", saved.revision, "note", "anna", START)
    published = (version.ruleset_text, version.mapping_text, version.cases_text)
    stored = kept.draft("kept")
    assert (stored.ruleset_text, stored.mapping_text, stored.cases_text) == published
    assert kept.version(version.id) == version
    return published


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("shipped", SHIPPED[-1:], ids=lambda each: each.name)
def test_shipped_texts_in_every_dress_come_back_as_they_were(
    engine: Engine, north: int, shipped: Draft, dress: str
) -> None:
    dressed = DRESSES[dress]
    texts = (dressed(shipped.ruleset_text), dressed(shipped.mapping_text), dressed(shipped.cases_text))
    ruleset, mapping, cases = through_the_store(Rulesets(engine, north), texts)
    assert (ruleset, mapping, cases) == texts
    plain = read_ruleset(shipped.ruleset_text, CATALOG)
    assert read_ruleset(ruleset, CATALOG) == plain
    assert apply(ruleset, plain, CATALOG) == ruleset
    assert read_mapping(mapping, CATALOG) == read_mapping(shipped.mapping_text, CATALOG)
    assert read_cases(cases, CATALOG) == read_cases(shipped.cases_text, CATALOG)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rulesets(RICH), mappings(CATALOG), st.sampled_from(list(DRESSES)))
def test_any_tree_goes_into_the_store_as_text_and_comes_back_equal(
    engine: Engine, north: int, ruleset, mapping, dress: str
) -> None:
    cases = read_cases(SHIPPED[1].cases_text, CATALOG)
    dressed = DRESSES[dress]
    texts = (dressed(write_ruleset(ruleset)), dressed(write_mapping(mapping)), dressed(write_cases(cases)))
    found = through_the_store(Rulesets(engine, north), texts)
    assert found == texts
    assert read_ruleset(found[0], RICH) == ruleset
    assert read_mapping(found[1], CATALOG) == mapping
    assert read_cases(found[2], CATALOG) == cases
