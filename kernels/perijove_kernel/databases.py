"""Names for tables: a database's URL without password, ``#`` and the table as it is called there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from perijove_kernel import home, sql
from perijove_kernel.datasets import Dataset, version_of

_OF_THE_DATABASE = re.compile(r"(?i)^(sqlite_|pragma_|pg_|information_schema\b|duckdb_|sys\.|dual$)")


def of_table(connection: Any, table: str, schema: str | None = None) -> list[Dataset]:
    """The dataset behind one table of a database."""
    name = f"{schema}.{table}" if schema else table
    if _OF_THE_DATABASE.match(name):
        return []
    url = url_of(connection)
    within, dot, bare = name.partition(".")
    if dot and (attached := _attached(connection, within)) is not None:
        url, name = of_sqlite_file(attached), bare
    return [Dataset(f"{url}#{name}", name, _version(url))] if url else []


def of_query(connection: Any, query: Any) -> list[Dataset]:
    """The datasets behind the tables that a query reads."""
    text = str(query)
    if not re.search(r"\s", text.strip()):
        return of_table(connection, text.strip())
    return [dataset for table in sql.tables_in(text) for dataset in of_table(connection, table)]


def is_sqlite(connection: Any) -> bool:
    """Whether this is a connection of Python's own sqlite3."""
    module = sys.modules.get("sqlite3")
    return module is not None and isinstance(connection, module.Connection)


def dialect_of(connection: Any) -> str:
    """The SQL dialect as sqlglot calls it; empty when it is not known."""
    if is_sqlite(connection) or type(connection).__module__.startswith("adbc_driver_sqlite"):
        return "sqlite"
    if isinstance(connection, str):
        scheme = connection.partition(":")[0].partition("+")[0].lower()
        return {"postgresql": "postgres", "mssql": "tsql"}.get(scheme, scheme)
    name = getattr(getattr(_engine(connection), "dialect", None), "name", "")
    return {"postgresql": "postgres", "mssql": "tsql"}.get(str(name), str(name))


def url_of(connection: Any) -> str:
    """The URL of a database without its password; empty for one that is only in memory."""
    if isinstance(connection, str):
        return _of_url(home.database_url(connection))
    if is_sqlite(connection):
        row = connection.execute("PRAGMA database_list").fetchone()
        return of_sqlite_file(row[2] if row else None)
    return _of_url(getattr(_engine(connection), "url", None))


def _attached(connection: Any, name: str) -> str | None:
    """The file that a connection of SQLite calls by a name: ``main``, or what ATTACH said; None where it is no such."""
    if not is_sqlite(connection):
        pooled = getattr(connection, "connection", None) if dialect_of(connection) == "sqlite" else None
        connection = getattr(pooled, "dbapi_connection", None)
    if not is_sqlite(connection):
        return None
    rows = connection.execute("PRAGMA database_list").fetchall()
    return next((str(row[2] or "") for row in rows if str(row[1]).lower() == name.strip('"').lower()), None)


def _engine(connection: Any) -> Any:
    found = getattr(connection, "engine", None)
    if found is None and callable(getattr(connection, "get_bind", None)):
        found = connection.get_bind()
    return found if found is not None else connection


def of_sqlite_file(path: str | None) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{Path(path).resolve()}" if path and path != ":memory:" else ""


def _of_url(url: Any) -> str:
    """A database's URL without password, and with an absolute path when it is a file."""
    if not hasattr(url, "render_as_string"):
        return ""
    if url.get_backend_name() == "sqlite":
        return of_sqlite_file(url.database)
    if url.get_backend_name() == "duckdb":
        return of_duckdb_file(url.database)
    parts = urlsplit(str(url.render_as_string(hide_password=False)))
    user, at, host = parts.netloc.rpartition("@")
    scheme = parts.scheme.partition("+")[0]
    return str(
        urlunsplit(parts._replace(scheme=scheme, netloc=f"{user.partition(':')[0]}{at}{host}", query="", fragment=""))
    )


def of_duckdb_file(path: str | None) -> str:
    """The URL of a DuckDB file."""
    return f"duckdb:///{Path(path).resolve()}" if path and path != ":memory:" else ""


def _version(url: str) -> str:
    _, three, path = url.partition(":///")
    return version_of(Path(path)) if three and url.startswith(("sqlite:", "duckdb:")) else ""
