"""Alembic revisions of the schema; ``migrate.upgrade`` runs them."""
