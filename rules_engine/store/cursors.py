"""How far each connection has been swept for changes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, update

from rules_engine.store.session import workspace_session
from rules_engine.store.tables import ConnectionRow


@dataclass(frozen=True)
class TableCursors:
    """The cursors of one workspace, in the CRMs' own time."""

    engine: Engine
    workspace_id: int

    def get(self, connection: str) -> datetime | None:
        """None before the first sweep."""
        cursor = select(ConnectionRow.sweep_cursor).where(ConnectionRow.name == connection)
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            return session.scalar(cursor)

    def advance(self, connection: str, to: datetime) -> None:
        """Move the cursor on; it never moves back."""
        behind = (ConnectionRow.sweep_cursor.is_(None)) | (ConnectionRow.sweep_cursor < to)
        change = update(ConnectionRow).where(ConnectionRow.name == connection, behind).values(sweep_cursor=to)
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            session.execute(change)
