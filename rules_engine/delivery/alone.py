"""One worker a database: a second one could ask an order system while the first one's request is still on its way."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from rules_engine.model.errors import Permanent

# Any number that no other lock of ours has.
POSTGRESQL_LOCK = 7_212_026


@contextmanager
def only_worker(engine: Engine) -> Iterator[Callable[[], None]]:
    """Hold the worker's lock; call what is yielded before each round: it raises Permanent where the lock was lost.

    SQLite: a lock of the operating system on a file beside the database, PostgreSQL: an advisory lock; either ends
    with the process, however it ends. Raises Permanent where another worker runs.
    """
    if engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{engine.url.database}.worker")):
            yield lambda: None
    else:
        with _advisory_lock(engine) as check:
            yield check


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(number, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Permanent(_refusal(f"process {file.read().strip() or 'unknown'}")) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def _advisory_lock(engine: Engine) -> Iterator[Callable[[], None]]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        got = connection.exec_driver_sql(f"select pg_try_advisory_lock({POSTGRESQL_LOCK})").scalar()
        if not got:
            raise Permanent(_refusal("a process on another connection"))

        def check() -> None:
            try:
                connection.exec_driver_sql("select 1")
            except DBAPIError as problem:
                words = f"the connection that holds the worker's lock was lost: {problem.orig}"
                raise Permanent(words) from problem

        try:
            yield check
        finally:
            # Back in the pool it would stay alive and keep the lock.
            connection.invalidate()


def _refusal(who: str) -> str:
    return f"another worker ({who}) works on this database: stop it first"
