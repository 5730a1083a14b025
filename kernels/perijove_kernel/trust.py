"""Which calls make their answer of exactly what they are given, and what is left of a frame when a part is taken.

Only libraries of data and Python's own are trusted to use all that they are given. A person's functions are read
instead; anything else proves nothing.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perijove_kernel import datasets, sql, stack
from perijove_kernel.calls import Given
from perijove_kernel.origins import NOTHING, UNKNOWN, Origin, Value, of, union
from perijove_kernel.scopes import MISSING, Scope, function_at
from perijove_kernel.touches import Flow

if TYPE_CHECKING:
    from perijove_kernel.evaluate import Evaluator

MODULE = types.ModuleType
CHANGING = frozenset(
    [
        "add",
        "append",
        "extend",
        "fit",
        "insert",
        "partial_fit",
        "update",
        "load_state_dict",
        "set_params",
        "setdefault",
        "fillna_inplace",
        "put",
        "itemset",
    ]
)
WRITES_AT_ONCE = frozenset(["write_text", "write_bytes", "copy", "copy2", "copyfile", "move"])
_TRUSTED = frozenset(
    [
        "builtins",
        "pandas",
        "numpy",
        "polars",
        "pyarrow",
        "dask",
        "distributed",
        "duckdb",
        "scipy",
        "sklearn",
        "xarray",
        "narwhals",
        "joblib",
        "pyiceberg",
        "deltalake",
        "fsspec",
        "s3fs",
        "gcsfs",
        "adlfs",
        "geopandas",
        "openpyxl",
        "sqlalchemy",
        "statsmodels",
        "xgboost",
        "lightgbm",
        "torch",
        "h5py",
        "zarr",
        "tqdm",
        "ibis",
        "cudf",
        "cupy",
        "modin",
    ]
)
_BY_ROW = frozenset(["loc", "iloc", "at", "iat"])
_PIECES = frozenset(
    [
        "pop",
        "popleft",
        "popitem",
        "get",
        "__getitem__",
        "head",
        "tail",
        "slice",
        "limit",
        "take",
        "xs",
        "get_group",
        "sample",
        "first",
        "last",
        "nlargest",
        "nsmallest",
    ]
)
_CHOOSING = frozenset(
    [
        "query",
        "filter",
        "groupby",
        "group_by",
        "drop",
        "partition_by",
        "select",
        "where",
        "mask",
        "loc",
        "set_index",
        "unstack",
        "pivot",
    ]
)
_MIXING = frozenset(["merge", "join", "join_asof", "merge_asof", "merge_ordered", "join_where", "cross_join"])
_METADATA = frozenset(
    [
        "shape",
        "columns",
        "dtypes",
        "dtype",
        "size",
        "empty",
        "ndim",
        "schema",
        "num_rows",
        "num_columns",
        "names",
        "name",
        "width",
        "height",
    ]
)
_WHOLE = frozenset(
    [
        "loc",
        "iloc",
        "at",
        "iat",
        "values",
        "T",
        "str",
        "dt",
        "cat",
        "data",
        "flat",
        "real",
        "imag",
        "attrs",
        "plot",
        "style",
        "sparse",
    ]
)


def name_of(called: Any) -> str:
    """The name of a function or class."""
    return str(getattr(called, "__name__", ""))


_SAFE_MAGICS = frozenset(
    [
        "matplotlib",
        "pip",
        "conda",
        "config",
        "timeit",
        "load_ext",
        "reload_ext",
        "autoreload",
        "env",
        "cd",
        "pwd",
        "who",
        "whos",
        "ls",
        "cat",
        "pinfo",
        "pinfo2",
    ]
)


def may_set_anything(node: ast.Call, called: Any) -> bool:
    """Whether a call runs code that is not written here: exec, magics, names set by text."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("run_line_magic", "run_cell_magic", "magic"):
        first = node.args[0] if node.args else None
        return not (isinstance(first, ast.Constant) and first.value in _SAFE_MAGICS)
    return name in ("exec", "globals", "locals", "vars", "setattr", "delattr", "run_cell", "run_code", "reload", "push")


def _package(called: Any) -> str:
    return str(getattr(called, "__module__", None) or "builtins").partition(".")[0].lstrip("_")


def is_trusted(called: Any) -> bool:
    """Whether a function's answer is made of all that it is given."""
    if called is MISSING or called is None or is_own(called):
        return False
    package = _package(called)
    return package in _TRUSTED or package in sys.stdlib_module_names or f"_{package}" in sys.stdlib_module_names


def is_own(called: Any) -> bool:
    """Whether this is a function or class that a person wrote."""
    if isinstance(called, types.FunctionType):
        return stack.kind_of(called.__code__.co_filename) == "own"
    if isinstance(called, type):
        module = sys.modules.get(called.__module__)
        return called.__module__ == "__main__" or stack.kind_of(getattr(module, "__file__", None) or "<none>") == "own"
    return False


def own_function(called: Any) -> Value | None:
    """A person's function as a value with its syntax; None where the source is not at hand."""
    if not isinstance(called, types.FunctionType) or called.__closure__:
        return None
    code = called.__code__
    node = function_at(code.co_filename, code.co_firstlineno, code.co_name)
    if node is None or getattr(node, "decorator_list", None):
        return None
    return Value(function=node, scope=Scope({}, called.__globals__), form="function")


def attribute(value: Value, name: str) -> Value:
    """``value.name`` without a call."""
    if not value.known:
        return UNKNOWN
    if name in _METADATA and not value.sink:
        return NOTHING
    if value.form == "map":
        return value.any_part()
    if value.parts and name not in _WHOLE:
        return value.part(name) or replace(value, parts=())
    return value


def taken(value: Value, key: ast.expr, chosen: Value, place: str = "") -> Value:
    """``value[key]`` where ``chosen`` is what the key was made of and ``place`` an attribute like ``loc`` before it."""
    constant = key.value if isinstance(key, ast.Constant) else None
    if isinstance(key, ast.UnaryOp) and value.form == "map":
        return value.any_part()
    if value.form == "map":
        if isinstance(key, ast.Slice):
            return value.any_part()
        found = value.part(constant) if constant is not None else None
        uncertain = any(isinstance(name, tuple) for name, _ in value.parts)
        return found if found is not None and not uncertain else value.any_part()
    named = isinstance(constant, str) or isinstance(key, ast.List)
    if value.form == "labelled" or (value.mixed and not chosen.all() and (not named or place in _BY_ROW)):
        return UNKNOWN  # one of several things, or rows of a frame made of several: the key does not tell
    if isinstance(constant, str):
        return value.part(constant) or replace(value, parts=())
    if isinstance(key, ast.List) and all(isinstance(one, ast.Constant) for one in key.elts):
        return _with_only(value, [one.value for one in key.elts if isinstance(one, ast.Constant)])
    if isinstance(key, ast.Tuple) and value.parts:
        return UNKNOWN  # .loc[rows, columns]: which of the added columns stay is not read
    if chosen.all() <= value.all():
        return value
    return replace(value, origins=value.origins | chosen.all())


def _with_only(value: Value, names: list[Any]) -> Value:
    return replace(value, parts=tuple(part for part in value.parts if part[0] in names))


def changed(before: Value, target: ast.Subscript | ast.Attribute, value: Value) -> Value:
    """A variable after ``x[key] = value`` or ``x.name = value``."""
    if not before.known or not value.whole or value.sink:
        return UNKNOWN
    direct = isinstance(target.value, ast.Name)
    if direct and isinstance(target, ast.Attribute):
        return before.with_part(target.attr, value)
    key = target.slice if isinstance(target, ast.Subscript) else None
    if direct and isinstance(key, ast.Constant) and isinstance(key.value, str | int):
        return before.with_part(key.value, value)
    if direct and isinstance(key, ast.Slice) and key.lower is None and key.upper is None and before.form != "map":
        return value
    named = key.elts[-1] if isinstance(key, ast.Tuple) and key.elts else None
    if isinstance(named, ast.Constant) and isinstance(named.value, str) and before.form != "map":
        return before.with_part(named.value, union([before.part(named.value) or NOTHING, value]))
    if before.form == "map":
        return before.with_part(("?", len(before.parts)), value) if direct else UNKNOWN
    return replace(before, origins=before.origins | value.all())


def without(before: Value, target: ast.expr) -> Value:
    """A variable after ``del x[key]`` or ``del x.name``."""
    key = target.slice if isinstance(target, ast.Subscript) else None
    name = key.value if isinstance(key, ast.Constant) else getattr(target, "attr", None)
    if isinstance(name, str) and (before.part(name) is not None or before.form != "map"):
        return before.without_part(name)
    return UNKNOWN


def method(receiver: Value, name: str, given: Given, node: ast.Call, run: Callable[[Value], Value]) -> Value:
    """A method of a frame, array, file or the like: it answers something made of itself and of what it was given."""
    if name in ("assign", "with_columns") and not given.values and not given.loose:
        made = receiver
        for word, value in given.named.items():
            value = run(value) if value.function is not None else value
            if not value.whole:
                return UNKNOWN
            made = made.with_part(word, value)
        return made
    if name == "pipe" and given.values:
        return UNKNOWN if given.values[0].function is None else run_pipe(receiver, given, run)
    if receiver.mixed and (name in _PIECES or (receiver.form == "labelled" and name in _CHOOSING)):
        return UNKNOWN
    outcomes = [run(one) for one in given.functions()]
    values = [*given.all(), *outcomes]
    if not all(one.whole for one in values):
        return UNKNOWN
    names = _constants(node)
    if receiver.parts and name in ("drop", "select", "filter", "reindex", "pop", "get", "rename"):
        if name == "drop" and names is not None:
            return replace(receiver, parts=tuple(part for part in receiver.parts if part[0] not in names))
        if name in ("select", "filter", "get") and names is not None:
            return _with_only(receiver, names)
        return UNKNOWN
    found = union([receiver, *values])
    if name in _MIXING and found.form == "many" and not any(one.mixed for one in (receiver, *values)):
        return of(found.all())  # every row of a join comes of both sides
    if not receiver.parts:
        return found
    parts = receiver.parts if found.all() == receiver.all() else ()
    return replace(found, parts=parts, origins=receiver.origins if parts else found.origins)


def run_pipe(receiver: Value, given: Given, run: Callable[[Value], Value]) -> Value:
    """``df.pipe(f)``: what the function answers."""
    return run(given.values[0]) if len(given.values) == 1 and not given.named else UNKNOWN


def _constants(node: ast.Call) -> list[Any] | None:
    """The names in ``drop(columns=["a"])`` or ``select("a", "b")``; None where they are not all written out."""
    found: list[Any] = []
    for one in (*node.args, *(word.value for word in node.keywords if word.arg in ("columns", "items", "labels"))):
        parts = one.elts if isinstance(one, ast.List | ast.Tuple) else [one]
        if not all(isinstance(part, ast.Constant) for part in parts):
            return None
        found += [part.value for part in parts if isinstance(part, ast.Constant)]
    return found


_SQL = frozenset(["sql", "execute", "query", "from_query"])
_FILE = frozenset(["read_parquet", "read_csv", "read_json", "from_parquet", "from_csv_auto"])
_OUT = frozenset(["write_parquet", "write_csv", "to_parquet", "to_csv"])
_TABLE = "\0table:"


def engine_call(
    evaluator: Evaluator, node: ast.Call, scope: Scope, called: Any, receiver: Value | None, given: Given
) -> Value | None:
    """DuckDB is seen by its own log only, so its calls are placed by the files and tables that their SQL names."""
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
                evaluator.trace.flows.append(Flow(dataset.uri, found, "inferred"))
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
    if called is not MISSING and _package(called) == "duckdb":
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
                    evaluator.trace.flows.append(Flow(dataset.uri, found, "inferred"))
    return made
