"""Accepted events on tables: the port `Inbox`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, ScalarSelect, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rules_engine.formats.values_json import encode
from rules_engine.model.errors import NotFound
from rules_engine.model.run import EventState, InboundEvent, StoredEvent
from rules_engine.store.kept import kept_record
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import InboxRow

OPEN = (EventState.NEW.value, EventState.WAITING.value)


@dataclass(frozen=True)
class TableInbox:
    """The inbox of one workspace."""

    engine: Engine
    workspace_id: int

    def accept(self, connection: str, event: InboundEvent, received_at: datetime) -> StoredEvent | None:
        """Keep the event; None where `source` and `id` are known already, whoever was first."""
        row = InboxRow(
            connection=connection,
            source=event.source,
            event_id=event.id,
            type=event.type,
            subject=event.subject,
            occurred_at=event.time,
            data=encode(event.data),
            received_at=received_at,
        )
        try:
            with workspace_session(self.engine, self.workspace_id) as session, session.begin():
                row.late = _newer_exists(session, connection, event)
                session.add(row)
        except IntegrityError:
            if not self._knows(event):
                raise
            return None
        return stored_event(row)

    def _knows(self, event: InboundEvent) -> bool:
        same = select(InboxRow.id).where(InboxRow.source == event.source, InboxRow.event_id == event.id)
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            return session.scalar(same) is not None

    def due(self, now: datetime, limit: int = 100) -> Sequence[StoredEvent]:
        """Events to work on now, oldest first, at most one a case: its oldest that is due."""
        due = or_(InboxRow.available_at.is_(None), InboxRow.available_at <= now)
        first = (
            select(func.min(InboxRow.id))
            .where(InboxRow.state.in_(OPEN), due)
            .group_by(InboxRow.connection, InboxRow.subject)
        )
        oldest = select(InboxRow).where(InboxRow.id.in_(first)).order_by(InboxRow.id).limit(limit)
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            return [stored_event(row) for row in session.scalars(oldest)]

    def done(self, number: int) -> None:
        self._change(number, state=EventState.DONE.value, error="", available_at=None)

    def failed(self, number: int, error: str, retry_at: datetime | None) -> None:
        """The try failed; without `retry_at` the event is dead until a person sends it again."""
        state = EventState.DEAD if retry_at is None else EventState.WAITING
        attempts = InboxRow.attempts + 1
        self._change(number, state=state.value, error=error, available_at=retry_at, attempts=attempts)

    def again(self, number: int) -> None:
        """A person sends a dead or waiting event again: due at once, with all its tries before it."""
        self._change(number, state=EventState.NEW.value, available_at=None, attempts=0)

    def event(self, number: int) -> StoredEvent:
        """One event as it is now. Raises NotFound."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            row = session.get(InboxRow, number)
        if row is None:
            raise NotFound(f"there is no event `{number}`")
        return stored_event(row)

    def _change(self, number: int, **values: object) -> None:
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            session.execute(update(InboxRow).where(InboxRow.id == number).values(**values))


def _newer_exists(session: Session, connection: str, event: InboundEvent) -> bool:
    newest: ScalarSelect[datetime] = (
        select(func.max(InboxRow.occurred_at))
        .where(InboxRow.connection == connection, InboxRow.subject == event.subject)
        .scalar_subquery()
    )
    return bool(session.scalar(select(newest > event.time)))


def inbound_event(row: InboxRow) -> InboundEvent:
    return InboundEvent(
        id=row.event_id,
        source=row.source,
        type=row.type,
        subject=row.subject,
        time=row.occurred_at,
        data=kept_record(row.data),
    )


def stored_event(row: InboxRow) -> StoredEvent:
    return StoredEvent(
        number=row.id,
        connection=row.connection,
        event=inbound_event(row),
        received_at=row.received_at,
        state=EventState(row.state),
        attempts=row.attempts,
        error=row.error,
        late=row.late,
    )
