"""Iceberg tables: those of a catalog (REST, SQL), and tables that are only known by their files.

Vocabulary
  static table   one known by its newest metadata file, without a catalog
  catalog URL    ``iceberg+https://host/api?warehouse=x`` (REST), ``iceberg+sqlite:////path/catalog.db`` (SQL)
  table URI      the location of the table, as kernels write it; in a catalog's dataset list also its full name
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import replace

from perijove.catalog import profile as profiles
from perijove.catalog.model import Column, Entry, Level, Listing, Method, Preview, Profile, Reading, Version, Window
from perijove.catalog.places import expanded_text, file_uri, hide
from perijove.catalog.readers import TableReader
from perijove.catalog.rows import BATCH, Part, chosen
from perijove.catalog.sources.spots import Local, Spot, reason, spot
from perijove.catalog.sources.sql import SqlSource
from perijove.core.errors import Invalid, NotFound, PerijoveError

PREFIX = "iceberg+"
MOST_TABLES = 200
NUMBER = re.compile(r"^v?(\d+)")
MISSING = re.compile(r"open local file '([^']+)'.*No such file", re.DOTALL)


class IcebergSource:
    """The tables of an Iceberg catalog, or one table by its folder."""

    label: ClassVar[str] = "Iceberg"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """``uri`` is a catalog URL or the folder of a table; ``options`` are pyiceberg's, secrets as ``${NAME}``."""

        uri: str
        options: dict[str, str] = {}

    def __init__(self, config: Config) -> None:
        self.uri = config.uri
        self.options = dict(config.options)

    def datasets(self) -> Iterator[Reading]:
        """Every table, in order of namespace and name."""
        if not self.uri.startswith(PREFIX):
            yield self.describe(self.uri)
            return
        with _named(hide(self.uri)):
            catalog = self._catalog()
            names = [name for space in _namespaces(catalog) for name in sorted(catalog.list_tables(space))]
        for name in names:
            try:
                with _named(".".join(name)):
                    table = catalog.load_table(name)
                yield _reading(table, self._uri(name, table), ".".join(name), self._written())
            except PerijoveError as error:
                problem = f"{error.message} {error.hint}".strip()
                yield Reading(f"{self.uri}#{'.'.join(name)}", ".".join(name), "iceberg", problem=problem)

    def describe(self, uri: str) -> Reading:
        """One table, by its location or its name in the catalog."""
        return self._reader(uri, {}, "").describe()

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows."""
        return self._reader(uri, options, "").preview(rows)

    def look(self, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """The rows of a window, of a snapshot."""
        return self._reader(uri, options, window.version).look(window)

    def profile(
        self, uri: str, level: Level, options: dict[str, str], version: str, step: Callable[[float], None]
    ) -> Profile:
        """Figures at a level, of a snapshot."""
        return self._reader(uri, options, version).profile(level, step)

    def versions(self, uri: str, options: dict[str, str]) -> list[Version]:
        """The snapshots, newest first."""
        return self._reader(uri, options, "").versions()

    def children(self, uri: str, more: str, limit: int) -> Listing:
        """Namespaces, and the tables in one (``CATALOG#namespace``)."""
        place, _, space = uri.partition("#")
        with _named(hide(place)):
            catalog = self._catalog()
            inside = tuple(space.split(".")) if space else ()
            spaces = [".".join(one) for one in catalog.list_namespaces(inside)]
            tables = [".".join(one) for one in catalog.list_tables(inside)] if inside else []
        entries = [Entry(f"{place}#{name}", name, "schema", opens=True) for name in sorted(spaces)]
        entries += [Entry(f"{place}#{name}", name, "dataset", "iceberg") for name in sorted(tables)]
        shown = [one for one in entries if one.name > more][:limit]
        return Listing(shown, shown[-1].name if shown and shown[-1].name != entries[-1].name else "")

    def _reader(self, uri: str, options: dict[str, str], version: str) -> IcebergReader:
        if not self.uri.startswith(PREFIX):
            return static(spot(uri), version)
        name = options.get("table") or uri.partition("#")[2] or self._at(uri)
        with _named(name):
            table = self._catalog().load_table(tuple(name.split(".")))
        return IcebergReader(table, self._uri(tuple(name.split(".")), table), name, version, self._written())

    def _at(self, uri: str) -> str:
        """The name of the table at a location; the catalog is asked for table after table."""
        with _named(hide(self.uri)):
            catalog = self._catalog()
            for space in _namespaces(catalog):
                for name in catalog.list_tables(space)[:MOST_TABLES]:
                    if self._uri(name, catalog.load_table(name)) == uri:
                        return ".".join(name)
        raise NotFound(f"No table of the catalog is at {uri}.", hint="Write the catalog's URL, then # and the table.")

    def _uri(self, name: tuple[str, ...], table: Any) -> str:
        location = str(table.location())
        return location if "://" in location or location.startswith("file:") else f"{self.uri}#{'.'.join(name)}"

    def _written(self) -> dict[str, str]:
        """What pyiceberg must be told, secrets still as references."""
        uri, _, query = self.uri.removeprefix(PREFIX).partition("?")
        rest = uri.startswith(("http://", "https://"))
        told = {"type": "rest" if rest else "sql", "uri": uri, **dict(parse_qsl(query)), **self.options}
        return told if rest or "name" in told else told | {"name": _name_of(uri)}

    def _catalog(self) -> Any:
        _installed()
        from pyiceberg.catalog import load_catalog

        told = {name: expanded_text(value) for name, value in self._written().items()}
        return load_catalog(told.pop("name", ""), **told)


class IcebergReader:
    """One table, at its present snapshot or at one of the past."""

    def __init__(
        self, table: Any, uri: str, name: str, version: str = "", options: dict[str, str] | None = None
    ) -> None:
        self.options = options
        self.table = table
        self.uri = uri
        self.name = name
        self.snapshot = _snapshot(table, version, name)
        self.inner = TableReader(IcebergRows(self), self.describe, f"{uri} {self.snapshot}")

    def describe(self) -> Reading:
        """Schema, rows and size, from the metadata."""
        return _reading(self.table, self.uri, self.name, self.options)

    def preview(self, rows: int) -> Preview:
        """The first rows."""
        found = self.inner.preview(rows)
        return replace(found, total_rows=self._rows() if found.truncated else found.total_rows)

    def look(self, window: Window) -> Preview:
        """The rows of a window."""
        return self.inner.look(replace(window, version=""))

    def profile(self, level: Level, step: Callable[[float], None]) -> Profile:
        """Figures at a level."""
        if level == "footer":
            return profiles.of_footer(self.describe())
        return replace(self.inner.profile(level, step), version=str(self.snapshot or ""))

    def versions(self) -> list[Version]:
        """The snapshots, newest first."""
        current = self.table.metadata.current_snapshot_id
        return [_version(one, current) for one in reversed(self.table.metadata.snapshots)]

    def _rows(self) -> int | None:
        return self.inner.table.rows


class IcebergRows:
    """The rows of a snapshot; its parts are the tasks of a scan: a data file with its deletes."""

    apart = True
    method: Method = "row groups"

    def __init__(self, reader: IcebergReader) -> None:
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        self.reader = reader
        with _named(reader.name):
            scan = reader.table.scan(snapshot_id=reader.snapshot)
            self.projection = scan.projection()
            self.schema = schema_to_pyarrow(self.projection, include_field_ids=False)
        self.rows: int | None = _summary(reader.table, reader.snapshot).get("rows")
        self._tasks: list[Any] | None = None

    def tasks(self) -> list[Any]:
        """The tasks of the scan."""
        if self._tasks is None:
            with _named(self.reader.name):
                scan = self.reader.table.scan(snapshot_id=self.reader.snapshot)
                self._tasks = list(scan.plan_files()) if self.reader.snapshot else []
        return self._tasks

    def parts(self) -> Sequence[Part]:
        """Its data files; rows are known where no delete file belongs to one."""
        return [
            Part(number, None if task.delete_files else task.file.record_count)
            for number, task in enumerate(self.tasks())
        ]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows of a data file, without those that are deleted."""
        from pyiceberg.expressions import AlwaysTrue
        from pyiceberg.io.pyarrow import ArrowScan

        with _named(self.reader.name):
            table = self.reader.table
            wanted = self.projection.select(*columns)
            scan = ArrowScan(table.metadata, table.io, wanted, AlwaysTrue(), case_sensitive=True)
            for found in scan.to_record_batches([self.tasks()[part.where]]):
                for start in range(0, found.num_rows, batch):
                    yield chosen(_cast(found.slice(start, batch), columns, self.schema), columns)


def _cast(batch: Any, columns: Sequence[str], schema: Any) -> Any:
    import pyarrow as pa

    arrays = [batch.column(name) for name in columns]
    kinds = [schema.field(name).type for name in columns]
    fitted = [one if one.type.equals(kind) else one.cast(kind) for one, kind in zip(arrays, kinds, strict=True)]
    return pa.record_batch(fitted, names=list(columns))


def static(place: Spot, version: str = "") -> IcebergReader:
    """A table by its folder, or by one of its metadata files."""
    _installed()
    from pyiceberg.table import StaticTable

    file, folder = (_newest(place), place) if place.is_dir() else (place, None)
    uri = file.uri if not isinstance(file, Local) else str(file.path)
    with _named(place.name):
        table = StaticTable.from_metadata(uri)
    return IcebergReader(table, place.uri, (folder or place).name.removesuffix(".metadata.json"), version)


def _newest(place: Spot) -> Spot:
    found = [one for one in place.child("metadata").children() if one.name.endswith(".metadata.json")]
    if not found:
        raise Invalid(f"{place.name} has no Iceberg metadata.", hint="Name another folder.")
    return max(found, key=lambda one: (_number(one.name), one.name))


def _number(name: str) -> int:
    found = NUMBER.match(name)
    return int(found.group(1)) if found else -1


def _installed() -> None:
    try:
        import pyiceberg  # noqa: F401
    except ImportError as error:
        raise Invalid("No package here reads Iceberg tables.", hint='Run: pip install "perijove[iceberg]"') from error


def _namespaces(catalog: Any, inside: tuple[str, ...] = (), depth: int = 0) -> Iterator[tuple[str, ...]]:
    for space in sorted(catalog.list_namespaces(inside)):
        if space == inside:
            continue
        yield space
        if depth < 4:
            try:
                yield from _namespaces(catalog, space, depth + 1)
            except Exception:  # noqa: BLE001, S112 - many catalogs know one level only, each with its own error
                continue


def _snapshot(table: Any, version: str, name: str) -> int | None:
    if not version:
        found: int | None = table.metadata.current_snapshot_id
        return found
    known = {str(one.snapshot_id) for one in table.metadata.snapshots}
    if version not in known:
        raise NotFound(f"{name} has no snapshot {version}.", hint="Look at its versions.")
    return int(version)


def _summary(table: Any, snapshot: int | None) -> dict[str, int]:
    found = table.snapshot_by_id(snapshot) if snapshot else None
    if found is None:
        return {} if snapshot else {"rows": 0}
    said = dict(found.summary.additional_properties) if found.summary else {}
    known = {ours: int(said[theirs]) for ours, theirs in SUMMARY.items() if str(said.get(theirs, "")).isdecimal()}
    if "deleted" in known and known["deleted"]:
        known.pop("rows", None)  # deletes by position or value: how many rows are left is not in the summary
    return known


CHANGES = ("added-records", "deleted-records", "added-data-files")
SUMMARY = {"rows": "total-records", "bytes": "total-files-size", "deleted": "total-delete-files"}


def _reading(table: Any, uri: str, name: str, options: dict[str, str] | None = None) -> Reading:
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    with _named(name):
        schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
        snapshot = table.metadata.current_snapshot_id
        known = _summary(table, snapshot)
        columns = [Column(field.name, str(field.type), bool(field.nullable)) for field in schema]
        modified = table.metadata.last_updated_ms / 1000
    version = str(snapshot or "")
    told = {"table": name, **(options or {"metadata": _as_uri(str(table.metadata_location))})}
    return Reading(uri, name, "iceberg", columns, known.get("rows"), known.get("bytes"), modified, version, told)


def _name_of(uri: str) -> str:
    """The name of the catalog that a database holds; pyiceberg keeps several in one, each under its name."""
    from sqlalchemy import text

    try:
        with SqlSource(SqlSource.Config(uri)).connected() as connection:
            names = [row[0] for row in connection.execute(text("SELECT DISTINCT catalog_name FROM iceberg_tables"))]
    except Invalid:
        return "default"
    if len(names) > 1:
        listed = ", ".join(sorted(names)[:10])
        raise Invalid(f"The database holds {len(names)} catalogs: {listed}.", hint="Add ?name=… to the URL.")
    return names[0] if names else "default"


def _as_uri(location: str) -> str:
    """A place of a file as a URI; a plain path is one of this computer."""
    return file_uri(Path(location)) if "://" not in location and not location.startswith("file:") else location


def _version(snapshot: Any, current: int | None) -> Version:
    said = dict(snapshot.summary.additional_properties) if snapshot.summary else {}
    operation = snapshot.summary.operation.value if snapshot.summary else ""
    changed = [f"{name}: {said[name]}" for name in CHANGES if name in said]
    rows, size = str(said.get("total-records", "")), str(said.get("total-files-size", ""))
    return Version(
        str(snapshot.snapshot_id),
        datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC),
        int(rows) if rows.isdecimal() else None,
        int(size) if size.isdecimal() else None,
        operation,
        str(said.get("engine-name", "")),
        ", ".join(changed),
        snapshot.snapshot_id == current,
    )


class _named:
    """Turn what goes wrong in a table or its catalog into a sentence."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, PerijoveError | MemoryError):
            return
        if type(error).__name__.startswith("NoSuch"):
            raise NotFound(f"There is no {self.name}: {reason(error)}.", hint="Scan its source again.") from error
        if missing := MISSING.search(str(error)):
            raise Invalid(
                f"{self.name} cannot be read as an Iceberg table: it names a file that is not there: {missing[1]}.",
                hint="Was the table moved or copied? Its files are named by the place where it was written.",
            ) from error
        raise Invalid(
            f"{self.name} cannot be read as an Iceberg table: {reason(error)}.",
            hint="Check its catalog and its files, or read it with the engine that wrote it.",
        ) from error
