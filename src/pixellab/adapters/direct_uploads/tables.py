"""The table of uploads that were invited, beside those of images."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from pixellab.adapters.database.columns import (
    ID,
    KEY,
    MYSQL,
    PAYER,
    UtcDateTime,
    metadata,
)

# Uploads that were invited straight into the object store, until they are forgotten.
direct_uploads = Table(
    "direct_uploads",
    metadata,
    Column("id", ID, primary_key=True),
    Column("key", KEY, nullable=False),
    Column("payer", PAYER),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_direct_uploads_expires_at", "expires_at"),
    **MYSQL,
)
