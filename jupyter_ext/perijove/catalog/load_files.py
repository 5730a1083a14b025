"""Python that loads files and folders of files with each engine, local or in an object store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perijove.catalog.model import Engine
from perijove.catalog.snippet import IMPORTS, Snippet, literal

PANDAS, POLARS, DUCKDB, DASK, CUDF = (IMPORTS[name] for name in ("pandas", "polars", "duckdb", "dask", "cudf"))
DATASET = "import pyarrow.dataset as ds"
FORMATS = {"parquet": "parquet", "csv": "csv", "json": "json", "arrow": "ipc", "orc": "orc"}
UTF8 = ("", "utf-8", "utf8", "ascii")


@dataclass(frozen=True)
class Files:
    """What to load: ``path`` is the text in the code, ``columns`` the names that the catalog shows."""

    path: str
    format: str
    options: dict[str, str]
    folder: bool = False
    remote: bool = False
    packed: bool = False
    columns: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The path as a literal."""
        return literal(self.path)

    @property
    def sep(self) -> str:
        """The separator of a CSV file."""
        return self.options.get("sep", ",")

    @property
    def encoding(self) -> str:
        """The encoding of a CSV file, empty for UTF-8."""
        given = self.options.get("encoding", "").lower()
        return "" if given in UTF8 else given

    @property
    def odd(self) -> bool:
        """Whether a CSV file has lines before its heading, no heading, another quote, or uneven rows."""
        return self.format == "csv" and not self.options.keys().isdisjoint(("skip", "header", "quote", "rows"))

    @property
    def is_pattern(self) -> bool:
        """Whether its name has signs that some engines take for a pattern, which then fits no file or others."""
        return any(sign in self.path for sign in "*[{") or ("?" in self.path and not self.remote)

    def beyond(self, engine: Engine) -> bool:
        """Whether an engine's own reader would load something else than what the preview shows, or nothing."""
        return (
            self.odd
            or (self.is_pattern and engine in ("polars", "duckdb", "dask", "cudf"))
            or (self.options.get("blank") == "yes" and engine in ("polars", "duckdb"))  # they take such lines for rows
            or (self.options.get("missing") == "yes" and engine in ("pandas", "dask", "cudf"))
        )

    @property
    def lines(self) -> bool:
        """Whether a JSON file has one value a line."""
        return self.options.get("lines", "true").lower() in ("true", "1", "yes")


def files_code(files: Files, engine: Engine) -> Snippet:
    """The snippet for an engine."""
    if files.folder and files.format != "parquet":
        return _dataset(files).into(engine)
    made = WAYS.get(engine, {}).get(files.format) if not files.beyond(engine) else None
    found = made(files) if made is not None else None
    return (found or FALLBACK[files.format](files)).into(engine)


def _call(imports: str, function: str, files: Files, *arguments: str) -> Snippet:
    return Snippet(f"{function}({', '.join((files.written, *[one for one in arguments if one]))})", "own", {imports})


def _pandas(function: str, files: Files, *arguments: str) -> Snippet:
    found = _call(PANDAS, f"pd.{function}", files, *arguments)
    found.holds = "pandas"
    return found


def _csv_arguments(files: Files, sep: str = "sep") -> list[str]:
    parts = [f"{sep}={literal(files.sep)}"] if files.sep != "," else []
    return [*parts, *([f"encoding={literal(files.encoding)}"] if files.encoding else [])]


def _odd_arguments(files: Files) -> list[str]:
    """What pandas must be told of an odd CSV file, so that it loads what the preview shows."""
    quote, skip = files.options.get("quote", ""), int(files.options.get("skip", "0"))
    parts = [f"quotechar={literal(quote)}"] if quote else []
    uneven = files.options.get("rows") == "uneven"
    named = len(set(files.columns)) == len(files.columns) and (uneven or files.options.get("header") == "no")
    if named:
        skip += files.options.get("header") != "no"
        parts.append(f"header=None, names=[{', '.join(literal(name) for name in files.columns)}]")
    parts += [f"skiprows={skip}"] if skip else []
    if uneven:
        parts.append(f'engine="python", on_bad_lines=lambda row: row[:{len(files.columns)}]')
    return parts


def _json_arguments(files: Files) -> str:
    return "lines=True" if files.lines else ""


def _excel_arguments(files: Files) -> str:
    sheet = files.options.get("sheet", "")
    return f"sheet_name={literal(sheet)}" if sheet else ""


def _dataset(files: Files) -> Snippet:
    form = literal(FORMATS[files.format])
    if files.format == "csv" and (files.sep != "," or files.encoding):
        parse = f"parse_options=csv.ParseOptions(delimiter={literal(files.sep)})"
        read = f", read_options=csv.ReadOptions(encoding={literal(files.encoding)})" if files.encoding else ""
        form = f"ds.CsvFileFormat({parse}{read})"
    found = Snippet(f'ds.dataset({files.written}, format={form}, partitioning="hive").to_table()', "arrow", {DATASET})
    if "csv." in form:
        found.imports.add("from pyarrow import csv")
    return _with_storage(found, files)


def _with_storage(found: Snippet, files: Files) -> Snippet:
    """Arrow reads object stores through fsspec, so that its settings count."""
    if not files.remote:
        return found
    found.imports.add("from fsspec.core import url_to_fs")
    found.before.append(f"storage, path = url_to_fs({files.written})")
    found.value = found.value.replace(f"({files.written}", "(path, filesystem=storage", 1)
    return found


def _arrow_parquet(files: Files) -> Snippet:
    found = Snippet(f"pq.read_table({files.written})", "arrow", {"import pyarrow.parquet as pq"})
    return _with_storage(found, files)


def _arrow_plainly(files: Files) -> Snippet:
    """Parquet as Arrow reads it, columns of folders as plain ones, since pandas cannot take missing values there."""
    return _dataset(files) if files.folder else _arrow_parquet(files)


def _arrow_orc(files: Files) -> Snippet:
    return _with_storage(Snippet(f"orc.read_table({files.written})", "arrow", {"from pyarrow import orc"}), files)


def _arrow_feather(files: Files) -> Snippet | None:
    if files.remote:
        return _dataset(files)
    return Snippet(f"feather.read_table({files.written})", "arrow", {"from pyarrow import feather"})


def _arrow_csv(files: Files) -> Snippet | None:
    return _dataset(files) if not files.packed or files.path.endswith(".gz") else None


def _arrow_json(files: Files) -> Snippet | None:
    if not files.lines or files.remote:
        return None
    return Snippet(f"json.read_json({files.written})", "arrow", {"from pyarrow import json"})


def _polars_parquet(files: Files) -> Snippet:
    if files.folder:
        pattern = literal(f"{files.path}/**/*.parquet")
        return Snippet(f"pl.read_parquet({pattern}, hive_partitioning=True)", "own", {POLARS})
    return _call(POLARS, "pl.read_parquet", files)


def _duckdb(function: str, files: Files, *arguments: str) -> Snippet:
    found = _call(DUCKDB, f"duckdb.{function}", files, *arguments)
    if files.remote:
        scheme = files.path.partition("://")[0]
        found.imports.add("import fsspec")
        found.before += [
            f"if not duckdb.filesystem_is_registered({literal(scheme)}):",  # a kernel may load more than one dataset
            f"    duckdb.register_filesystem(fsspec.filesystem({literal(scheme)}))",
        ]
    return found


def _duckdb_parquet(files: Files) -> Snippet:
    if not files.folder:
        return _duckdb("read_parquet", files)
    found = _duckdb("read_parquet", files, "hive_partitioning=True")
    found.value = found.value.replace(files.written, literal(f"{files.path}/**/*.parquet"), 1)
    return found


def _duckdb_csv(files: Files) -> Snippet | None:
    return None if files.encoding else _duckdb("read_csv", files, "header=True", f"sep={literal(files.sep)}")


def _dask_csv(files: Files) -> Snippet:
    whole = "blocksize=None" if files.packed or files.encoding.startswith("utf-16") else ""
    return _call(DASK, "dd.read_csv", files, *_csv_arguments(files), whole)


def _dask_json(files: Files) -> Snippet:
    return _call(DASK, "dd.read_json", files, "" if files.lines else 'orient="records", lines=False')


def _cudf_csv(files: Files) -> Snippet | None:
    return _call(CUDF, "cudf.read_csv", files, *_csv_arguments(files)) if not files.encoding else None


Way = Callable[[Files], "Snippet | None"]
PANDAS_WAYS: dict[str, Callable[[Files], Snippet]] = {
    "parquet": lambda files: _pandas("read_parquet", files),
    "csv": lambda files: _pandas("read_csv", files, *_csv_arguments(files), *_odd_arguments(files)),
    "json": lambda files: _pandas("read_json", files, _json_arguments(files)),
    "arrow": lambda files: _pandas("read_feather", files),
    "orc": lambda files: _pandas("read_orc", files),
    "excel": lambda files: _pandas("read_excel", files, _excel_arguments(files)),
}
FALLBACK = PANDAS_WAYS | {"parquet": _arrow_plainly, "orc": _arrow_orc}
"""What reads a format where an engine cannot: what it gives is turned into what the engine works with."""
WAYS: dict[str, dict[str, Way]] = {
    "pandas": dict(PANDAS_WAYS),
    "polars": {
        "parquet": _polars_parquet,
        "csv": lambda files: _call(POLARS, "pl.read_csv", files, *_csv_arguments(files, "separator")),
        "json": lambda files: _call(POLARS, "pl.read_ndjson" if files.lines else "pl.read_json", files),
        "arrow": lambda files: _call(POLARS, "pl.read_ipc", files),
    },
    "pyarrow": {
        "parquet": _arrow_parquet,
        "csv": _arrow_csv,
        "json": _arrow_json,
        "arrow": _arrow_feather,
        "orc": _arrow_orc,
    },
    "duckdb": {
        "parquet": _duckdb_parquet,
        "csv": _duckdb_csv,
        "json": lambda files: _duckdb("read_json", files),
        "arrow": _arrow_feather,
        "orc": _arrow_orc,
    },
    "dask": {
        "parquet": lambda files: _call(DASK, "dd.read_parquet", files),
        "csv": _dask_csv,
        "json": lambda files: _call(
            DASK, "dd.read_json", files, "" if files.lines else 'orient="records", lines=False'
        ),
    },
    "cudf": {
        "parquet": lambda files: _call(CUDF, "cudf.read_parquet", files),
        "csv": _cudf_csv,
        "json": lambda files: _call(CUDF, "cudf.read_json", files, _json_arguments(files)),
        "arrow": lambda files: _call(CUDF, "cudf.read_feather", files),
        "orc": lambda files: _call(CUDF, "cudf.read_orc", files),
    },
}
