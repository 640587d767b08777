"""Uploads that were invited straight into the object store."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE, INDEX = "direct_uploads", "ix_direct_uploads_expires_at"
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    if not made.has_table(TABLE):
        op.create_table(
            TABLE,
            sa.Column("id", sa.CHAR(36), nullable=False),
            sa.Column("key", sa.String(512), nullable=False),
            sa.Column("payer", sa.String(64)),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.Column("expires_at", MOMENT, nullable=False),
            sa.PrimaryKeyConstraint("id", name="pk_direct_uploads"),
            **MYSQL,
        )
    if INDEX not in {each["name"] for each in sa.inspect(op.get_bind()).get_indexes(TABLE)}:
        op.create_index(INDEX, TABLE, ["expires_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
