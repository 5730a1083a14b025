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
from typing import Any

from perijove_kernel import stack
from perijove_kernel.calls import Given
from perijove_kernel.origins import NOTHING, UNKNOWN, Value, of, union
from perijove_kernel.scopes import MISSING, Scope, function_at

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
LEARNING = frozenset(["fit", "partial_fit", "load_state_dict", "set_params"])
"""What makes one thing of all that it was given; after the others one may be taken out again."""
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


def package_of(called: Any) -> str:
    """The top package of a function or class."""
    return str(getattr(called, "__module__", None) or "builtins").partition(".")[0].lstrip("_")


def is_trusted(called: Any) -> bool:
    """Whether a function's answer is made of all that it is given."""
    if called is MISSING or called is None or is_own(called):
        return False
    package = package_of(called)
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
    if name in ("column", "get_column", "field", "to_series") and receiver.parts:
        return _of_one_column(receiver, given, node)
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


def _of_one_column(receiver: Value, given: Given, node: ast.Call) -> Value:
    names = _constants(node)
    if given.loose or not names or not isinstance(names[0], str):
        return UNKNOWN
    return receiver.part(names[0]) or replace(receiver, parts=())


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
