"""The sweep: asks a CRM for what changed, and so finds what no webhook told of."""

from datetime import datetime, timedelta
from typing import Protocol

from rules_engine.model.errors import Problem
from rules_engine.model.run import Changed, InboundEvent
from rules_engine.ports import Workspace

LOOK_BACK = timedelta(minutes=10)
# The cursor moves on after so many, so that a long sweep that breaks off need not begin anew.
STEP = 200


class Cursors(Protocol):
    """How far each connection has been swept; `store.cursors` keeps it."""

    def get(self, connection: str) -> datetime | None: ...

    def advance(self, connection: str, to: datetime) -> None: ...


def sweep(workspace: Workspace, connection: str, cursors: Cursors, look_back: timedelta = LOOK_BACK) -> int:
    """Accept an event `opportunity.changed` for each change since the last sweep, and return how many were new.

    The span before the cursor is looked at again, since a CRM may show a change later than one made after it; what
    was found before is a duplicate then. The first sweep of a connection looks back from now. Raises what
    `changed_since` raises; what was accepted until then stays, and the next sweep goes on from there.
    """
    start = cursors.get(connection) or workspace.clock()
    try:
        return _sweep(workspace, connection, cursors, start - look_back, look_back)
    except Problem:
        # A first sweep that failed was a first sweep: the next one looks back to here, and not from its own time.
        cursors.advance(connection, start)
        raise


def _sweep(workspace: Workspace, connection: str, cursors: Cursors, since: datetime, look_back: timedelta) -> int:
    new = 0
    last: Changed | None = None
    for number, changed in enumerate(workspace.connections.crm(connection).changed_since(since), 1):
        new += workspace.inbox.accept(connection, _event(connection, changed), workspace.clock()) is not None
        last = changed
        if number % STEP == 0:
            _advance(workspace, connection, cursors, last)
    if last is None:
        # A connection without changes has a beginning too, or each sweep would be the first.
        cursors.advance(connection, since + look_back)
    else:
        _advance(workspace, connection, cursors, last)
    return new


def _advance(workspace: Workspace, connection: str, cursors: Cursors, last: Changed) -> None:
    # A clock that runs ahead of ours must not carry the cursor past what is still to come.
    cursors.advance(connection, min(last.modified_at, workspace.clock()))


def _event(connection: str, changed: Changed) -> InboundEvent:
    return InboundEvent(
        id=f"sweep:{changed.opportunity}:{changed.version}",
        source=f"/connections/{connection}/sweep",
        type="opportunity.changed",
        subject=changed.opportunity,
        time=changed.modified_at,
    )
