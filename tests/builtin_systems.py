"""The built-in systems for tests: on a SQLite file of their own, with the data that the demo starts with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.connectors.sample_data import load_sample_data
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion, Disposition
from rules_engine.model.values import Record, leaves
from rules_engine.shipped import shipped
from rules_engine.store import builtin_tables as builtin_tables  # registers its tables
from rules_engine.store.base import Base
from rules_engine.store.session import open_engine, unbound_session
from rules_engine.store.tables import WorkspaceRow

FIXTURES = shipped("fixtures")
RULESETS = shipped("rulesets")
ZONE = "Europe/Berlin"
START = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


class Watch:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def shared_catalog() -> Catalog:
    return read_catalog((RULESETS / "catalog.yaml").read_text("utf-8"), "catalog.yaml")


@contextmanager
def new_engine(folder: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{folder}/builtin.sqlite")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def new_workspace(engine: Engine, slug: str = "north") -> int:
    with unbound_session(engine) as session, session.begin():
        row = WorkspaceRow(slug=slug, title=slug.title(), created_at=START)
        session.add(row)
    return row.id


def loaded(
    engine: Engine, workspace: int, clock: Callable[[], datetime], catalog: Catalog
) -> tuple[SampleCrm, OrderBook]:
    crm, book = SampleCrm(engine, workspace, clock, catalog, ZONE), OrderBook(engine, workspace, catalog)
    load_sample_data(crm, book, FIXTURES)
    return crm, book


def unaccounted(document: Record, conversion: Conversion) -> list[str]:
    """Populated source fields that the ledger forgets, names twice, or drops without a reason."""
    paths = [each.source for each in conversion.ledger]
    silent = [
        each.source for each in conversion.ledger if each.disposition is Disposition.DROPPED and not each.reason
    ]
    twice = [path for path in paths if paths.count(path) > 1]
    return sorted({path for path, _ in leaves(document)} ^ set(paths)) + silent + twice
