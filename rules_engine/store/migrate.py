"""Brings a database's tables to this version of the product; run at each start."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from rules_engine.model.errors import Permanent
from rules_engine.store.session import open_engine

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do as long as it stays the same: it makes two starting processes wait for each other.
POSTGRESQL_LOCK = 7_212_025


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade (or, for tests, downgrade with `base`) all tables in one transaction.

    Raises Permanent where the database was made by a newer version.
    """
    change = command.downgrade if revision == "base" else command.upgrade
    engine = open_engine(url)
    try:
        with _migrating(engine) as connection:
            change(_config(connection), revision)
    except CommandError as problem:
        words = f"this version does not know the database's tables ({problem}): start the newer version that made them"
        raise Permanent(words) from problem
    finally:
        engine.dispose()


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A table is altered by making it anew, which would break what refers to it; only off outside transactions.
            driver: Any = connection.connection.dbapi_connection
            driver.execute("pragma foreign_keys = off")
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": POSTGRESQL_LOCK})
            yield connection
            if engine.dialect.name == "sqlite":
                _check_references(connection)


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("pragma foreign_key_check").all()
    if broken:
        raise Permanent(f"a migration would leave {len(broken)} rows of `{broken[0][0]}` without what they refer to")


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


# --- for those who change tables ---------------------------------------------------------------------------------


def regenerate_initial() -> Path:
    """Write the initial revision anew from the tables: allowed until the first release only."""
    for old in (MIGRATIONS / "versions").glob("0001_*.py"):
        old.unlink()
    return _generate(lambda config: command.revision(config, "the first tables", autogenerate=True, rev_id="0001"))


def generate(message: str, number: str) -> Path:
    """Write a new revision with what the tables have and the newest revision lacks."""
    return _generate(lambda config: command.revision(config, message, autogenerate=True, rev_id=number))


def _generate(write: Callable[[Config], Any]) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.sqlite"
        if any((MIGRATIONS / "versions").glob("[0-9]*.py")):
            migrate(url)
        engine = open_engine(url)
        with _migrating(engine) as connection:
            script = write(_config(connection))
        engine.dispose()
    return Path(script.path)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m rules_engine.store.migrate", description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--url", help="upgrade this database")
    choice.add_argument("--regenerate-initial", action="store_true", help="until the first release: write 0001 anew")
    choice.add_argument("--generate", nargs=2, metavar=("NUMBER", "MESSAGE"), help="write a new revision, such as 0002")
    chosen = parser.parse_args(arguments)
    if chosen.url:
        migrate(chosen.url)
    elif chosen.regenerate_initial:
        sys.stdout.write(f"{regenerate_initial().name}\n")
    else:
        number, message = chosen.generate
        sys.stdout.write(f"{generate(message, number).name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
