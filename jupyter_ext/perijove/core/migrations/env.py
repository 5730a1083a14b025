"""Tells Alembic which connection to use; Perijove runs its migrations itself, see core/database.py."""

from __future__ import annotations

from alembic import context

from perijove.core.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table="perijove_version"
)
with context.begin_transaction():
    context.run_migrations()
