"""Databases for tests: a SQLite file each, and on machines that have PostgreSQL a server of our own on the loopback."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from rules_engine.store.migrate import migrate
from rules_engine.store.session import open_engine, unbound_session, workspace_session
from rules_engine.store.tables import ConnectionRow, WorkspaceRow

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)


def postgresql_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, where Debian or PATH has them."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    if found:
        folders.insert(0, Path(found).parent)
    return next((each for each in folders if (each / "initdb").exists() and (each / "postgres").exists()), None)


def why_no_postgresql() -> str:
    """Why tests on PostgreSQL can't run on this machine, "" where they can."""
    try:
        import psycopg  # noqa: F401 - only whether it is there
    except ImportError:
        return "psycopg is not installed (extra `postgres`)"
    if postgresql_programs() is None:
        return "no PostgreSQL server on this machine (`initdb`, `postgres`)"
    if os.getuid() == 0 and not _postgres_user():
        return "PostgreSQL does not run as root and there is no user `postgres` to run it as"
    return ""


def _postgres_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A server with its data in a temporary folder; yields the URL of its first database."""
    programs = postgresql_programs()
    assert programs
    folder = Path(tempfile.mkdtemp(prefix="o2o-postgresql-"))
    other: dict[str, Any] = {}
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    init = [programs / "initdb", "-D", folder / "data", "-U", "o2o", "-A", "trust", "-E", "UTF8", "--no-sync"]
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "fsync": "off", "max_connections": "60", "lc_messages": "C"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, *options]
    try:
        subprocess.run(init, check=True, capture_output=True, cwd="/", **other)
        # Our own child, not pg_ctl's: an orphan's end may be seen by nobody.
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd="/", **other) as server:
            assert server.stderr
            assert any("ready to accept connections" in line for line in server.stderr), "the server did not start"
            Thread(target=server.stderr.read, daemon=True).start()
            try:
                yield f"postgresql+psycopg://o2o@127.0.0.1:{port}/postgres"
            finally:
                server.send_signal(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def new_postgresql_database(server: str, template: str = "template0") -> str:
    """The URL of a new database, empty or a copy of another of the server's that nobody uses at the moment."""
    name = f"t{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {template}")
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"


def new_workspace(engine: Engine, slug: str) -> int:
    """A workspace with a CRM `crm` and an order system `book`; its id."""
    with unbound_session(engine) as session, session.begin():
        row = WorkspaceRow(slug=slug, title=slug.title(), created_at=START)
        session.add(row)
    with workspace_session(engine, row.id) as session, session.begin():
        session.add(ConnectionRow(name="crm", role="crm", system="sample-crm", created_at=START))
        session.add(ConnectionRow(name="book", role="order", system="order-book", created_at=START))
    return row.id


def new_sqlite_engine(folder: Path) -> Engine:
    url = f"sqlite:///{folder}/o2o.sqlite"
    migrate(url)
    return open_engine(url)


def skip_without_postgresql() -> None:
    reason = why_no_postgresql()
    if reason:
        sys.stderr.write(f"PostgreSQL tests are skipped: {reason}\n")
        pytest.skip(reason)
