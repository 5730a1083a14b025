"""Types for the signatures of steps, from parameters, from how a name is made, and from what the kernel held."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_PLAIN = {"int", "float", "str", "bool", "bytes", "complex"}
_PUBLIC = {
    "pandas.core.frame.DataFrame": "pandas.DataFrame",
    "pandas.core.series.Series": "pandas.Series",
    "pandas.core.indexes.base.Index": "pandas.Index",
    "polars.dataframe.frame.DataFrame": "polars.DataFrame",
    "polars.lazyframe.frame.LazyFrame": "polars.LazyFrame",
    "polars.series.series.Series": "polars.Series",
    "dask.dataframe.dask_expr._collection.DataFrame": "dask.dataframe.DataFrame",
    "dask.dataframe.dask_expr._collection.Series": "dask.dataframe.Series",
    "xgboost.core.Booster": "xgboost.Booster",
    "xgboost.core.DMatrix": "xgboost.DMatrix",
    "xgboost.dask.DaskDMatrix": "xgboost.dask.DaskDMatrix",
    "distributed.client.Client": "distributed.Client",
    "matplotlib.figure.Figure": "matplotlib.figure.Figure",
    "numpy.ndarray": "numpy.ndarray",
    "pyarrow.lib.Table": "pyarrow.Table",
}
_FRAMES = {
    "pandas": ("read_csv", "read_parquet", "read_excel", "read_json", "read_feather", "read_sql", "DataFrame"),
    "dask.dataframe": ("read_csv", "read_parquet", "from_pandas"),
    "polars": ("read_csv", "read_parquet", "read_excel", "read_json", "DataFrame"),
}


@dataclass
class Types:
    """What is known of names: an annotation for each, and the modules that only the annotations need."""

    aliases: Mapping[str, str]
    known: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)

    def of(self, name: str) -> str:
        """The annotation of a name; ``Any`` where nothing is known."""
        return self.known.get(name, "Any")

    def learn(self, name: str, full: str) -> None:
        """Take in the full name of a value's type, such as ``pandas.core.frame.DataFrame``."""
        written = self._written(full.removeprefix("builtins."))
        if written:
            self.known[name] = written

    def _written(self, full: str) -> str:
        """A type as this program writes it; empty where it has no public name that is known for certain."""
        if full in _PLAIN or full.startswith("list["):
            return full
        if full in ("list", "set", "dict"):
            return f"{full}[Any, Any]" if full == "dict" else f"{full}[Any]"
        public = _public(full)
        module, _, name = public.rpartition(".")
        for alias, target in self.aliases.items():
            target = target.replace("dask.distributed", "distributed")
            if target == public:
                return alias
            if module and f"{module}.".startswith(f"{target}."):
                return f"{alias}.{public[len(target) + 1 :]}"
        if module:
            self.modules.add(module)
        return public


def _public(full: str) -> str:
    if full in _PUBLIC or full in _PUBLIC.values():
        return _PUBLIC.get(full, full)
    if not re.fullmatch(r"sklearn(\.\w+)+", full):
        return ""
    return ".".join(part for part in full.split(".") if not part.startswith("_"))


def aliases(imports: Iterable[ast.stmt]) -> dict[str, str]:
    """What each imported name stands for, in full."""
    found: dict[str, str] = {}
    for node in imports:
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.asname:
                    found[one.asname] = one.name
                elif "." not in one.name:
                    found[one.name] = one.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names if one.name != "*"})
    return found


def makers(nodes: Iterable[ast.stmt]) -> dict[str, str]:
    """The class or function that made a name, for names that are bound once to the result of a call."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            call = node.value
            if isinstance(call, ast.Call):
                found[node.targets[0].id] = ast.unparse(call.func)
    return found


def static_type(value: ast.expr, names: Mapping[str, str]) -> str:
    """The full name of an expression's type where its text tells, else an empty text."""
    if isinstance(value, ast.Constant):
        return type(value.value).__name__ if type(value.value).__name__ in _PLAIN else ""
    if isinstance(value, ast.JoinedStr):
        return "str"
    if isinstance(value, ast.List) and value.elts:
        inner = {type(one.value).__name__ if isinstance(one, ast.Constant) else "" for one in value.elts}
        return f"list[{inner.pop()}]" if len(inner) == 1 and inner <= _PLAIN else "list"
    if isinstance(value, ast.List | ast.ListComp):
        return "list"
    if isinstance(value, ast.Dict | ast.DictComp):
        return "dict"
    if isinstance(value, ast.Set | ast.SetComp):
        return "set"
    if not isinstance(value, ast.Call):
        return ""
    written = ast.unparse(value.func) if isinstance(value.func, ast.Name | ast.Attribute) else ""
    head, _, rest = written.partition(".")
    full = f"{names[head]}.{rest}".rstrip(".") if head in names else written
    if full in ("int", "float", "str", "bool", "len", "list", "dict", "set", "sorted", "round"):
        return {"len": "int", "sorted": "list", "round": ""}.get(full, full)
    module, _, name = full.rpartition(".")
    if name in _FRAMES.get(module, ()):
        return {"pandas": "pandas.DataFrame", "dask.dataframe": "dask.dataframe.DataFrame"}.get(
            module, "polars.DataFrame"
        )
    if full in ("dask.distributed.Client", "distributed.Client", "xgboost.DMatrix", "xgboost.dask.DaskDMatrix"):
        return full
    return full if module.startswith("sklearn.") and name[:1].isupper() else ""
