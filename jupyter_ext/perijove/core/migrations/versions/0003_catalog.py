"""What is said of datasets, who may read them, versions that were seen, and the index of words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE = (
    "CREATE VIRTUAL TABLE catalog_search_index USING fts5(terms, content='', detail=none, columnsize=0,"
    " tokenize=\"unicode61 remove_diacritics 0 tokenchars '~'\")",
)
POSTGRESQL = (
    "CREATE TABLE catalog_search_index (id BIGINT PRIMARY KEY, terms TEXT[] NOT NULL)",
    "CREATE INDEX catalog_search_index_terms ON catalog_search_index USING gin (terms)",
)


def upgrade() -> None:
    """Make the tables; the words of datasets that are known already are indexed when someone first searches."""
    for column in ("name_words", "words"):
        op.drop_column("catalog_datasets", column)
    op.create_index("catalog_datasets_name", "catalog_datasets", ["name"], unique=False)
    _about()
    _rules()
    _readers()
    _requests()
    _guards()
    _seen()
    _search()
    _terms()
    op.create_table(
        "catalog_marks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    for statement in POSTGRESQL if op.get_context().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def _about() -> None:
    op.create_table(
        "catalog_about",
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owners", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )


def _rules() -> None:
    op.create_table(
        "catalog_rules",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ref"),
    )


def _readers() -> None:
    op.create_table(
        "catalog_readers",
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ref", "kind", "name"),
    )


def _requests() -> None:
    op.create_table(
        "catalog_requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("catalog_requests_ref", "catalog_requests", ["ref", "state"], unique=False)


def _guards() -> None:
    op.create_table(
        "catalog_guards",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("rules", sa.String(length=1400), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rules"),
    )


def _seen() -> None:
    op.create_table(
        "catalog_seen",
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("ref", "version"),
    )


def _search() -> None:
    op.create_table(
        "catalog_search",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("guard", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Boolean(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owners", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("prior", sa.Integer(), nullable=False),
        sa.Column("impacts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index("catalog_search_guard", "catalog_search", ["guard", "source"], unique=False)


def _terms() -> None:
    op.create_table(
        "catalog_terms",
        sa.Column("term", sa.String(length=80), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term"),
    )
    word = sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql")
    op.create_table(
        "catalog_words",
        sa.Column("word", word, nullable=False),
        sa.Column("term", sa.String(length=80), nullable=False),
        sa.Column("bones", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("word"),
    )
    op.create_index("catalog_words_bones", "catalog_words", ["bones"], unique=False)
