"""Who pays, and what is spent on each day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    if "payer" not in {each["name"] for each in made.get_columns("enhancement_history")}:
        op.add_column("enhancement_history", sa.Column("payer", sa.String(64)))
    if not made.has_table("spending"):
        op.create_table(
            "spending",
            sa.Column("day", sa.Date, nullable=False),
            sa.Column("account", sa.String(64), nullable=False),
            sa.Column("usd_billionths", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("day", "account", name="pk_spending"),
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
        )


def downgrade() -> None:
    op.drop_table("spending")
    op.drop_column("enhancement_history", "payer")
