"""DuckDB files: tables and views, sorted, filtered and sampled by DuckDB itself.

A file is opened read-only, without access to other files and without extensions being installed or loaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from perijove.catalog import profile as profiles
from perijove.catalog.model import Column, Entry, Level, Listing, Method, Preview, Profile, Reading, Window
from perijove.catalog.places import path_of
from perijove.catalog.rows import BATCH, Part, heads, records
from perijove.catalog.sources import sqltext
from perijove.catalog.sources.spots import Local, reason
from perijove.core.errors import Invalid, NotFound, PerijoveError

VECTOR = 2_048
SAMPLED = 200_000
SAFE: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "memory_limit": "1GB",
    "threads": 1,
}
TABLES = """
SELECT t.schema_name, t.table_name, t.estimated_size, false AS view FROM duckdb_tables() t
WHERE t.database_name = current_database() AND NOT t.internal
UNION ALL SELECT v.schema_name, v.view_name, NULL, true FROM duckdb_views() v
WHERE v.database_name = current_database() AND NOT v.internal ORDER BY 1, 2"""
COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable FROM duckdb_columns()
WHERE database_name = current_database() AND NOT internal ORDER BY schema_name, table_name, column_index"""


class DuckSource:
    """Tables and views of a DuckDB file."""

    label: ClassVar[str] = "DuckDB file"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """``uri`` is the ``file:///`` URI of the file."""

        uri: str

    def __init__(self, config: Config) -> None:
        self.path = path_of(config.uri.partition("#")[0])
        self.uri = Local(self.path).uri

    def datasets(self) -> Iterator[Reading]:
        """Every table and view, in two statements whatever their number."""
        with self._connect() as connection:
            columns = self._columns(connection)
            for schema, table, size, is_view in connection.execute(TABLES).fetchall():
                yield self._reading(schema, table, columns.get((schema, table), []), None if is_view else size)

    def describe(self, uri: str) -> Reading:
        """One table or view."""
        schema, table = self._split(uri)
        with self._connect() as connection:
            columns = self._columns(connection).get((schema, table))
            if columns is None:
                raise NotFound(f"There is no table {table} in {self.path.name}.", hint="Scan its source again.")
            rows = connection.execute(sqltext.count(_table(schema, table), [])).fetchone()[0]
            return self._reading(schema, table, columns, rows)

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows."""
        return self.look(uri, Window(rows=rows), options)

    def look(self, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """The rows of a window."""
        if window.version:
            raise Invalid("A DuckDB file keeps no versions.", hint="Look at the present state.")
        schema, table = self._split(uri)
        place = _table(schema, table)
        with self._connect() as connection:
            names = self._names(connection, schema, table)
            found = _arrow(connection.execute(sqltext.select(place, window, names)))
            taken = [row for batch in found.to_batches() for row in records(batch)]
            more = len(taken) > window.rows
            total = len(taken) + window.offset
            if more:
                total = connection.execute(sqltext.count(place, window.where)).fetchone()[0]
        return Preview(heads(found.schema), taken[: window.rows], total, more)

    def profile(
        self, uri: str, level: Level, options: dict[str, str], version: str, step: Callable[[float], None]
    ) -> Profile:
        """Figures: of rows that DuckDB draws by vectors, or of all."""
        if level == "footer":
            return profiles.of_footer(self.describe(uri))
        schema, table = self._split(uri)
        with self._connect() as connection:
            rows = connection.execute(sqltext.count(_table(schema, table), [])).fetchone()[0]
            whole = DuckRows(connection, _table(schema, table), rows)
            if level == "full" or rows <= SAMPLED:
                found = profiles.of_all(whole, step)
                return found if level == "full" else msgspec.structs.replace(found, level="sample")
            return self._sample(connection, _table(schema, table), rows)

    def _sample(self, connection: Any, place: str, rows: int) -> Profile:
        begin = time.monotonic()
        share = max(100 * SAMPLED / rows, 0.01)
        sql = f"SELECT * FROM {place} USING SAMPLE {share:.4f} PERCENT (system, 7)"
        found = _arrow(connection.execute(sql))
        clusters = [found.slice(at, VECTOR).to_batches() for at in range(0, found.num_rows, VECTOR)]
        return profiles.of_clusters(found.schema, clusters, "blocks", rows, -(-rows // VECTOR), begin)

    def children(self, uri: str, more: str, limit: int) -> Listing:
        """The tables and views."""
        entries = [Entry(one.uri, one.name, "dataset", "duckdb") for one in self.datasets() if one.name > more]
        return Listing(entries[:limit], entries[limit - 1].name if len(entries) > limit else "")

    def _names(self, connection: Any, schema: str, table: str) -> list[str]:
        columns = self._columns(connection).get((schema, table))
        if columns is None:
            raise NotFound(f"There is no table {table} in {self.path.name}.", hint="Scan its source again.")
        return [column.name for column in columns]

    def _columns(self, connection: Any) -> dict[tuple[str, str], list[Column]]:
        found: dict[tuple[str, str], list[Column]] = {}
        for schema, table, name, kind, nullable in connection.execute(COLUMNS).fetchall():
            found.setdefault((schema, table), []).append(Column(name, kind, bool(nullable)))
        return found

    def _reading(self, schema: str, table: str, columns: list[Column], rows: int | None) -> Reading:
        name = table if schema == "main" else f"{schema}.{table}"
        found = self.path.stat()
        return Reading(
            f"{self.uri}#{name}",
            name,
            "duckdb",
            columns,
            rows,
            None,
            found.st_mtime_ns / 1e9,
            Local(self.path).mark(),
            {"schema": schema, "table": table},
        )

    def _split(self, uri: str) -> tuple[str, str]:
        schema, _, table = uri.partition("#")[2].rpartition(".")
        if not table:
            raise Invalid(f"“{uri}” names no table.", hint="Write the file, then # and the table.")
        return schema or "main", table

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        if not self.path.is_file():
            raise NotFound(f"There is no {self.path}.", hint="Check the path.")
        try:
            import duckdb
        except ImportError as error:
            raise Invalid("No package here reads DuckDB files.", hint='Run: pip install "perijove[duckdb]"') from error
        connection = None
        try:
            connection = duckdb.connect(str(self.path), read_only=True, config=dict(SAFE))
            yield connection
        except (PerijoveError, MemoryError):
            raise
        except duckdb.Error as error:
            raise Invalid(f"{self.path.name} cannot be read by DuckDB: {reason(error)}.", hint=_hint(error)) from error
        finally:
            if connection is not None:
                connection.close()


class DuckRows:
    """The rows of a table as DuckDB streams them."""

    apart = False
    method: Method = "all rows"

    def __init__(self, connection: Any, place: str, rows: int) -> None:
        self.connection = connection
        self.place = place
        self.rows: int | None = rows
        self.schema = _arrow(connection.execute(f"SELECT * FROM {place} LIMIT 0")).schema

    def parts(self) -> Sequence[Part]:
        """All of it."""
        return [Part(None, self.rows)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows with some columns."""
        shown = ", ".join(sqltext.name(one) for one in columns)
        found = self.connection.execute(f"SELECT {shown} FROM {self.place}")
        yield from found.to_arrow_reader(batch)


def _arrow(result: Any) -> Any:
    return result.to_arrow_table()


def _table(schema: str, table: str) -> str:
    return f"{sqltext.name(schema)}.{sqltext.name(table)}"


def _hint(error: Exception) -> str:
    if "lock" in str(error).lower():
        return "Another program has it open for writing; close it there."
    return "Check the file, and that it was not written by a newer DuckDB."


def is_duckdb(path: Path) -> bool:
    """Whether a file begins as DuckDB writes it."""
    try:
        with path.open("rb") as file:
            return file.read(12)[8:12] == b"DUCK"
    except OSError:
        return False
