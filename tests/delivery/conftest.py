"""A workspace on real tables in a SQLite file, with a clock that stands until it is set."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Problem
from rules_engine.model.ruleset import Ruleset
from rules_engine.model.run import Changed
from rules_engine.ports import CrmConnector, OrderConnector, Route, Workspace
from rules_engine.store.inbox import TableInbox
from rules_engine.store.runs import TableRuns
from tests.databases import START, new_sqlite_engine, new_workspace


class SetClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


class NoMatcher:
    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]:
        raise NotImplementedError(ruleset, case, now)


@dataclass
class Places:
    """A CRM that has changes, and may break off after some of them; nothing else of a CRM is needed here."""

    changes: list[Changed] = field(default_factory=list)
    breaks_after: int | None = None
    trouble: Problem | None = None
    asked: list[datetime] = field(default_factory=list)

    def crm(self, name: str) -> CrmConnector:
        assert name == "crm"
        return self  # type: ignore[return-value]  # only `changed_since` is asked for

    def orders(self, name: str) -> OrderConnector:
        raise NotImplementedError(name)

    def routes(self, crm_connection: str) -> Sequence[Route]:
        raise NotImplementedError(crm_connection)

    def changed_since(self, since: datetime) -> Iterable[Changed]:
        self.asked.append(since)
        for number, each in enumerate(sorted(self.changes, key=lambda each: each.modified_at)):
            if number == self.breaks_after:
                assert self.trouble
                raise self.trouble
            if each.modified_at >= since:
                yield each


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = new_sqlite_engine(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
def north(engine: Engine) -> int:
    return new_workspace(engine, "north")


@pytest.fixture
def workspace(engine: Engine, north: int, clock: SetClock, places: Places) -> Workspace:
    inbox, runs = TableInbox(engine, north), TableRuns(engine, north, clock)
    return Workspace("north", "Europe/Berlin", Catalog({}), clock, NoMatcher(), inbox, runs, places)
