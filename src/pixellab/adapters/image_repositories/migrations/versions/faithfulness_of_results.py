"""How faithful a result is to its photo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("product_images", "enhancement_history")
COLUMN = "faithfulness"


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    for table in TABLES:
        if COLUMN not in {each["name"] for each in made.get_columns(table)}:
            op.add_column(table, sa.Column(COLUMN, sa.Double))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, COLUMN)
