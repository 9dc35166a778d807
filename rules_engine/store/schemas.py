"""The schemas that each connection reported, the one that was accepted among them."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from rules_engine.analysis.schema_changes import Seen
from rules_engine.formats.values_json import decode_dataclass, encode_dataclass
from rules_engine.model.catalog import Catalog
from rules_engine.store.audit import Entry, note
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import SchemaRow


@dataclass(frozen=True)
class TableSchemas:
    """Of one workspace. A connection that is of another `system` now begins anew."""

    engine: Engine
    workspace_id: int

    def history(self, connection: str, system: str) -> tuple[Seen, ...]:
        """From the accepted schema to the newest, each run of the same schema once; empty before the first."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            rows = _rows(session, connection, system)
            accepted = max((at for at, row in enumerate(rows) if row.accepted_at is not None), default=0)
            return tuple(
                Seen(decode_dataclass(Catalog, row.schema), row.first_seen_at, row.last_seen_at)
                for row in rows[accepted:]
            )

    def saw(self, connection: str, system: str, schema: Catalog, now: datetime) -> None:
        """Keep a schema as it was reported just now. The first of a connection is the accepted one."""
        kept = encode_dataclass(Catalog(schema.types))
        digest = sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            rows = _rows(session, connection, system)
            if rows and rows[-1].sha256 == digest:
                rows[-1].last_seen_at = max(now, rows[-1].last_seen_at)
                return
            row = SchemaRow(connection=connection, system=system, sha256=digest, schema=kept)
            row.first_seen_at = row.last_seen_at = now
            row.accepted_at = None if rows else now
            session.add(row)

    def accept(self, connection: str, system: str, who: str, now: datetime) -> None:
        """From now on drift is what differs from the newest schema; nothing where there is none yet."""
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            rows = _rows(session, connection, system)
            if rows:
                rows[-1].accepted_at, rows[-1].accepted_by = now, who
                note(session, Entry(who, "accepted the schema", connection, now, None, {"sha256": rows[-1].sha256}))


def _rows(session: Session, connection: str, system: str) -> list[SchemaRow]:
    own = (SchemaRow.connection == connection, SchemaRow.system == system)
    return list(session.scalars(select(SchemaRow).where(*own).order_by(SchemaRow.id)))
