"""Our refs as OpenLineage names them, a namespace and a name, and back.

Datasets follow the naming conventions of the specification. A cell is a job whose namespace is its notebook,
``<ours>/<notebook>``, and whose name is its cell id; other jobs of ours have the namespace ``<ours>``.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from perijove.core.secrets_in import without_secrets
from perijove.core.uris import PORTS, SCHEMA, canonical

OUT = {"postgresql": "postgres"}
OBJECTS = ("s3", "gs", "abfss", "wasbs", "kafka")
UNNAMED = "openlineage"
HOLDING = (".duckdb", ".ddb", ".db", ".sqlite", ".xlsx", ".xlsm", ".xls")


class Name(NamedTuple):
    """The two parts of a name in OpenLineage."""

    namespace: str
    name: str


def dataset_name(uri: str) -> Name:
    """How OpenLineage names a dataset of ours."""
    uri = canonical(uri)
    parts = urlsplit(uri)
    scheme, path = parts.scheme, parts.path
    if scheme == "file":
        table = f"#{parts.fragment}" if parts.fragment else ""
        return Name(f"file://{parts.netloc}" if parts.netloc else "file", (unquote(path) or "/") + table)
    if scheme == UNNAMED:
        return Name(unquote(parts.netloc), unquote(path.removeprefix("/")))
    if parts.fragment and scheme in ("sqlite", "duckdb"):
        return Name(uri.partition("#")[0], parts.fragment)
    if scheme == "bigquery" and parts.fragment:
        return Name("bigquery", ".".join([parts.netloc, path.strip("/"), parts.fragment]).replace("..", "."))
    if parts.fragment:
        return _table_name(scheme, parts.netloc, path.strip("/"), parts.fragment)
    if scheme in OBJECTS:
        return Name(f"{scheme}://{parts.netloc}", path.lstrip("/") or "/")
    return Name(f"{scheme}://{parts.netloc}", path or "/") if scheme else Name(UNNAMED, uri)


def _table_name(scheme: str, place: str, database: str, table: str) -> Name:
    if ":" not in place and scheme in PORTS:
        place = f"{place}:{PORTS[scheme]}"
    if "." not in table and scheme in ("postgresql", "mssql"):
        table = f"{SCHEMA[scheme]}.{table}"
    return Name(f"{OUT.get(scheme, scheme)}://{place}", f"{database}.{table}" if database else table)


def dataset_uri(name: Name) -> str:
    """The URI under which we know a dataset of OpenLineage; logins and keys in its name are left out."""
    name = Name(without_secrets(name.namespace), without_secrets(name.name))
    space = name.namespace.rstrip("/") if name.namespace != "file://" else "file"
    scheme, mark, place = space.partition("://")
    if space in ("file", "file:"):
        path = name.name.removeprefix("file:").lstrip("/")
        file, mark, table = path.rpartition("#")
        if mark and file.endswith(HOLDING):  # a table or sheet in a file
            return canonical(f"file:///{quote(file)}#{table}")
        return canonical(f"file:///{quote(path)}")
    if space == "bigquery":
        project, _, rest = name.name.partition(".")
        dataset, _, table = rest.partition(".")
        return f"bigquery://{project}/{dataset}#{table}"
    if not mark:
        return f"{UNNAMED}://{quote(space, safe='')}/{quote(name.name, safe='')}"
    if scheme == "file":
        return canonical(f"file://{place}/{quote(name.name.lstrip('/'))}")
    if scheme in ("sqlite", "duckdb"):
        return canonical(f"{space}#{name.name}")
    if scheme in ("postgres", "postgresql", "mysql", "mssql", "redshift", "snowflake", "trino", "oracle", "hive"):
        database, _, inside = name.name.partition(".")
        return canonical(f"{space}/{database}#{inside}" if inside else f"{space}#{database}")
    return canonical(f"{space}/{name.name.lstrip('/')}")


def job_name(ref: str, ours: str) -> Name:
    """How OpenLineage names a cell or job of ours, or one that came from elsewhere."""
    kind, _, id_ = ref.partition(":")
    if kind == "cell":
        notebook, _, cell = id_.rpartition("#")
        return Name(f"{ours}/{quote(notebook)}", cell)
    if "/" in id_:
        space, _, name = id_.rpartition("/")
        return Name(space, name)
    return Name(ours, id_)


def job_ref(name: Name, ours: str) -> str:
    """Our ref of a job in OpenLineage: a cell where it is one of ours."""
    name = Name(without_secrets(name.namespace), without_secrets(name.name))
    if name.namespace == ours:
        return f"job:{name.name}"
    if name.namespace.startswith(f"{ours}/"):
        return f"cell:{unquote(name.namespace.removeprefix(f'{ours}/'))}#{name.name}"
    return f"job:{name.namespace}/{name.name}"
