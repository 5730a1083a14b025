"""DuckDB in a cell: it is seen by its own log only, so calls are placed by the files and tables their SQL names."""

from __future__ import annotations

import ast
import sys
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
    if not _of_duckdb(evaluator, node, scope, called):
        return None
    if text is None:
        return UNKNOWN
    if name in _FILE:
        return _files([text], happened.engine_reads)
    if name == "register" and len(given.values) == 2:
        scope.root.env[_TABLE + text.lower()] = given.values[1]
        return NOTHING
    if name in ("table", "view"):
        return scope.root.env.get(_TABLE + text.lower(), UNKNOWN)
    return _queried(evaluator, text, scope)


def _of_duckdb(evaluator: Evaluator, node: ast.Call, scope: Scope, called: Any) -> bool:
    if called is not MISSING and package_of(called) == "duckdb":
        return True
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value
        while isinstance(owner, ast.Call | ast.Attribute):
            owner = owner.func if isinstance(owner, ast.Call) else owner.value
        if isinstance(owner, ast.Name):
            found = scope.root.space.get(owner.id)
            return type(found).__module__.strip("_").startswith("duckdb") or getattr(found, "__name__", "") == "duckdb"
    return False


def _files(names: list[str], reads: set[str]) -> Value:
    found = [dataset.uri for name in names for dataset in datasets.of_path(name)]
    return of(Origin(uri) for uri in found) if found and all(uri in reads for uri in found) else UNKNOWN


def _queried(evaluator: Evaluator, text: str, scope: Scope) -> Value:
    made = NOTHING
    for one in sql.statements(text):
        values = [_files(list(one.files_read), evaluator.trace.happened.engine_reads)] if one.files_read else []
        for name in one.reads:
            table = scope.root.env.get(_TABLE + name.lower())
            values.append(table if table is not None else scope.get(name) if name.isidentifier() else UNKNOWN)
        made = union(values)
        for name in one.writes:
            before = scope.root.env.get(_TABLE + name.lower(), NOTHING) if one.verb == "insert" else NOTHING
            scope.root.env[_TABLE + name.lower()] = union([before, made])
        for name in one.files_written:
            for dataset in datasets.of_path(name):
                if dataset.uri in evaluator.trace.happened.engine_writes:
                    found = made.all() if made.whole else frozenset()
                    evaluator.trace.written(Flow(dataset.uri, found, "inferred"))
    return made
