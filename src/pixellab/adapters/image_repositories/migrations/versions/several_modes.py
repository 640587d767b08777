"""Room for several modes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("product_images", "enhancement_history")


def upgrade() -> None:
    _make_wide(64)


def downgrade() -> None:
    _make_wide(32)


def _make_wide(characters: int) -> None:
    if op.get_bind().dialect.name == "sqlite":  # which holds no text to a width
        return
    for table in TABLES:
        op.alter_column(table, "operation", type_=sa.String(characters), existing_nullable=False)
