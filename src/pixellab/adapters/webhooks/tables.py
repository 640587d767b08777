"""The tables of messages to others' servers, beside those of images."""

from __future__ import annotations

from sqlalchemy import CHAR, Column, Index, Integer, String, Table, Text
from sqlalchemy.dialects import mysql

from pixellab.adapters.database.columns import ID, MYSQL, SHA256, STATUS, URL, UtcDateTime, metadata

# MySQL's own text ends at 64 KB, and a message that did not fit would keep its image from ending.
BODY = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", ID, primary_key=True),
    Column("event", String(64), nullable=False),
    # The id of an image or a batch; no foreign key, since a message outlives its image.
    Column("about", CHAR(36), nullable=False),
    # NULL: where the settings say, so that an address with a secret in it is nowhere but there.
    Column("url", URL),
    Column("endpoint", SHA256, nullable=False),
    Column("receiver", String(255), nullable=False),
    Column("body", BODY, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", STATUS, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("finished_at", UtcDateTime),
    # The next ones of each receiver, oldest first.
    Index("ix_webhook_deliveries_due", "status", "receiver", "due_at", "id"),
    Index("ix_webhook_deliveries_endpoint", "endpoint", "status"),
    Index("ix_webhook_deliveries_newest", "created_at", "id"),
    Index("ix_webhook_deliveries_status_newest", "status", "created_at", "id"),
    **MYSQL,
)

# The endpoints that answered 410, until a user has something sent there again.
webhook_stops = Table(
    "webhook_stops",
    metadata,
    Column("endpoint", SHA256, primary_key=True),
    Column("stopped_at", UtcDateTime, nullable=False),
    **MYSQL,
)
