"""Run by Alembic: applies revisions over the connection that ``migrate`` hands in."""

from __future__ import annotations

from alembic import context

from pixellab.adapters.image_repositories.sql.all_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite takes back what an interrupted revision had begun. MySQL cannot: there a revision finds
    # what it made before, and goes on.
    transactional_ddl=context.config.attributes["connection"].dialect.name == "sqlite",
    # ALTER TABLE in SQLite means a new table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
