"""The tables of the catalog: sources and datasets, what is said of them, who may read them, and the index of words."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from perijove.core.tables import Counter, metadata

LONGEST_REF = 1000

sources = Table(
    "catalog_sources",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("uri", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("problem", Text, nullable=False, default=""),
    Column("scanned_at", DateTime(timezone=True)),
)

datasets = Table(
    "catalog_datasets",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("ref", String(LONGEST_REF), primary_key=True),
    Column("name", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("format", String(40), nullable=False),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("columns", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("version", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("modified_at", DateTime(timezone=True)),
    Index("catalog_datasets_ref", "ref"),
    Index("catalog_datasets_name", "name"),
)

about = Table(
    "catalog_about",
    metadata,
    Column("ref", String(LONGEST_REF), primary_key=True),
    Column("description", Text, nullable=False),
    Column("owners", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("origin", Text, nullable=False),
    Column("edited_by", String(200), nullable=False),
    Column("edited_at", DateTime(timezone=True), nullable=False),
)

# A restriction of a dataset or source; its readers; what people asked for. ``uri`` is the place it covers.
rules = Table(
    "catalog_rules",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("ref", String(LONGEST_REF), nullable=False, unique=True),
    Column("uri", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)

readers = Table(
    "catalog_readers",
    metadata,
    Column("ref", String(LONGEST_REF), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("why", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)

requests = Table(
    "catalog_requests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ref", String(LONGEST_REF), nullable=False),
    Column("person", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", String(200), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("reason", Text, nullable=False),
    Index("catalog_requests_ref", "ref", "state"),
)

# A set of rules that a person must all pass, named once; guard 0 is none at all.
guards = Table(
    "catalog_guards",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("rules", String(1400), nullable=False, unique=True),
)

# What of a dataset was there once: a version of a plain file as a scan or a cell saw it.
seen = Table(
    "catalog_seen",
    metadata,
    Column("ref", String(LONGEST_REF), primary_key=True),
    Column("version", String(200), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("hash", String(80), nullable=False),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("columns", JSON, nullable=False),
    Column("profile", JSON),
)

# One line a dataset for the search; a lower id is shown first among equals. ``impacts`` is “ term=hex …”.
search = Table(
    "catalog_search",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("ref", String(LONGEST_REF), nullable=False, unique=True),
    Column("source", String(200), nullable=False),
    Column("format", String(40), nullable=False),
    Column("guard", Integer, nullable=False),
    Column("problem", Boolean, nullable=False),
    Column("modified_at", DateTime(timezone=True)),
    Column("owners", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("prior", Integer, nullable=False),
    Column("impacts", Text, nullable=False),
    Index("catalog_search_guard", "guard", "source"),
)

terms = Table(
    "catalog_terms",
    metadata,
    Column("term", String(80), primary_key=True),
    Column("documents", BigInteger, nullable=False),
)

words = Table(
    "catalog_words",
    metadata,
    Column("word", String(80).with_variant(String(80, collation="C"), "postgresql"), primary_key=True),
    Column("term", String(80), nullable=False),
    Column("bones", String(80), nullable=False),
    Index("catalog_words_bones", "bones"),
)

# How far something was taken in: “used” is the newest execution whose datasets are indexed.
marks = Table(
    "catalog_marks",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
