"""Who did what, and when: written in the transaction that it tells of, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from rules_engine.formats.values_json import encode
from rules_engine.model.values import Record
from rules_engine.store.kept import kept_record
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import AuditRow


@dataclass(frozen=True)
class Entry:
    """`what` in words ("published"), `subject` what it was done to; `before` and `after` hold only what changed."""

    who: str
    what: str
    subject: str
    at: datetime
    before: Record | None = None
    after: Record | None = None
    number: int = 0


def note(session: Session, entry: Entry) -> None:
    """Add the entry to this transaction: it is kept exactly if the deed is."""
    session.add(
        AuditRow(
            who=entry.who,
            what=entry.what,
            subject=entry.subject,
            before=None if entry.before is None else encode(entry.before),
            after=None if entry.after is None else encode(entry.after),
            at=entry.at,
        )
    )


def entries(engine: Engine, workspace_id: int, limit: int = 100, older_than: int | None = None) -> Sequence[Entry]:
    """Newest first; `older_than` is the number of the last one of the page before."""
    found = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if older_than is not None:
        found = found.where(AuditRow.id < older_than)
    with workspace_session(engine, workspace_id, read_only=True) as session:
        return [_entry(row) for row in session.scalars(found)]


def _entry(row: AuditRow) -> Entry:
    before, after = (None if each is None else kept_record(each) for each in (row.before, row.after))
    return Entry(row.who, row.what, row.subject, row.at, before, after, row.id)
