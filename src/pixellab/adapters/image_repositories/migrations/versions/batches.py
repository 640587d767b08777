"""Batches and their lines."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
MODE = sa.String(32).with_variant(sa.String(64), "mysql", "mariadb")
OBJECT = sa.JSON(none_as_null=True)
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    for table, make in (
        ("batches", _make_batches),
        ("batch_items", _make_items),
        ("batch_costs", _make_costs),
    ):
        if not made.has_table(table):
            make()


def downgrade() -> None:
    for table in ("batch_costs", "batch_items", "batches"):
        op.drop_table(table)


def _make_batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.CHAR(36), nullable=False),
        sa.Column("name", sa.String(128)),
        sa.Column("operation", MODE, nullable=False),
        sa.Column("parameters", OBJECT, nullable=False),
        sa.Column("backend", sa.String(64)),
        sa.Column("payer", sa.String(64)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("counts", OBJECT),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("fed_at", TIME),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("fingerprint", sa.CHAR(64)),
        sa.Column("webhook_url", sa.String(1024)),
        sa.Column("lease_until", TIME),
        sa.Column("lease_owner", sa.String(255)),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("idempotency_key", name="uq_batches_idempotency_key"),
        sa.Index("ix_batches_newest", "created_at", "id"),
        sa.Index("ix_batches_unfinished", "finished_at", "fed_at"),
        **MYSQL,
    )


def _make_items() -> None:
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.CHAR(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("source", sa.String(1024), nullable=False),
        sa.Column("sku_id", sa.String(128)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("image_id", sa.CHAR(36)),
        sa.Column("failure", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("retries", sa.Integer, nullable=False),
        sa.Column("lease_until", TIME),
        sa.Column("lease_owner", sa.String(255)),
        sa.Column("finished_at", TIME),
        sa.Column("cost", OBJECT),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_items"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_items_batch_id"),
        sa.Index("ix_batch_items_state", "batch_id", "state", "number"),
        sa.Index("ix_batch_items_finished_at", "batch_id", "finished_at"),
        sqlite_with_rowid=False,
        **MYSQL,
    )


def _make_costs() -> None:
    op.create_table(
        "batch_costs",
        sa.Column("batch_id", sa.CHAR(36), nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("unpriced", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "currency", name="pk_batch_costs"),
        **MYSQL,
    )
