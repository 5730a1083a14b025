"""Python that loads a dataset with any engine, written so that it can be pasted into a notebook of the project.

Text of the data (paths, names of tables) enters it only as a Python literal; a password never does.
"""

from __future__ import annotations

import keyword
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import msgspec

from perijove.catalog.load_files import Files, files_code
from perijove.catalog.load_tables import DatabaseTable, database_code, delta_code, duckdb_code, iceberg_code
from perijove.catalog.model import Dataset, Engine
from perijove.catalog.places import is_sqlite_file, parse, path_of, secret_name
from perijove.catalog.snippet import Snippet, literal
from perijove.catalog.sources.formats import format_of
from perijove.core.errors import Invalid

FILES = ("parquet", "csv", "json", "arrow", "orc", "excel")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
WITH_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}$")


@dataclass(frozen=True)
class Place:
    """Where the code will run: paths inside ``root``, the project, are written relative to ``folder``."""

    root: Path
    folder: Path

    def shown(self, path: Path) -> str:
        """A path as the code names it."""
        if path.is_relative_to(self.root) and path != self.folder:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        return path.as_posix()


@dataclass(frozen=True)
class Wanted:
    """What to load: a dataset, what loading it needs to know, its source, and a version if one is pinned.

    ``digest`` is the SHA-256 that a plain file must have to be the pinned version.
    """

    dataset: Dataset
    options: dict[str, str]
    source_uri: str
    source_kind: str = ""
    version: str = ""
    digest: str = ""


def load_code(wanted: Wanted, engine: Engine, place: Place) -> str:
    """The snippet for an engine."""
    dataset = wanted.dataset
    if dataset.problem:
        raise Invalid(f"{dataset.name} cannot be loaded: {dataset.problem}")
    if engine == "sqlalchemy" and dataset.format != "sql":
        raise Invalid("SQLAlchemy loads tables of databases only.", hint="Choose another engine, for instance pandas.")
    name = variable(dataset.name)
    found = _snippet(wanted, engine, place, name)
    return found.text(name)


def _snippet(wanted: Wanted, engine: Engine, place: Place, name: str) -> Snippet:
    form, options = wanted.dataset.format, wanted.options
    if form == "sql":
        return _database(wanted, engine, place, name)
    if form == "duckdb":
        path = _path(wanted.dataset.uri.partition("#")[0], place)  # a # in the path is %23, in a table's name it is #
        return duckdb_code(path, options.get("table", wanted.dataset.name), options.get("schema", ""), engine)
    if form == "delta":
        return delta_code(_path(wanted.dataset.uri, place), wanted.version, engine)
    if form == "iceberg":
        return _iceberg(wanted, engine, place)
    if form == "mlflow":
        return _snippet(_logged(wanted), engine, place, name)
    if form not in FILES:
        raise Invalid(f"There is no load code for {form} datasets.", hint="Load what it was made of.")
    return _files(wanted, engine, place)


def _logged(wanted: Wanted) -> Wanted:
    """The data that a run was given, where MLflow kept its place and it can be read from there."""
    dataset, uri = wanted.dataset, wanted.options.get("place", "")
    if not uri:
        raise Invalid(
            f"Where the data of {dataset.name} is, is not known: MLflow kept no place of it.",
            hint="Log it with its path, for instance mlflow.data.from_pandas(df, source=path).",
        )
    if wanted.version and wanted.version not in dataset.versions:
        raise Invalid(
            f"Of version {wanted.version} of {dataset.name} only the digest was kept.", hint="Load the newest one."
        )
    form = format_of(uri) or ("delta" if _is_delta(uri) else "parquet" if not WITH_SUFFIX.search(uri) else "")
    if not form:
        raise Invalid(f"There is no load code for {uri}.", hint="Load it as the run that logged it did.")
    return replace(wanted, dataset=msgspec.structs.replace(dataset, uri=uri, format=form), options={}, version="")


def _is_delta(uri: str) -> bool:
    return uri.startswith("file:") and (path_of(uri) / "_delta_log").is_dir()


def _path(uri: str, place: Place) -> str:
    if not uri.startswith("file:"):
        return uri
    return place.shown(path_of(uri))


def _files(wanted: Wanted, engine: Engine, place: Place) -> Snippet:
    uri, options = wanted.dataset.uri, dict(wanted.options)
    uri, _, sheet = uri.partition("#") if wanted.dataset.format == "excel" else (uri, "", "")
    if sheet:
        options.setdefault("sheet", unquote(sheet))
    remote = not uri.startswith("file:")
    folder = not WITH_SUFFIX.search(uri) if remote else path_of(uri).is_dir()
    path = _path(uri, place)
    columns = tuple(column.name for column in wanted.dataset.columns)
    files = Files(path, wanted.dataset.format, options, folder, remote, uri.endswith(PACKED), columns)
    found = files_code(files, engine)
    if wanted.digest:
        _pin(found, path, wanted)
    return found


def _pin(found: Snippet, path: str, wanted: Wanted) -> None:
    """Earlier content of a plain file is gone: the code stops where the file is no longer the one that was meant."""
    found.imports |= {"from hashlib import sha256", "from pathlib import Path"}
    gone = literal(f"{path} is no longer the version {wanted.version}")
    found.before[:0] = [
        f"if sha256(Path({literal(path)}).read_bytes()).hexdigest() != {literal(wanted.digest)}:",
        f"    raise ValueError({gone})",
    ]


def _database(wanted: Wanted, engine: Engine, place: Place, name: str) -> Snippet:
    url = parse(wanted.source_uri)
    shown = url.set(database=place.shown(Path(str(url.database)))) if is_sqlite_file(url) else url
    options = wanted.options
    table = DatabaseTable(
        shown, secret_name(url), options["table"], options.get("schema", ""), options.get("index", ""), name
    )
    return database_code(table, engine)


def _iceberg(wanted: Wanted, engine: Engine, place: Place) -> Snippet:
    options = dict(wanted.options)
    table = options.pop("table", wanted.dataset.name)
    if "metadata" in options:
        metadata = options["metadata"]
        options = {"metadata": _path(metadata, place) if metadata.startswith("file:") else metadata}
    return iceberg_code(options, table, wanted.version, engine)


def variable(name: str) -> str:
    """A Python name after a dataset's: “2024-orders.v2” gives ``orders_v2``."""
    words = re.sub(r"\W+", "_", name.rpartition("#")[2], flags=re.ASCII).strip("_").lower()
    words = re.sub(r"^[\d_]+", "", words)
    if not words:
        return "df"
    return f"{words}_df" if keyword.iskeyword(words) or keyword.issoftkeyword(words) or words in TAKEN else words


TAKEN = {
    "pd", "dd", "pl", "pa", "pq", "ds", "os", "csv", "json", "orc", "duckdb", "cudf", "feather", "engine", "url",
    "client", "table", "rows", "connection", "reader", "catalog", "storage", "path", "select", "sha256", "fsspec",
    "print", "list", "dict", "set", "str", "int", "type", "id",
}  # fmt: skip
