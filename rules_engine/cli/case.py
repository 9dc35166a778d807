"""Which case an argument means: one of a ruleset's own cases by name, a fixture file, or a story at one instant."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from rapidfuzz import process

from rules_engine import bootstrap, folders
from rules_engine.analysis.fixtures import fixture_case
from rules_engine.authoring import Checked
from rules_engine.connectors.sample_crm_actions import changed
from rules_engine.connectors.sample_story import read_story
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.model.case import Case
from rules_engine.model.errors import NotFound, Unreadable
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Record
from rules_engine.shipped import shipped

STORY = "sample_crm/story_"


def checked_ruleset(word: str) -> Checked:
    """The ruleset, free of errors. Raises Unreadable with its findings."""
    folder = folders.ruleset_folder(word)
    checked = folders.file_desk(folder).check(folders.read_draft(folder))
    if checked.errors:
        raise Unreadable(checked.errors)
    return checked


def find_case(
    checked: Checked, word: str, now: datetime | None, zone: str, ruleset: str = ""
) -> tuple[Case, datetime]:
    """The case and its clock; `now` replaces the case's own. Raises NotFound with the nearest name.

    A file `sample_crm/story_*.json` is its opportunity at `now`; `./` is the folder of `ruleset`, its name or path.
    """
    names = [each.name for each in checked.cases]
    file = shipped("fixtures") / word
    if word.startswith(STORY) and file in file.parent.glob("*.json"):
        return story_case(file, now)
    if word in names:
        fixture = checked.cases[names.index(word)]
    elif word.endswith(".json"):
        fixture = FixtureCase(word, now or bootstrap.now(), Expectation(Verdict.IGNORE), record=word, zone=zone)
    else:
        near = process.extractOne(word, names, score_cutoff=40)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise NotFound(f"`{checked.draft.name}` has no case `{word}`{hint}; a fixture file ends in `.json`")
    fixture = replace(fixture, now=now or fixture.now)
    records = folders.records_in(folders.ruleset_folder(ruleset) if ruleset else None)
    return fixture_case(fixture, records), fixture.now


def story_case(file: Path, now: datetime | None) -> tuple[Case, datetime]:
    """The story's opportunity as it is at `now`, or at the last step: its record, and the events heard until then."""
    story, to_case = read_story(file, folders.full_catalog()), folders.systems()["sample_crm"].to_case
    if to_case is None:
        raise NotFound("the sample CRM has no mapping to a case")
    now = now or story.steps[-1].event.at
    record, before = story.start, None
    heard = [each for each in story.steps if each.event.at <= now]
    for each in heard:
        before, record = record, changed(record, each.changes)

    def as_case(native: Record) -> Record:
        return convert(native, to_case, Context(story.zone, now, catalog=folders.full_catalog())).document

    events = tuple(each.event for each in heard)
    previous = None if before is None else as_case(before)
    return Case(story.opportunity, as_case(record), events, previous, zone=story.zone), now
