"""What a form changes is written into the author's own text, and nothing else of it changes."""

from dataclasses import replace
from decimal import Decimal
from difflib import unified_diff
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.formats.editing.text_edits import Said, apply, edit
from rules_engine.formats.mapping_text import read_mapping, write_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.errors import Unreadable
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Happened,
    HitPolicy,
    Literal,
    Mode,
    NoneOf,
    Outcome,
    Rule,
    Ruleset,
    Verdict,
    children,
)
from rules_engine.model.values import Money, Record
from tests.formats.commented import commented, remarks
from tests.formats.layouts import LAYOUTS
from tests.formats.reading import CATALOG, RICH, ROOT
from tests.formats.styles import styled
from tests.strategies import NOW, instants, mappings, records, rulesets, titles, world

SHIPPED = sorted((ROOT / "rulesets").glob("*/*.yaml"))
FAST = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
READERS = {"ruleset.yaml": read_ruleset, "mapping.yaml": read_mapping, "cases.yaml": read_cases}
WRITERS = {"ruleset.yaml": write_ruleset, "mapping.yaml": write_mapping, "cases.yaml": write_cases}


def read(text: str, said: Said) -> Said:
    match said:
        case Ruleset():
            return read_ruleset(text, RICH)
        case Mapping():
            return read_mapping(text, CATALOG)
        case _:
            return read_cases(text, CATALOG)


def says(old: str, new: Said) -> str:
    """The edited text, after looking that it says the new thing and has lost no comment in silence."""
    found = edit(old, new, CATALOG if not isinstance(new, Ruleset) else RICH)
    assert read(found.text, new) == new, found.text
    assert not found.rewritten, found.text
    assert sorted([*remarks(found.text), *found.gone]) == sorted(remarks(old))
    return found.text


# --- what is drawn -------------------------------------------------------------------------------------------------


@st.composite
def edits_of_rulesets(draw: st.DrawFn) -> tuple[Ruleset, Ruleset]:
    """A ruleset, and the same after some edits: rules moved, removed, added, renamed, changed."""
    old, other = draw(rulesets(RICH)), draw(rulesets(RICH))
    strange = [replace(each, id=f"new-{each.id}") for each in other.rules]
    rules = draw(st.permutations([*old.rules, *strange]))[: draw(st.integers(1, 4))]
    new = replace(draw(st.sampled_from([old, other])), rules=tuple(draw(changed_rules(each)) for each in rules))
    return old, new


@st.composite
def changed_rules(draw: st.DrawFn, rule: Rule) -> Rule:
    match draw(st.integers(0, 5)):
        case 0:
            return replace(rule, title=draw(titles()), mode=draw(st.sampled_from(Mode)))
        case 1:
            return replace(rule, then=Outcome(draw(st.sampled_from(Verdict)), draw(titles())))
        case 2 if isinstance(rule.when, All | Any):
            return replace(rule, when=type(rule.when)(tuple(draw(st.permutations(rule.when.conditions)))))
        case 3:
            return replace(rule, when=All((rule.when, Happened(("deposit.paid",)))))
        case 4 if isinstance(rule.when, All | Any):
            return replace(rule, when=rule.when.conditions[0], id=f"{rule.id}-b")
        case _:
            return rule


@st.composite
def cases(draw: st.DrawFn) -> tuple[FixtureCase, ...]:
    here = world(CATALOG)
    names = draw(st.lists(titles(), min_size=1, max_size=3, unique=True))
    return tuple(draw(_cases(name, here)) for name in names)


@st.composite
def _cases(draw: st.DrawFn, name: str, here) -> FixtureCase:
    facts: Record = draw(records(here))
    expect = Expectation(draw(st.sampled_from(Verdict)), draw(st.sampled_from(["", "a-rule"])), draw(titles()))
    with_file = draw(st.booleans())
    found = FixtureCase(name, draw(instants() | st.just(NOW)), expect, "x/y.json" if with_file else "", {}, ())
    read_back = read_cases(write_cases([replace(found, facts={} if with_file else facts)]), CATALOG)
    return read_back[0]


# --- the two promises ----------------------------------------------------------------------------------------------


@FAST
@given(edits_of_rulesets())
def test_an_edited_ruleset_says_what_was_meant_and_loses_no_comment_in_silence(pair: tuple[Ruleset, Ruleset]) -> None:
    old, new = pair
    says(commented(write_ruleset(old)), new)
    says(write_ruleset(old), new)


@FAST
@given(rulesets(RICH), rulesets(RICH))
def test_one_ruleset_can_be_written_into_the_text_of_any_other(old: Ruleset, new: Ruleset) -> None:
    says(commented(write_ruleset(old)), new)


@FAST
@given(edits_of_rulesets(), st.integers(0, 2**32))
def test_a_ruleset_in_any_style_takes_the_edit(pair: tuple[Ruleset, Ruleset], seed: int) -> None:
    old, new = pair
    text = styled(write_ruleset(old), Random(seed))
    assert apply(text, old, RICH) == text
    says(text, new)


@FAST
@given(mappings(CATALOG), mappings(CATALOG), st.integers(0, 2**32))
def test_a_mapping_in_any_style_takes_the_edit(old: Mapping, new: Mapping, seed: int) -> None:
    text = styled(write_mapping(old), Random(seed))
    assert apply(text, old, CATALOG) == text
    says(text, new)


@FAST
@given(mappings(CATALOG), mappings(CATALOG))
def test_one_mapping_can_be_written_into_the_text_of_any_other(old: Mapping, new: Mapping) -> None:
    says(commented(write_mapping(old)), new)


@FAST
@given(cases(), cases(), st.data())
def test_one_list_of_cases_can_be_written_into_the_text_of_any_other(old, new, data: st.DataObject) -> None:
    mixed = {each.name: each for each in data.draw(st.permutations([*old, *new]))}
    says(commented(write_cases(old)), tuple(mixed.values()))


@FAST
@given(rulesets(RICH), st.sampled_from(["\n", "\r\n"]))
def test_a_text_that_says_the_same_keeps_every_character(ruleset: Ruleset, line_end: str) -> None:
    text = commented(write_ruleset(ruleset), line_end)
    for each in (text, text.rstrip(), "\ufeff" + text):
        assert apply(each, read_ruleset(each, RICH), RICH) == each


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_each_shipped_text_keeps_every_character_where_nothing_changes(file) -> None:
    for text in (file.read_text("utf-8"), commented(file.read_text("utf-8"), "\r\n")):
        assert apply(text, READERS[file.name](text, CATALOG), CATALOG) == text


@pytest.mark.parametrize("old", SHIPPED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_each_shipped_text_can_become_the_next_one_of_its_kind(old) -> None:
    alike = [each for each in SHIPPED if each.name == old.name]
    new = alike[(alike.index(old) + 1) % len(alike)]
    says(commented(old.read_text("utf-8")), READERS[new.name](new.read_text("utf-8"), CATALOG))


# --- styles --------------------------------------------------------------------------------------------------------


def _first(ruleset: Ruleset, **changes) -> Ruleset:
    return replace(ruleset, rules=(replace(ruleset.rules[0], **changes), *ruleset.rules[1:]))


EDITS = {
    "rules in another order": lambda each: replace(each, rules=each.rules[::-1]),
    "the first rule last": lambda each: replace(each, rules=(*each.rules[1:], each.rules[0])),
    "without the first rule": lambda each: replace(each, rules=each.rules[1:]),
    "without the second rule": lambda each: replace(each, rules=(each.rules[0], each.rules[2])),
    "without the last rule": lambda each: replace(each, rules=each.rules[:2]),
    "a rule more": lambda each: replace(each, rules=(each.rules[0], replace(each.rules[2], id="n"), *each.rules[1:])),
    "a rule more at the top": lambda each: replace(each, rules=(replace(each.rules[2], id="n"), *each.rules)),
    "words at the top": lambda each: replace(each, name="zz", title="T, x: y", description="d\ne"),
    "a policy": lambda each: replace(each, hit_policy=HitPolicy.UNIQUE, otherwise=Outcome(Verdict.HOLD, "no")),
    "another outcome": lambda each: _first(each, then=Outcome(Verdict.PROPOSE, "other reason, long")),
    "a mode": lambda each: replace(each, rules=tuple(replace(rule, mode=Mode.OFF) for rule in each.rules)),
    "conditions in another order": lambda each: _first(each, when=All(children(each.rules[0].when)[::-1])),
    "one condition less": lambda each: _first(each, when=All(children(each.rules[0].when)[1:])),
    "another group": lambda each: _first(each, when=Any(children(each.rules[0].when))),
    "a condition instead of the group": lambda each: _first(each, when=children(each.rules[0].when)[0]),
    "a group around all": lambda each: replace(
        each, rules=tuple(replace(rule, when=NoneOf((rule.when,))) for rule in each.rules)
    ),
}
REWRITTEN = {"comments in brackets", "question marks"}  # the only styles for which canonical text is all we can give


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_style_takes_every_edit(name: str, line_end: str) -> None:
    text = LAYOUTS[name].replace("\n", line_end)
    old = read_ruleset(text, CATALOG)
    assert apply(text, old, CATALOG) == text
    for what, change in EDITS.items():
        new = change(old)
        found = edit(text, new, CATALOG)
        assert read_ruleset(found.text, CATALOG) == new, what
        assert not found.rewritten or name in REWRITTEN, what
        assert sorted([*remarks(found.text), *found.gone]) == sorted(remarks(text)), what
        assert ("\r\n" in found.text, "\n" in found.text.replace("\r\n", "")) == (line_end != "\n", line_end == "\n")
        if not what.startswith(("without", "one condition less", "a condition instead")):
            assert found.gone == (), what


TEXT = """\
# Deals of the north
format: 1
ruleset: sample   # its name
step: 'opportunity-to-quote'

rules:
  # --- what waits ---

  # nothing to quote
  - id: nothing  # n
    when:
      all:   # both
        # won
        - {field: opportunity.stage,   is: "closed_won"}   # the stage
        - no: line_items
          where: {field: quantity, more_than: 0}
    then: {hold: no line}  # why
    # a remark below

  # big ones
  - when: {field: opportunity.amount, at_least: 5000 EUR}  # since 2025
    id: big
    then: propose
"""


def unlike(old: str, new: str) -> list[str]:
    """The lines of a comparison."""
    return [line for line in unified_diff(old.split("\n"), new.split("\n"), n=0, lineterm="")][2:]


def test_one_word_changes_and_no_other_character() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    big = ruleset.rules[1]
    assert isinstance(big.when, Comparison)
    dearer = replace(big, when=replace(big.when, operand=Literal(Money(Decimal(7500), "EUR"))))
    assert apply(TEXT, replace(ruleset, rules=(ruleset.rules[0], dearer)), CATALOG) == TEXT.replace("5000", "7500")


def test_a_moved_rule_takes_its_comments_along_and_empty_lines_stay() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    found = apply(TEXT, replace(ruleset, rules=ruleset.rules[::-1]), CATALOG)
    head, _, rules = TEXT.partition("rules:\n")
    first, _, second = rules.partition("\n  # big")
    assert found == f"{head}rules:\n  # big{second}\n{first}"


def test_a_removed_rule_takes_its_comments_along_and_says_which() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    found = edit(TEXT, replace(ruleset, rules=ruleset.rules[:1]), CATALOG)
    assert found.text == TEXT.split("\n  # big ones")[0]
    assert found.gone == ("# big ones", "# since 2025")


def test_a_new_rule_stands_in_canonical_style_at_its_place() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    new = Rule("mid", "Middle", ruleset.rules[1].when, Outcome(Verdict.CONVERT))
    found = apply(TEXT, replace(ruleset, rules=(ruleset.rules[0], new, ruleset.rules[1])), CATALOG)
    lines = """\
  - id: mid
    title: Middle
    when: {field: opportunity.amount, at_least: 5000 EUR}
    then: convert
"""
    assert unlike(TEXT, found)[1:] == [f"+{line}" for line in lines.split("\n")]


def test_a_group_keeps_its_comments_when_its_word_changes() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    found = apply(TEXT, _first(ruleset, when=Any(children(ruleset.rules[0].when))), CATALOG)
    assert found == TEXT.replace("all:   # both", "any:   # both")


def test_a_renamed_rule_keeps_its_comments_and_gets_the_title_that_it_had() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    found = apply(TEXT, _first(ruleset, id="empty"), CATALOG)
    assert unlike(TEXT, found)[1:] == ["-  - id: nothing  # n", "+  - id: empty  # n", "+    title: Nothing"]


def test_a_text_that_cannot_be_read_is_not_edited() -> None:
    ruleset = read_ruleset(TEXT, CATALOG)
    with pytest.raises(Unreadable):
        apply(TEXT.replace("step:", "stepp:"), ruleset, CATALOG)


def test_a_target_field_of_a_mapping_moves_with_its_comment() -> None:
    head = "format: 1\nmapping: m\nfrom: case\nto: quote\nfields:\n"
    rest = "  opportunity: opportunity.id\n  customer: account.id\n  currency: opportunity.currency\n"
    text = f"{head}  # t\n  title:   opportunity.name # n\n{rest}"
    mapping = read_mapping(text, CATALOG)
    title, *others = mapping.fields
    found = apply(text, replace(mapping, fields=(*others, replace(title, required=True))), CATALOG)
    assert found == f"{head}{rest}  # t\n  title: {{from: opportunity.name, required: true}}  # n\n"
