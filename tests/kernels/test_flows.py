"""Data that crosses in cells: exactly the flows that are proven, never one that did not happen."""

from __future__ import annotations

import pytest
from tests.kernels.flow_cases import OTHERS, PANDAS, STRICT
from tests.kernels.held_cases import CONTAINERS, MOVED, OVERWRITTEN

pytestmark = pytest.mark.timeout(280)
MAKE = """
import deltalake, duckdb, json, os, sqlite3
import dask.dataframe as dd, numpy as np, pandas as pd, polars as pl, pyarrow.parquet as pq, sqlalchemy as sa
from pathlib import Path
top = os.getcwd()
def begin(name):
    os.makedirs(os.path.join(top, name)); os.chdir(os.path.join(top, name))
    for letter, value in (("A", 1), ("B", 2)):
        made = pd.DataFrame({"k": [1, 2, 3, 4], "v": [value] * 4})
        made.to_csv(letter, index=False); made.to_parquet(letter + ".parquet")
    with sqlite3.connect("s.db") as con:
        for table in "ef": made.to_sql(table, con, index=False)
    return sa.create_engine("sqlite:///s.db")
"""


@pytest.fixture(scope="module")
def prepared(kernel):
    kernel.run(MAKE, "make")
    return kernel


ALL = {
    "pandas": PANDAS,
    "strict": STRICT,
    "others": OTHERS,
    "containers": CONTAINERS,
    "overwritten": OVERWRITTEN,
    "moved": MOVED,
}


@pytest.mark.parametrize("cases", ALL.values(), ids=ALL)
def test_only_what_flowed_is_said_to_flow(prepared, cases):
    folders = {name: f"{'-'.join(name.split())}".replace(",", "") for name in cases}
    for name, (cells, _) in cases.items():
        prepared.run(f"engine = begin({folders[name]!r})", f"{name}/begin")
        for index, code in enumerate(cells):
            try:
                prepared.run(code, f"{name}/{index}")
            except AssertionError as error:
                assert "1 / 0" in code, error
    found = {name: flows(prepared, name, folders[name]) for name in cases}
    assert found == {name: wanted for name, (_, wanted) in cases.items()}


def flows(kernel, case, folder):
    """The flows of a case, by names relative to its folder."""
    base = (kernel.state.parent / folder).as_uri() + "/"
    database = f"sqlite:///{kernel.state.parent / folder}/s.db#"
    found: dict[str, set[str]] = {}

    def short(uri):
        return uri.removeprefix(base) if uri.startswith(base) else uri.replace(database, "db#")

    for line in kernel.spooled("flow"):
        if line["cell"].rpartition("/")[0] == case:
            found.setdefault(short(line["target"]), set()).update(short(one["uri"]) for one in line["sources"])
    return found
