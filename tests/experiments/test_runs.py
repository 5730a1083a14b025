"""Runs as MLflow wrote them, read without MLflow."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perijove.core.errors import Busy, Failed, Invalid, NotFound
from perijove.core.project import Project
from perijove.experiments.service import Experiments


def run_id(experiments: Experiments, name: str) -> str:
    return next(run.id for run in experiments.runs().runs if run.name == name)


def test_runs_newest_first(experiments: Experiments) -> None:
    page = experiments.runs()
    assert [(run.name, run.experiment, run.state) for run in page.runs] == [
        ("second", "road", "failed"),
        ("first", "road", "finished"),
    ]
    assert page.total == 2
    assert page.runs[1].metrics == {"loss": 0.01, "broken": None}
    assert page.runs[1].ended_at is not None and page.runs[1].ended_at >= page.runs[1].started_at
    assert [run.name for run in experiments.runs(limit=1, offset=1).runs] == ["first"]
    assert experiments.runs(limit=1).total == 2


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("first", ["first"]),
        ("ROAD", ["second", "first"]),
        ("road.ipynb fir", ["first"]),
        ("first second", []),
        ("%", []),
        ("_", []),
        ("' OR 1=1 --", []),
    ],
)
def test_a_filter_matches_name_experiment_and_notebook(experiments: Experiments, words: str, names: list[str]) -> None:
    assert [run.name for run in experiments.runs(words).runs] == names


def test_one_run_with_where_it_came_from(experiments: Experiments, project: Project) -> None:
    run = experiments.run(run_id(experiments, "first"))
    assert (run.notebook, run.cell, run.commit, run.user) == ("road.ipynb", "train", "abc123", "ada")
    assert run.parameters == {"depth": "3", "eta": "0.1"}
    assert [(use.name, use.context, use.ref) for use in run.datasets] == [
        ("nowhere", "testing", ""),
        ("tumours", "training", f"dataset:{(project.root / 'data/tumours.parquet').as_uri()}"),
    ]


def test_a_curve_keeps_its_spikes(experiments: Experiments) -> None:
    first = run_id(experiments, "first")
    whole = experiments.curve(first, "loss")
    assert whole.steps == list(range(100)) and whole.values == whole.min == whole.max and whole.points == 100
    few = experiments.curve(first, "loss", 7)
    assert len(few.steps) == 7 and few.points == 100 and few.steps[-1] == 99
    assert max(value for value in few.max if value is not None) == 50.0
    assert few.min[-1] == 0.01 and few.max[0] == 1.0
    assert experiments.curve(first, "broken").values == [None, 2.0, None]
    one = experiments.curve(first, "broken", 1)
    assert (one.steps, one.values, one.min, one.max) == ([2], [None], [2.0], [2.0])
    with pytest.raises(NotFound) as caught:
        experiments.curve(first, "nothing")
    assert caught.value.hint == "Its metrics: broken, loss."


def test_a_million_points_are_read_in_moments(experiments: Experiments, project: Project) -> None:
    first = run_id(experiments, "first")
    with sqlite3.connect(project.state / "mlflow.db") as connection:
        rows = ((first, "long", float(step % 1000), step, step, False) for step in range(300_000))
        connection.executemany(
            "INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    connection.close()
    begin = time.monotonic()
    curve = experiments.curve(first, "long", 500)
    assert time.monotonic() - begin < 10
    assert (len(curve.steps), curve.points, set(curve.min), set(curve.max)) == (
        500,
        300_000,
        {0.0, 600.0, 200.0, 400.0, 800.0} & set(curve.min),
        {599.0, 199.0, 999.0, 799.0, 399.0} & set(curve.max),
    )


def test_the_newest_run_of_some_cells(experiments: Experiments) -> None:
    assert experiments.latest_for("road.ipynb", ["train"]) == run_id(experiments, "first")
    assert experiments.latest_for("road.ipynb", ["train", "again"]) == run_id(experiments, "second")
    assert experiments.latest_for("road.ipynb", ["other"]) == ""
    assert experiments.latest_for("other.ipynb", ["train"]) == ""
    assert experiments.latest_for("road.ipynb", []) == ""


def test_found_for_search(experiments: Experiments) -> None:
    assert experiments.found("first", 5) == [(f"run:{run_id(experiments, 'first')}", "first", "road · finished")]
    assert experiments.found(" ", 5) == []


def test_the_start_of_an_id_is_enough(experiments: Experiments) -> None:
    first = run_id(experiments, "first")
    assert experiments.full_id(first[:10]) == first
    for bad in ("", "zz", "%", "a" * 99):
        with pytest.raises(NotFound):
            experiments.full_id(bad)


def test_bad_requests_are_sentences(experiments: Experiments) -> None:
    for unknown in ("nosuchrun", "", "' OR 1=1", "a" * 5000):
        with pytest.raises(NotFound, match="There is no run"):
            experiments.run(unknown)
    for wrong in ({"limit": 0}, {"limit": 1001}, {"offset": -1}):
        with pytest.raises(Invalid):
            experiments.runs(**wrong)  # type: ignore[arg-type]  # the point is what a wrong number gives
    for points in (0, 10_001):
        with pytest.raises(Invalid):
            experiments.curve(run_id(experiments, "first"), "loss", points)


def test_no_store_yet_is_an_empty_page(project: Project) -> None:
    fresh = Experiments(project)
    assert fresh.runs().total == 0
    assert fresh.latest_for("road.ipynb", ["train"]) == ""
    assert fresh.found("road", 5) == []
    with pytest.raises(NotFound):
        fresh.run("abc")
    assert not (project.state / "mlflow.db").exists()
    (project.state / "mlflow.db").touch()
    assert fresh.runs().total == 0
    sqlite3.connect(project.state / "mlflow.db").execute("CREATE TABLE other (a)").connection.close()
    assert fresh.runs().total == 0


def test_a_store_that_cannot_be_read_says_why(
    experiments: Experiments, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.state / "mlflow.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.close()
    with pytest.raises(Invalid, match="schema from_the_future") as caught:
        experiments.runs()
    assert "3.17.2" in caught.value.hint
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Invalid, match="damaged"):
        experiments.runs()
    for uri in ("http://127.0.0.1:5000", "databricks", "mlruns", "file:///tmp/mlruns"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        with pytest.raises(Invalid, match="SQL store"):
            experiments.runs()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:hunter2@127.0.0.1:1/db")
    with pytest.raises(Failed) as failed:
        experiments.runs()
    assert "hunter2" not in failed.value.message


def test_a_store_that_is_locked_is_busy(experiments: Experiments, project: Project) -> None:
    writer = sqlite3.connect(project.state / "mlflow.db", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy):
        experiments.runs()
    writer.close()
    assert experiments.runs().total == 2


def test_a_relative_store_lies_in_the_project(project: Project, logged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(logged / "mlflow.db", project.root / "mine.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mine.db")
    assert Experiments(project).runs().total == 2


def test_mlflow_is_never_imported(project: Project) -> None:
    script = (
        "import sys, perijove.experiments.routes, perijove.experiments.cli;"
        "print([name for name in ('mlflow', 'pandas', 'numpy') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"
