"""Workspaces: made here, and listed by the composition root."""

from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from rules_engine.model.errors import Permanent
from rules_engine.store.session import unbound_session
from rules_engine.store.tables import WorkspaceRow


def add_workspace(engine: Engine, slug: str, title: str, zone: str, now: datetime) -> int:
    """A new workspace's id; `zone` is an IANA name. Raises Permanent where the slug is taken or the zone unknown."""
    if zone not in available_timezones():
        raise Permanent(f"`{zone}` is no time zone; write one such as `Europe/Berlin`")
    try:
        with unbound_session(engine) as session, session.begin():
            row = WorkspaceRow(slug=slug, title=title, zone=zone, created_at=now)
            session.add(row)
    except IntegrityError:
        raise Permanent(f"there is a workspace `{slug}` already") from None
    return row.id
