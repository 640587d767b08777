"""To which queue an enhancement was handed over, and which were given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pixellab.adapters.database.columns import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "enhancement_history"
INDEX = "ix_enhancement_history_parked"


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    there = {each["name"] for each in made.get_columns(TABLE)}
    for column in (sa.Column("queue", sa.String(64)), sa.Column("queued_at", UtcDateTime)):
        if column.name not in there:
            op.add_column(TABLE, column)
    if INDEX not in {each["name"] for each in made.get_indexes(TABLE)}:
        op.create_index(INDEX, TABLE, ["processing_status", "attempts"])


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    for name in ("queued_at", "queue"):
        op.drop_column(TABLE, name)
