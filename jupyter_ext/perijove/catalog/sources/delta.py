"""Delta tables: rows through DataFusion, which knows deletion vectors and column mapping; versions from the log.

Nothing is read as plain parquet: that would show rows that were deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from perijove.catalog import profile as profiles
from perijove.catalog.model import Column, Level, Method, Preview, Profile, Reading, Version, Window
from perijove.catalog.plain import plain
from perijove.catalog.rows import BATCH, Part, chosen, heads, records
from perijove.catalog.sources import delta_log, sqltext
from perijove.catalog.sources.delta_words import told
from perijove.catalog.sources.files import FilesSource
from perijove.catalog.sources.spots import Local, Spot
from perijove.catalog.views import unviewed
from perijove.core.errors import Invalid, PerijoveError

MOST_HISTORY = 1_000
MOST_FILES = 50_000
STEADY = {"datafusion.execution.target_partitions": "1"}  # rows come in the same order each time, so pages fit


class DeltaSource(FilesSource):
    """Delta tables below a folder or URL, and what else is there."""

    label = "Delta tables"


class DeltaReader:
    """One Delta table, at its present version or at one of the past."""

    def __init__(self, place: Spot, version: str = "") -> None:
        self.place = place
        self.table = _open(place, version)
        with _named(place):
            self.schema = _schema(self.table)
        self.names = list(self.schema.names)

    def describe(self) -> Reading:
        """Schema, rows and size, all from the log."""
        with _named(self.place):
            files = _files(self.table)
            modified = self._changed()
        rows = _sum(files, "num_records", _deleted(self.table))
        size = _sum(files, "size_bytes")
        columns = [_column(field, files) for field in self.schema]
        return Reading(
            self.place.uri,
            self.place.name,
            "delta",
            columns,
            rows,
            size,
            modified,
            str(self.table.version()),
            problem=self._unreadable(),
        )

    def _changed(self) -> float | None:
        last = self.table.history(1)
        return last[0]["timestamp"] / 1000 if last and "timestamp" in last[0] else None

    def _unreadable(self) -> str:
        try:
            self.query("SELECT 1 FROM t LIMIT 0")
        except Invalid as error:
            return f"{error.message} {error.hint}"
        return ""

    def preview(self, rows: int) -> Preview:
        """The first rows."""
        return self.look(Window(rows=rows))

    def look(self, window: Window) -> Preview:
        """The rows of a window."""
        if window.version and window.version != str(self.table.version()):
            return DeltaReader(self.place, window.version).look(window)
        found = self.query(sqltext.select("t", window, self.names))
        taken = [row for batch in found.to_batches() for row in records(batch)]
        more = len(taken) > window.rows
        total = self._count(window) if more or window.offset else len(taken)
        return Preview(heads(found.schema), taken[: window.rows], total, more)

    def _count(self, window: Window) -> int | None:
        if not window.where:
            with _named(self.place):
                return _sum(_files(self.table), "num_records", _deleted(self.table))
        found = self.query(sqltext.count("t", window.where))
        return int(found.column(0)[0].as_py())

    def profile(self, level: Level, step: Callable[[float], None]) -> Profile:
        """Figures at a level: of the log, of a sample, of all rows."""
        if level == "footer":
            return profiles.of_footer(self.describe())
        version = str(self.table.version())
        table = DeltaTableRows(self)
        if level == "full":
            return replace(profiles.of_all(table, step), version=version)
        reading = self.describe()
        found = profiles.with_ends(profiles.of_sample(table, f"{self.place.uri} {version}"), reading.columns)
        return replace(found, version=version, bytes=reading.bytes)

    def versions(self) -> list[Version]:
        """The log's commits, newest first."""
        with _named(self.place):
            history = self.table.history(MOST_HISTORY)
            current = self.table.version()
        held = self._held(current)
        return [_version(one, current, held.get(one.get("version", -1), delta_log.NOTHING)) for one in history]

    def _held(self, current: int) -> dict[int, delta_log.Held]:
        """Rows and bytes of each version; nothing where the log does not lead to what the table says it holds."""
        with _named(self.place):
            files = _files(self.table)
            now = delta_log.Held(_sum(files, "num_records", _deleted(self.table)), _sum(files, "size_bytes"))
        try:
            found = delta_log.held(self.place, current, self._files_at)
        except (PerijoveError, OSError, ValueError):
            found = {}  # a log that only the engine can read: its versions are listed all the same
        end = found.get(current, now)
        agrees = now.rows in (None, end.rows) and end.bytes == now.bytes
        return (found if agrees else {}) | {current: now if now.rows is not None or not agrees else end}

    def _files_at(self, version: int) -> dict[str, delta_log.Held]:
        table = _open(self.place, str(version))
        if _deleted(table) != 0:
            raise Invalid("Which file deleted rows are in is not in this state of the table.")
        with _named(self.place):
            return {
                unquote(one["path"]): delta_log.Held(one.get("num_records"), one.get("size_bytes"))
                for one in _files(table).to_pylist()
            }

    def query(self, sql: str) -> Any:
        """The answer of DataFusion as an Arrow table."""
        import pyarrow as pa

        with _named(self.place):
            return unviewed(pa.table(self.stream(sql)))

    def stream(self, sql: str) -> Any:
        """The answer as it comes."""
        from deltalake import QueryBuilder

        return QueryBuilder(STEADY).register("t", self.table).execute(sql)


class DeltaTableRows:
    """The rows of a table as parts: its files where their path can be asked for, read one by one."""

    method: Method = "row groups"

    def __init__(self, reader: DeltaReader) -> None:
        self.reader = reader
        self.schema = reader.schema
        with _named(reader.place):
            files = _files(reader.table)
        self.rows = _sum(files, "num_records", _deleted(reader.table))
        self.files = self._plain(files)
        self.apart = len(self.files) > 0

    def _plain(self, files: Any) -> list[tuple[str, int]]:
        """Path and rows of each file, where files may be read by themselves: no row deleted, no column renamed."""
        table = self.reader.table
        mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
        if mapped or _deleted(table) != 0 or table.metadata().partition_columns or files.num_rows < 2:
            return []
        if "num_records" not in files.schema.names or not isinstance(self.reader.place, Local):
            return []
        return list(zip(files.column("path").to_pylist(), files.column("num_records").to_pylist(), strict=True))

    def parts(self) -> Sequence[Part]:
        """Its files, or all rows."""
        return [Part(path, rows) for path, rows in self.files] if self.apart else [Part(None, self.rows)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows of a file, or of the table."""
        import pyarrow as pa

        if part.where is not None:
            yield from self._file(part.where, columns, batch)
            return
        with _named(self.reader.place):
            shown = ", ".join(sqltext.name(one) for one in columns)
            for found in pa.RecordBatchReader.from_stream(self.reader.stream(f"SELECT {shown} FROM t")):
                yield chosen(unviewed(found), columns)

    def _file(self, path: str, columns: Sequence[str], batch: int) -> Iterator[Any]:
        from perijove.catalog.sources.parquet import ParquetTable

        file = self.reader.place.child(unquote(path))
        with _named(self.reader.place):
            if not file.exists():
                raise FileNotFoundError(f"fetch metadata for file {unquote(path)}: not found")
            table = ParquetTable([file], file)
        names = [name for name in columns if name in table.schema.names]
        for one in table.parts():
            for found in table.read(one, names, batch):
                with _named(self.reader.place):
                    made = _completed(found, columns, self.schema)
                yield made


def _completed(batch: Any, columns: Sequence[str], schema: Any) -> Any:
    import pyarrow as pa

    arrays = []
    for name in columns:
        field = schema.field(name)
        at = batch.schema.get_field_index(name)
        arrays.append(batch.column(at).cast(field.type) if at >= 0 else pa.nulls(batch.num_rows, field.type))
    return pa.record_batch(arrays, names=list(columns))


def _open(place: Spot, version: str) -> Any:
    try:
        import deltalake
    except ImportError as error:
        raise Invalid("No package here reads Delta tables.", hint='Run: pip install "perijove[delta]"') from error
    if version and not version.isdecimal():
        raise Invalid(f"“{version}” is no version of a Delta table.", hint="Versions are whole numbers.")
    uri = str(place.path) if isinstance(place, Local) else place.uri
    with _named(place):
        return deltalake.DeltaTable(uri, version=int(version) if version else None, storage_options=_storage(place))


def _storage(place: Spot) -> dict[str, str] | None:
    """What fsspec was told of a storage, as Delta's own storage wants it; the rest it takes from the environment."""
    told = {} if isinstance(place, Local) else dict(getattr(getattr(place, "system", None), "storage_options", {}))
    endpoint = told.get("endpoint_url") or (told.get("client_kwargs") or {}).get("endpoint_url")
    found = {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
    if endpoint and endpoint.startswith("http:"):
        found["AWS_ALLOW_HTTP"] = "true"
    pairs = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}
    return found | {theirs: told[ours] for ours, theirs in pairs.items() if told.get(ours)} or None


def _schema(table: Any) -> Any:
    import pyarrow as pa

    return unviewed(pa.schema(table.schema().to_arrow()))


def _files(table: Any) -> Any:
    """The files of this version with their statistics."""
    import pyarrow as pa

    return pa.table(table.get_add_actions(flatten=True))


def _deleted(table: Any) -> int | None:
    """How many rows deletion vectors take out; None where that is not said."""
    import pyarrow as pa

    if table.metadata().configuration.get("delta.enableDeletionVectors", "false") != "true":
        return 0
    found = pa.table(table.deletion_vectors())
    masks = [name for name in found.schema.names if "selection" in name]
    if not masks:
        return 0 if not found.num_rows else None
    import pyarrow.compute as pc

    kept = found.column(masks[0]).combine_chunks()
    values = kept.flatten()
    return int(len(values) - (pc.sum(values).as_py() or 0))


def _sum(files: Any, name: str, less: int | None = 0) -> int | None:
    if less is None or (name not in files.schema.names and files.num_rows):
        return None
    values = files.column(name).to_pylist() if files.num_rows else []
    return None if any(value is None for value in values) else sum(values) - less


def _column(field: Any, files: Any) -> Column:
    """A column with what the statistics of all files say together; least and greatest only where all have them."""
    names = files.schema.names
    nulls = _sum(files, f"null_count.{field.name}") if f"null_count.{field.name}" in names else None
    found = [_ends(files, f"{which}.{field.name}", best) for which, best in (("min", min), ("max", max))]
    return Column(field.name, str(field.type), bool(field.nullable), found[0], found[1], nulls)


def _ends(files: Any, name: str, best: Any) -> Any:
    if name not in files.schema.names or not files.num_rows:
        return None
    values = files.column(name).to_pylist()
    try:
        return None if any(value is None for value in values) else plain(best(values))
    except TypeError:
        return None


def _version(commit: dict[str, Any], current: int, held: delta_log.Held) -> Version:
    said = {name: value for name, value in (commit.get("operationParameters") or {}).items() if value not in ("[]", "")}
    at = commit.get("timestamp")
    number = commit.get("version")
    return Version(
        str(number),
        datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) else None,
        held.rows,
        held.bytes,
        str(commit.get("operation") or ""),
        str(commit.get("userName") or commit.get("userId") or commit.get("engineInfo") or ""),
        ", ".join(f"{name}: {value}" for name, value in list(said.items())[:6])[:300],
        number == current,
    )


class _named:
    """Turn what goes wrong in a Delta table into a sentence, a panic of its library too."""

    def __init__(self, place: Spot) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        panic = error is not None and type(error).__name__ == "PanicException"
        if panic or (isinstance(error, Exception) and not isinstance(error, PerijoveError | MemoryError)):
            assert error is not None
            said, hint = told(error)
            raise Invalid(f"{self.place.name} cannot be read as a Delta table: {said}.", hint=hint) from error
