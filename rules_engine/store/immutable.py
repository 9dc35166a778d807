"""Triggers that refuse to change rows which are inserted once, on SQLite and PostgreSQL."""

from sqlalchemy import Connection

SQLITE = """create trigger {table}_refuse_{change} before {change} on {table}
begin select raise(abort, 'rows of `{table}` are never changed'); end"""

FUNCTION = """create or replace function refuse_change() returns trigger language plpgsql as $$
begin raise exception 'rows of `%` are never changed', tg_table_name; end $$"""

POSTGRESQL = (
    """create trigger {table}_refuse_change before update or delete on {table}
for each row execute function refuse_change()""",
    """create trigger {table}_refuse_truncate before truncate on {table}
for each statement execute function refuse_change()""",
)


def make_immutable(connection: Connection, table: str) -> None:
    """From now on the database refuses update and delete of this table's rows."""
    if connection.dialect.name == "sqlite":
        for change in ("update", "delete"):
            connection.exec_driver_sql(SQLITE.format(table=table, change=change))
        return
    # A percent sign is the driver's own unless no parameters go along.
    for statement in (FUNCTION, *(each.format(table=table) for each in POSTGRESQL)):
        connection.exec_driver_sql(statement.replace("%", "%%"))


def make_mutable(connection: Connection, table: str) -> None:
    """Take the triggers away: before a migration that changes the table."""
    if connection.dialect.name == "sqlite":
        for change in ("update", "delete"):
            connection.exec_driver_sql(f"drop trigger {table}_refuse_{change}")
        return
    for name in ("change", "truncate"):
        connection.exec_driver_sql(f"drop trigger {table}_refuse_{name} on {table}")
