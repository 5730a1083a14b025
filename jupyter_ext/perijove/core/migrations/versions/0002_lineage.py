"""Flows from dataset to dataset with their columns, statements, other names, and events that came in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of flows, and give edges the version that was read or written."""
    op.add_column("lineage_edges", sa.Column("version", sa.Text(), nullable=False, server_default=""))
    _lineage_fields()
    _lineage_flows()
    _lineage_names()
    _lineage_received()
    _lineage_statements()


def _lineage_fields() -> None:
    op.create_table(
        "lineage_fields",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("via", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column("source_column", sa.Text(), nullable=False),
        sa.Column("target", sa.String(length=1000), nullable=False),
        sa.Column("target_column", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    for column in ("via", "source", "target"):
        op.create_index(f"lineage_fields_{column}", "lineage_fields", [column], unique=False)


def _lineage_flows() -> None:
    op.create_table(
        "lineage_flows",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("via", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column("target", sa.String(length=1000), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    for column in ("via", "source", "target"):
        op.create_index(f"lineage_flows_{column}", "lineage_flows", [column], unique=False)


def _lineage_names() -> None:
    op.create_table(
        "lineage_names",
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _lineage_received() -> None:
    op.create_table(
        "lineage_received",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("run", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("producer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _lineage_statements() -> None:
    op.create_table(
        "lineage_statements",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("via", sa.String(length=1000), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.Column("reads", sa.JSON(), nullable=False),
        sa.Column("writes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("lineage_statements_state", "lineage_statements", ["state"], unique=False)
