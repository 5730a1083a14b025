"""Values leave a real kernel as plain files."""

from __future__ import annotations

import json

import numpy
import pandas
import pytest

pytestmark = pytest.mark.timeout(120)

VALUES = """
import numpy as np, pandas as pd, dask.dataframe as dd
from sklearn.dummy import DummyClassifier
frame = pd.DataFrame({"a": [1, 2], 3: ["x", "y"]})
series = pd.Series([1.5, 2.5], name="s")
array = np.arange(6).reshape(2, 3)
number = np.float64(0.75); whole = 3; text = "hi"; flag = True; nested = {"k": [1, np.int64(2)]}; odd = float("nan")
model = DummyClassifier().fit([[0], [1]], [0, 1])
small = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=2)
large = dd.from_pandas(pd.DataFrame({"a": range(250_000)}), npartitions=4)
handle = open("road.log", "w"); objects = np.array([object()])
"""
NAMES = ["frame", "series", "array", "number", "whole", "text", "flag", "nested", "odd", "model", "small", "large"]
NAMES += ["handle", "objects", "missing"]


def test_each_kind_of_value_is_captured(kernel, tmp_path):
    kernel.run(VALUES)
    kernel.run(
        f"from perijove_kernel.capture import capture\ncaptured = capture({NAMES!r}, {str(tmp_path)!r}, sample=100)"
    )
    found = json.loads((tmp_path / "values.json").read_text())
    values = {one["name"]: one for one in found["values"]}
    kinds = ["frame", "series", "array", "number", "number", "text", "json", "json", "number", "model"]
    kinds += ["frame", "frame", "none", "none", "none"]
    assert [values[name]["kind"] for name in NAMES] == kinds

    def load(name):
        return json.loads((tmp_path / values[name]["file"]).read_text())

    assert pandas.read_parquet(tmp_path / "frame.parquet").to_dict("list") == {"a": [1, 2], "3": ["x", "y"]}
    assert pandas.read_parquet(tmp_path / "series.parquet")["s"].tolist() == [1.5, 2.5]
    assert numpy.load(tmp_path / "array.npz")["value"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert [load(name) for name in ("number", "whole", "text", "flag", "nested")] == [
        0.75,
        3,
        "hi",
        True,
        {"k": [1, 2]},
    ]
    assert load("odd") == {"float": "nan"}
    assert len(pandas.read_parquet(tmp_path / "small.parquet")) == 10
    assert len(pandas.read_parquet(tmp_path / "large.parquet")) == 100
    assert values["large"]["detail"] == "the first 100 of 250,000 rows of a dask collection"
    assert values["missing"]["detail"] == "There is no variable of this name in the kernel."
    assert found["packages"]["pandas"] == pandas.__version__ and found["python"].startswith("3.")
