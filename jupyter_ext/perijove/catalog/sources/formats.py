"""Which reader opens a file: by its ending, and what is in a folder by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from perijove.catalog.model import Reading
from perijove.catalog.readers import Reader, TableReader
from perijove.catalog.rows import Table
from perijove.catalog.sources.spots import Local, Spot, below
from perijove.core.errors import Invalid, NotFound

PACKINGS = ("", ".gz", ".bz2", ".zst", ".xz")
PARQUET = (".parquet", ".pq", ".parq")
CSV = tuple(f"{ending}{packed}" for ending in (".csv", ".tsv") for packed in PACKINGS)
JSON = tuple(f"{ending}{packed}" for ending in (".json", ".ndjson", ".jsonl") for packed in ("", ".gz"))
ARROW = (".arrow", ".feather", ".ipc", ".arrows")
ENDINGS: dict[str, tuple[str, ...]] = {
    "parquet": PARQUET,
    "csv": CSV,
    "json": JSON,
    "arrow": ARROW,
    "orc": (".orc",),
    "excel": (".xlsx", ".xlsm"),
}


def format_of(name: str) -> str:
    """The format of a file by its name; empty where it is none that is read here."""
    lower = name.lower()
    return next((kind for kind, endings in ENDINGS.items() if lower.endswith(endings)), "")


def bare_name(name: str) -> str:
    """A name without the ending of its format."""
    lower = name.lower()
    endings = [ending for listed in ENDINGS.values() for ending in listed if lower.endswith(ending)]
    return name[: len(name) - max(map(len, endings), default=0)] or name


def table_kind(names: Sequence[str]) -> str:
    """Delta or iceberg where a folder that holds these names is such a table, else empty."""
    if "_delta_log" in names:
        return "delta"
    return "iceberg?" if "metadata" in names else ""


def kind_of_folder(place: Spot, names: Sequence[str] = ()) -> str:
    """Delta or iceberg where a folder is such a table, else empty."""
    kind = table_kind(names or [one.name for one in place.children()])
    if kind != "iceberg?":
        return kind
    metadata = place.child("metadata")
    inside = [one.name for one in metadata.children()] if metadata.is_dir() else []
    return "iceberg" if any(name.endswith(".metadata.json") for name in inside) else ""


def open_reader(place: Spot, options: dict[str, str], version: str = "") -> Reader:
    """The reader of a file or folder; raises a named reason where there is none."""
    if not place.exists():
        where = str(place.path) if isinstance(place, Local) else place.uri
        where = where.encode("utf-8", "replace").decode()
        if isinstance(place, Local) and place.path.is_symlink():
            raise NotFound(f"{where} is a link that leads nowhere.", hint="Set it again, or remove it.")
        raise NotFound(f"There is no {where}.", hint="Check the path, or scan its source again.")
    if place.is_dir():
        return _open_folder(place, version)
    if isinstance(place, Local):
        place.refuse_pipe()
    if place.name.endswith(".metadata.json"):
        from perijove.catalog.sources.iceberg import static

        return static(place, version)
    kind = format_of(place.name)
    if not kind:
        raise Invalid(
            f"{place.name} is no kind of data that is read here.",
            hint="Parquet, CSV, JSON, Arrow, ORC and Excel files are, and Delta and Iceberg tables.",
        )
    if kind == "parquet":
        return parquet_reader(place, [place])
    return _file_reader(place, kind, options)


def _open_folder(place: Spot, version: str) -> Reader:
    kind = kind_of_folder(place)
    if kind == "delta":
        from perijove.catalog.sources.delta import DeltaReader

        return DeltaReader(place, version)
    if kind == "iceberg":
        from perijove.catalog.sources.iceberg import static

        return static(place, version)
    files = below(place, lambda name: format_of(name) == "parquet")
    if not files:
        raise Invalid(f"There are no parquet files in {place.name}.", hint="Name a file, or another folder.")
    return parquet_reader(place, files)


def parquet_reader(place: Spot, files: Sequence[Spot]) -> Reader:
    """The reader of one or more parquet files that are one dataset."""
    from perijove.catalog.sources.parquet import ParquetTable

    table = ParquetTable(files, place)
    how = {"missing": "yes"} if table.folders.misses() else {}  # for load code: pandas cannot take that
    return TableReader(table, lambda: _reading(place, "parquet", table, files, how), f"{place.uri} {table.rows}")


def _file_reader(place: Spot, kind: str, options: dict[str, str]) -> Reader:
    table, how = _table(place, kind, options)
    return TableReader(table, lambda: _reading(place, kind, table, [place], how), place.uri)


def _table(place: Spot, kind: str, options: dict[str, str]) -> tuple[Table, dict[str, str]]:
    if kind == "csv":
        from perijove.catalog.sources import delimited

        how = options or delimited.options(place)
        csv = delimited.CsvTable(place, how)
        return csv, how | ({"rows": "uneven"} if csv.ragged else {})
    makers: dict[str, Callable[[], Any]] = {"json": _json, "arrow": _ipc, "orc": _orc, "excel": _excel}
    table = makers[kind]()(place)
    if kind == "json":
        return table, {"lines": "true" if table.style == "lines" else "false"}
    return table, {"sheet": table.sheet} if kind == "excel" else {}


def _json() -> Any:
    from perijove.catalog.sources.lines import JsonTable

    return JsonTable


def _ipc() -> Any:
    from perijove.catalog.sources.arrow import IpcTable

    return IpcTable


def _orc() -> Any:
    from perijove.catalog.sources.arrow import OrcTable

    return OrcTable


def _excel() -> Any:
    from perijove.catalog.sources.excel import ExcelTable

    return ExcelTable


def _reading(place: Spot, kind: str, table: Any, files: Sequence[Spot], how: dict[str, str]) -> Reading:
    columns = table.columns()
    rows = table.count() if table.rows is None and hasattr(table, "count") else table.rows
    problem = table.problem() if hasattr(table, "problem") else ""
    return Reading(place.uri, bare_name(place.name), kind, columns, rows, options=how, problem=problem, **facts(files))


def facts(files: Sequence[Spot]) -> dict[str, Any]:
    """Bytes, time of the last change, and what changes when a file changes."""
    size = sum(file.size() for file in files)
    times = [found for file in files if (found := file.modified()) is not None]
    modified = max(times) if len(times) == len(files) else None
    if all(isinstance(file, Local) for file in files):
        newest = max(int(file.mark().split("-")[0]) for file in files)
        return {"bytes": size, "modified": modified, "version": f"{newest}-{size}"}
    version = files[0].mark() if len(files) == 1 else f"{len(files)}-{size}-{modified or 0:.0f}"
    return {"bytes": size, "modified": modified, "version": version}
