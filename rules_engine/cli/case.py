"""Which case an argument means: one of a ruleset's own cases by name, or a fixture file."""

from dataclasses import replace
from datetime import datetime

from rapidfuzz import process

from rules_engine import bootstrap, folders
from rules_engine.analysis.fixtures import fixture_case
from rules_engine.authoring import Checked
from rules_engine.model.case import Case
from rules_engine.model.errors import NotFound, Unreadable
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Verdict


def checked_ruleset(word: str) -> Checked:
    """The ruleset, free of errors. Raises Unreadable with its findings."""
    checked = bootstrap.file_desk().check(folders.read_draft(folders.ruleset_folder(word)))
    if checked.errors:
        raise Unreadable(checked.errors)
    return checked


def find_case(checked: Checked, word: str, now: datetime | None, zone: str) -> tuple[Case, datetime]:
    """The case and its clock; `now` replaces the case's own. Raises NotFound with the nearest name."""
    names = [each.name for each in checked.cases]
    if word in names:
        fixture = checked.cases[names.index(word)]
    elif word.endswith(".json"):
        fixture = FixtureCase(word, now or bootstrap.now(), Expectation(Verdict.IGNORE), record=word, zone=zone)
    else:
        near = process.extractOne(word, names, score_cutoff=40)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise NotFound(f"`{checked.draft.name}` has no case `{word}`{hint}; a fixture file ends in `.json`")
    fixture = replace(fixture, now=now or fixture.now)
    return fixture_case(fixture, folders.fixture_record), fixture.now
