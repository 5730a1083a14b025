"""DuckDB, seen by its own log: its queries are never wrapped, because they look for variables around their caller.

The connection that DuckDB keeps for the process logs in memory, which costs a query least (a file: half a millisecond
more), and its log is emptied when it has been read. Any other may be gone when we come to ask, so it logs to a file.
"""

from __future__ import annotations

import csv
import json
import logging
import re
import shutil
import sys
import tempfile
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wrapt

from perijove_kernel import databases, datasets, engines, opens, sql, stack, trust
from perijove_kernel.datasets import Dataset
from perijove_kernel.origins import Origin
from perijove_kernel.recorder import Cell, Recorder
from perijove_kernel.scopes import is_file
from perijove_kernel.touches import Flow, Touch

log = logging.getLogger("perijove_kernel")
_OURS = "/* perijove */"
_ON_TOP = frozenset(["duckdb", "ibis", "sqlalchemy", "sqlmesh", "dbt", "splink", "sql", "functools"])
_LOG = re.compile(r"(?i)\b((en|dis)able_logging|(truncate_)?duckdb_logs(_parsed)?)\b")
ENTRIES = "duckdb_log_entries.csv"


Row = tuple[str, str, str]
"""Context, type and message of an entry of the log."""


@dataclass
class _Watched:
    """One connection: its log is in the folder when the connection goes or we ask for it, without one in memory."""

    connection: Callable[[], Any]
    folder: Path | None
    database: str
    tables: set[str] = field(default_factory=set)
    entries: int = 0
    heard: list[Row] = field(default_factory=list)
    shared: bool = False  # a person uses the log in memory too: it is not emptied
    done: bool = False


@dataclass
class _Query:
    """What the log says of one statement."""

    text: str = ""
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)


class Duck:
    """Follows the connections of DuckDB in this process."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._watched: list[_Watched] = []
        self._root: Path | None = None
        self._fresh = False  # whether a connection was opened since the last look

    def follow(self, connection: Any) -> None:
        """Have a connection log what it opens and is asked, in a file that outlives it."""
        if self._is_followed(connection):  # duckdb.connect(":default:") gives the one there is
            return
        if not _may_write(connection):  # such a connection reads no file either; its log would end the process
            return
        try:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix=".perijove-duckdb-"))
                weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(dir=self._root))
        except OSError:
            log.debug("There is no place for the log of DuckDB.", exc_info=True)
            return
        self._enable(connection, weakref.ref(connection), folder)

    def follow_default(self, module: Any) -> None:
        """Have the connection that DuckDB keeps for the process log in memory; it is held by DuckDB only."""
        getter = module.default_connection
        if not any(one.connection == getter and not one.done for one in self._watched):
            self._enable(getter(), getter, None)

    def _is_followed(self, connection: Any) -> bool:
        return any(one.connection() is connection and not one.done for one in self._watched)

    def _enable(self, connection: Any, getter: Callable[[], Any], folder: Path | None) -> None:
        from perijove_kernel import hooks

        token = hooks.inside.set(True)
        try:
            rows = connection.execute(f"select path from duckdb_databases() where not internal {_OURS}").fetchall()
            where = "'memory'" if folder is None else f"'file', storage_path = '{folder}'"
            connection.execute(f"CALL enable_logging(['FileSystem', 'QueryLog'], storage = {where}) {_OURS}")
            database = databases.of_duckdb_file(rows[0][0] if rows else None)
            self._fresh = True
            self._watched.append(_Watched(getter, folder, database))
        except Exception:  # noqa: BLE001 - a connection must work whether or not it can be followed
            log.debug("A connection of DuckDB could not be followed.", exc_info=True)
        finally:
            hooks.inside.reset(token)

    def flush(self, watched: _Watched) -> None:
        """Hear what is in the log by now; and which tables there are, unless they are in memory and no dataset."""
        connection = watched.connection()
        if connection is None or watched.done:
            watched.done = True
            return
        try:
            with connection.cursor() as own:
                if watched.database:
                    rows = own.execute(f"select schema_name, table_name from duckdb_tables() {_OURS}").fetchall()
                    watched.tables |= {name for schema, table in rows for name in (table, f"{schema}.{table}")}
                elif watched.folder is not None:
                    own.execute(f"select 1 {_OURS}")  # with the end of a statement the log before it is in its file
                if watched.folder is None:
                    self._hear(watched, own)
        except Exception:  # noqa: BLE001 - a closed or failed connection has nothing more to say
            watched.done = True

    def _hear(self, watched: _Watched, own: Any) -> None:
        rows = own.execute(f"select context_id, type, message from duckdb_logs() {_OURS}").fetchall()
        known = watched.entries if watched.entries <= len(rows) else 0  # a person emptied it
        watched.heard += [(str(context), kind, message) for context, kind, message in rows[known:]]
        watched.shared = watched.shared or any(_of_the_log(row) for row in watched.heard)
        if watched.shared:
            watched.entries = len(rows)
        else:
            own.execute(f"CALL truncate_duckdb_logs() {_OURS}")

    def hear(self, connection: Any, *, closes: bool = False) -> None:
        """Read the log of a connection that may be gone soon, or that is about to be closed."""
        for watched in self._watched:
            if watched.connection() is connection:
                self.flush(watched)
                watched.done = watched.done or closes
                if closes and watched.connection == sys.modules["duckdb"].default_connection:
                    self._note_exchange()

    def exchanged(self, module: Any, before: Any) -> None:
        """DuckDB keeps another connection for the process: the one before lives as long as a person holds it."""
        self._note_exchange()
        after = module.default_connection()
        for watched in self._watched:
            if watched.connection == module.default_connection and after is not before:
                watched.connection = weakref.ref(before)
            elif watched.connection() is after:
                watched.connection = module.default_connection

    def _note_exchange(self) -> None:
        engines.exchange()
        if self.recorder.current is not None:
            self.recorder.current.happened.exchanged = True

    def collect(self, cell: Cell) -> None:
        """Note what DuckDB did in a cell."""
        if not self._watched or not self._may_have_run(cell):
            return
        self._fresh = False
        from perijove_kernel import hooks

        token = hooks.inside.set(True)
        try:
            for watched in self._watched:
                self.flush(watched)
                known: dict[str, list[Dataset]] = {}  # many queries of a cell read the same files
                for query in self._new(watched):
                    self._note(cell, watched, query, known)
            for watched in [one for one in self._watched if one.done]:
                self._watched.remove(watched)
                if watched.folder is not None:
                    shutil.rmtree(watched.folder, ignore_errors=True)
                self.follow_default(sys.modules["duckdb"])  # there is a new one if this was it
        finally:
            hooks.inside.reset(token)

    def _may_have_run(self, cell: Cell) -> bool:
        """Whether a cell can have reached DuckDB: asking it takes milliseconds, which most cells need not pay."""
        if self._fresh or cell.id == "script" or "duckdb" in cell.source or "%" in cell.source:
            return True
        return any(_reaches(self.recorder.space.get(name)) for name in cell.names.reads)

    def _new(self, watched: _Watched) -> list[_Query]:
        rows, watched.heard = watched.heard + _in_file(watched), []
        found: dict[str, _Query] = {}
        for context, kind, message in rows:
            query = found.setdefault(context, _Query())
            if kind == "QueryLog":
                query.text = query.text or message
            elif kind == "FileSystem":
                _file(query, message)
        return [query for query in found.values() if _OURS not in query.text]

    def _note(self, cell: Cell, watched: _Watched, query: _Query, known: dict[str, list[Dataset]]) -> None:
        statements = sql.statements(query.text)
        reads = _datasets(query.reads, watched.database, known)
        writes = [one for one in _datasets(query.writes, watched.database, known) if one not in reads]
        for one in statements:
            reads += [self._table(watched, name) for name in one.reads if name in watched.tables and watched.database]
            writes += [self._table(watched, name) for name in one.writes if name in watched.tables and watched.database]
        reads = [one for one in reads if one.uri not in {other.uri for other in writes}]
        for kind, found in (("read", reads), ("write", writes)):
            if found:
                touch = Touch(kind, tuple(found), "duckdb", sql=query.text, dialect="duckdb", alone=True, late=True)
                self.recorder.touched(touch)
        cell.happened.engine_reads |= {one.uri for one in reads}
        cell.happened.engine_writes |= {one.uri for one in writes}
        if reads and len(writes) == 1 and len(statements) <= 1:
            sources = frozenset(Origin(one.uri) for one in reads)
            flow = Flow(writes[0].uri, sources, "observed")
            before = cell.happened.flows
            if is_file(flow.target):  # it was written as a whole
                before[:] = [one for one in before if one.target != flow.target]
            before.append(flow)

    def _table(self, watched: _Watched, name: str) -> Dataset:
        version = datasets.version_of(Path(watched.database.removeprefix("duckdb:///")))
        return Dataset(f"{watched.database}#{name.removeprefix('main.')}", name, version)


def _may_write(connection: Any) -> bool:
    """Whether a connection may reach files that are not its own."""
    try:
        found = connection.execute(f"select current_setting('enable_external_access') {_OURS}").fetchall()
    except Exception:  # noqa: BLE001 - whatever it is, it can be left alone
        return False
    return bool(found[0][0])


def _in_file(watched: _Watched) -> list[Row]:
    """What has come to the file of a connection's log since it was read."""
    if watched.folder is None or not (path := watched.folder / ENTRIES).is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        file.seek(watched.entries)
        rows = list(csv.reader(file))
        watched.entries = file.tell()
    return [(row[0], row[2], row[4]) for row in rows if len(row) >= 5 and row[0] != "context_id"]


def _of_the_log(row: Row) -> bool:
    """Whether a person's statement is about the log."""
    _, kind, message = row
    return kind == "QueryLog" and _OURS not in message and bool(_LOG.search(message))


def _reaches(value: Any) -> bool:
    """Whether an object may lead to DuckDB: its own, a person's functions and objects, and libraries on top of it."""
    if value is None or isinstance(value, int | float | str | bytes):
        return False
    if isinstance(value, types.ModuleType):
        return (
            value.__name__.partition(".")[0] in _ON_TOP
            or stack.kind_of(getattr(value, "__file__", "") or "<>") == "own"
        )
    if isinstance(value, types.FunctionType):
        return stack.kind_of(value.__code__.co_filename) == "own"
    if isinstance(value, list | tuple | dict):
        return True
    module = str(type(value).__module__).partition(".")[0].lstrip("_")
    return module in _ON_TOP or trust.is_own(type(value)) or (isinstance(value, type) and trust.is_own(value))


def _file(query: _Query, message: str) -> None:
    try:
        entry = json.loads(message)
    except ValueError:
        return
    path = str(entry.get("path", ""))
    folder, slash, name = path.rpartition("/")
    if entry.get("op") == "WRITE":
        query.writes.append(f"{folder}{slash}{name.removeprefix('tmp_')}")
    elif entry.get("op") == "READ":
        query.reads.append(path)


def _datasets(paths: list[str], database: str, known: dict[str, list[Dataset]]) -> list[Dataset]:
    """The files among what was opened, not the database's own; ``known`` keeps what was found of a path."""
    for path in paths:
        if path not in known:
            known[path] = [one for one in datasets.of_path(path) if not _is_own(one, database)]
    return [dataset for path in dict.fromkeys(paths) for dataset in known[path]]


def _is_own(dataset: Dataset, database: str) -> bool:
    path = datasets.local_path(dataset.uri) or dataset.uri
    return path.startswith(database.removeprefix("duckdb:///") or "\0") or opens.ignored(path)


def watch(recorder: Recorder) -> None:
    """Follow DuckDB's connections from when it is imported."""
    duck = Duck(recorder)

    def connect(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        connection = wrapped(*args, **kwargs)
        if recorder.current is not None:
            duck.follow(connection)
        return connection

    def close(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = kwargs.get("connection") or (args[0] if args else None)
        duck.hear(given or sys.modules["duckdb"].default_connection(), closes=True)
        result = wrapped(*args, **kwargs)
        if given is None and recorder.current is not None:
            duck.follow_default(sys.modules["duckdb"])
        return result

    def exchange(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        module = sys.modules["duckdb"]
        before = module.default_connection()
        duck.hear(before)
        result = wrapped(*args, **kwargs)
        if recorder.current is not None:
            duck.exchanged(module, before)
            duck.follow_default(module)
        return result

    def wrap(module: Any) -> None:
        try:
            follow(module)
        except Exception:  # noqa: BLE001 - a version that has other functions works as it would alone
            log.debug("DuckDB cannot be followed.", exc_info=True)

    def follow(module: Any) -> None:
        wrapt.wrap_function_wrapper(module, "connect", connect)
        wrapt.wrap_function_wrapper(module, "close", close)
        wrapt.wrap_function_wrapper(module, "set_default_connection", exchange)
        duck.follow_default(module)
        for name in ("close", "__exit__"):
            _before(module.DuckDBPyConnection, name, duck)
        recorder.cell_ends.append(duck.collect)

    wrapt.register_post_import_hook(wrap, "duckdb")


def _before(owner: Any, name: str, duck: Duck) -> None:
    original = getattr(owner, name)

    def method(self: Any, *args: Any) -> Any:
        duck.hear(self, closes=True)
        return original(self, *args)

    setattr(owner, name, method)
