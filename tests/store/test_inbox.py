"""Accepted events: kept once, worked on in order, never lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from rules_engine.model.errors import NotFound
from rules_engine.model.run import EventState
from rules_engine.store.inbox import TableInbox
from tests.databases import START
from tests.store.examples import event

LATER = START + timedelta(hours=1)


@pytest.fixture
def inbox(engine: Engine, north: int) -> TableInbox:
    return TableInbox(engine, north)


def test_an_accepted_event_comes_back_as_it_was(inbox: TableInbox) -> None:
    accepted = inbox.accept("crm", event("e-1"), START)
    assert accepted is not None
    assert accepted.event == event("e-1")
    assert accepted.state is EventState.NEW
    assert inbox.due(START) == [accepted]


def test_the_same_source_and_id_is_accepted_once(inbox: TableInbox) -> None:
    assert inbox.accept("crm", event("e-1"), START)
    assert inbox.accept("crm", event("e-1", subject="D-2"), LATER) is None
    assert len(inbox.due(LATER)) == 1


def test_two_workspaces_may_hear_the_same_event(engine: Engine, north: int, south: int) -> None:
    assert TableInbox(engine, north).accept("crm", event("e-1"), START)
    assert TableInbox(engine, south).accept("crm", event("e-1"), START)
    assert len(TableInbox(engine, south).due(START)) == 1


def test_an_event_of_an_unknown_connection_is_an_error_and_no_duplicate(inbox: TableInbox) -> None:
    with pytest.raises(IntegrityError):
        inbox.accept("nobody", event("e-1"), START)


def test_due_gives_the_oldest_of_each_case(inbox: TableInbox) -> None:
    for number, subject in enumerate(("D-1", "D-2", "D-1", "D-3", "D-2")):
        inbox.accept("crm", event(f"e-{number}", subject=subject), START)
    assert [each.event.id for each in inbox.due(START)] == ["e-0", "e-1", "e-3"]
    assert [each.event.id for each in inbox.due(START, limit=2)] == ["e-0", "e-1"]
    inbox.done(inbox.due(START)[0].number)
    assert [each.event.id for each in inbox.due(START)] == ["e-1", "e-2", "e-3"]


def test_a_failed_event_waits_until_its_retry(inbox: TableInbox) -> None:
    accepted = inbox.accept("crm", event("e-1"), START)
    assert accepted
    inbox.failed(accepted.number, "the CRM did not answer", LATER)
    assert inbox.due(LATER - timedelta(microseconds=1)) == []
    (again,) = inbox.due(LATER)
    assert (again.state, again.attempts, again.error) == (EventState.WAITING, 1, "the CRM did not answer")
    inbox.done(again.number)
    assert inbox.event(again.number).state is EventState.DONE


def test_a_waiting_event_does_not_hold_up_its_case(inbox: TableInbox) -> None:
    first = inbox.accept("crm", event("e-1"), START)
    inbox.accept("crm", event("e-2"), START)
    assert first
    inbox.failed(first.number, "no answer", LATER)
    assert [each.event.id for each in inbox.due(START)] == ["e-2"]


def test_a_dead_event_is_due_again_when_a_person_sends_it(inbox: TableInbox) -> None:
    accepted = inbox.accept("crm", event("e-1"), START)
    assert accepted
    inbox.failed(accepted.number, "refused", None)
    assert inbox.due(LATER) == []
    assert inbox.event(accepted.number).state is EventState.DEAD
    inbox.again(accepted.number)
    assert [each.attempts for each in inbox.due(START)] == [0]


def test_an_event_older_than_one_known_is_late(inbox: TableInbox) -> None:
    newer = inbox.accept("crm", event("e-2", at=LATER), LATER)
    older = inbox.accept("crm", event("e-1", at=START), LATER)
    other = inbox.accept("crm", event("e-3", at=START, subject="D-2"), LATER)
    same = inbox.accept("crm", event("e-4", at=LATER), LATER)
    assert [each.late for each in (newer, older, other, same) if each] == [False, True, False, False]


def test_an_unknown_event_is_not_found(inbox: TableInbox) -> None:
    with pytest.raises(NotFound, match="no event `404`"):
        inbox.event(404)


def test_of_eight_who_deliver_the_same_events_at_once_one_is_accepted(engine: Engine, north: int) -> None:
    inbox = TableInbox(engine, north)

    def deliver(_: int) -> int:
        return sum(inbox.accept("crm", event(f"e-{number}"), START) is not None for number in range(10))

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(deliver, range(8))) == 10
