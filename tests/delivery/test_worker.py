"""The worker: whatever happens in a try, each event ends done, waiting or dead, and the others go on."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from rules_engine.delivery.attempts import FIRST_WAIT, LONGEST_WAIT, MAX_ATTEMPTS, wait
from rules_engine.delivery.worker import AT_ONCE, Work, Worker, work_once
from rules_engine.model.errors import NotFound, OutcomeUnknown, Permanent, Refused, Retryable
from rules_engine.model.run import ConversionRun, ConversionState, EventState, StoredEvent, Written
from rules_engine.ports import Workspace
from rules_engine.store.inbox import TableInbox
from rules_engine.store.runs import TableRuns
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import InboxRow
from tests.databases import START, new_workspace
from tests.delivery.conftest import SetClock
from tests.store.examples import case_of, event, planned_run


def nothing(*_: Any) -> None:
    """Succeeds."""


def failing(problem: Exception) -> Callable[..., None]:
    def fail(*_: Any) -> None:
        raise problem

    return fail


def work(on_event: Any = nothing, resume: Any = nothing, on_timer: Any = nothing, sweep: Any = None) -> Work:
    return Work(on_event, resume, on_timer, sweep)


def inbox_of(workspace: Workspace) -> TableInbox:
    assert isinstance(workspace.inbox, TableInbox)
    return workspace.inbox


def runs_of(workspace: Workspace) -> TableRuns:
    assert isinstance(workspace.runs, TableRuns)
    return workspace.runs


def accept(workspace: Workspace, id: str = "e-1", subject: str = "D-1") -> int:
    stored = workspace.inbox.accept("crm", event(id, subject=subject), START)
    assert stored
    return stored.number


# --- events ------------------------------------------------------------------------------------------------------


def test_an_event_that_was_worked_on_is_done(workspace: Workspace) -> None:
    number = accept(workspace)
    seen: list[StoredEvent] = []
    assert work_once(workspace, work(on_event=lambda _, each: seen.append(each))) == 1
    assert [each.number for each in seen] == [number]
    assert inbox_of(workspace).event(number).state is EventState.DONE
    assert work_once(workspace, work()) == 0


@pytest.mark.parametrize("problem", [Retryable("no answer"), OutcomeUnknown("no answer")])
def test_what_may_pass_is_tried_again_ever_later_and_at_last_is_dead(
    workspace: Workspace, clock: SetClock, problem: Retryable
) -> None:
    number = accept(workspace)
    waits = []
    for tried in range(1, MAX_ATTEMPTS):
        assert work_once(workspace, work(on_event=failing(problem))) == 1
        stored = inbox_of(workspace).event(number)
        assert (stored.state, stored.attempts, stored.error) == (EventState.WAITING, tried, "no answer")
        assert work_once(workspace, work(on_event=failing(problem))) == 0
        waits.append(wait(tried, f"north event {number}"))
        clock.move(waits[-1])
    assert work_once(workspace, work(on_event=failing(problem))) == 1
    dead = inbox_of(workspace).event(number)
    assert dead.state is EventState.DEAD
    assert dead.error == f"given up after {MAX_ATTEMPTS} tries; the last one said: no answer"
    assert waits == sorted(waits)


def test_the_wait_that_the_other_system_asks_for_is_kept(workspace: Workspace, clock: SetClock) -> None:
    accept(workspace)
    work_once(workspace, work(on_event=failing(Retryable("slow down", after=600))))
    clock.move(timedelta(seconds=599))
    assert work_once(workspace, work()) == 0
    clock.move(timedelta(seconds=1))
    assert work_once(workspace, work()) == 1


@pytest.mark.parametrize("kind", [Permanent, Refused, NotFound])
def test_a_no_is_dead_at_once_with_the_reason(workspace: Workspace, kind: type[Permanent]) -> None:
    number = accept(workspace)
    work_once(workspace, work(on_event=failing(kind("the CRM said no"))))
    stored = inbox_of(workspace).event(number)
    assert (stored.state, stored.error) == (EventState.DEAD, "the CRM said no")


def test_our_own_error_is_dead_with_a_reference_to_the_log(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    number = accept(workspace)
    work_once(workspace, work(on_event=failing(ZeroDivisionError("oh"))))
    stored = inbox_of(workspace).event(number)
    assert stored.state is EventState.DEAD
    assert "oh" not in stored.error
    reference = stored.error.split("`")[1]
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert reference in record.getMessage()
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_did_not_answer_is_no_reason_to_give_up(workspace: Workspace) -> None:
    number = accept(workspace)
    locked = OperationalError("select", {}, Exception("database is locked"))
    work_once(workspace, work(on_event=failing(locked)))
    stored = inbox_of(workspace).event(number)
    assert (stored.state, stored.error) == (EventState.WAITING, "our database did not answer: database is locked")


def test_one_that_fails_leaves_the_others_alone(workspace: Workspace) -> None:
    for number in range(5):
        accept(workspace, f"e-{number}", f"D-{number}")

    def on_event(_: Workspace, each: StoredEvent) -> None:
        if each.event.id == "e-1":
            raise ZeroDivisionError
        if each.event.id == "e-2":
            raise Retryable("no answer")

    assert work_once(workspace, work(on_event=on_event)) == 5
    assert states(workspace) == {"e-0": "done", "e-1": "dead", "e-2": "waiting", "e-3": "done", "e-4": "done"}


def test_a_turn_has_an_end(workspace: Workspace) -> None:
    for number in range(AT_ONCE + 3):
        accept(workspace, f"e-{number}", f"D-{number}")
    assert work_once(workspace, work()) == AT_ONCE
    assert work_once(workspace, work()) == 3


def test_a_stop_waits_for_the_try_under_way_only(workspace: Workspace) -> None:
    for number in range(3):
        accept(workspace, f"e-{number}", f"D-{number}")
    assert work_once(workspace, work(), go_on=lambda: False) == 1
    assert Counter(states(workspace).values()) == {"done": 1, "new": 2}


@pytest.mark.parametrize("seed", range(20))
def test_every_accepted_event_is_done_waiting_or_dead(workspace: Workspace, clock: SetClock, seed: int) -> None:
    random = Random(seed)
    accepted = [accept(workspace, f"e-{number}", f"D-{random.randrange(4)}") for number in range(12)]

    def on_event(*_: Any) -> None:
        problem = random.choice([None, None, Retryable("later"), Permanent("no"), KeyError("bug"), RecursionError()])
        if problem:
            raise problem

    for _ in range(400):
        work_once(workspace, work(on_event=on_event))
        assert set(states(workspace).values()) <= {"new", "done", "waiting", "dead"}
        clock.move(timedelta(minutes=random.randrange(600)))
        if not {"new", "waiting"} & set(states(workspace).values()):
            break
    assert len(states(workspace)) == len(accepted)
    assert set(states(workspace).values()) <= {"done", "dead"}


def test_an_event_stays_due_where_the_process_ends_in_its_midst(workspace: Workspace) -> None:
    number = accept(workspace)
    with pytest.raises(KeyboardInterrupt):
        work_once(workspace, work(on_event=failing(KeyboardInterrupt())))  # type: ignore[arg-type]  # ends a process
    assert [each.number for each in workspace.inbox.due(START)] == [number]


def states(workspace: Workspace) -> dict[str, str]:
    inbox = inbox_of(workspace)
    with workspace_session(inbox.engine, inbox.workspace_id) as session:
        return {row.event_id: row.state for row in session.scalars(select(InboxRow))}


# --- conversions -------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(engine: Engine, workspace: Workspace) -> ConversionRun:
    return workspace.runs.plan(planned_run(engine, runs_of(workspace)))


def test_an_open_conversion_is_resumed(workspace: Workspace, planned: ConversionRun) -> None:
    seen: list[ConversionRun] = []
    work_once(workspace, work(resume=lambda _, run: seen.append(run)))
    assert seen == [planned]


def test_a_conversion_that_cannot_go_on_waits_and_at_last_is_held(
    workspace: Workspace, planned: ConversionRun, clock: SetClock
) -> None:
    tries = 0
    while runs_of(workspace).conversion(planned.key).state is ConversionState.PLANNED:
        tries += work_once(workspace, work(resume=failing(Retryable("no answer"))))
        clock.move(LONGEST_WAIT * 1.25)
    held = runs_of(workspace).conversion(planned.key)
    assert (tries, held.state) == (MAX_ATTEMPTS, ConversionState.HELD)
    assert held.error == f"given up after {MAX_ATTEMPTS} tries; the last one said: no answer"


def test_a_conversion_of_unknown_outcome_is_looked_at_ever_later_and_at_last_is_held(
    workspace: Workspace, planned: ConversionRun, clock: SetClock
) -> None:
    runs = runs_of(workspace)
    sent_at: list[datetime] = []

    def resume(_: Workspace, run: ConversionRun) -> None:
        sent = runs.sending(run, clock())
        sent_at.append(clock())
        again = clock() + timedelta(seconds=10)
        runs.outcome(replace(sent, state=ConversionState.UNKNOWN, error="no answer", available_at=again))

    while runs.conversion(planned.key).state is not ConversionState.HELD:
        work_once(workspace, work(resume=resume))
        clock.move(timedelta(minutes=2))
    assert len(sent_at) == MAX_ATTEMPTS
    waits = [later - earlier for earlier, later in zip(sent_at, sent_at[1:], strict=False)]
    assert waits == sorted(waits)
    assert waits[-1] > timedelta(hours=1)


@pytest.mark.parametrize("problem", [Permanent("no such connection"), KeyError("bug")])
def test_a_conversion_that_cannot_be_resumed_at_all_is_held(
    workspace: Workspace, planned: ConversionRun, problem: Exception
) -> None:
    work_once(workspace, work(resume=failing(problem)))
    assert runs_of(workspace).conversion(planned.key).state is ConversionState.HELD
    assert work_once(workspace, work()) == 0


def test_a_conversion_that_was_confirmed_before_its_try_failed_stays_so(
    workspace: Workspace, planned: ConversionRun, clock: SetClock
) -> None:
    runs = runs_of(workspace)

    def resume(_: Workspace, run: ConversionRun) -> None:
        sent = runs.sending(run, clock())
        runs.outcome(replace(sent, state=ConversionState.CONFIRMED, written=Written("17")))
        raise Retryable("the CRM did not answer")

    timers: list[tuple[str, str]] = []
    done = work_once(workspace, work(resume=resume, on_timer=lambda _, *timer: timers.append(timer[:2])))
    assert runs.conversion(planned.key).state is ConversionState.CONFIRMED
    assert (done, timers) == (2, [("crm", "D-1")])
    assert work_once(workspace, work()) == 0


# --- timers ------------------------------------------------------------------------------------------------------


def test_a_due_timer_goes_off_once(workspace: Workspace) -> None:
    workspace.runs.remember(case_of(runs_of(workspace)), START)
    seen: list[Any] = []
    assert work_once(workspace, work(on_timer=lambda _, *timer: seen.append(timer))) == 1
    assert seen == [("crm", "D-1", START)]
    assert work_once(workspace, work()) == 0


def test_a_timer_that_fails_is_tried_again_ever_later_and_at_last_is_dead(
    workspace: Workspace, clock: SetClock
) -> None:
    workspace.runs.remember(case_of(runs_of(workspace)), START)
    tries = 0
    for _ in range(MAX_ATTEMPTS + 3):
        tries += work_once(workspace, work(on_timer=failing(Retryable("no answer"))))
        assert work_once(workspace, work(on_timer=failing(Retryable("no answer")))) == 0
        clock.move(LONGEST_WAIT * 1.25)
    assert tries == MAX_ATTEMPTS


# --- waits -------------------------------------------------------------------------------------------------------


def test_waits_grow_are_bounded_scattered_and_repeatable() -> None:
    assert wait(0, "x") == timedelta()
    for attempts in range(1, 40):
        expected = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
        several = {wait(attempts, f"event {number}") for number in range(50)}
        assert all(expected * 0.75 <= each <= expected * 1.25 for each in several)
        assert len(several) > 40
        assert wait(attempts, "event 1") == wait(attempts, "event 1")


# --- the thread --------------------------------------------------------------------------------------------------

LONG = timedelta(hours=1)


def test_a_woken_worker_works_at_once_and_stops_in_order(workspace: Workspace) -> None:
    worked = threading.Semaphore(0)
    worker = Worker(lambda: [workspace], work(on_event=lambda *_: worked.release()), pause=LONG)
    worker.start()
    for number in range(3):
        accept(workspace, f"e-{number}")
        worker.wake()
        assert worked.acquire(timeout=20)
    assert worker.stop(20)
    assert set(states(workspace).values()) == {"done"}


def test_trouble_in_one_workspace_leaves_the_others_alone(engine: Engine, workspace: Workspace) -> None:
    south = new_workspace(engine, "south")
    inbox, runs = TableInbox(engine, south), TableRuns(engine, south, workspace.clock)
    other = replace(workspace, name="south", inbox=inbox, runs=runs)
    broken = replace(workspace, name="broken", inbox=None)  # type: ignore[arg-type]  # as if its tables were gone
    worked = threading.Event()
    accept(other)
    worker = Worker(lambda: [broken, other], work(on_event=lambda *_: worked.set()), pause=LONG)
    worker.start()
    assert worked.wait(20)
    assert worker.stop(20)


def test_a_worker_that_is_not_alone_any_more_stops_and_says_why(workspace: Workspace) -> None:
    accept(workspace)
    worker = Worker(lambda: [workspace], work(), alone=failing(Permanent("the lock was lost")))
    worker.start()
    worker._thread.join(20)
    assert str(worker.stopped_by) == "the lock was lost"
    assert set(states(workspace).values()) == {"new"}


def test_the_sweep_has_its_turn_and_what_it_finds_is_worked_on_at_once(workspace: Workspace) -> None:
    worked = threading.Event()
    worker = Worker(
        lambda: [workspace],
        work(on_event=lambda *_: worked.set(), sweep=lambda each: accept(each) and 1),
        pause=LONG,
    )
    worker.start()
    assert worked.wait(20)
    assert worker.stop(20)
    assert list(states(workspace)) == ["e-1"]


def test_a_worker_that_never_started_is_stopped() -> None:
    assert Worker(lambda: [], work()).stop()
