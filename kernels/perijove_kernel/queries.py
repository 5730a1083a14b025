"""SQL that a cell runs through pandas, polars, dask, SQLAlchemy or sqlite3: which tables it reads and writes."""

from __future__ import annotations

import logging
import sys
from typing import Any

import wrapt

from perijove_kernel import databases, sql, stack
from perijove_kernel.datasets import Dataset
from perijove_kernel.recorder import Recorder
from perijove_kernel.spots import SELF, Call, Find, Spot, Text
from perijove_kernel.touches import Touch

log = logging.getLogger("perijove_kernel")
_NOT_OURS = ("/mlflow/", "/optuna/", "/alembic/", "/jupyter", "/IPython/", "/perijove/")


def _query(words: tuple[str, ...], connection: tuple[int, str]) -> Find:
    def find(call: Call) -> list[Dataset]:
        return databases.of_query(call.given(*connection), call.given(0, *words))

    return find


def _table(name: tuple[int, str], connection: tuple[int, str], keyword: bool = True) -> Find:
    def find(call: Call) -> list[Dataset]:
        schema = call.given(-1 if keyword else 2, "schema")
        named = str(call.given(*name))
        return databases.of_table(call.given(*connection), named, schema if isinstance(schema, str) else None)

    return find


def _text(connection: tuple[int, str]) -> Any:
    def text(call: Call) -> Text:
        query = str(call.given(0, "sql", "query"))
        return Text(query if len(query.split()) > 1 else "", databases.dialect_of(call.given(*connection)))

    return text


_CON, _NAMED_CON, _URI = (1, "con"), (1, "connection"), (1, "uri")
_ANY = ("sql", "query")
_TO_SQL = Spot("DataFrame.to_sql", "write", _table((0, "name"), _CON), SELF)
SPOTS: dict[str, list[Spot]] = {
    "pandas": [
        Spot("read_sql", "read", _query(_ANY, _CON), text=_text(_CON)),
        Spot("read_sql_query", "read", _query(_ANY, _CON), text=_text(_CON)),
        Spot("read_sql_table", "read", _table((0, "table_name"), _CON, keyword=False)),
        _TO_SQL,
        Spot("Series.to_sql", "write", _table((0, "name"), _CON), SELF),
    ],
    "polars": [
        Spot("read_database", "read", _query(_ANY, _NAMED_CON), text=_text(_NAMED_CON)),
        Spot("read_database_uri", "read", _query(_ANY, _URI), text=_text(_URI)),
        Spot("DataFrame.write_database", "write", _table((0, "table_name"), _NAMED_CON), SELF),
    ],
    "dask.dataframe": [
        Spot("read_sql_table", "read", _table((0, "table_name"), _CON)),
        Spot("read_sql_query", "read", _query(_ANY, _CON), text=_text(_CON)),
        Spot("DataFrame.to_sql", "write", _table((0, "name"), _URI), SELF),
    ],
}


def watch(recorder: Recorder) -> None:
    """Watch every engine of SQLAlchemy and every connection of sqlite3 from when they are imported."""
    wrapt.register_post_import_hook(lambda module: _watch_engines(recorder, module), "sqlalchemy.engine")
    wrapt.register_post_import_hook(lambda module: _watch_sqlite(recorder, module), "sqlite3")


def _watch_engines(recorder: Recorder, module: Any) -> None:
    from sqlalchemy import event

    def after(connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
        from perijove_kernel import hooks

        if not hooks.inside.get() and _is_ours("/sqlalchemy/"):
            ran(recorder, connection, statement, bool(given), "sqlalchemy.execute")

    event.listen(module.Engine, "after_cursor_execute", after)


def _is_ours(layer: str) -> bool:
    """Whether the nearest code outside a library's own layer is a person's, or a library that works for one."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if layer not in file and stack.kind_of(file) != "python":
            return not any(part in file for part in _NOT_OURS)
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


def ran(recorder: Recorder, connection: Any, text: str, given: bool, via: str) -> None:
    """Note what a statement that ran has read and written."""
    from perijove_kernel import hooks

    token = hooks.inside.set(True)
    try:
        if recorder.current is not None:
            for one in sql.statements(text):
                _note(recorder, connection, one, text, given, via)
    except Exception:  # noqa: BLE001 - a statement that worked must not fail because it could not be noted
        log.debug("A statement could not be noted.", exc_info=True)
    finally:
        hooks.inside.reset(token)


def _note(recorder: Recorder, connection: Any, one: sql.Statement, text: str, given: bool, via: str) -> None:
    found = {name: databases.of_table(connection, name) for name in (*one.reads, *one.writes)}
    read = tuple(dataset for name in one.reads for dataset in found[name])
    written = tuple(dataset for name in one.writes for dataset in found[name])
    dialect = databases.dialect_of(connection)
    if read:
        recorder.touched(Touch("read", read, via, sql=text, dialect=dialect, alone=True, more=bool(written)))
    if written:
        data = (1, "parameters") if given else ""
        touch = Touch("write", written, via, sql=text, dialect=dialect, data=data, sources=read, function="execute")
        touch.append = one.verb not in ("create", "replace", "truncate")
        recorder.touched(touch)


def _watch_sqlite(recorder: Recorder, module: Any) -> None:
    """Give connections that a person opens a class that notes what they run; SQLAlchemy's own have its event."""
    from perijove_kernel import hooks

    def noted(connection: Any, text: Any, given: bool) -> None:
        if isinstance(text, str) and not hooks.inside.get():
            ran(recorder, connection, text, given, "sqlite3.execute")

    class Cursor(module.Cursor):  # type: ignore[misc]
        """A cursor that notes what it runs."""

        def execute(self, text: str, given: Any = (), /) -> Any:
            """Run one statement."""
            result = super().execute(text, given)
            noted(self.connection, text, bool(given))
            return result

        def executemany(self, text: str, given: Any, /) -> Any:
            """Run one statement for many rows."""
            result = super().executemany(text, given)
            noted(self.connection, text, True)
            return result

        def executescript(self, text: str, /) -> Any:
            """Run several statements."""
            result = super().executescript(text)
            noted(self.connection, text, False)
            return result

    class Connection(module.Connection):  # type: ignore[misc]
        """A connection whose cursors note what they run."""

        def cursor(self, factory: Any = Cursor) -> Any:
            """A cursor, ours unless another is asked for."""
            return super().cursor(factory)

        def execute(self, text: str, given: Any = (), /) -> Any:
            """Run one statement on a new cursor."""
            return self.cursor().execute(text, given)

        def executemany(self, text: str, given: Any, /) -> Any:
            """Run one statement for many rows on a new cursor."""
            return self.cursor().executemany(text, given)

        def executescript(self, text: str, /) -> Any:
            """Run several statements on a new cursor."""
            return self.cursor().executescript(text)

    def connect(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        own = recorder.current is not None and len(args) < 6 and "factory" not in kwargs and not hooks.inside.get()
        if own and stack.kind_of(stack.caller()) == "own":
            kwargs = {**kwargs, "factory": Connection}
        return wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(module, "connect", connect)
