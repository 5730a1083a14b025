"""A piece of Python in the making: what it imports, what it does first, and the expression that is the data.

Vocabulary
  holds   what the expression gives: a pandas frame, an Arrow table, or what an engine itself has
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from perijove.catalog.model import Engine

Holds = Literal["pandas", "arrow", "own"]
STANDARD = ("collections", "hashlib", "json", "os", "pathlib", "glob")
IMPORTS: dict[str, str] = {
    "pandas": "import pandas as pd",
    "polars": "import polars as pl",
    "pyarrow": "import pyarrow as pa",
    "duckdb": "import duckdb",
    "dask": "import dask.dataframe as dd",
    "cudf": "import cudf",
}
FROM_PANDAS: dict[str, str] = {
    "polars": "pl.from_pandas({})",
    "pyarrow": "pa.Table.from_pandas({})",
    "duckdb": "duckdb.from_df({})",
    "dask": "dd.from_pandas({}, npartitions=1)",
    "cudf": "cudf.from_pandas({})",
}
FROM_ARROW: dict[str, str] = {
    "pandas": "{}.to_pandas()",
    "polars": "pl.from_arrow({})",
    "duckdb": "duckdb.from_arrow({})",
    "dask": "dd.from_pandas({}.to_pandas(), npartitions=1)",
    "cudf": "cudf.DataFrame.from_arrow({})",
}


@dataclass
class Snippet:
    """Imports, the lines before, and the expression."""

    value: str
    holds: Holds = "own"
    imports: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)

    def into(self, engine: Engine) -> Snippet:
        """The same as what an engine works with."""
        if self.holds == "own" or (self.holds, engine) in (("pandas", "pandas"), ("arrow", "pyarrow")):
            return self
        ways = FROM_PANDAS if self.holds == "pandas" else FROM_ARROW
        imports = self.imports | ({IMPORTS[engine]} if engine != "pandas" else set())
        return Snippet(ways[engine].format(self.value), "own", imports, self.before)

    def text(self, name: str) -> str:
        """The whole, with the data under a name; without an expression the lines before have named it already."""
        standard = sorted((line for line in self.imports if _module(line) in STANDARD), key=_order)
        others = sorted((line for line in self.imports if _module(line) not in STANDARD), key=_order)
        last = [f"{name} = {self.value}"] if self.value else []
        blocks: Sequence[Sequence[str]] = (standard, others, [*self.before, *last])
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _module(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def literal(text: str) -> str:
    """A Python string literal, in double quotes where that needs no escape."""
    written = repr(text)
    return f'"{written[1:-1]}"' if written.startswith("'") and '"' not in text else written
