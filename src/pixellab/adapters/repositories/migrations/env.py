"""Run by Alembic: applies revisions over the connection that ``migrate`` hands in."""

from __future__ import annotations

from alembic import context

from pixellab.adapters.repositories.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite, too, takes back what an interrupted revision had begun.
    transactional_ddl=True,
    # ALTER TABLE in SQLite means a new table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
