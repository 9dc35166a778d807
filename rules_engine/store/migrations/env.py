"""What Alembic runs: our metadata against the connection that `store.migrate` hands over."""

from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations, ops
from alembic.runtime.migration import MigrationContext

from rules_engine.store import (
    builtin_tables,  # noqa: F401 - its tables belong to the metadata
    tables,  # noqa: F401 - its tables belong to the metadata
)
from rules_engine.store.base import Base, Immutable, Instant
from rules_engine.store.immutable import make_immutable, make_mutable


class _TableOperation(MigrateOperation):
    def __init__(self, table: str) -> None:
        self.table = table


@Operations.register_operation("make_immutable")
class MakeImmutable(_TableOperation):
    """`op.make_immutable("audit")` in a revision."""

    @classmethod
    def make_immutable(cls, operations: Operations, table: str) -> Any:
        return operations.invoke(cls(table))

    def reverse(self) -> "MakeMutable":
        return MakeMutable(self.table)


@Operations.register_operation("make_mutable")
class MakeMutable(_TableOperation):
    """`op.make_mutable("audit")` in a revision."""

    @classmethod
    def make_mutable(cls, operations: Operations, table: str) -> Any:
        return operations.invoke(cls(table))

    def reverse(self) -> MakeImmutable:
        return MakeImmutable(self.table)


@Operations.implementation_for(MakeImmutable)
def _make_immutable(operations: Operations, operation: MakeImmutable) -> None:
    make_immutable(operations.get_bind(), operation.table)


@Operations.implementation_for(MakeMutable)
def _make_mutable(operations: Operations, operation: MakeMutable) -> None:
    make_mutable(operations.get_bind(), operation.table)


@renderers.dispatch_for(MakeImmutable)
def _render_immutable(_context: AutogenContext, operation: MakeImmutable) -> str:
    return f'op.make_immutable("{operation.table}")'


@renderers.dispatch_for(MakeMutable)
def _render_mutable(_context: AutogenContext, operation: MakeMutable) -> str:
    return f'op.make_mutable("{operation.table}")'


def _protect_new_tables(_context: MigrationContext, _revision: object, directives: list[Any]) -> None:
    """New tables of immutable rows get their triggers in the same revision."""
    script = directives[0]
    immutable = {
        mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Immutable)  # type: ignore[attr-defined]  # a mapped table has a name
    }
    for name in _created(script.upgrade_ops.ops):
        if name in immutable:
            script.upgrade_ops.ops.append(MakeImmutable(name))
            script.downgrade_ops.ops.insert(0, MakeMutable(name))


def _created(operations: Iterable[MigrateOperation]) -> list[str]:
    return [each.table_name for each in operations if isinstance(each, ops.CreateTableOp)]


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    # A revision must not change its meaning when our own type does.
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    render_item=_render_item,
    process_revision_directives=_protect_new_tables,
)
with context.begin_transaction():
    context.run_migrations()
