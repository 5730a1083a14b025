"""How far the spool of each kernel was taken in, and what was known of schemas when SQL was worked out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of offsets; statements get the digest of the schemas they were worked out with."""
    op.create_table(
        "lineage_spool",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("lineage_statements", sa.Column("schemas", sa.String(40), nullable=False, server_default=""))
    op.create_index("lineage_statements_via", "lineage_statements", ["via"], unique=False)
