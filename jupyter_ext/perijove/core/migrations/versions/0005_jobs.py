"""Who answers for a job, and who approved it for production."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Jobs get an owner, and the approval of what was in their folder."""
    op.add_column("jobs_jobs", sa.Column("owner", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("jobs_jobs", sa.Column("approval", sa.JSON()))
