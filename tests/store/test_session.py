"""Nothing crosses a workspace's border: every table, every kind of statement."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, exists, func, insert, select, text, union_all, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import aliased

from rules_engine.model.errors import Permanent
from rules_engine.store.base import Base, Immutable, InWorkspace
from rules_engine.store.session import BorderCrossed, Unchangeable, open_engine, unbound_session, workspace_session
from rules_engine.store.tables import AuditRow, CaseRow, ConnectionRow, RouteRow, WorkspaceRow
from tests.databases import START, new_sqlite_engine, new_workspace
from tests.store.example_rows import OF_WORKSPACES, add_one_of_each


@pytest.fixture
def filled(engine: Engine, north: int, south: int) -> tuple[int, int]:
    """Two workspaces with a row in every table."""
    add_one_of_each(engine, north, "n")
    add_one_of_each(engine, south, "s")
    return north, south


def test_every_table_but_workspaces_belongs_to_a_workspace() -> None:
    free = {table.name for table in Base.metadata.sorted_tables if "workspace_id" not in table.c}
    assert free == {"workspaces"}
    assert {each.__tablename__ for each in OF_WORKSPACES} == set(Base.metadata.tables) - free


def test_a_select_sees_only_rows_of_its_workspace(engine: Engine, filled: tuple[int, int]) -> None:
    for row_class in OF_WORKSPACES:
        for workspace_id in filled:
            with workspace_session(engine, workspace_id, read_only=True) as session:
                assert {row.workspace_id for row in session.scalars(select(row_class))} == {workspace_id}


def test_a_row_of_another_workspace_is_not_got_by_its_id(engine: Engine, filled: tuple[int, int]) -> None:
    for row_class in OF_WORKSPACES:
        north, south = filled
        with workspace_session(engine, south) as session:
            theirs = [row.id for row in session.scalars(select(row_class))]
        with workspace_session(engine, north) as session:
            assert [session.get(row_class, each) for each in theirs] == [None] * len(theirs)


def test_update_and_delete_leave_other_workspaces_alone(engine: Engine, filled: tuple[int, int]) -> None:
    for row_class in OF_WORKSPACES:
        north, south = filled
        if issubclass(row_class, Immutable):
            with workspace_session(engine, north) as session:
                for statement in (update(row_class).values(id=row_class.id), delete(row_class)):
                    with pytest.raises(Unchangeable):
                        session.execute(statement)
            continue
        before = {each: count(engine, each, row_class) for each in filled}
        with workspace_session(engine, north) as session:
            changed: Any = session.execute(update(row_class).values(id=row_class.id))
            assert changed.rowcount == before[north]
        with workspace_session(engine, north) as session, suppress(IntegrityError), session.begin():
            session.execute(delete(row_class))
        assert count(engine, south, row_class) == before[south]


def test_a_session_without_a_workspace_is_refused(engine: Engine, filled: tuple[int, int]) -> None:
    for row_class in OF_WORKSPACES:
        assert filled
        statements = (
            select(row_class),
            update(row_class).values(id=row_class.id),
            delete(row_class),
            insert(row_class),
        )
        for statement in statements:
            with unbound_session(engine) as session, pytest.raises((BorderCrossed, Unchangeable)):
                session.execute(statement)
        with unbound_session(engine) as session:
            session.add(row_class())
            with pytest.raises(BorderCrossed, match="this session has none"):
                session.flush()


def test_a_row_of_another_workspace_is_not_inserted(engine: Engine, filled: tuple[int, int]) -> None:
    for row_class in OF_WORKSPACES:
        north, south = filled
        with workspace_session(engine, north) as session:
            session.add(row_class(workspace_id=south))
            with pytest.raises(BorderCrossed, match=f"a row of workspace {south} in a session of workspace {north}"):
                session.flush()


def test_a_row_never_moves_to_another_workspace(engine: Engine, filled: tuple[int, int]) -> None:
    for row_class in OF_WORKSPACES:
        north, south = filled
        with workspace_session(engine, north) as session:
            row = session.scalars(select(row_class)).first()
            row.workspace_id = south
            with pytest.raises((BorderCrossed, Unchangeable)):
                session.flush()
        with workspace_session(engine, north) as session, pytest.raises((BorderCrossed, Unchangeable)):
            session.execute(update(row_class).values(workspace_id=south))


def test_a_reference_carries_the_workspace_along() -> None:
    for row_class in OF_WORKSPACES:
        for key in row_class.__table__.foreign_key_constraints:
            assert key.elements[0].parent.name == "workspace_id"
            assert len(key.elements) == 2 or key.referred_table.name == "workspaces"


def test_a_route_to_another_workspaces_connection_is_refused(engine: Engine, filled: tuple[int, int]) -> None:
    north, south = filled
    with workspace_session(engine, south) as session, session.begin():
        session.add(ConnectionRow(name="only-south", role="order", system="x", created_at=START))
    with workspace_session(engine, north) as session:
        route = session.scalars(select(RouteRow)).one()
        route.order_connection = "only-south"
        with pytest.raises(IntegrityError):
            session.flush()


def count(engine: Engine, workspace_id: int, row_class: Any) -> int:
    with workspace_session(engine, workspace_id) as session:
        return len(session.scalars(select(row_class)).all())


# --- kinds of statements -----------------------------------------------------------------------------------------

Table = CaseRow.__table__

SEEN: dict[str, Callable[[], Any]] = {
    "an alias": lambda: select(aliased(CaseRow).workspace_id),
    "a column": lambda: select(CaseRow.workspace_id).group_by(CaseRow.workspace_id),
    "a subquery": lambda: select(select(CaseRow).subquery().c.workspace_id),
    "a common table expression": lambda: select(select(CaseRow).cte().c.workspace_id),
    "a join": lambda: select(ConnectionRow.workspace_id).join(CaseRow, CaseRow.connection == ConnectionRow.name),
    "exists": lambda: select(WorkspaceRow.id).where(exists().where(CaseRow.workspace_id == WorkspaceRow.id)),
    "in": lambda: select(WorkspaceRow.id).where(WorkspaceRow.id.in_(select(CaseRow.workspace_id))),
    "an alias of a subquery": lambda: select(aliased(CaseRow, select(CaseRow).subquery()).workspace_id),
    "lines locked": lambda: select(CaseRow.workspace_id).with_for_update(),
}


@pytest.mark.parametrize("kind", SEEN)
def test_only_the_own_workspace_is_seen_through(engine: Engine, filled: tuple[int, int], kind: str) -> None:
    north, south = filled
    assert count(engine, south, CaseRow) == 1
    with workspace_session(engine, north) as session:
        assert session.execute(SEEN[kind]()).scalars().all() == [north]


def test_a_count_counts_the_own_workspace(engine: Engine, filled: tuple[int, int]) -> None:
    with workspace_session(engine, filled[0]) as session:
        assert session.scalar(select(func.count()).select_from(CaseRow)) == 1
        assert session.scalar(select(func.count(CaseRow.id))) == 1
        assert session.query(CaseRow).count() == 1


REFUSED: dict[str, Callable[[], Any]] = {
    "text": lambda: text("select * from cases"),
    "a plain table": lambda: select(Table),
    "a plain table beside a class": lambda: select(ConnectionRow, Table),
    "a plain table in a join": lambda: select(ConnectionRow.id).join(Table, Table.c.connection == ConnectionRow.name),
    "a plain table as from": lambda: select(ConnectionRow.id).select_from(Table),
    "a plain column": lambda: select(CaseRow.id, Table.c.workspace_id),
    "an alias of a plain table": lambda: select(CaseRow.id, Table.alias().c.workspace_id),
    "a subquery of a plain table": lambda: select(CaseRow.id, select(Table).subquery().c.workspace_id),
    "a union": lambda: union_all(select(CaseRow.id), select(CaseRow.id)),
    "a union inside": lambda: select(union_all(select(CaseRow.id), select(CaseRow.id)).subquery().c.id),
    "a statement of text": lambda: select(CaseRow).from_statement(text("select * from cases")),
    "an insert statement": lambda: insert(CaseRow).values(workspace_id=2, connection="crm", opportunity="x"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_guard_does_not_see_into_is_refused(engine: Engine, filled: tuple[int, int], kind: str) -> None:
    with workspace_session(engine, filled[0]) as session, pytest.raises(BorderCrossed):
        session.execute(REFUSED[kind]())


def test_bulk_methods_are_refused(engine: Engine, north: int) -> None:
    with workspace_session(engine, north) as session:
        calls: list[Callable[[], Any]] = [
            lambda: session.bulk_save_objects([CaseRow(workspace_id=99, connection="crm", opportunity="x")]),
            lambda: session.bulk_insert_mappings(CaseRow, [{"workspace_id": 99}]),
            lambda: session.bulk_update_mappings(CaseRow, [{"id": 1, "workspace_id": 99}]),
            lambda: session.execute(update(CaseRow), [{"id": 1, "opportunity": "x"}]),
            lambda: session.execute(insert(CaseRow), [{"workspace_id": 99, "connection": "crm", "opportunity": "x"}]),
        ]
        for call in calls:
            with pytest.raises(BorderCrossed):
                call()


def test_an_immutable_row_is_neither_changed_nor_deleted_in_a_session(engine: Engine, filled: tuple[int, int]) -> None:
    for change in (lambda _, row: setattr(row, "who", "other"), lambda session, row: session.delete(row)):
        with workspace_session(engine, filled[0]) as session:
            change(session, session.scalars(select(AuditRow)).one())
            with pytest.raises(Unchangeable, match="`audit`"):
                session.flush()


def test_a_session_that_reads_refuses_to_write(engine: Engine, north: int) -> None:
    with workspace_session(engine, north, read_only=True) as session:
        session.add(CaseRow(connection="crm", opportunity="D-1"))
        with pytest.raises(BorderCrossed, match="only reads"):
            session.flush()
    with workspace_session(engine, north, read_only=True) as session, pytest.raises(BorderCrossed, match="only reads"):
        session.execute(delete(CaseRow))


def test_rows_get_their_workspace_from_the_session(engine: Engine, north: int) -> None:
    with workspace_session(engine, north) as session, session.begin():
        row = CaseRow(connection="crm", opportunity="D-1")
        session.add(row)
    assert isinstance(row, InWorkspace)
    assert row.workspace_id == north


# --- values and settings -----------------------------------------------------------------------------------------


def test_instants_come_back_aware_and_in_utc(engine: Engine, north: int) -> None:
    berlin = datetime(2026, 3, 2, 10, 30, 15, 123456, tzinfo=timezone(timedelta(hours=1)))
    with workspace_session(engine, north) as session, session.begin():
        session.add(AuditRow(who="anna", what="looked", at=berlin))
    with workspace_session(engine, north) as session:
        found = session.scalars(select(AuditRow)).one().at
        assert found == berlin
        assert found.utcoffset() == timedelta(0)
        assert session.scalars(select(AuditRow).where(AuditRow.at <= berlin.astimezone(UTC))).one()


def test_a_naive_instant_is_refused(engine: Engine, north: int) -> None:
    with workspace_session(engine, north) as session:
        session.add(AuditRow(who="anna", what="looked", at=berlin_wall_clock()))
        with pytest.raises(StatementError, match="without an offset can't be kept"):
            session.flush()


def berlin_wall_clock() -> datetime:
    return datetime(2026, 3, 2, 10, 30)  # noqa: DTZ001 - naive on purpose


def test_kept_records_come_back_with_their_keys_in_order(engine: Engine, north: int) -> None:
    record = {"zebra": {"$decimal": "1.50"}, "apple": "a\u0000b", "ümlaut": [], "mango": None}
    with workspace_session(engine, north) as session, session.begin():
        session.add(CaseRow(connection="crm", opportunity="D-1", record=record))
    with workspace_session(engine, north) as session:
        found = session.scalars(select(CaseRow)).one().record
        assert found == record
        assert list(found) == list(record)


def test_sqlite_is_set_up_for_durability(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/made/on/the/way/o2o.sqlite")
    wanted = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000, "foreign_keys": 1}
    with engine.connect() as connection:
        found = {each: connection.exec_driver_sql(f"pragma {each}").scalar() for each in wanted}
    engine.dispose()
    assert found == wanted


def test_a_writer_takes_the_write_lock_at_once_and_a_reader_never(tmp_path: Path) -> None:
    engine = new_sqlite_engine(tmp_path)
    begun: list[str] = []
    north = new_workspace(engine, "north")
    listen_for_begin(engine, begun)
    with workspace_session(engine, north, read_only=True) as session:
        session.scalars(select(CaseRow)).all()
    with workspace_session(engine, north) as session:
        session.scalars(select(CaseRow)).all()
    engine.dispose()
    assert begun == ["begin", "begin immediate"]


def listen_for_begin(engine: Engine, begun: list[str]) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("begin"):
            begun.append(statement)


@pytest.mark.parametrize(
    ("url", "words"),
    [("hunter2", "can't be read"), ("mysql://anna:hunter2@db/o2o", "use `sqlite` or `postgresql`")],
)
def test_a_database_that_is_none_of_ours_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(Permanent, match=words) as caught:
        open_engine(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_driver_is_named_with_the_remedy() -> None:
    with pytest.raises(Permanent, match="driver `psycopg2` is not installed: install the extra `postgres`"):
        open_engine("postgresql+psycopg2://127.0.0.1/o2o")


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(Permanent, match="say a file"):
        open_engine("sqlite://")
