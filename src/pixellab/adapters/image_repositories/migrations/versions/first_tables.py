"""The first tables.

A revision describes the schema as it was on its day, so it takes nothing from ``tables``. MySQL
keeps what an interrupted revision made, so each step asks whether it was taken.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATUSES = ("COMPLETED", "PENDING", "FAILED")
COUNT_SHARDS = 16
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
ID = sa.CHAR(36)
URL = sa.String(1024)
KEY = sa.String(512)
SHA256 = sa.CHAR(64)
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    if not made.has_table("product_images"):
        _make_product_images()
    _make_index(
        made, "ix_product_images_newest", "product_images", ["deleted_at", "created_at", "id"]
    )
    _make_index(
        made,
        "ix_product_images_status_newest",
        "product_images",
        ["deleted_at", "status", "created_at", "id"],
    )
    if not made.has_table("enhancement_history"):
        _make_enhancement_history()
    _make_index(
        made,
        "ix_enhancement_history_unfinished",
        "enhancement_history",
        ["processing_status", "created_at", "id"],
    )
    if not made.has_table("image_counts"):
        op.create_table(
            "image_counts",
            sa.Column("status", sa.String(16), nullable=False),
            sa.Column("shard", sa.Integer, nullable=False, autoincrement=False),
            sa.Column("images", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("status", "shard", name="pk_image_counts"),
            **MYSQL,
        )
    _fill_image_counts()


def _fill_image_counts() -> None:
    counts = sa.table("image_counts", *map(sa.column, ("status", "shard", "images")))
    there = op.get_bind().execute(sa.select(counts.c.status, counts.c.shard)).all()
    every = [(status, shard) for status in STATUSES for shard in range(COUNT_SHARDS)]
    op.bulk_insert(
        counts,
        [
            {"status": status, "shard": shard, "images": 0}
            for status, shard in every
            if (status, shard) not in {tuple(row) for row in there}
        ],
    )


def downgrade() -> None:
    op.drop_table("image_counts")
    op.drop_table("enhancement_history")
    op.drop_table("product_images")


def _make_index(made: sa.Inspector, name: str, table: str, columns: list[str]) -> None:
    there = made.has_table(table) and any(each["name"] == name for each in made.get_indexes(table))
    if not there:
        op.create_index(name, table, columns)


def _make_product_images() -> None:
    op.create_table(
        "product_images",
        sa.Column("id", ID, nullable=False),
        sa.Column("sku_id", sa.String(128), nullable=False),
        sa.Column("key_digits", sa.CHAR(8), nullable=False),
        sa.Column("image_url", URL),
        sa.Column("enhanced_image_url", URL),
        sa.Column("original_filename", sa.String(255), nullable=False),
        sa.Column("original_size_bytes", sa.BigInteger, nullable=False),
        sa.Column("enhanced_size_bytes", sa.BigInteger),
        sa.Column("original_width", sa.Integer, nullable=False),
        sa.Column("original_height", sa.Integer, nullable=False),
        sa.Column("enhanced_width", sa.Integer),
        sa.Column("enhanced_height", sa.Integer),
        sa.Column("original_format", sa.String(16), nullable=False),
        sa.Column("enhanced_format", sa.String(16)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("enhancement_mode", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(32), nullable=False),
        sa.Column("processing_time_ms", sa.BigInteger),
        sa.Column("processed_at", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("original_key", KEY, nullable=False),
        sa.Column("original_s3_url", URL, nullable=False),
        sa.Column("original_https_url", URL, nullable=False),
        sa.Column("original_sha256", SHA256, nullable=False),
        sa.Column("original_kept", sa.Boolean, nullable=False),
        sa.Column("enhanced_key", KEY),
        sa.Column("enhanced_s3_url", URL),
        sa.Column("enhanced_sha256", SHA256),
        sa.Column("enhanced_sequence", sa.Integer, nullable=False),
        sa.Column("quality_before", sa.Double),
        sa.Column("quality_after", sa.Double),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("fingerprint", sa.CHAR(64)),
        sa.Column("deleted_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_product_images"),
        sa.UniqueConstraint("sku_id", name="uq_product_images_sku_id"),
        sa.UniqueConstraint("key_digits", name="uq_product_images_key_digits"),
        sa.UniqueConstraint("idempotency_key", name="uq_product_images_idempotency_key"),
        **MYSQL,
    )


def _make_enhancement_history() -> None:
    op.create_table(
        "enhancement_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_image_id", ID, nullable=False),
        sa.Column("enhancement_sequence", sa.Integer, nullable=False),
        sa.Column("enhancement_mode", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(32), nullable=False),
        sa.Column("original_s3_url", URL),
        sa.Column("original_https_url", URL),
        sa.Column("enhanced_s3_url", URL),
        sa.Column("enhanced_https_url", URL),
        sa.Column("original_size_bytes", sa.BigInteger, nullable=False),
        sa.Column("enhanced_size_bytes", sa.BigInteger),
        sa.Column("original_quality_score", sa.Double),
        sa.Column("enhanced_quality_score", sa.Double),
        sa.Column("quality_metadata", sa.JSON, nullable=False),
        sa.Column("size_metadata", sa.JSON, nullable=False),
        sa.Column("processing_time_ms", sa.BigInteger),
        sa.Column("processing_status", sa.String(16), nullable=False),
        sa.Column("model_version", sa.String(255)),
        sa.Column("response_id", sa.String(255)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("enhanced_key", KEY, nullable=False),
        sa.Column("enhanced_sha256", SHA256),
        sa.Column("enhanced_width", sa.Integer),
        sa.Column("enhanced_height", sa.Integer),
        sa.Column("enhanced_format", sa.String(16)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", TIME),
        sa.Column("lease_owner", sa.String(255)),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("target_met", sa.Boolean),
        sa.Column("failure", sa.Text),
        sa.Column("finished_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_enhancement_history"),
        sa.ForeignKeyConstraint(
            ["product_image_id"],
            ["product_images.id"],
            name="fk_enhancement_history_product_image_id",
        ),
        sa.UniqueConstraint(
            "product_image_id",
            "enhancement_sequence",
            name="uq_enhancement_history_product_image_id",
        ),
        **MYSQL,
    )
