"""The tables, the same on SQLite, MySQL and MariaDB.

In the database ``enhancement_mode`` is the backend and ``operation`` the mode; everywhere else they
are called ``backend`` and ``mode``. What migrations make is compared with this module by a test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pixellab.adapters.database.columns import (
    AMOUNT,
    BACKEND,
    FORMAT,
    ID,
    KEY,
    MODE,
    MYSQL,
    OBJECT,
    PAYER,
    SHA256,
    STATUS,
    URL,
    UtcDateTime,
    metadata,
)
from pixellab.domain.search_words import MAX_WORD

FILTERS: Mapping[str, str] = {
    "status": "status",
    "mode": "operation",
    "backend": "enhancement_mode",
}
"""The columns that a listing is filtered by, under their names in a query."""
COMBINATIONS: Sequence[Mapping[str, str]] = [
    dict(chosen)
    for length in range(len(FILTERS) + 1)
    for chosen in itertools.combinations(FILTERS.items(), length)
]
"""Any of them together. Each has an index, so that no page depends on how rare its images are."""


def newest_by(names: Iterable[str]) -> str:
    """The index that gives the newest images of these filters."""
    return "_".join(("ix_product_images", *names, "newest"))


product_images = Table(
    "product_images",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sku_id", String(128), nullable=False),
    Column("key_digits", CHAR(8), nullable=False),
    # The HTTPS URLs. image_url is NULL until the original is kept, so that it opens if it is there.
    Column("image_url", URL),
    Column("enhanced_image_url", URL),
    Column("original_filename", String(255), nullable=False),
    Column("original_size_bytes", BigInteger, nullable=False),
    Column("enhanced_size_bytes", BigInteger),
    Column("original_width", Integer, nullable=False),
    Column("original_height", Integer, nullable=False),
    Column("enhanced_width", Integer),
    Column("enhanced_height", Integer),
    Column("original_format", FORMAT, nullable=False),
    Column("enhanced_format", FORMAT),
    Column("status", STATUS, nullable=False),
    Column("enhancement_mode", BACKEND, nullable=False),
    Column("operation", MODE, nullable=False),
    Column("processing_time_ms", BigInteger),
    Column("processed_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # Where the original is kept, or will be once original_kept is true.
    Column("original_key", KEY, nullable=False),
    Column("original_s3_url", URL, nullable=False),
    Column("original_https_url", URL, nullable=False),
    Column("original_sha256", SHA256, nullable=False),
    Column("original_kept", Boolean, nullable=False),
    Column("enhanced_key", KEY),
    Column("enhanced_s3_url", URL),
    Column("enhanced_sha256", SHA256),
    Column("enhanced_sequence", Integer, nullable=False),
    Column("quality_before", Double),
    Column("quality_after", Double),
    # Of the result to the original, 0 to 100; NULL in rows of earlier versions.
    Column("faithfulness", Double),
    Column("idempotency_key", String(255)),
    Column("fingerprint", CHAR(64)),
    # Set while the image's objects are being removed; nobody sees the image any more.
    Column("deleted_at", UtcDateTime),
    # The words of sku_id and file name, a blank before each, so that " mug" finds those that begin
    # with "mug". NULL in rows that an earlier version wrote.
    Column("search_words", String(512)),
    # Where a thumbnail of the original is kept if there is no result, reserved with the row; and
    # the one that stands for the image, once it is stored.
    Column("original_thumbnail_key", KEY),
    Column("thumbnail_key", KEY),
    Column("thumbnail_url", URL),
    # Where the photo was fetched from, without what may be secret; NULL where it was sent.
    Column("source_url", URL),
    UniqueConstraint("sku_id"),
    UniqueConstraint("key_digits"),
    UniqueConstraint("idempotency_key"),
    # "deleted_at IS NULL" is an equality, so each gives the newest first without sorting.
    *(
        Index(newest_by(names), "deleted_at", *names.values(), "created_at", "id")
        for names in COMBINATIONS
    ),
    **MYSQL,
)

enhancement_history = Table(
    "enhancement_history",
    metadata,
    Column("id", ID, primary_key=True),
    Column("product_image_id", ID, ForeignKey("product_images.id"), nullable=False),
    Column("enhancement_sequence", Integer, nullable=False),
    Column("enhancement_mode", BACKEND, nullable=False),
    Column("operation", MODE, nullable=False),
    # NULL until the original is kept.
    Column("original_s3_url", URL),
    Column("original_https_url", URL),
    Column("enhanced_s3_url", URL),
    Column("enhanced_https_url", URL),
    # That of the image, so that the row speaks for itself; NULL as the URLs.
    Column("original_sha256", SHA256),
    Column("original_size_bytes", BigInteger, nullable=False),
    Column("enhanced_size_bytes", BigInteger),
    Column("original_quality_score", Double),
    Column("enhanced_quality_score", Double),
    Column("faithfulness", Double),
    Column("quality_metadata", OBJECT, nullable=False),
    Column("size_metadata", OBJECT, nullable=False),
    Column("processing_time_ms", BigInteger),
    Column("processing_status", STATUS, nullable=False),
    Column("model_version", String(255)),
    # What to make the result again with; NULL in rows of earlier versions.
    Column("models", OBJECT),
    Column("versions", OBJECT),
    Column("response_id", String(255)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("parameters", OBJECT, nullable=False),
    # The key is reserved with the row; the digest is that of the result, once it is stored.
    Column("enhanced_key", KEY, nullable=False),
    Column("enhanced_sha256", SHA256),
    Column("enhanced_width", Integer),
    Column("enhanced_height", Integer),
    Column("enhanced_format", FORMAT),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String(255)),
    Column("steps", OBJECT, nullable=False),
    Column("rules", OBJECT, nullable=False),
    Column("warnings", OBJECT, nullable=False),
    Column("target_met", Boolean),
    Column("failure", Text),
    Column("finished_at", UtcDateTime),
    # Who is asked in turn, and how asking each ended; NULL in rows of earlier versions.
    Column("backend_chain", OBJECT),
    Column("backend_calls", OBJECT),
    # The sum of the calls. All are NULL where nothing is to be paid; an amount that is not known is
    # NULL while cost_known is false.
    Column("cost_amount", AMOUNT),
    Column("cost_currency", CHAR(3)),
    Column("cost_known", Boolean),
    # Whose account of spending pays, beside that of everyone.
    Column("payer", PAYER),
    # The key is reserved with the row, the URL is there once the thumbnail is stored.
    Column("thumbnail_key", KEY),
    Column("thumbnail_url", URL),
    # Who is told of its end, beside the one of the settings.
    Column("webhook_url", URL),
    # To which queue of a broker it was handed over last, and when; NULL where to none.
    Column("queue", String(64)),
    Column("queued_at", UtcDateTime),
    UniqueConstraint("product_image_id", "enhancement_sequence"),
    Index("ix_enhancement_history_unfinished", "processing_status", "created_at", "id"),
    Index("ix_enhancement_history_parked", "processing_status", "attempts"),
    **MYSQL,
)

# How many images that are not deleted have each status. Each status is counted in several rows, so
# that transactions that change it at the same time rarely wait for one another.
COUNT_SHARDS = 16
image_counts = Table(
    "image_counts",
    metadata,
    Column("status", STATUS, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("images", BigInteger, nullable=False),
    **MYSQL,
)

# The words of the images that are not deleted: an image has a row for each of its search_words.
# The newest of a word come without sorting.
image_words = Table(
    "image_words",
    metadata,
    Column("word", String(MAX_WORD), primary_key=True),
    Column("created_at", UtcDateTime, primary_key=True),
    Column("image_id", ID, primary_key=True),
    sqlite_with_rowid=False,
    **MYSQL,
)

# What was done on each day (UTC), sharded as image_counts is. The quality gained is in hundredths
# of a point, so that the sums are exact.
DAY_SHARDS = 4
day_tallies = Table(
    "day_tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("images", BigInteger, nullable=False),
    Column("completed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("bytes_saved", BigInteger, nullable=False),
    Column("quality_gained", BigInteger, nullable=False),
    **MYSQL,
)

# What the backends' calls of each day cost, in units of 1e-10 of the currency, and how many calls
# had no known price.
day_costs = Table(
    "day_costs",
    metadata,
    Column("day", Date, primary_key=True),
    Column("backend", BACKEND, primary_key=True),
    Column("currency", CHAR(3), primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("amount", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False),
    **MYSQL,
)
