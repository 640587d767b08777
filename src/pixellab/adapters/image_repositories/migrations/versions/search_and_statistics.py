"""Images are found by words, mode and backend; thumbnails; what was done is counted by day."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from pixellab.domain.letters import without_accents

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IMAGES, HISTORY = "product_images", "enhancement_history"
ADDED: tuple[tuple[str, str, Callable[[], Any]], ...] = (
    (IMAGES, "search_words", lambda: sa.String(512)),
    (IMAGES, "original_thumbnail_key", lambda: sa.String(512)),
    (IMAGES, "thumbnail_key", lambda: sa.String(512)),
    (IMAGES, "thumbnail_url", lambda: sa.String(1024)),
    (HISTORY, "thumbnail_key", lambda: sa.String(512)),
    (HISTORY, "thumbnail_url", lambda: sa.String(1024)),
)
INDEXES = (
    ("operation",),
    ("enhancement_mode",),
    ("operation", "enhancement_mode"),
    ("status", "operation"),
    ("status", "enhancement_mode"),
    ("status", "operation", "enhancement_mode"),
)
NAMES = {"status": "status", "operation": "mode", "enhancement_mode": "backend"}
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
WORD, MAX_WORD = re.compile(r"[^\W_]+"), 64
SHARDS = 4
PORTION = 2000
UNITS = 10**10

images = sa.table(
    IMAGES,
    *map(sa.column, ("id", "sku_id", "original_filename", "search_words", "deleted_at")),
    sa.column("created_at", TIME),
)
words = sa.table(
    "image_words", sa.column("word"), sa.column("created_at", TIME), sa.column("image_id")
)
SUMS = ("images", "completed", "failed", "bytes_saved", "quality_gained")
tallies = sa.table("day_tallies", sa.column("day", sa.Date), *map(sa.column, ("shard", *SUMS)))
costs = sa.table(
    "day_costs",
    sa.column("day", sa.Date),
    *map(sa.column, ("backend", "currency", "shard", "amount", "unpriced")),
)

UPLOADED = "SELECT DATE(created_at) AS day, COUNT(*) AS images FROM product_images GROUP BY 1"
ENDED = """
    SELECT DATE(finished_at) AS day,
      SUM(processing_status = 'completed') AS completed,
      SUM(processing_status = 'failed') AS failed,
      SUM(CASE processing_status WHEN 'completed'
        THEN original_size_bytes - enhanced_size_bytes ELSE 0 END) AS bytes_saved,
      SUM(CASE processing_status WHEN 'completed'
        THEN ROUND((enhanced_quality_score - original_quality_score) * 100) ELSE 0 END
      ) AS quality_gained
    FROM enhancement_history WHERE finished_at IS NOT NULL GROUP BY 1
"""


def upgrade() -> None:
    made = sa.inspect(op.get_bind())
    for table, name, kind in ADDED:
        if name not in {each["name"] for each in made.get_columns(table)}:
            op.add_column(table, sa.Column(name, kind()))
    there = {each["name"] for each in made.get_indexes(IMAGES)}
    for columns in INDEXES:
        name = "_".join(("ix", IMAGES, *(NAMES[each] for each in columns), "newest"))
        if name not in there:
            op.create_index(name, IMAGES, ["deleted_at", *columns, "created_at", "id"])
    if not made.has_table("image_words"):
        _make_image_words()
    if not made.has_table("day_tallies"):
        _make_day_tallies()
    if not made.has_table("day_costs"):
        _make_day_costs()
    _fill_words()
    _fill_tallies()
    _fill_costs()


def downgrade() -> None:
    for table in ("day_costs", "day_tallies", "image_words"):
        op.drop_table(table)
    for columns in INDEXES:
        op.drop_index(
            "_".join(("ix", IMAGES, *(NAMES[each] for each in columns), "newest")), IMAGES
        )
    for table, name, _ in ADDED:
        op.drop_column(table, name)


def _make_image_words() -> None:
    op.create_table(
        "image_words",
        sa.Column("word", sa.String(MAX_WORD), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("image_id", sa.CHAR(36), nullable=False),
        sa.PrimaryKeyConstraint("word", "created_at", "image_id", name="pk_image_words"),
        sqlite_with_rowid=False,
        **MYSQL,
    )


def _make_day_tallies() -> None:
    op.create_table(
        "day_tallies",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("shard", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint("day", "shard", name="pk_day_tallies"),
        **MYSQL,
    )


def _make_day_costs() -> None:
    op.create_table(
        "day_costs",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("backend", sa.String(64), nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("shard", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("unpriced", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "backend", "currency", "shard", name="pk_day_costs"),
        **MYSQL,
    )


def _fill_words() -> None:
    """The words of the images that have none, in portions that an interrupted upgrade goes on from.

    An image's words are written before its ``search_words``, and written again do no harm.
    """
    bind = op.get_bind()
    ignoring = "OR IGNORE" if bind.dialect.name == "sqlite" else "IGNORE"
    after = ""
    while rows := bind.execute(
        sa.select(images.c.id, images.c.sku_id, images.c.original_filename, images.c.created_at)
        .where(images.c.id > after, images.c.search_words.is_(None), images.c.deleted_at.is_(None))
        .order_by(images.c.id)
        .limit(PORTION)
    ).all():
        found = [(row, _words_of(row.sku_id, row.original_filename)) for row in rows]
        entries = [
            {"word": word, "created_at": row.created_at, "image_id": row.id}
            for row, its_words in found
            for word in its_words
        ]
        if entries:
            bind.execute(sa.insert(words).prefix_with(ignoring), entries)
        bind.execute(
            sa.update(images)
            .where(images.c.id == sa.bindparam("its_id"))
            .values(search_words=sa.bindparam("its_words")),
            [
                {"its_id": row.id, "its_words": "".join(f" {word}" for word in its_words)}
                for row, its_words in found
            ],
        )
        after = rows[-1].id


def _words_of(*texts: str) -> list[str]:
    found = (
        word for text in texts for word in WORD.findall(without_accents(text.casefold()).casefold())
    )
    return sorted({word[:MAX_WORD] for word in found})


def _fill_tallies() -> None:
    """What the records know: of each enhancement how it ended last."""
    bind = op.get_bind()
    bind.execute(sa.delete(tallies))
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for row in bind.execute(sa.text(UPLOADED)).mappings():
        sums[_day(row["day"])]["images"] = row["images"]
    for row in bind.execute(sa.text(ENDED)).mappings():
        sums[_day(row["day"])].update({name: int(row[name]) for name in SUMS[1:]})
    if sums:
        entries = [{"day": day, "shard": 0, **values} for day, values in sums.items()]
        bind.execute(sa.insert(tallies), entries)


def _fill_costs() -> None:
    bind = op.get_bind()
    bind.execute(sa.delete(costs))
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for image_id, day, usage in _paid_calls(bind):
        shard = zlib.crc32(image_id.encode()) % SHARDS
        total = sums[day, usage["backend"], usage["currency"], shard]
        if usage["amount"] is None:
            total[1] += 1
        else:
            total[0] += round(Decimal(usage["amount"]) * UNITS)
    if sums:
        names = ("day", "backend", "currency", "shard", "amount", "unpriced")
        entries = [dict(zip(names, (*key, *total), strict=True)) for key, total in sums.items()]
        bind.execute(sa.insert(costs), entries)


def _paid_calls(bind: sa.Connection) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    paid = sa.table(
        HISTORY,
        *map(sa.column, ("product_image_id", "cost_currency")),
        sa.column("created_at", TIME),
        sa.column("backend_calls", sa.JSON),
    )
    rows = bind.execute(sa.select(paid).where(paid.c.cost_currency.is_not(None))).all()
    for row in rows:
        for call in row.backend_calls or ():
            if usage := call.get("usage"):
                described = {"backend": call["backend"], **usage}
                yield row.product_image_id, row.created_at.date(), described


def _day(value: Any) -> date:
    """MySQL answers a date, SQLite its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
