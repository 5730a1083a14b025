"""One name for a dataset that is written in several ways, and the name that people know it by."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

SCHEMES = {
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "abfs": "abfss",
    "wasb": "wasbs",
    "postgres": "postgresql",
    "mariadb": "mysql",
}
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433, "oracle": 1521, "trino": 8080, "http": 80, "https": 443}
SCHEMA = {"postgresql": "public", "mssql": "dbo", "sqlite": "main", "duckdb": "main"}
CONTAINERS = ("abfss", "wasbs")
DUCKDB = (".duckdb", ".ddb")


def canonical(uri: str) -> str:
    """The URI without what says nothing of the data: user, driver, usual port and schema, slash at the end."""
    scheme, colon, rest = uri.partition(":")
    if not colon or not rest.startswith("/"):
        return uri
    scheme = scheme.lower().partition("+")[0]
    scheme = SCHEMES.get(scheme, scheme)
    if scheme == "file":
        return _file(rest)
    body, mark, table = rest.partition("#")
    schema = SCHEMA.get(scheme, "")
    table = table.removeprefix(f"{schema}.") if schema else table
    if not body.startswith("//"):
        return f"{scheme}:{body.rstrip('/')}{mark}{table}"
    place, slash, path = body[2:].partition("/")
    return f"{scheme}://{_place(scheme, place)}{slash}{path.rstrip('/')}{mark}{table}".rstrip("/")


def _file(rest: str) -> str:
    """A path with plain quoting; a table in a DuckDB file is a table of that database."""
    parts = urlsplit(f"file:{rest}")
    host = "" if parts.netloc == "localhost" else parts.netloc
    path = f"/{parts.path.lstrip('/')}" if not host else parts.path
    if parts.fragment and not host and path.endswith(DUCKDB):
        return f"duckdb:///{unquote(path)}#{parts.fragment.removeprefix('main.')}"
    mark = f"#{parts.fragment}" if parts.fragment else ""
    return f"file://{host}{quote(unquote(path)).rstrip('/')}{mark}"


def _place(scheme: str, place: str) -> str:
    """A host without its user and usual port; the part before the @ is a container in Azure's storage, no user."""
    user, at, host = place.rpartition("@")
    host = host.lower().removesuffix(f":{PORTS[scheme]}") if scheme in PORTS else host
    return f"{user}{at}{host}" if scheme in CONTAINERS else host


def name_of(uri: str) -> str:
    """What people call a dataset of which nothing but its URI is known."""
    if "#" in uri:
        return uri.rpartition("#")[2] or uri
    return unquote(uri.rstrip("/").rpartition("/")[2]) or uri
