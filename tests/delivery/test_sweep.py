"""The sweep: finds each change once, looks back, and goes on where it broke off."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rules_engine.delivery.sweep import LOOK_BACK, STEP, sweep
from rules_engine.model.errors import Retryable
from rules_engine.model.run import Changed
from rules_engine.ports import Workspace
from rules_engine.store.cursors import TableCursors
from tests.databases import START
from tests.delivery.conftest import Places, SetClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cursors(engine: Engine, north: int) -> TableCursors:
    return TableCursors(engine, north)


def change(number: int, minutes: float, version: str = "1") -> Changed:
    return Changed(f"D-{number}", START + minutes * MINUTE, version)


def test_a_found_change_is_an_event_of_its_case(workspace: Workspace, places: Places, cursors: TableCursors) -> None:
    places.changes = [change(1, -5)]
    assert sweep(workspace, "crm", cursors) == 1
    (found,) = workspace.inbox.due(START)
    assert (found.event.id, found.event.type, found.event.subject) == ("sweep:D-1:1", "opportunity.changed", "D-1")
    assert (found.event.time, found.event.source) == (START - 5 * MINUTE, "/connections/crm/sweep")
    assert cursors.get("crm") == START - 5 * MINUTE


def test_what_was_found_before_is_no_new_event_and_a_new_version_is(
    workspace: Workspace, places: Places, cursors: TableCursors
) -> None:
    places.changes = [change(1, -5), change(2, -4)]
    assert sweep(workspace, "crm", cursors) == 2
    assert sweep(workspace, "crm", cursors) == 0
    places.changes[0] = change(1, -3, "2")
    assert sweep(workspace, "crm", cursors) == 1


def test_a_change_that_shows_up_late_is_found_within_the_look_back(
    workspace: Workspace, places: Places, cursors: TableCursors, clock: SetClock
) -> None:
    places.changes = [change(1, -1)]
    sweep(workspace, "crm", cursors)
    clock.move(timedelta(hours=5))
    places.changes.append(change(2, -10.5))
    assert sweep(workspace, "crm", cursors) == 1
    assert places.asked == [START - LOOK_BACK, START - MINUTE - LOOK_BACK]


def test_the_first_sweep_of_a_quiet_connection_sets_its_beginning(
    workspace: Workspace, places: Places, cursors: TableCursors, clock: SetClock
) -> None:
    assert sweep(workspace, "crm", cursors) == 0
    clock.move(timedelta(days=3))
    places.changes = [change(1, 60)]
    assert sweep(workspace, "crm", cursors) == 1


def test_a_sweep_that_breaks_off_keeps_what_it_found_and_goes_on_from_there(
    workspace: Workspace, places: Places, cursors: TableCursors, clock: SetClock
) -> None:
    clock.move(timedelta(days=1))
    cursors.advance("crm", START)
    places.changes = [change(number, number / 10) for number in range(STEP + 50)]
    places.breaks_after, places.trouble = STEP + 20, Retryable("no answer")
    with pytest.raises(Retryable):
        sweep(workspace, "crm", cursors)
    assert len(workspace.inbox.due(clock(), limit=1000)) == STEP + 20
    assert cursors.get("crm") == places.changes[STEP - 1].modified_at
    places.breaks_after = None
    assert sweep(workspace, "crm", cursors) == 30


def test_a_crm_whose_clock_runs_ahead_does_not_carry_the_cursor_away(
    workspace: Workspace, places: Places, cursors: TableCursors
) -> None:
    places.changes = [change(1, 60 * 24)]
    assert sweep(workspace, "crm", cursors) == 1
    assert cursors.get("crm") == START


def test_the_cursor_never_moves_back(cursors: TableCursors) -> None:
    cursors.advance("crm", START)
    cursors.advance("crm", START - MINUTE)
    assert cursors.get("crm") == START
