"""The metadata that every table of Perijove belongs to, and the tables of the shared parts."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# SQLite only counts up by itself on INTEGER; PostgreSQL gets a 64-bit counter.
Counter = BigInteger().with_variant(Integer, "sqlite")

audit = Table(
    "core_audit",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("door", String(20), nullable=False),
    Column("what", String(200), nullable=False),
    Column("ref", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

policy = Table(
    "core_policy", metadata, Column("name", String(200), primary_key=True), Column("value", JSON, nullable=False)
)

tasks = Table(
    "core_tasks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("progress", Float),
    Column("message", Text, nullable=False, default=""),
    Column("ref", Text, nullable=False, default=""),
    Column("owner", String(200), nullable=False),
    Column("result", JSON),
    Column("error", Text, nullable=False, default=""),
    Column("error_kind", String(20), nullable=False, default=""),
    Column("hint", Text, nullable=False, default=""),
    Column("log", Text, nullable=False, default=""),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Index("core_tasks_created", "created_at"),
)

nodes = Table(
    "lineage_nodes",
    metadata,
    Column("ref", String(1000), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

edges = Table(
    "lineage_edges",
    metadata,
    Column("source", String(1000), primary_key=True),
    Column("target", String(1000), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("how", String(20), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("version", Text, nullable=False, default="", server_default=""),
    Index("lineage_edges_target", "target", "source"),
)

# Data of ``source`` came into ``target`` through ``via``, a cell or job. The key is a digest of the three, since the
# longest refs together are more than a PostgreSQL index takes.
flows = Table(
    "lineage_flows",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("via", String(1000), nullable=False),
    Column("source", String(1000), nullable=False),
    Column("target", String(1000), nullable=False),
    Column("how", String(20), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("lineage_flows_via", "via"),
    Index("lineage_flows_source", "source"),
    Index("lineage_flows_target", "target"),
)

# Columns within a flow. An empty ``target_column`` means all of the target: a cell that uses the column, or a dataset
# of which it is not known where the column went. ``kind`` is direct (its values) or indirect (a filter, a join).
fields = Table(
    "lineage_fields",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("via", String(1000), nullable=False),
    Column("source", String(1000), nullable=False),
    Column("source_column", Text, nullable=False),
    Column("target", String(1000), nullable=False),
    Column("target_column", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("lineage_fields_via", "via"),
    Index("lineage_fields_source", "source"),
    Index("lineage_fields_target", "target"),
)

# Statements that cells ran, until their columns are worked out; ``state`` is new, done or failed. ``schemas`` is a
# digest of the columns that were known of their datasets then: where it is another by now, they are worked out again.
statements = Table(
    "lineage_statements",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("via", String(1000), nullable=False),
    Column("sql", Text, nullable=False),
    Column("dialect", String(40), nullable=False),
    Column("reads", JSON, nullable=False),
    Column("writes", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("problem", Text, nullable=False, default=""),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("schemas", String(40), nullable=False, default="", server_default=""),
    Index("lineage_statements_state", "state"),
    Index("lineage_statements_via", "via"),
)

# How many bytes of each kernel's spool were taken in, by the name of its file, which no other file ever has.
spool = Table(
    "lineage_spool",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("taken", BigInteger, nullable=False),
)

# The one ref of a dataset whose URI is written in several ways, by its plain name; ``known`` where the catalog says so.
names = Table(
    "lineage_names",
    metadata,
    Column("name", String(1000), primary_key=True),
    Column("ref", String(1000), nullable=False),
    Column("known", Boolean, nullable=False, default=False),
)

# OpenLineage events that were taken in, so that one sent again counts once.
received = Table(
    "lineage_received",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("run", String(100), nullable=False),
    Column("type", String(20), nullable=False),
    Column("job", Text, nullable=False),
    Column("producer", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

executions = Table(
    "lineage_executions",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("notebook", Text, nullable=False),
    Column("cell", String(200), nullable=False),
    Column("kernel", String(100), nullable=False),
    Column("count", Integer, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("lineage_executions_cell", "notebook", "cell"),
)
