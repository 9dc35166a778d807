"""${message}."""

from typing import Any

import sqlalchemy as sa
from alembic import op as operations
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# `store.migrations.env` adds operations of our own.
op: Any = operations


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
