"""Engines and sessions: the SQLite settings that durability rests on, and the guard at the workspace's border."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Alias,
    Column,
    CompoundSelect,
    Connection,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError, IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.context import FromStatement
from sqlalchemy.sql import visitors

from rules_engine.model.errors import Permanent
from rules_engine.store.base import Base, Immutable, InWorkspace

RowT = TypeVar("RowT", bound=Base)
READ_ONLY = "read_only"
SQLITE_SETTINGS = (
    "pragma journal_mode = wal",  # readers never wait for the writer
    "pragma synchronous = full",  # what is committed survives a power cut
    "pragma busy_timeout = 30000",  # milliseconds
    "pragma foreign_keys = on",
    "pragma recursive_triggers = on",  # else `insert or replace` passes by the triggers of immutable tables
)


class BorderCrossed(RuntimeError):
    """Our own bug: a statement or a row outside the session's workspace."""


class Unchangeable(RuntimeError):
    """Our own bug: an update or delete of rows that are inserted once."""


def open_engine(url: str) -> Engine:
    """The engine of a SQLite file (`sqlite:///folder/o2o.sqlite`; the folder is made) or of PostgreSQL."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _open_server(parsed)
    if not parsed.database or parsed.database == ":memory:":
        raise Permanent("say a file for the SQLite database, such as `sqlite:///var/o2o.sqlite`: one in memory is lost")
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=16)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Without the text: it may hold a password.
        raise Permanent("the database's address can't be read: it must be like `sqlite:///var/o2o.sqlite`") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Permanent(f"`{parsed.get_backend_name()}` is no database of ours: use `sqlite` or `postgresql`")
    return parsed


def _open_server(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except ModuleNotFoundError as missing:
        words = f"the database driver `{missing.name}` is not installed: install the extra `postgres`"
        raise Permanent(words) from missing


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    for setting in SQLITE_SETTINGS:
        connection.execute(setting)


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader can fail half-way on a lock that waiting does not resolve.
    reads = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("begin" if reads else "begin immediate")


class GuardedSession(Session):
    """A session of one workspace (or, without one, of the tables that belong to none)."""

    def __init__(self, engine: Engine, workspace_id: int | None, *, read_only: bool = False) -> None:
        bind = engine.execution_options(**{READ_ONLY: True}) if read_only else engine
        super().__init__(bind, expire_on_commit=False, info={"workspace_id": workspace_id, READ_ONLY: read_only})

    def _refuse_bulk(self, *_: Any, **__: Any) -> None:
        raise BorderCrossed("rows are written with `add`: bulk methods pass by the guard of the workspace")

    bulk_save_objects = _refuse_bulk
    bulk_insert_mappings = _refuse_bulk
    bulk_update_mappings = _refuse_bulk


def workspace_session(engine: Engine, workspace_id: int, *, read_only: bool = False) -> GuardedSession:
    """A session that sees and touches only rows of this workspace: `with workspace_session(e, w) as s, s.begin():`.

    `read_only` does not take SQLite's write lock, and refuses to write.
    """
    return GuardedSession(engine, workspace_id, read_only=read_only)


def unbound_session(engine: Engine) -> GuardedSession:
    """A session for the list of workspaces; it refuses every table that belongs to one."""
    return GuardedSession(engine, None)


def insert_once(engine: Engine, workspace_id: int, row: RowT, same: Select[RowT]) -> RowT:
    """The row that `same` finds, or else this one inserted: of many who try at once, all get the first's."""
    try:
        with workspace_session(engine, workspace_id) as session, session.begin():
            found = session.scalar(same)
            if found is None:
                session.add(row)
            return found or row
    except IntegrityError:
        with workspace_session(engine, workspace_id, read_only=True) as session:
            found = session.scalar(same)
        if found is None:
            raise
        return found


# --- statements ------------------------------------------------------------------------------------------------


@event.listens_for(GuardedSession, "do_orm_execute")
def _guard_statement(state: ORMExecuteState) -> None:
    if state.session.info[READ_ONLY] and not state.is_select:
        raise BorderCrossed("this session only reads")
    if not state.is_orm_statement or isinstance(state.statement, FromStatement):
        raise BorderCrossed("only statements over mapped classes: the guard does not see text and plain tables")
    tables = _tables_of_workspaces(state.statement)
    _refuse_change_of_immutable(state)
    if state.session.info["workspace_id"] is None:
        if tables:
            raise BorderCrossed(f"`{tables.pop().name}` belongs to a workspace and this session has none")
        return
    if state.is_insert:
        raise BorderCrossed("rows are inserted with `add`: an insert statement passes by the guard of the workspace")
    if state.is_update:
        _refuse_moving(state)
    if not state.is_column_load:
        _limit_to_workspace(state)


def _tables_of_workspaces(statement: Any) -> set[Table]:
    """Every table with a workspace that the statement names through its class; named otherwise, it is refused."""
    found: set[Table] = set()
    for element in visitors.iterate(statement):
        if isinstance(element, CompoundSelect):
            raise BorderCrossed("the guard does not see into unions: join the conditions with or")
        if element is statement or isinstance(element, Select):
            found |= _tables_through_classes(element)
    return found


def _tables_through_classes(statement: Any) -> set[Table]:
    mapped: dict[int, Table] = {}
    plain: dict[int, Table] = {}
    for element in visitors.iterate(statement):
        source = element.table if isinstance(element, Column) else element
        table = _table_of(source)
        if table is None:
            continue
        through_class = "parententity" in getattr(element, "_annotations", {})
        if isinstance(element, Column) and not through_class and not element.primary_key:
            _refuse_plain(table)
        # An annotated element has the hash of the one that it stands for.
        (mapped if through_class else plain)[hash(source)] = table
        if through_class and isinstance(source, Alias):
            mapped[hash(source.element)] = table
    # A mapped column's table or alias comes by as a plain one too; a plain one alone was named past its class.
    for name in plain.keys() - mapped.keys():
        _refuse_plain(plain[name])
    return set(mapped.values())


def _refuse_plain(table: Table) -> None:
    raise BorderCrossed(f"`{table.name}` is named past its mapped class, where the guard does not see it")


def _table_of(source: object) -> Table | None:
    """The table with a workspace that this is, or is an alias of."""
    inner = source.element if isinstance(source, Alias) else source
    if isinstance(inner, Table) and inner.metadata is Base.metadata and "workspace_id" in inner.c:
        return Base.metadata.tables[inner.key]
    return None


def _limit_to_workspace(state: ORMExecuteState) -> None:
    workspace_id = state.session.info["workspace_id"]
    state.statement = state.statement.options(
        with_loader_criteria(InWorkspace, lambda row: row.workspace_id == workspace_id, include_aliases=True)
    )


def _refuse_moving(state: ORMExecuteState) -> None:
    statement: Any = state.statement
    named = {getattr(column, "name", column) for column in statement._values or {}}
    if state.parameters:
        raise BorderCrossed("an update takes its values in the statement: the guard does not see lists of rows")
    if "workspace_id" in named:
        raise BorderCrossed("a row never moves to another workspace")


def _refuse_change_of_immutable(state: ORMExecuteState) -> None:
    if (state.is_update or state.is_delete) and state.bind_mapper and issubclass(state.bind_mapper.class_, Immutable):
        raise Unchangeable(f"rows of `{state.bind_mapper.local_table}` are never changed")


# --- rows ------------------------------------------------------------------------------------------------------


@event.listens_for(GuardedSession, "before_flush")
def _guard_rows(session: Session, _context: UOWTransaction, _instances: object) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    if session.info[READ_ONLY] and (session.new or changed or session.deleted):
        raise BorderCrossed("this session only reads")
    _refuse_immutable([*changed, *session.deleted])
    for row in [*session.new, *changed, *session.deleted]:
        if isinstance(row, InWorkspace):
            _keep_in_workspace(row, session.info["workspace_id"])


def _refuse_immutable(rows: Iterable[object]) -> None:
    for row in rows:
        if isinstance(row, Immutable):
            raise Unchangeable(f"rows of `{getattr(row, '__tablename__', '')}` are never changed")


def _keep_in_workspace(row: InWorkspace, workspace_id: int | None) -> None:
    if workspace_id is None:
        raise BorderCrossed(f"`{getattr(row, '__tablename__', '')}` belongs to a workspace and this session has none")
    if row.workspace_id is None:
        row.workspace_id = workspace_id
    if row.workspace_id != workspace_id:
        raise BorderCrossed(f"a row of workspace {row.workspace_id} in a session of workspace {workspace_id}")
