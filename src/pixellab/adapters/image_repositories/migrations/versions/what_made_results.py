"""What each result was made with, and of: networks, versions, and the original's SHA-256."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "enhancement_history"
COLUMNS: dict[str, Any] = {
    "models": sa.JSON,
    "versions": sa.JSON,
    "original_sha256": sa.CHAR(64),
}


def upgrade() -> None:
    made = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for name, kind in COLUMNS.items():
        if name not in made:
            op.add_column(TABLE, sa.Column(name, kind))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column(TABLE, name)
