"""The tables of batches, beside those of images."""

from __future__ import annotations

from sqlalchemy import (
    CHAR,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pixellab.adapters.database.columns import (
    BACKEND,
    ID,
    MODE,
    MYSQL,
    OBJECT,
    PAYER,
    STATUS,
    URL,
    UtcDateTime,
    metadata,
)
from pixellab.domain.batches import MAX_SOURCE
from pixellab.domain.requests import MAX_BATCH_NAME, MAX_SKU_LENGTH

batches = Table(
    "batches",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(MAX_BATCH_NAME)),
    # The mode, for who queries by hand; all that is asked for is in parameters.
    Column("operation", MODE, nullable=False),
    Column("parameters", OBJECT, nullable=False),
    Column("backend", BACKEND),
    Column("payer", PAYER),
    Column("state", STATUS, nullable=False),
    Column("lines", Integer, nullable=False),
    # How many lines ended how, once all have: until then they are counted.
    Column("counts", OBJECT),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    # When lines of it were handed out last, so that each batch has its turn.
    Column("fed_at", UtcDateTime),
    Column("idempotency_key", String(255)),
    Column("fingerprint", CHAR(64)),
    Column("webhook_url", URL),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String(255)),
    UniqueConstraint("idempotency_key"),
    Index("ix_batches_newest", "created_at", "id"),
    Index("ix_batches_unfinished", "finished_at", "fed_at"),
    **MYSQL,
)

batch_items = Table(
    "batch_items",
    metadata,
    Column("batch_id", ID, ForeignKey("batches.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", String(MAX_SOURCE), nullable=False),
    Column("sku_id", String(MAX_SKU_LENGTH)),
    Column("state", STATUS, nullable=False),
    Column("image_id", ID),
    Column("failure", Text),
    Column("attempts", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String(255)),
    Column("finished_at", UtcDateTime),
    # What batch_costs has counted for it: {"currency": ..., "amount": ..., "unpriced": ...}.
    Column("cost", OBJECT),
    # The next line to do, a page of failed ones and the counts are each a range of one index.
    Index("ix_batch_items_state", "batch_id", "state", "number"),
    Index("ix_batch_items_finished_at", "batch_id", "finished_at"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# What the lines of a batch cost, in units of 1e-10 of the currency, and how many of them had no
# known price.
batch_costs = Table(
    "batch_costs",
    metadata,
    Column("batch_id", ID, primary_key=True),
    Column("currency", CHAR(3), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False),
    **MYSQL,
)
