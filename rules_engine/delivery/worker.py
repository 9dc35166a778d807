"""The worker: takes due events, open conversions and due timers from our tables, one try each, again and again."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from threading import Event, Thread

from rules_engine.delivery.attempts import MAX_ATTEMPTS, Failure, attempt, given_up, wait
from rules_engine.model.errors import Problem
from rules_engine.model.run import ConversionRun, StoredEvent
from rules_engine.ports import Workspace

log = logging.getLogger(__name__)

# So many of a kind and workspace before the next workspace has its turn.
AT_ONCE = 25
SWEEP_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Work:
    """What is done with what is due; `sweep` looks for changes that no webhook told of, and returns how many."""

    on_event: Callable[[Workspace, StoredEvent], None]
    resume: Callable[[Workspace, ConversionRun], None]
    on_timer: Callable[[Workspace, str, str, datetime], None]
    sweep: Callable[[Workspace], int] | None = None


def work_once(workspace: Workspace, work: Work, go_on: Callable[[], bool] = lambda: True) -> int:
    """One try at each thing that is due, and how many there were.

    Each ends as done, due again later, or dead (a conversion: held) with the reason, whatever happens to the others;
    after each, `go_on` is asked, so that a stop does not wait for all.
    """
    done = 0
    for _ in chain(_events(workspace, work), _conversions(workspace, work), _timers(workspace, work)):
        done += 1
        if not go_on():
            break
    return done


def _events(workspace: Workspace, work: Work) -> Iterator[None]:
    inbox, clock = workspace.inbox, workspace.clock
    for event in inbox.due(clock(), AT_ONCE):
        call = partial(work.on_event, workspace, event)
        failure = attempt(call, event.attempts, f"{workspace.name} event {event.number}", clock)
        if failure is None:
            inbox.done(event.number)
        else:
            _log(workspace, f"event `{event.event.id}`", failure)
            inbox.failed(event.number, failure.error, failure.retry_at)
        yield


def _conversions(workspace: Workspace, work: Work) -> Iterator[None]:
    runs, clock = workspace.runs, workspace.clock
    for run in runs.open_conversions(clock(), AT_ONCE):
        # `attempts` counts the tries that were sent too: the first of these needs no rest.
        if run.sent_at is not None and clock() < run.sent_at + wait(run.attempts - 1, run.key):
            continue
        failure: Failure | None
        if run.attempts >= MAX_ATTEMPTS:
            failure = Failure(given_up(run.error, run.attempts), None)
        else:
            failure = attempt(partial(work.resume, workspace, run), run.attempts, run.key, clock)
        if failure is not None:
            _log(workspace, f"conversion `{run.key}`", failure)
            runs.failed(run, failure.error, failure.retry_at)
        yield


def _timers(workspace: Workspace, work: Work) -> Iterator[None]:
    runs, clock = workspace.runs, workspace.clock
    for connection, opportunity, wake_at in runs.due_timers(clock(), AT_ONCE):
        earlier = runs.timer_attempts(connection, opportunity, wake_at)
        call = partial(work.on_timer, workspace, connection, opportunity, wake_at)
        failure = attempt(call, earlier, f"{workspace.name} timer {connection} {opportunity}", clock)
        if failure is None:
            runs.timer_done(connection, opportunity, wake_at)
        else:
            _log(workspace, f"timer of `{opportunity}`", failure)
            runs.timer_failed(connection, opportunity, wake_at, failure.error, failure.retry_at)
        yield


def _log(workspace: Workspace, what: str, failure: Failure) -> None:
    then = f"again at {failure.retry_at:%Y-%m-%d %H:%M:%S} UTC" if failure.retry_at else "a person must look"
    log.warning("%s: %s failed: %s; %s", workspace.name, what, failure.error, then)


class Worker:
    """A thread that works until it is stopped. `workspaces` is asked anew on each round.

    `alone` is called before each round and raises where another process may work on the same tables by now: the
    worker then stops, and `stopped_by` says why.
    """

    def __init__(
        self,
        workspaces: Callable[[], Sequence[Workspace]],
        work: Work,
        alone: Callable[[], None] = lambda: None,
        pause: timedelta = timedelta(seconds=1),
    ) -> None:
        self._workspaces, self._work, self._alone, self._pause = workspaces, work, alone, pause
        self._woken, self._stopping = Event(), Event()
        self._swept: dict[str, datetime] = {}
        self._thread = Thread(target=self._run, name="worker", daemon=True)
        self.stopped_by: Problem | None = None

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something may be due: end the wait at once."""
        self._woken.set()

    def stop(self, timeout: float | None = None) -> bool:
        """Finish the try under way and end; False where it is not finished after `timeout` seconds."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Cleared before looking: who wakes us while we work is not forgotten.
            self._woken.clear()
            try:
                self._alone()
            except Problem as problem:
                self.stopped_by = problem
                log.error("the worker stops: %s", problem)
                return
            if not self._round():
                self._woken.wait(self._pause.total_seconds())

    def _round(self) -> int:
        """One turn for each workspace; trouble with one leaves the others alone."""
        done = 0
        try:
            workspaces = self._workspaces()
        except Exception:
            log.exception("the list of workspaces could not be read")
            return 0
        for workspace in workspaces:
            if self._stopping.is_set():
                break
            try:
                done += work_once(workspace, self._work, lambda: not self._stopping.is_set())
                self._sweep(workspace)
            except Exception:
                # Only our own tables fail here; what was not noted as done stays due.
                log.exception("the worker's turn for the workspace %s failed", workspace.name)
        return done

    def _sweep(self, workspace: Workspace) -> None:
        now = workspace.clock()
        last = self._swept.get(workspace.name)
        if self._work.sweep is None or (last is not None and now < last + SWEEP_EVERY):
            return
        self._swept[workspace.name] = now
        failure = attempt(partial(self._sweep_all, workspace), 0, f"{workspace.name} sweep", workspace.clock)
        if failure is not None:
            _log(workspace, "the sweep", Failure(failure.error, now + SWEEP_EVERY))

    def _sweep_all(self, workspace: Workspace) -> None:
        if self._work.sweep is not None and self._work.sweep(workspace):
            self._woken.set()
