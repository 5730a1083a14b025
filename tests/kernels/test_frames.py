"""Dataframes of several libraries, listed, looked at and described in plain JSON that the server's models take."""

from __future__ import annotations

import json
import sys

import msgspec
import pytest

from perijove.catalog.model import Preview, Profile
from perijove_kernel import frames


@pytest.fixture
def variables(monkeypatch):
    import dask.dataframe as dd
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    plain = {"n": [3, 1, 2, None], "t": ["b", "a", "B", None], "x": [0.5, float("nan"), 2.5, 1.0]}
    made = pd.DataFrame(plain)
    made["when"] = pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-03", None])
    found = {
        "pandas_frame": made,
        "polars_frame": pl.DataFrame(plain),
        "lazy": pl.LazyFrame(plain),
        "table": pa.table(plain),
        "collection": dd.from_pandas(pd.DataFrame({"n": range(10)}), npartitions=2),
        "number": 3,
        "_hidden": made,
    }
    main = sys.modules["__main__"]
    for name, value in found.items():
        monkeypatch.setattr(main, name, value, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", type("None", (), {"get_ipython": staticmethod(lambda: None)}))
    return found


def test_every_frame_is_listed_with_its_size(variables):
    found = {one["name"]: one for one in frames.listing() if one["name"] in variables}
    assert {name: (one["kind"], one["rows"], one["columns"]) for name, one in found.items()} == {
        "pandas_frame": ("pandas", 4, 4),
        "polars_frame": ("polars", 4, 3),
        "lazy": ("polars", None, 3),
        "table": ("pyarrow", 4, 3),
        "collection": ("dask", None, 1),
    }
    assert found["table"]["bytes"] > 0


@pytest.mark.parametrize("name", ["pandas_frame", "polars_frame", "lazy", "table"])
def test_rows_are_filtered_sorted_and_paged(variables, name):
    where = [{"column": "t", "op": "contains", "value": "B"}]
    window = {"where": where, "sort": [{"column": "n", "descending": True}], "rows": 1, "columns": ["n", "t"]}
    found = frames.head(name, window)
    preview = msgspec.json.decode(json.dumps(found), type=Preview)
    assert (preview.rows, preview.total_rows, preview.truncated) == ([[3, "b"]], 2, True)


@pytest.mark.parametrize("name", ["pandas_frame", "polars_frame", "lazy", "table", "collection"])
def test_figures_are_those_of_the_data(variables, name):
    profile = msgspec.json.decode(json.dumps(frames.describe(name)), type=Profile)
    column = profile.columns[0]
    assert column.problem == "" and (profile.level, profile.basis.method) == ("full", "all rows")
    if name == "collection":
        assert (column.min, column.max, column.nulls, column.mean) == (0, 9, 0, 4.5)
    else:
        assert (column.min, column.max, column.nulls, column.distinct, column.mean) == (1, 3, 1, 3, 2.0)
        assert column.quantiles["0.5"] == 2.0 and sum(one.count for one in column.bins) == 3
        assert profile.columns[2].nulls == 1 and {one.problem for one in profile.columns} == {""}


def test_a_missing_frame_is_a_sentence(variables):
    with pytest.raises(NameError, match="There is no dataframe nope"):
        frames.describe("nope")
