"""Each test of the store runs on SQLite and, where there is one, on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rules_engine.store.migrate import migrate
from rules_engine.store.session import open_engine
from tests.databases import new_postgresql_database, new_workspace, postgresql_server, skip_without_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    skip_without_postgresql()
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/o2o.sqlite"
    return new_postgresql_database(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "o2o.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> str:
    url = new_postgresql_database(postgresql)
    migrate(url)
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables, empty."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "o2o.sqlite")
        return f"sqlite:///{tmp_path}/o2o.sqlite"
    template = request.getfixturevalue("postgresql_template")
    return new_postgresql_database(request.getfixturevalue("postgresql"), template)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def north(engine: Engine) -> int:
    return new_workspace(engine, "north")


@pytest.fixture
def south(engine: Engine) -> int:
    return new_workspace(engine, "south")
