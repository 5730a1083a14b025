"""DuckDB, seen by its own log: its functions are never wrapped, because they look for variables around their caller."""

from __future__ import annotations

import csv
import json
import logging
import shutil
import tempfile
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wrapt

from perijove_kernel import databases, datasets, opens, sql, stack, trust
from perijove_kernel.datasets import Dataset
from perijove_kernel.origins import Origin
from perijove_kernel.recorder import Cell, Recorder
from perijove_kernel.scopes import is_file
from perijove_kernel.touches import Flow, Touch

log = logging.getLogger("perijove_kernel")
_OURS = "/* perijove */"
_ON_TOP = frozenset(["duckdb", "ibis", "sqlalchemy", "sqlmesh", "dbt", "splink", "sql", "functools"])
ENTRIES = "duckdb_log_entries.csv"


@dataclass
class _Watched:
    """One connection's log; its rows are written to the folder when the connection goes or we ask for it."""

    connection: Callable[[], Any]
    folder: Path
    database: str
    tables: set[str] = field(default_factory=set)
    entries: int = 0
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

    def follow(self, connection: Any, again: Callable[[], Any] | None = None) -> None:
        """Have a connection log what it opens and is asked; ``again`` gives the one that DuckDB itself keeps."""
        from perijove_kernel import hooks

        token = hooks.inside.set(True)
        try:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix=".perijove-duckdb-"))
                weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(dir=self._root))
            rows = connection.execute(f"select path from duckdb_databases() where not internal {_OURS}").fetchall()
            connection.execute(_enable(folder))
            database = databases.of_duckdb_file(rows[0][0] if rows else None)
            self._fresh = True
            self._watched.append(_Watched(again or weakref.ref(connection), folder, database))
        except Exception:  # noqa: BLE001 - a connection must work whether or not it can be followed
            log.debug("A connection of DuckDB could not be followed.", exc_info=True)
        finally:
            hooks.inside.reset(token)

    def flush(self, watched: _Watched) -> None:
        """Ask which tables there are; with the end of any statement the log of those before it is in its file.

        Asking ``duckdb_logs`` too would read the whole file each time, which grows with every cell.
        """
        connection = watched.connection()
        if connection is None or watched.done:
            watched.done = True
            return
        try:
            with connection.cursor() as own:
                if not watched.database:  # its tables are in memory only, and no dataset
                    own.execute(f"select 1 {_OURS}")
                    return
                rows = own.execute(f"select schema_name, table_name from duckdb_tables() {_OURS}").fetchall()
                watched.tables |= {name for schema, table in rows for name in (table, f"{schema}.{table}")}
        except Exception:  # noqa: BLE001 - a closed or failed connection has nothing more to say
            watched.done = True

    def closing(self, connection: Any) -> None:
        """A connection is about to be closed."""
        for watched in self._watched:
            if watched.connection() is connection:
                self.flush(watched)

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
                shutil.rmtree(watched.folder, ignore_errors=True)
        finally:
            hooks.inside.reset(token)

    def _may_have_run(self, cell: Cell) -> bool:
        """Whether a cell can have reached DuckDB: asking it takes milliseconds, which most cells need not pay."""
        if self._fresh or cell.id == "script" or "duckdb" in cell.source or "%" in cell.source:
            return True
        return any(_reaches(self.recorder.space.get(name)) for name in cell.names.reads)

    def _new(self, watched: _Watched) -> list[_Query]:
        path = watched.folder / ENTRIES
        if not path.is_file():
            return []
        found: dict[str, _Query] = {}
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            file.seek(watched.entries)
            rows = list(csv.reader(file))
            watched.entries = file.tell()
        for row in rows:
            if len(row) < 5 or row[0] == "context_id":
                continue
            query = found.setdefault(row[0], _Query())
            if row[2] == "QueryLog":
                query.text = query.text or row[4]
            elif row[2] == "FileSystem":
                _file(query, row[4])
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
                self.recorder.touched(Touch(kind, tuple(found), "duckdb", sql=query.text, dialect="duckdb", alone=True))
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


def _enable(folder: Path) -> str:
    return f"CALL enable_logging(['FileSystem', 'QueryLog'], storage = 'file', storage_path = '{folder}') {_OURS}"


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

    def wrap(module: Any) -> None:
        wrapt.wrap_function_wrapper(module, "connect", connect)
        duck.follow(module.default_connection(), module.default_connection)
        for name in ("close", "__exit__"):
            _before(module.DuckDBPyConnection, name, duck)
        recorder.cell_ends.append(duck.collect)

    wrapt.register_post_import_hook(wrap, "duckdb")


def _before(owner: Any, name: str, duck: Duck) -> None:
    original = getattr(owner, name)

    def method(self: Any, *args: Any) -> Any:
        duck.closing(self)
        return original(self, *args)

    setattr(owner, name, method)
