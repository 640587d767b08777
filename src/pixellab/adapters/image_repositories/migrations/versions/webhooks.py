"""Messages to others' servers, and where a photo came from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (("product_images", "source_url"), ("enhancement_history", "webhook_url"))
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BODY = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
INDEXES = {
    "ix_webhook_deliveries_due": ["status", "receiver", "due_at", "id"],
    "ix_webhook_deliveries_endpoint": ["endpoint", "status"],
    "ix_webhook_deliveries_newest": ["created_at", "id"],
    "ix_webhook_deliveries_status_newest": ["status", "created_at", "id"],
}


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    for table, column in COLUMNS:
        if column not in {each["name"] for each in made.get_columns(table)}:
            op.add_column(table, sa.Column(column, sa.String(1024)))
    if not made.has_table("webhook_stops"):
        op.create_table(
            "webhook_stops",
            sa.Column("endpoint", sa.CHAR(64), nullable=False),
            sa.Column("stopped_at", MOMENT, nullable=False),
            sa.PrimaryKeyConstraint("endpoint", name="pk_webhook_stops"),
            **MYSQL,
        )
    if not made.has_table("webhook_deliveries"):
        op.create_table(
            "webhook_deliveries",
            sa.Column("id", sa.CHAR(36), nullable=False),
            sa.Column("event", sa.String(64), nullable=False),
            sa.Column("about", sa.CHAR(36), nullable=False),
            sa.Column("url", sa.String(1024)),
            sa.Column("endpoint", sa.CHAR(64), nullable=False),
            sa.Column("receiver", sa.String(255), nullable=False),
            sa.Column("body", BODY, nullable=False),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.Column("status", sa.String(16), nullable=False),
            sa.Column("attempts", sa.Integer, nullable=False),
            sa.Column("due_at", MOMENT, nullable=False),
            sa.Column("last_status", sa.Integer),
            sa.Column("last_error", sa.Text),
            sa.Column("finished_at", MOMENT),
            sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
            **MYSQL,
        )
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_indexes("webhook_deliveries")}
    for name, columns in INDEXES.items():
        if name not in there:
            op.create_index(name, "webhook_deliveries", columns)


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_stops")
    for table, column in COLUMNS:
        op.drop_column(table, column)
