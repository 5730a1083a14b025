"""DuckDB in a cell: it is seen by its own log only, so calls are placed by the files and tables their SQL names.

Tables in memory are known by their connection: two connections may each have one of the same name. A statement that
the code does not spell out may have made or changed any table of its connection, so nothing is known of them then.
"""

from __future__ import annotations

import ast
import itertools
import sys
import types
import weakref
from typing import TYPE_CHECKING, Any

from perijove_kernel import datasets, sql
from perijove_kernel.calls import Given
from perijove_kernel.origins import NOTHING, UNKNOWN, Origin, Value, of, union
from perijove_kernel.scopes import MISSING, Scope
from perijove_kernel.touches import Flow
from perijove_kernel.trust import name_of, package_of

if TYPE_CHECKING:
    from perijove_kernel.evaluate import Evaluator

_SQL = frozenset(["sql", "execute", "query", "from_query"])
_FILE = frozenset(["read_parquet", "read_csv", "read_json", "from_parquet", "from_csv_auto"])
_OUT = frozenset(["write_parquet", "write_csv", "to_parquet", "to_csv"])
_TABLE = "\0table:"
_OTHER = f"{_TABLE}other:"
"""How the tables begin of a connection that may have others, which were made before it was this one."""
UNSEEN = "\0unseen:"
"""What is set, with the tables of a connection too, where one ran statements that the code does not spell out."""
_numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_next = itertools.count(1)
_exchanges = [0]


def engine_call(
    evaluator: Evaluator, node: ast.Call, scope: Scope, called: Any, receiver: Value | None, given: Given
) -> Value | None:
    """What a call of DuckDB answers; None where it is none."""
    happened = evaluator.trace.happened
    name = node.func.attr if isinstance(node.func, ast.Attribute) else name_of(called)
    if "duckdb" not in sys.modules or name not in _SQL | _FILE | _OUT | {"table", "view", "from_df", "register"}:
        return None
    first = node.args[0] if node.args else None
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    if name in _OUT and receiver is not None and text is not None:
        for dataset in datasets.of_path(text):
            if dataset.uri in happened.engine_writes:
                found = receiver.all() if receiver.whole else frozenset()
                evaluator.trace.written(Flow(dataset.uri, found, "inferred"))
                return NOTHING
        return None
    owner = _owner(node, scope, called)
    if owner is None:
        return None
    tables = _tables(evaluator, owner)
    if text is None:
        _forget(tables, node, scope, owner)
        return UNKNOWN
    if name in _FILE:
        return _files([text], happened.engine_reads)
    if name == "register" and len(given.values) == 2:
        scope.root.env[tables + text.lower()] = given.values[1]
        return NOTHING
    if name in ("table", "view"):
        return scope.root.env.get(tables + text.lower(), UNKNOWN)
    return _queried(evaluator, text, scope, tables)


def _owner(node: ast.Call, scope: Scope, called: Any) -> Any:
    """The module or the object of DuckDB that a call belongs to; None where it is none of it."""
    if called is not MISSING and package_of(called) == "duckdb":
        return sys.modules["duckdb"]
    if isinstance(node.func, ast.Attribute) and (name := _name_of(node.func)):
        found = scope.root.space.get(name)
        if type(found).__module__.strip("_").startswith("duckdb") or getattr(found, "__name__", "") == "duckdb":
            return found
    return None


def _name_of(func: ast.Attribute) -> str:
    """The variable that a chain of calls begins with."""
    owner = func.value
    while isinstance(owner, ast.Call | ast.Attribute):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
    return owner.id if isinstance(owner, ast.Name) else ""


def _tables(evaluator: Evaluator, owner: Any) -> str:
    """How the tables of a connection are called here; where it was another one earlier in the cell, like none."""
    module, exchanged = sys.modules["duckdb"], evaluator.trace.happened.exchanged
    if isinstance(owner, types.ModuleType):
        if exchanged:
            return f"{_OTHER}{next(_next)}:"
        owner = module.default_connection()
        if owner not in _numbers:
            return f"{_OTHER if _exchanges[0] else _TABLE}default {_exchanges[0]}:"
    elif owner is module.default_connection() and not exchanged:
        return _tables(evaluator, module)
    try:
        number = _numbers.setdefault(owner, next(_next))
    except TypeError:  # something that nobody can hold weakly, and no connection
        number = next(_next)
    return f"{_TABLE}{number}:"


def exchange() -> None:
    """The connection that DuckDB keeps for the process is another one from now on, with other tables."""
    _exchanges[0] += 1


def _forget(tables: str, node: ast.Call, scope: Scope, owner: Any) -> None:
    """Any table of a connection may be another one now, and the connection holds what nobody can tell."""
    env = scope.root.env
    for name in [name for name in env if name.startswith(tables)]:
        del env[name]
    env[UNSEEN + tables] = UNKNOWN
    if isinstance(owner, types.ModuleType):
        env[UNSEEN] = UNKNOWN
    elif isinstance(node.func, ast.Attribute) and (name := _name_of(node.func)):
        scope.home_of(name).env[name] = UNKNOWN


def _files(names: list[str], reads: set[str]) -> Value:
    found = [dataset.uri for name in names for dataset in datasets.of_path(name)]
    return of(Origin(uri) for uri in found) if found and all(uri in reads for uri in found) else UNKNOWN


def _named(name: str, scope: Scope, tables: str, reads: set[str]) -> Value:
    """What a name in SQL holds: a table, and only where there can be none, a variable of the program."""
    table = scope.root.env.get(tables + name.lower())
    if table is not None:
        return table
    kept = [uri for uri in reads if "#" in uri and uri.rpartition("#")[2].rpartition(".")[2].lower() == name.lower()]
    if kept:
        return of(Origin(uri) for uri in kept)
    hidden = UNSEEN + tables in scope.root.env or tables.startswith(_OTHER)
    return scope.get(name) if name.isidentifier() and not hidden else UNKNOWN


def _queried(evaluator: Evaluator, text: str, scope: Scope, tables: str) -> Value:
    made, reads = NOTHING, evaluator.trace.happened.engine_reads
    for one in sql.statements(text):
        values = [_files(list(one.files_read), reads)] if one.files_read else []
        values += [_named(name, scope, tables, reads) for name in one.reads]
        made = union(values)
        for name in one.writes:
            before = scope.root.env.get(tables + name.lower(), NOTHING) if one.verb == "insert" else NOTHING
            scope.root.env[tables + name.lower()] = union([before, made])
        for name in one.files_written:
            for dataset in datasets.of_path(name):
                if dataset.uri in evaluator.trace.happened.engine_writes:
                    found = made.all() if made.whole else frozenset()
                    evaluator.trace.written(Flow(dataset.uri, found, "inferred"))
    return made
