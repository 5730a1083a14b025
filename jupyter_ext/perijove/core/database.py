"""The state of a project or a team: SQLite in WAL mode for one, PostgreSQL for many."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from perijove.core.errors import Failed, Invalid

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0005"


class Database:
    """A database whose tables are brought up to date at first use; threads may share it."""

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError as error:
            raise Invalid(
                "The database URL is not understood.", hint="Write sqlite:///FILE or postgresql://…"
            ) from error
        if self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The engine, with all tables in place; raises Failed where the database cannot be opened."""
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    self._engine = self._open()
        return self._engine

    def _open(self) -> Engine:
        try:
            engine = _engine(self.url)
            _upgrade(engine)
        except NoSuchModuleError as error:
            raise Invalid(f"There is no driver for {self.url.drivername}.", hint="Use sqlite or postgresql.") from error
        except (OperationalError, DatabaseError) as error:
            raise Failed(
                f"The database {self.url.render_as_string()} cannot be opened: {_reason(error)}.",
                hint="Check that it is there, not locked by another program, and that you may write to it.",
            ) from error
        return engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed at the end, undone on an error."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One look at the database as it is now, which waits for no writer and lets writers go on."""
        with self.engine.connect().execution_options(reads=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def upsert(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keys: Sequence[str], changing: Sequence[str]
) -> None:
    """Add rows; those whose keys are there get the new values of ``changing``, none where it is empty."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as pg_insert

        statement: Any = pg_insert(table)
    else:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        statement = sqlite_insert(table)
    if changing:
        new = {name: statement.excluded[name] for name in changing}
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=new)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    for begin in range(0, len(rows), 10_000):
        connection.execute(statement, rows[begin : begin + 10_000])


def _engine(url: Any) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, so that a writer waits instead of failing
        for pragma in ("busy_timeout=30000", "synchronous=NORMAL", "foreign_keys=ON", "mmap_size=2147483648"):
            connection.execute(f"PRAGMA {pragma}")
        _use_wal(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: Any) -> None:
    """Switch to WAL, which stays with the file; SQLite does not wait for others by itself here, so we do."""
    until = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _upgrade(engine: Engine) -> None:
    """Run the migrations that are missing; without importing Alembic when there are none."""
    with engine.begin() as connection:
        if _revision(connection) == HEAD:
            return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7257433)")  # two servers may start at once
        if _revision(connection) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _revision(connection: Connection) -> str:
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("perijove_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM perijove_version")).scalar() or "")


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", error) or error).strip().splitlines()[0].rstrip(".")
