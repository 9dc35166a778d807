"""A formatter that keeps every comment, and that has nothing to do the second time."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.editing.text_edits import formatted
from rules_engine.formats.mapping_text import read_mapping, write_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset
from tests.formats.commented import commented, remarks
from tests.formats.layouts import LAYOUTS
from tests.formats.reading import CATALOG, RICH, ROOT
from tests.formats.styles import styled
from tests.strategies import mappings, rulesets

SHIPPED = sorted((ROOT / "rulesets").glob("*/*.yaml"))
READERS = {"ruleset": read_ruleset, "mapping": read_mapping, "cases": read_cases}
FAST = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def laid_out(text: str, part: str) -> str:
    """The formatted text, after looking that it says the same and holds each comment once."""
    found = formatted(text, part, RICH)
    assert READERS[part](found, RICH) == READERS[part](text, RICH), found
    assert sorted(remarks(found)) == sorted(remarks(text))
    assert formatted(found, part, RICH) == found
    return found


@FAST
@given(rulesets(RICH), st.sampled_from(["\n", "\r\n"]))
def test_formatting_any_ruleset_keeps_its_meaning_and_its_comments(ruleset: Ruleset, line_end: str) -> None:
    laid_out(commented(write_ruleset(ruleset), line_end), "ruleset")
    assert formatted(write_ruleset(ruleset), "ruleset", RICH) == write_ruleset(ruleset)


@FAST
@given(rulesets(RICH), st.integers(0, 2**32))
def test_formatting_any_style_of_any_ruleset_keeps_its_meaning_and_its_comments(ruleset: Ruleset, seed: int) -> None:
    laid_out(styled(write_ruleset(ruleset), Random(seed)), "ruleset")


@FAST
@given(mappings(CATALOG))
def test_formatting_any_mapping_keeps_its_meaning_and_its_comments(mapping: Mapping) -> None:
    laid_out(commented(write_mapping(mapping)), "mapping")
    assert formatted(write_mapping(mapping), "mapping", RICH) == write_mapping(mapping)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_formatting_a_shipped_text_keeps_its_meaning_and_its_comments(file) -> None:
    laid_out(file.read_text("utf-8"), file.stem)
    laid_out("\ufeff" + file.read_text("utf-8").rstrip(), file.stem)


@pytest.mark.parametrize("name", LAYOUTS)
def test_formatting_any_style_keeps_its_meaning_and_its_comments(name: str) -> None:
    laid_out(LAYOUTS[name], "ruleset")
    laid_out(LAYOUTS[name].replace("\n", "\r\n"), "ruleset")


def test_a_formatted_text_has_each_comment_where_it_was_said() -> None:
    text = """\
# the top

# of the text
format:   1
ruleset: sample # a name
hit_policy: first # written out, and left out by the formatter
step: 'opportunity-to-quote'
# before the rules
rules: # all of them
# one
- id: a
  title: "A"   # a title
  when:
    # a group
    all:
    - field: opportunity.stage   # the stage
      is: closed_won
    - {no: files}
    # no more
  then: {hold: because}
  # a remark on a

# the last words
"""
    assert (
        formatted(text, "ruleset", CATALOG)
        == """\
# the top

# of the text
format: 1
ruleset: sample  # a name
title: Sample
# written out, and left out by the formatter
step: opportunity-to-quote

# before the rules
rules:  # all of them
  # one
  - id: a
    title: A  # a title
    when:
      # a group
      all:
        - {field: opportunity.stage, is: closed_won}  # the stage
        - {no: files}
      # no more
    then: {hold: because}
    # a remark on a

# the last words
"""
    )
