"""One valid row for every table, made from the tables' own description."""

import re
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Engine,
    Float,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.types import JSON, TypeDecorator

from rules_engine.store import builtin_tables
from rules_engine.store.base import Base, InWorkspace
from rules_engine.store.session import workspace_session
from tests.databases import START

assert builtin_tables
CLASSES = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
IN_ORDER = [CLASSES[table.name] for table in Base.metadata.sorted_tables]
OF_WORKSPACES = [each for each in IN_ORDER if issubclass(each, InWorkspace)]


def add_one_of_each(engine: Engine, workspace_id: int, mark: str) -> dict[str, Any]:
    """A row in every table of the workspace, by the table's name; `mark` makes its texts unique."""
    rows: dict[str, Any] = {}
    with workspace_session(engine, workspace_id) as session, session.begin():
        for each in OF_WORKSPACES:
            table = each.__table__
            rows[table.name] = each(**_values(table, rows, mark))
            session.add(rows[table.name])
            session.flush()
    return rows


def _values(table: Table, rows: dict[str, Any], mark: str) -> dict[str, Any]:
    references = dict(_references(table, rows))
    return {
        column.name: references[column.name] if column.name in references else _value(column, table, mark)
        for column in table.c
        if column.name != "workspace_id" and not (column.primary_key and isinstance(column.type, Integer))
    }


def _references(table: Table, rows: dict[str, Any]) -> Any:
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            for element in constraint.elements:
                if element.parent.name != "workspace_id":
                    # Only a reference to its own table has no parent yet.
                    yield element.parent.name, getattr(rows.get(element.column.table.name), element.column.name, None)


def _value(column: Column[Any], table: Table, mark: str) -> Any:
    words = _allowed(column, table)
    if words:
        return words[0]
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    match kind:
        case Boolean():
            return True
        case Integer():
            return 1
        case Float() | Numeric():
            return Decimal(1)
        case JSON():
            return {"mark": mark}
        case Text():
            return f"{column.name}-{mark}"
        case _:
            return START


def _allowed(column: Column[Any], table: Table) -> list[str]:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith(f"{column.name} in "):
            return re.findall(r"'([^']*)'", str(constraint.sqltext))
    return []
