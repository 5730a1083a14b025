"""Names for what a cell reads and writes: absolute file URIs, and database URLs with a table, never with a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from perijove_kernel import home

_WORD = r"(?:[\w$]+|\"[^\"]+\"|`[^`]+`)"
_TABLE = re.compile(rf"\b(?:from|join)\s+({_WORD}(?:\s*\.\s*{_WORD})*)", re.I)
_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.S)
_NAMED = r"([\w$]+)(?:\s*\([^()]*\))?\s+as\s+(?:not\s+materialized\s+)?\("
_COMMON = re.compile(rf"(?:\bwith(?:\s+recursive)?|,)\s+{_NAMED}", re.I)


@dataclass(frozen=True)
class Dataset:
    """A dataset's URI, the name people know it by, and a version that changes when its content does."""

    uri: str
    name: str
    version: str


def of_path(value: Any) -> list[Dataset]:
    """The datasets behind a path, a glob, a URL, an open file or a list of these; none for a buffer."""
    if isinstance(value, (list, tuple)):
        found = [dataset for one in value for dataset in of_path(one)]
        folders = {Path(str(one)).parent for one in value} if len(value) > 1 else set()
        return of_path(str(folders.pop())) if len(folders) == 1 and len(found) > 1 else list(dict.fromkeys(found))
    if not isinstance(value, (str, os.PathLike)):
        value = getattr(value, "name", None)
        if not isinstance(value, str):
            return []
    text = os.fspath(value)
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    scheme = urlsplit(text).scheme
    if scheme == "file":
        text = text.removeprefix("file://")
    elif len(scheme) > 1:
        clean = without_login(text).rstrip("/")
        return [Dataset(clean, clean.rsplit("/", 1)[-1], "")]
    return [_local(text)]


def _local(text: str) -> Dataset:
    path = Path(text).expanduser()
    parts = path.parts
    starred = next((index for index, part in enumerate(parts) if re.search(r"[*?\[]", part)), None)
    if starred is not None and not path.exists():
        path = Path(*parts[:starred]) if starred else Path()
    full = path.resolve()
    return Dataset(full.as_uri(), full.name, version_of(full))


def version_of(path: Path) -> str:
    """``<time of change in ns>-<bytes>`` of a file; of a folder, the newest time and all bytes."""
    try:
        stats = [path.stat()]
        if path.is_dir():
            stats = [Path(entry.path).stat() for entry in _files(path)]
    except OSError:
        return ""
    return f"{max(stat.st_mtime_ns for stat in stats)}-{sum(stat.st_size for stat in stats)}" if stats else ""


def _files(folder: Path, most: int = 2000) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    waiting = [folder]
    while waiting and len(found) < most:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    waiting.append(Path(entry.path))
                else:
                    found.append(entry)
    return found


def without_login(url: str) -> str:
    """A URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def of_table(connection: Any, table: str, schema: str | None = None) -> list[Dataset]:
    """The dataset behind one table of a database."""
    url = _database(connection)
    name = f"{schema}.{table}" if schema else table
    return [Dataset(f"{url}#{name}", name, _database_version(url))] if url else []


def of_query(connection: Any, query: Any) -> list[Dataset]:
    """The datasets behind the tables that a query names after FROM and JOIN."""
    text = str(query)
    if not re.search(r"\s", text.strip()):
        return of_table(connection, text.strip())
    return [dataset for table in tables_in(text) for dataset in of_table(connection, table)]


def tables_in(query: str) -> list[str]:
    """The tables a query reads, without the names that its own WITH clause makes."""
    text = _NOISE.sub(" ", query)
    own = {name.lower() for name in _COMMON.findall(text)}
    found: Iterable[str] = (re.sub(r"[\s\"`]", "", name) for name in _TABLE.findall(text))
    return [name for name in dict.fromkeys(found) if name.lower() not in own]


def _database(connection: Any) -> str:
    if isinstance(connection, str):
        return _of_url(home.database_url(connection))
    if type(connection).__module__.startswith("sqlite3"):
        row = connection.execute("PRAGMA database_list").fetchone()
        return _of_file(row[2] if row else None)
    engine = getattr(connection, "engine", None) or getattr(connection, "bind", None) or connection
    return _of_url(getattr(engine, "url", None))


def _of_file(path: str | None) -> str:
    return f"sqlite:///{Path(path).resolve()}" if path and path != ":memory:" else ""


def _of_url(url: Any) -> str:
    """A database's URL without password, and with an absolute path when it is a SQLite file."""
    if not hasattr(url, "render_as_string"):
        return ""
    if url.get_backend_name() == "sqlite":
        return _of_file(url.database)
    parts = urlsplit(str(url.render_as_string(hide_password=False)))
    user, at, host = parts.netloc.rpartition("@")
    return str(urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query="", fragment="")))


def _database_version(url: str) -> str:
    return version_of(Path(url.removeprefix("sqlite:///"))) if url.startswith("sqlite:///") else ""
