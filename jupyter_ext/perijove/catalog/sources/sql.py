"""The tables and views of any database that SQLAlchemy reaches, in a few statements a schema.

A password is only ever a reference, ``${NAME}``, that is replaced from the environment when a connection is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from perijove.catalog import profile as profiles
from perijove.catalog.model import (
    Column,
    Entry,
    Level,
    Listing,
    Preview,
    PreviewColumn,
    Profile,
    Reading,
    Window,
)
from perijove.catalog.places import database_url, expanded, hide, is_sqlite_file, parse, table_uri
from perijove.catalog.plain import plain
from perijove.catalog.sources import sql_rows
from perijove.core.errors import Invalid, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, TableClause

COUNTING_SECONDS = 60
WAIT_SECONDS = 8
VIEW_HINT = "Mend it or drop it in its database."
SYSTEM_SCHEMAS = {"information_schema", "pg_catalog", "sys", "performance_schema", "mysql", "pg_toast"}


class SqlSource:
    """Tables and views of one database."""

    label: ClassVar[str] = "Database"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """``uri`` is a database URL as SQLAlchemy writes it, its password as ``${NAME}``."""

        uri: str

    def __init__(self, config: Config) -> None:
        self.url = parse(database_url(config.uri, Path("/")))

    def datasets(self) -> Iterator[Reading]:
        """Every table and view, in order of schema and name."""
        until = time.monotonic() + COUNTING_SECONDS
        with self.connected() as connection:
            for schema in self._schemas(connection):
                for table, facts in sorted(self._tables(connection, schema).items()):
                    counted = facts["is_table"] and time.monotonic() < until
                    rows = self._count(connection, sql_rows.place(schema, table, [])) if counted else None
                    yield self._reading(schema, table, facts, rows)

    def describe(self, uri: str) -> Reading:
        """One table, by its URI."""
        schema, table = self._split(uri)
        with self.connected() as connection:
            facts = self._tables(connection, schema, table).get(table)
            if facts is None:
                raise NotFound(f"There is no table {table} in {hide(str(self.url))}.", hint="Scan its source again.")
            broken = bool(facts["problem"])
            rows = None if broken else self._count(connection, sql_rows.place(schema, table, []))
            return self._reading(schema, table, facts, rows)

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows, as the database gives them."""
        return self.look(uri, Window(rows=rows), options)

    def look(self, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """The rows of a window, sorted and filtered by the database."""
        if window.version:
            raise Invalid("A database keeps no versions that can be read.", hint="Look at the present state.")
        schema, name = (options["schema"], options["table"]) if options.get("table") else self._split(uri)
        with self.connected() as connection:
            facts, source = self._one(connection, schema, name)
            dialect = connection.dialect.name
            result = connection.execute(sql_rows.window(source, window, facts["kinds"], dialect))
            found = [[plain(value) for value in row] for row in result]
            more = len(found) > window.rows
            total: int | None = window.offset + len(found)
            if more:
                where = sql_rows.conditions(source, window.where, facts["kinds"], dialect)
                total = self._count(connection, source, where) if facts["is_table"] else None
        shown = {column.name: column.type for column in facts["columns"]}
        heads = [PreviewColumn(name, shown[name]) for name in window.columns or shown]
        return Preview(heads, found[: window.rows], total, more)

    def profile(
        self, uri: str, level: Level, options: dict[str, str], version: str, step: Callable[[float], None]
    ) -> Profile:
        """Figures: of what the database draws by chance, or of all rows."""
        schema, name = (options["schema"], options["table"]) if options.get("table") else self._split(uri)
        if level == "footer":
            return profiles.of_footer(self.describe(uri))
        with self.connected() as connection:
            facts, source = self._one(connection, schema, name)
            rows = self._count(connection, source) if facts["is_table"] else None
            if level == "sample" and (drawn := sql_rows.sample(connection, source, rows, facts["index"], uri)):
                return drawn
            table = sql_rows.SqlRows(connection, source, rows)
            if level == "full":
                return profiles.of_all(table, step)
            return profiles.of_sample(table, uri)

    def children(self, uri: str, more: str, limit: int) -> Listing:
        """Schemas of the database, or tables and views of one (``URL#schema.``); of the only one at once."""
        place, _, schema = uri.partition("#")
        with self.connected() as connection:
            schemas = self._schemas(connection)
            if not schema and len(schemas) > 1:
                entries = [Entry(f"{place}#{one or '.'}.", one or "default", "schema", opens=True) for one in schemas]
            else:
                inside = schema.strip(".")
                found = sorted(self._tables(connection, inside))
                entries = [Entry(table_uri(self.url, inside, one), one, "dataset", "sql") for one in found]
        kept = [one for one in entries if not more or one.name > more]
        return Listing(kept[:limit], kept[limit - 1].name if len(kept) > limit else "")

    def _one(self, connection: Connection, schema: str, name: str) -> tuple[dict[str, Any], Any]:
        facts = self._tables(connection, schema, name).get(name)
        if facts is None:
            raise NotFound(f"There is no table {name} any more.", hint="Scan its source again.")
        if facts["problem"]:
            raise Invalid(facts["problem"], hint=VIEW_HINT)
        return facts, sql_rows.place(schema, name, [column.name for column in facts["columns"]])

    def _split(self, uri: str) -> tuple[str, str]:
        found = uri.rpartition("#")[2]
        schema, _, table = found.rpartition(".")
        if not table:
            raise Invalid(f"“{hide(uri)}” names no table.", hint="Write the database URL, then # and the table.")
        return schema, table

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection, ended and its errors turned into sentences."""
        from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

        engine: Engine | None = None
        try:
            engine = _engine(self.url)
            with engine.connect() as connection:
                yield connection
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise Invalid(
                f"There is no driver for {self.url.drivername}: {error}.",
                hint="Install the database's SQLAlchemy driver where Perijove runs.",
            ) from error
        except DBAPIError as error:
            raise Invalid(
                f"The database {hide(str(self.url))} cannot be read: {_first_line(error.orig)}.",
                hint="Check that it is there, and the user and password.",
            ) from error
        except SQLAlchemyError as error:
            raise Invalid(f"The database {hide(str(self.url))} cannot be read: {_first_line(error)}.") from error
        finally:
            if engine is not None:
                engine.dispose()

    def _schemas(self, connection: Connection) -> list[str]:
        from sqlalchemy import inspect

        inspector = inspect(connection)
        default = inspector.default_schema_name
        if connection.dialect.name == "sqlite":
            return [""]
        names = [name for name in inspector.get_schema_names() if name.lower() not in SYSTEM_SCHEMAS]
        others = sorted(name for name in names if name != default and not name.startswith("pg_"))
        return ["", *others]

    def _tables(self, connection: Connection, schema: str, only: str = "") -> dict[str, dict[str, Any]]:
        """What is known of each table and view; where the database fails on one of them, they are asked for singly."""
        from sqlalchemy.exc import DBAPIError, UnreflectableTableError

        try:
            return self._described(connection, schema, [only] if only else None)
        except (DBAPIError, UnreflectableTableError):
            connection.rollback()
            return self._each_by_itself(connection, schema, only)

    def _each_by_itself(self, connection: Connection, schema: str, only: str) -> dict[str, dict[str, Any]]:
        """The same where one is broken, as a view of a table that is gone: that one has its problem."""
        from sqlalchemy import inspect
        from sqlalchemy.exc import DBAPIError, UnreflectableTableError

        inspector = inspect(connection)
        names = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        found: dict[str, dict[str, Any]] = {}
        for name in [one for one in names if not only or one == only]:
            try:
                found |= self._described(connection, schema, [name])
            except (DBAPIError, UnreflectableTableError) as error:
                connection.rollback()
                said = f"{name} cannot be read: {_first_line(error.orig if isinstance(error, DBAPIError) else error)}."
                found[name] = {"columns": [], "kinds": {}, "is_table": False, "index": "", "problem": said}
        return found

    def _described(self, connection: Connection, schema: str, names: list[str] | None) -> dict[str, dict[str, Any]]:
        from sqlalchemy import inspect
        from sqlalchemy.engine.reflection import ObjectKind

        inspector = inspect(connection)
        where: dict[str, Any] = {"schema": schema or None, "filter_names": names}
        columns = inspector.get_multi_columns(kind=ObjectKind.ANY, **where)
        keys: dict[Any, Any] = dict(inspector.get_multi_pk_constraint(**where))
        found: dict[str, dict[str, Any]] = {}
        for place, described in columns.items():
            listed = [
                Column(column["name"], _type(column["type"]), bool(column.get("nullable", True)))
                for column in described
            ]
            key = keys.get(place, {}).get("constrained_columns") or []
            numeric = {column.name for column in listed if "INT" in column.type.upper()}
            found[place[1]] = {
                "columns": listed,
                "kinds": {column["name"]: column["type"] for column in described},
                "is_table": place in keys,
                "index": key[0] if len(key) == 1 and key[0] in numeric else "",
                "problem": "",
            }
        return found

    def _count(self, connection: Connection, source: TableClause, where: Sequence[Any] = ()) -> int | None:
        from sqlalchemy import func, select

        return connection.execute(select(func.count()).select_from(source).where(*where)).scalar()

    def _reading(self, schema: str, table: str, facts: dict[str, Any], rows: int | None) -> Reading:
        name = f"{schema}.{table}" if schema else table
        options = {"schema": schema, "table": table, "index": facts["index"]}
        problem = f"{facts['problem']} {VIEW_HINT}" if facts["problem"] else ""
        uri = table_uri(self.url, schema, table)
        return Reading(uri, name, "sql", facts["columns"], rows, options=options, problem=problem)


def _engine(url: Any) -> Engine:
    import sqlite3
    from urllib.parse import quote

    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    full = expanded(url)
    if is_sqlite_file(full):
        path = Path(str(full.database))
        if not path.is_file():
            raise NotFound(f"There is no database {path}.", hint="Check the path; SQLite would make an empty one.")
        target = f"file:{quote(str(path))}?mode=ro"
        return create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(target, uri=True, timeout=WAIT_SECONDS), poolclass=NullPool
        )
    arguments = {"connect_timeout": WAIT_SECONDS} if full.get_backend_name() in ("postgresql", "mysql") else {}
    return create_engine(full, poolclass=NullPool, connect_args=arguments)


def _type(kind: Any) -> str:
    try:
        return str(kind)
    except Exception:  # noqa: BLE001 - a type of a foreign dialect that cannot be written down still has a name
        return type(kind).__name__


def _first_line(error: Any) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
