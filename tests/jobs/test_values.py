"""Values leave a kernel and a job as plain files and are compared by kind; each kind is told from one that differs."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perijove.jobs.templates import capture, compare, values

RANDOM = np.random.default_rng(0)


def figure(height=3.0, title="Heights"):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    made = Figure()
    axes = made.add_subplot()
    axes.plot([1, 2], [height, 4], label="line")
    axes.bar(["a", "b"], [1, 2])
    axes.scatter([1], [2])
    axes.set_title(title)
    return made


def regression(strength=1.0, rows=60):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(rows, 2)), columns=["a", "b"])
    return make_pipeline(StandardScaler(), Ridge(alpha=strength)).fit(frame, frame.a * 2 + frame.b)


def forest(seed=0):
    from sklearn.ensemble import RandomForestClassifier

    rows = np.random.default_rng(1).normal(size=(60, 3))
    return RandomForestClassifier(5, random_state=seed).fit(rows, rows[:, 0] > 0)


@dataclasses.dataclass
class Point:
    x: float
    when: datetime.date


FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [0.1, 0.2, np.nan]})
PAIRS = {
    "frame": (FRAME, FRAME.assign(a=[1, 2, 4])),
    "dtype": (FRAME, FRAME.astype({"a": "float64"})),
    "index": (FRAME, FRAME.set_axis([5, 6, 7])),
    "order": (FRAME, FRAME[::-1].reset_index(drop=True)),
    "duplicates": (pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame([[1, 3]], columns=["a", "a"])),
    "mixed": (pd.DataFrame({"a": [1, "x"]}), pd.DataFrame({"a": [1, "y"]})),
    "series": (FRAME.a, FRAME.c),
    "array": (np.arange(6), np.arange(6) + 1),
    "strings": (np.array(["a", "bc"]), np.array(["a", "bd"])),
    "dates": (np.array(["2026-01-01"], "datetime64[D]"), np.array(["2026-01-02"], "datetime64[D]")),
    "number": (0.75, 0.7500011),
    "integer": (3, 3.0),
    "nan": (float("nan"), 1.0),
    "text": ("hi", "ho"),
    "nothing": (None, 0),
    "nested": ({"k": [1, np.int64(2)], "s": {"b", "a"}}, {"k": [1, 3], "s": {"b", "a"}}),
    "class": (Point(1.0, datetime.date(2026, 1, 1)), Point(1.0, datetime.date(2026, 1, 2))),
    "frames": ({"one": FRAME, "two": [FRAME]}, {"one": FRAME, "two": [FRAME.assign(a=0)]}),
    "figure": (figure(), figure(3.1)),
    "axes": (figure().axes[0], figure(title="Others").axes[0]),
    "model": (regression(), regression(2.0)),
    "data": (regression(), regression(rows=50)),
    "forest": (forest(), forest(1)),
    "models": ({"a": forest()}, {"a": forest(1)}),
}


def written(folder: Path, value, samples=None) -> Path:
    writer = values.Writer(folder, {}, samples or (lambda _: iter(())))
    listed = json.dumps({"values": [writer.write("it", value)]})
    (folder / "values.json").write_text(listed)
    return folder


@pytest.mark.parametrize("name", PAIRS)
def test_a_value_is_identical_to_itself_and_different_from_another(tmp_path, name):
    one, other = PAIRS[name]
    folders = [written(tmp_path / str(at), value) for at, value in enumerate((one, one, other))]
    assert compare.compare(folders[0], folders[1])[0]["result"] == "identical"
    found = compare.compare(folders[0], folders[2])[0]
    assert found["result"] == "different" and found["detail"]


def test_noise_within_tolerance_is_told_and_can_be_widened(tmp_path):
    one = written(tmp_path / "golden", 1.0)
    near, far = written(tmp_path / "near", 1.0 + 1e-9), written(tmp_path / "far", 1.001)
    assert compare.compare(one, near)[0]["result"] == "within_tolerance"
    assert compare.compare(one, far)[0]["result"] == "different"
    (tmp_path / "compare.toml").write_text("[tolerance]\nit = 1e-2\n")
    assert compare.compare(one, far)[0]["result"] == "within_tolerance"


def test_rows_in_any_order_only_where_that_is_said(tmp_path):
    one = written(tmp_path / "golden", FRAME)
    other = written(tmp_path / "other", FRAME[::-1].reset_index(drop=True))
    found = compare.compare(one, other)[0]
    assert found["result"] == "different" and "another order" in found["detail"]
    (tmp_path / "compare.toml").write_text('any_order = ["it"]\n')
    assert compare.compare(one, other)[0]["result"] == "identical"
    changed = written(tmp_path / "changed", FRAME[::-1].assign(a=[3, 3, 1]).reset_index(drop=True))
    assert compare.compare(one, changed)[0]["result"] == "different"


def test_two_runs_that_differ_as_much_are_not_deterministic(tmp_path):
    folders = [written(tmp_path / str(at), value) for at, value in enumerate((1.0, 1.2, 1.35, 9.0))]
    assert compare.compare(*folders[:3])[0]["result"] == "not_deterministic"
    assert compare.compare(folders[3], folders[1], folders[2])[0]["result"] == "different"


def test_a_large_frame_is_kept_by_some_rows_and_its_sums(tmp_path, monkeypatch):
    monkeypatch.setattr(values, "MOST_ROWS", 100)
    monkeypatch.setattr(values, "SAMPLE", 10)
    frame = pd.DataFrame({"a": range(1000)})
    golden = written(tmp_path / "golden", frame)
    assert len(pd.read_parquet(golden / "it.parquet")) == 10
    changed = frame.copy()
    changed.loc[7, "a"] = 0  # a row that is not kept
    found = compare.compare(golden, written(tmp_path / "other", changed))[0]
    assert found["result"] == "different" and "sum of a" in found["detail"]


def test_a_model_predicts_on_a_sample_of_the_notebooks_data(tmp_path):
    space = {"junk": 3, "wide": np.zeros((4, 9)), "frame": pd.DataFrame({"b": [1.0, 2], "z": [0, 0], "a": [3.0, 4]})}
    golden = written(tmp_path / "tests", regression(), lambda model: capture.samples(model, space, 64))
    entry = json.loads((golden / "values.json").read_text())["values"][0]
    kept = pd.read_parquet(golden / entry["sample"])
    assert list(kept.columns) == ["a", "b"] and len(kept) == 2
    samples = values._samples(golden)
    other = tmp_path / "other"
    writer = values.Writer(other, samples)
    (other / "values.json").write_text(json.dumps({"values": [writer.write("it", regression())]}))
    found = compare.compare(golden, other)[0]
    assert found["result"] == "identical" and "predictions on a sample" in found["detail"]


def test_what_cannot_be_compared_says_why(tmp_path):
    found = compare.compare(written(tmp_path / "one", open), written(tmp_path / "two", open))[0]  # noqa: SIM115 - as a value
    assert found == {"name": "it", "result": "not_comparable", "detail": found["detail"]}
    assert "no plain form" in found["detail"]


def test_a_kernels_values_come_with_its_packages(tmp_path):
    assert capture.capture(values, ["number", "missing"], str(tmp_path), {"number": 3}) == 2
    found = json.loads((tmp_path / "values.json").read_text())
    assert [one["kind"] for one in found["values"]] == ["number", "none"]
    assert "no variable" in found["values"][1]["detail"]
    assert found["packages"]["pandas"] == pd.__version__ and found["python"].startswith("3.")
    assert "perijove" in found["origins"]


def test_lazy_frames_are_computed(tmp_path):
    import dask.dataframe
    import polars

    small = dask.dataframe.from_pandas(FRAME[["a"]], npartitions=2)
    assert len(pd.read_parquet(written(tmp_path / "dask", small) / "it.parquet")) == 3
    lazy = polars.LazyFrame({"a": [1, 2]})
    assert compare.compare(written(tmp_path / "one", lazy), written(tmp_path / "two", lazy))[0]["result"] == "identical"
