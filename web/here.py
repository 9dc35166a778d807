"""What a request stands in: the product, the workspace, its session, the person."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import abort, current_app, g, session
from sqlalchemy.orm import Session

from rules_engine.bootstrap import Product
from rules_engine.connectors.sample_crm import SYSTEM as SAMPLE_CRM
from rules_engine.model.catalog import Catalog
from rules_engine.ports import Workspace
from rules_engine.store import ruleset_pages

PERSON = "person"
WORKSPACE = "workspace"
NOBODY = "someone at this machine"


def product() -> Product:
    found: Product = current_app.extensions["product"]
    return found


def slug() -> str:
    """The workspace that this browser looks at; the product's first until it chose another."""
    slugs = product().slugs()
    chosen = session.get(WORKSPACE)
    if not slugs:
        abort(404)
    return chosen if chosen in slugs else slugs[0]


def workspace() -> Workspace:
    if "ports" not in g:
        g.ports = product().workspace(slug())
    ports: Workspace = g.ports
    return ports


def catalog() -> Catalog:
    if "catalog" not in g:
        g.catalog = product().catalog(slug())
    found: Catalog = g.catalog
    return found


def zone() -> ZoneInfo:
    return ZoneInfo(workspace().zone)


def now() -> datetime:
    return workspace().clock()


def person() -> str:
    """Who works here, as they said themselves: there is no sign-in yet."""
    return str(session.get(PERSON) or NOBODY)


def remember_person(name: str) -> str:
    """Keep the name for the next form; an empty one changes nothing."""
    if name.strip():
        session[PERSON] = name.strip()[:80]
    return person()


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads, of this workspace."""
    with product().session(slug()) as found:
        yield found


def sample_connections(found: Session) -> Sequence[str]:
    """The names of the connections behind which the built-in CRM stands."""
    return [each.name for each in ruleset_pages.connections(found, SAMPLE_CRM)]


def page_number(raw: str | None) -> int:
    """The page in a link: 1 where it is no sensible number."""
    return min(int(raw), 10_000) if raw and raw.isascii() and raw.isdigit() and 0 < len(raw) < 6 and int(raw) else 1
