"""A process that is killed at any moment has kept all that it said it had kept."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from rules_engine.model.run import ConversionState
from rules_engine.ports import Workspace
from rules_engine.store.runs import TableRuns
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import AttemptRow, InboxRow
from tests.databases import START
from tests.delivery.conftest import SetClock

# Says each thing after it is committed; the parent kills it after some line.
LIFE = """
import sys
from dataclasses import replace
from rules_engine.model.run import ConversionState, Written
from rules_engine.store.inbox import TableInbox
from rules_engine.store.runs import TableRuns
from rules_engine.store.session import open_engine
from tests.databases import START
from tests.store.examples import event, planned_run

engine = open_engine(sys.argv[1])
inbox, runs = TableInbox(engine, int(sys.argv[2])), TableRuns(engine, int(sys.argv[2]), lambda: START)
for number in range(1000):
    key = f"K-{number}"
    inbox.accept("crm", event(key), START)
    print("accepted", key, flush=True)
    run = runs.plan(planned_run(engine, runs, key))
    print("planned", key, flush=True)
    run = runs.sending(run, START)
    print("sending", key, flush=True)
    runs.outcome(replace(run, state=ConversionState.CONFIRMED, written=Written(f"W-{number}")))
    print("confirmed", key, flush=True)
"""
ORDER = ["planned", "sending", "confirmed"]


@pytest.mark.parametrize("lines", [1, 2, 3, 4, 7, 10, 19])
def test_what_was_said_to_be_kept_is_kept(
    engine: Engine, north: int, workspace: Workspace, clock: SetClock, lines: int
) -> None:
    said = live_and_die(engine, north, lines)
    runs = TableRuns(engine, north, clock)
    with workspace_session(engine, north, read_only=True) as session:
        kept = set(session.scalars(select(InboxRow.event_id)))
        attempts = len(session.scalars(select(AttemptRow)).all())
    assert {key for word, key in said if word == "accepted"} <= kept
    for word, key in said:
        if word in ORDER:
            assert ORDER.index(runs.conversion(key).state.value) >= ORDER.index(word)
    assert attempts >= sum(word == "sending" for word, _ in said)
    # Nothing is stuck: all that is not confirmed is open, and due.
    unfinished = {run.key for run in runs.open_conversions(clock())}
    for key in {key for word, key in said if word == "planned"} - unfinished:
        assert runs.conversion(key).state is ConversionState.CONFIRMED
    if kept:
        assert workspace.inbox.due(START)


def live_and_die(engine: Engine, workspace_id: int, lines: int) -> list[tuple[str, str]]:
    """What the process said before it was killed, at least so many lines."""
    command = [sys.executable, "-c", LIFE, engine.url.render_as_string(), str(workspace_id)]
    root = Path(__file__).parents[2]
    said = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout
        for _ in range(lines):
            said.append(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    words = [line.split() for line in said if line.endswith("\n")]
    assert len(words) >= lines
    return [(word, key) for word, key in words]
