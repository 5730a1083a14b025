"""The first tables."""

from __future__ import annotations

from alembic import op

from perijove.core.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of every capability."""
    metadata.create_all(op.get_bind())
