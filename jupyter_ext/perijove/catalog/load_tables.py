"""Python that loads tables: of databases through SQLAlchemy, of DuckDB files, Delta and Iceberg tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perijove.catalog.model import Engine
from perijove.catalog.places import VARIABLE, bare
from perijove.catalog.snippet import IMPORTS, Snippet, literal
from perijove.core.errors import Invalid

PANDAS, POLARS, ARROW, DUCKDB, DASK = (IMPORTS[name] for name in ("pandas", "polars", "pyarrow", "duckdb", "dask"))
TABLE = "from sqlalchemy import MetaData, Table, create_engine, select"


@dataclass(frozen=True)
class DatabaseTable:
    """A table of a database: ``url`` as it is shown, ``secret`` the variable of its password, ``name`` the frame's."""

    url: Any
    secret: str
    table: str
    schema: str
    index: str
    name: str

    @property
    def place(self) -> str:
        """Where it is, as an argument."""
        return f"{literal(self.table)}, schema={literal(self.schema)}" if self.schema else literal(self.table)


def database_code(wanted: DatabaseTable, engine: Engine) -> Snippet:
    """The snippet for an engine."""
    if engine in ("pandas", "cudf", "duckdb"):
        return _through_pandas(wanted).into(engine)
    if engine == "dask":
        return _dask(wanted) if wanted.index else _through_pandas(wanted).into(engine)
    found = _connected(wanted, TABLE)
    schema = f", schema={literal(wanted.schema)}" if wanted.schema else ""
    found.before.append(f"table = Table({literal(wanted.table)}, MetaData(){schema}, autoload_with=engine)")
    if engine == "polars":
        found.imports.add(POLARS)
        found.value = "pl.read_database(select(table), engine)"
        return found
    found.before.append("with engine.connect() as connection:")
    rows = "rows" if engine == "pyarrow" else wanted.name
    found.before.append(f"    {rows} = connection.execute(select(table)).mappings().all()")
    if engine == "pyarrow":
        found.imports.add(ARROW)
        found.value = "pa.Table.from_pylist([dict(row) for row in rows])"
    return found


def _connected(wanted: DatabaseTable, imports: str) -> Snippet:
    found = Snippet("", "own", {imports})
    written = literal(bare(wanted.url).render_as_string(hide_password=False))
    if wanted.secret:
        found.imports = {"import os", f"{imports}, make_url" if "select" not in imports else f"{TABLE}, make_url"}
        found.imports = {_sorted_names(line) for line in found.imports}
        written = f'make_url({written}).set(password=os.environ["{wanted.secret}"])'
    found.before.append(f"engine = create_engine({written})")
    return found


def _sorted_names(line: str) -> str:
    head, word, names = line.partition(" import ")
    if not word:
        return line
    listed = sorted(names.split(", "), key=lambda name: (name[:1].islower(), name))
    return f"{head} import {', '.join(listed)}"


def _through_pandas(wanted: DatabaseTable) -> Snippet:
    found = _connected(wanted, "from sqlalchemy import create_engine")
    schema = f", schema={literal(wanted.schema)}" if wanted.schema else ""
    found.imports.add(PANDAS)
    found.value, found.holds = f"pd.read_sql_table({literal(wanted.table)}, engine{schema})", "pandas"
    return found


def _dask(wanted: DatabaseTable) -> Snippet:
    found = Snippet("", "own", {DASK})
    written = literal(bare(wanted.url).render_as_string(hide_password=False))
    if wanted.secret:
        found.imports |= {"import os", "from sqlalchemy import make_url"}
        put = f'set(password=os.environ["{wanted.secret}"])'
        written = f"make_url({written}).{put}.render_as_string(hide_password=False)"
    schema = f", schema={literal(wanted.schema)}" if wanted.schema else ""
    found.before.append(f"url = {written}")
    found.value = f"dd.read_sql_table({literal(wanted.table)}, url, index_col={literal(wanted.index)}{schema})"
    return found


def duckdb_code(path: str, table: str, schema: str, engine: Engine) -> Snippet:
    """A table of a DuckDB file, opened for reading only."""
    quoted = ".".join(f'"{part.replace(chr(34), chr(34) * 2)}"' for part in (schema, table) if part)
    found = Snippet(f"connection.sql({literal(f'SELECT * FROM {quoted}')})", "own", {DUCKDB})
    found.before.append(f"connection = duckdb.connect({literal(path)}, read_only=True)")
    if engine == "duckdb":
        return found
    found.value, found.holds = f"{found.value}.to_arrow_table()", "arrow"
    if engine in ("pandas", "dask", "cudf"):
        found.value, found.holds = found.value.replace(".to_arrow_table()", ".df()"), "pandas"
    return found.into(engine)


def delta_code(path: str, version: str, engine: Engine) -> Snippet:
    """A Delta table, whatever features it uses, as of a version if one is named."""
    if version and not version.isdigit():
        raise Invalid(f"“{version}” is not a version of a Delta table.", hint="See its versions.")
    pinned = f", version={version}" if version else ""
    found = Snippet('pa.table(reader.execute("SELECT * FROM data"))', "arrow", {ARROW})
    found.imports.add("from deltalake import DeltaTable, QueryBuilder")
    found.before.append(f'reader = QueryBuilder().register("data", DeltaTable({literal(path)}{pinned}))')
    return found.into(engine)


def iceberg_code(source: dict[str, str], table: str, version: str, engine: Engine) -> Snippet:
    """An Iceberg table by its catalog's properties or by its metadata file, as of a snapshot if one is named."""
    if version and not version.isdigit():
        raise Invalid(f"“{version}” is not a snapshot of an Iceberg table.", hint="See its versions.")
    pinned = f"snapshot_id={version}" if version else ""
    found = Snippet(f"table.scan({pinned}).to_arrow()", "arrow", set())
    if "metadata" in source:
        found.imports.add("from pyiceberg.table import StaticTable")
        found.before.append(f"table = StaticTable.from_metadata({literal(source['metadata'])})")
    else:
        found.imports.add("from pyiceberg.catalog import load_catalog")
        properties = [f"{literal(name)}: {_referred(value, found)}" for name, value in source.items() if name != "name"]
        called = literal(source.get("name", "catalog"))
        found.before.append(f"catalog = load_catalog({called}, **{{{', '.join(properties)}}})")
        found.before.append(f"table = catalog.load_table({literal(table)})")
    return found.into(engine)


def _referred(value: str, found: Snippet) -> str:
    """A property as code; ``${NAME}`` is read from the environment where the code runs."""
    whole = VARIABLE.fullmatch(value)
    if whole:
        found.imports.add("import os")
        return f'os.environ["{whole.group(1)}"]'
    if VARIABLE.search(value):
        found.imports.add("import os")
        return f"os.path.expandvars({literal(value)})"
    return literal(value)
