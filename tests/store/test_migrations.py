"""The migrations make exactly the tables that the classes describe, and take them away again."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, inspect
from sqlalchemy.exc import DBAPIError

from rules_engine.model.errors import Permanent
from rules_engine.store import builtin_tables, tables
from rules_engine.store.base import Base, Immutable
from rules_engine.store.migrate import MIGRATIONS, migrate
from rules_engine.store.session import open_engine, workspace_session
from tests.databases import START

assert tables
assert builtin_tables
IMMUTABLE = {each.class_: each.local_table.name for each in Base.registry.mappers if issubclass(each.class_, Immutable)}


def names(url: str) -> set[str]:
    engine = open_engine(url)
    found = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return found


def differences(url: str) -> list[object]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    return found


def test_up_down_and_up_again_ends_with_the_tables_of_the_classes(empty_url: str) -> None:
    migrate(empty_url)
    assert names(empty_url) == set(Base.metadata.tables)
    assert differences(empty_url) == []
    migrate(empty_url, "base")
    assert names(empty_url) == set()
    migrate(empty_url)
    assert differences(empty_url) == []


def test_the_migrations_make_the_checks_of_the_classes_too(tmp_path: Path) -> None:
    """What `compare_metadata` does not look at: a state that a class knows and the table refuses."""
    url = f"sqlite:///{tmp_path}/o2o.sqlite"
    migrate(url)
    engine = open_engine(url)
    found = {
        (name, check["sqltext"])
        for name in Base.metadata.tables
        for check in inspect(engine).get_check_constraints(name)
    }
    engine.dispose()
    wanted = {
        (table.name, str(each.sqltext))
        for table in Base.metadata.tables.values()
        for each in table.constraints
        if isinstance(each, CheckConstraint)
    }
    assert found == wanted
    assert len(wanted) > 10


def test_a_second_start_changes_nothing(url: str) -> None:
    migrate(url)
    assert differences(url) == []


def test_a_database_of_a_newer_version_is_refused_with_the_remedy(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    engine.dispose()
    with pytest.raises(Permanent, match="start the newer version"):
        migrate(url)


def test_the_migrations_lie_beside_the_code() -> None:
    assert (MIGRATIONS / "env.py").is_file()
    assert [path.name for path in (MIGRATIONS / "versions").glob("0001_*.py")] == ["0001_the_first_tables.py"]


def test_what_is_immutable_is_named_here() -> None:
    assert set(IMMUTABLE.values()) == {"ruleset_versions", "audit"}


@pytest.mark.parametrize("change", ["update {} set workspace_id = workspace_id", "delete from {}"])
def test_the_database_itself_refuses_to_change_an_immutable_row(engine: Engine, north: int, change: str) -> None:
    add_immutable_rows(engine, north)
    for table in IMMUTABLE.values():
        with pytest.raises(DBAPIError, match=f"rows of `{table}` are never changed"), engine.begin() as connection:
            connection.exec_driver_sql(change.format(table))


def test_replacing_an_immutable_row_in_sqlite_is_refused_too(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/o2o.sqlite")
    engine = open_engine(f"sqlite:///{tmp_path}/o2o.sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into workspaces values (1, 'a', 'A', 'UTC', 1, '2026-03-02 09:00:00')")
        words = "audit (id, workspace_id, who, what, subject, at) values (1, 1, 'anna', 'x', '', '2026-03-02 09:00:00')"
        connection.exec_driver_sql(f"insert into {words}")
    with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
        connection.exec_driver_sql(f"insert or replace into {words}")
    engine.dispose()


def add_immutable_rows(engine: Engine, workspace_id: int) -> None:
    with workspace_session(engine, workspace_id) as session, session.begin():
        texts = {"ruleset_text": "a", "mapping_text": "b", "cases_text": "c"}
        step = "quote-to-order"
        ruleset = tables.RulesetRow(name="r", step=step, edited_by="anna", edited_at=START, **texts)
        session.add(ruleset)
        session.flush()
        version = {"ruleset_id": ruleset.id, "number": 1, "sha256": "", "published_by": "anna", "published_at": START}
        session.add(tables.RulesetVersionRow(**version, **texts))
        session.add(tables.AuditRow(who="anna", what="published", at=START))
