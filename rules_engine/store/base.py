"""The base of all tables, their column types, and the mixin that ties a row to its workspace."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

# SQLite numbers rows by itself only where the type is exactly INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")
# For settings. JSONB reorders keys and refuses NUL characters, so what must come back as it was uses `Kept`.
Json = JSON().with_variant(JSONB(), "postgresql")
# For records, traces and payloads: text that keeps the order of its keys on both databases.
Kept = JSON(none_as_null=True)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, in UTC on both databases; a naive one is refused. SQLite holds it without the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a date and time without an offset can't be kept: `{value.isoformat()}`")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - theirs
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of the product, the built-in sample systems' included, belong to this metadata."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text(), datetime: Instant(), dict[str, Any]: Json}


class InWorkspace:
    """A row that belongs to one workspace; `store.session` lets no other workspace see or touch it."""

    @declared_attr
    @classmethod
    def workspace_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("workspaces.id"), index=True)


class Immutable:
    """A row that is inserted once: the session and a trigger in the database refuse update and delete."""


def within(column: str, target: str) -> ForeignKeyConstraint:
    """A reference that stays in the workspace: `within("case_id", "cases.id")`.

    The target's table needs a unique constraint on workspace_id and that column.
    """
    table, _, name = target.partition(".")
    ends = [f"{table}.workspace_id", f"{table}.{name}"]
    return ForeignKeyConstraint(["workspace_id", column], ends, onupdate="CASCADE")


def one_of(column: str, values: type[Any] | tuple[str, ...]) -> CheckConstraint:
    """The column holds one of these words; an enumeration gives its values."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({words})", name=column)


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index over the few rows that are open, on both databases."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
