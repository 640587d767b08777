"""Who was asked to enhance, and what it cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = "enhancement_history"
COLUMNS = (
    ("backend_chain", sa.JSON),
    ("backend_calls", sa.JSON),
    ("cost_amount", lambda: sa.Numeric(20, 10)),
    ("cost_currency", lambda: sa.CHAR(3)),
    ("cost_known", sa.Boolean),
)


def upgrade() -> None:
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for name, kind in COLUMNS:
        if name not in there:
            op.add_column(TABLE, sa.Column(name, kind()))


def downgrade() -> None:
    for name, _ in COLUMNS:
        op.drop_column(TABLE, name)
