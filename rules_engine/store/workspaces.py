"""Workspaces: made and changed here, and listed by the composition root."""

from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from rules_engine.model.errors import NotFound, Permanent
from rules_engine.store.session import unbound_session
from rules_engine.store.tables import WorkspaceRow


def add_workspace(engine: Engine, slug: str, title: str, zone: str, now: datetime, fiscal_start: int = 1) -> int:
    """A new workspace's id; `zone` is an IANA name. Raises Permanent where the slug is taken or the zone unknown."""
    _check(zone, fiscal_start)
    try:
        with unbound_session(engine) as session, session.begin():
            row = WorkspaceRow(slug=slug, title=title, zone=zone, fiscal_start=fiscal_start, created_at=now)
            session.add(row)
    except IntegrityError:
        raise Permanent(f"there is a workspace `{slug}` already") from None
    return row.id


def change_workspace(engine: Engine, slug: str, zone: str | None = None, fiscal_start: int | None = None) -> None:
    """Another time zone or month of the fiscal year, from the next evaluation on. Raises NotFound, Permanent."""
    with unbound_session(engine) as session, session.begin():
        row = session.scalar(select(WorkspaceRow).where(WorkspaceRow.slug == slug))
        if row is None:
            raise NotFound(f"there is no workspace `{slug}`")
        zone, fiscal_start = zone or row.zone, row.fiscal_start if fiscal_start is None else fiscal_start
        _check(zone, fiscal_start)
        row.zone, row.fiscal_start = zone, fiscal_start


def _check(zone: str, fiscal_start: int) -> None:
    if zone not in available_timezones():
        raise Permanent(f"`{zone}` is no time zone; write one such as `Europe/Berlin`")
    if not 1 <= fiscal_start <= 12:
        raise Permanent(f"`{fiscal_start}` is no month; a fiscal year begins with one of 1 to 12")
