"""The execution log of a real kernel: cells, what they use, what they read and write, and the runs they make."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.timeout(120)

MAKE = """
import pandas as pd, sqlite3
pd.DataFrame({"a": [1, 2, 3]}).to_parquet("small.parquet")
pd.DataFrame({"a": [1, 2]}).to_csv("small.csv", index=False)
import os; os.makedirs("parts", exist_ok=True)
for part in range(2): pd.DataFrame({"a": [part]}).to_parquet(f"parts/part-{part}.parquet")
with sqlite3.connect("wine.db") as con: pd.DataFrame({"a": [5]}).to_sql("wines", con, if_exists="replace")
"""


def uris(kernel, kind, cell):
    return {(line["via"], line["uri"]) for line in kernel.spooled(kind, cell=cell)}


@pytest.fixture(scope="module")
def files(kernel):
    kernel.run(MAKE, "make")
    return (kernel.state.parent).as_uri()


def test_writes_are_seen_with_their_uri_and_version(kernel, files):
    database = f"sqlite:///{kernel.state.parent / 'wine.db'}#wines"
    assert uris(kernel, "write", "make") == {
        ("pandas.to_parquet", f"{files}/small.parquet"),
        ("pandas.to_csv", f"{files}/small.csv"),
        ("pandas.to_parquet", f"{files}/parts/part-0.parquet"),
        ("pandas.to_parquet", f"{files}/parts/part-1.parquet"),
        ("pandas.to_sql", database),
    }
    stat = (kernel.state.parent / "small.csv").stat()
    (line,) = kernel.spooled("write", via="pandas.to_csv")
    assert line["version"] == f"{stat.st_mtime_ns}-{stat.st_size}"
    assert (line["name"], line["notebook"]) == ("small.csv", "road.ipynb")


def test_reads_of_pandas_and_pyarrow_are_seen_once_each(kernel, files):
    code = """
    import pandas as pd, pyarrow.parquet as pq, sqlite3, sqlalchemy
    pd.read_parquet("small.parquet"); pd.read_parquet("small.parquet")
    pd.read_csv("small.csv")
    pq.read_table("parts")
    pd.read_sql("with w as (select * from wines) select * from w", sqlite3.connect("wine.db"))
    """
    kernel.run(code, "reads")
    database = f"sqlite:///{kernel.state.parent / 'wine.db'}#wines"
    assert uris(kernel, "read", "reads") == {
        ("pandas.read_parquet", f"{files}/small.parquet"),
        ("pandas.read_csv", f"{files}/small.csv"),
        ("pyarrow.parquet.read_table", f"{files}/parts"),
        ("pandas.read_sql", database),
    }
    assert len(kernel.spooled("read", cell="reads")) == 4
    kernel.run('pd.read_sql_table("wines", sqlalchemy.create_engine("sqlite:///wine.db"))', "by name")
    assert uris(kernel, "read", "by name") == {("pandas.read_sql_table", database)}


def test_reads_of_dask_are_seen_as_folders(kernel, files):
    code = 'import dask.dataframe as dd\nlen(dd.read_parquet("parts/*.parquet")), len(dd.read_csv("small.csv"))'
    assert kernel.run(code, "dask") == "(2, 2)"
    assert uris(kernel, "read", "dask") == {
        ("dask.dataframe.read_parquet", f"{files}/parts"),
        ("dask.dataframe.read_csv", f"{files}/small.csv"),
    }


def test_wrapped_readers_still_travel_to_workers(kernel, files):
    assert (
        kernel.run('import pandas as pd\nlen(client.submit(pd.read_csv, os.path.abspath("small.csv")).result())') == "2"
    )
    assert kernel.run("import pickle; pickle.loads(pickle.dumps(pd.read_csv)) is pd.read_csv") == "True"
    assert kernel.run("import inspect; list(inspect.signature(pd.read_csv).parameters)[0]") == "'filepath_or_buffer'"


def test_a_read_that_fails_still_fails_and_is_no_read(kernel, files):
    with pytest.raises(AssertionError, match="FileNotFoundError"):
        kernel.run('pd.read_csv("missing.csv")', "missing")
    assert kernel.spooled("read", cell="missing") == []
    (line,) = kernel.spooled("cell", cell="missing")
    assert (line["ok"], line["error"].partition(":")[0], line["line"]) == (False, "FileNotFoundError", 1)


@pytest.mark.parametrize(
    ("source", "number"),
    [("\n\nx = 1\nx / 0", 4), ("def f():\n    1 / 0\n\nf()", 4), ("!true\nx = 1\n1 / 0", 3), ("x = = 1", 0)],
)
def test_the_line_in_which_a_cell_failed_is_logged(kernel, source, number):
    cell = f"fails-{number}-{len(source)}"
    with pytest.raises(AssertionError):
        kernel.run(source, cell)
    (line,) = kernel.spooled("cell", cell=cell)
    assert (line["ok"], line["line"]) == (False, number)


def test_cells_are_logged_with_what_they_use(kernel):
    kernel.run("frame = [1]\nother = 2", "first")
    kernel.run("frame.append(3)", "second")
    kernel.run("total = sum(frame) + other", "third")
    kernel.run("total", "fourth")
    lines = [kernel.spooled("cell", cell=name)[0] for name in ("first", "second", "third", "fourth")]
    assert [line["uses"] for line in lines] == [[], ["first"], ["second", "first"], ["third"]]
    assert [line["count"] - lines[0]["count"] for line in lines] == [0, 1, 2, 3]
    assert all(line["ok"] and line["notebook"] == "road.ipynb" for line in lines)
    assert lines[3]["source"] == "total"
    assert str(lines[3]["count"]) == kernel.run("len(get_ipython().history_manager.input_hist_raw) - 2", "hist")


def test_secrets_in_urls_are_not_kept(kernel):
    kernel.run("url = 'postgresql://ann:s3cret@db/x'; page = 'https://h/?token=abc123&n=1'", "secret")
    (line,) = kernel.spooled("cell", cell="secret")
    assert line["source"] == "url = 'postgresql://ann:***@db/x'; page = 'https://h/?token=***&n=1'"


def test_a_cell_without_id_is_found_in_the_notebook_by_its_source(kernel):
    cells = [
        {"cell_type": "code", "id": "abc", "source": ["same = 1"]},
        {"cell_type": "code", "id": "def", "source": "same = 1"},
    ]
    (kernel.state.parent / "road.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    kernel.run("same = 1")
    kernel.run("same = 1")
    assert [kernel.spooled("cell", cell=name)[0]["source"] for name in ("abc", "def")] == ["same = 1"] * 2


def test_the_fortieth_cell_costs_what_the_second_did(kernel):
    """Counted in functions entered, which no other program changes; benchmarks/recording.py has the time."""
    code = """
    import sys, perijove_kernel; from types import SimpleNamespace as NS
    recorder = perijove_kernel.recorder.Recorder(perijove_kernel.active().state, get_ipython(), "cost.ipynb")
    source = "\\n".join(f"x{i} = frame.groupby('a').sum() + y{i}" for i in range(100))
    entered = []
    def count(frame, event, argument):
        if event == "call" and "perijove_kernel" in frame.f_code.co_filename:
            entered[-1] += 1
    for i in range(40):
        info = NS(silent=False, store_history=True, cell_id=str(i), raw_cell=source)
        entered.append(0)
        sys.setprofile(count)
        recorder.before_cell(info)
        recorder.after_cell(NS(info=info, error_before_exec=None, error_in_exec=None, execution_count=i + 1))
        sys.setprofile(None)
    print(entered[1], entered[-1], max(entered))
    """
    second, last, most = map(int, kernel.run(code, "cost").split())
    assert len([line for line in kernel.spooled("cell") if line["notebook"] == "cost.ipynb"]) == 40
    assert 0 < last <= second * 1.1, f"{second} functions entered for the second cell, {last} for the last"
    assert most < 100 * 150, f"{most} functions entered for a cell of 100 lines"


def test_runs_of_mlflow_carry_notebook_cell_and_commit(kernel):
    project = kernel.state.parent
    for command in (["init", "-q"], ["add", "road.ipynb"], ["commit", "-qm", "start"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=project, check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project, check=True, capture_output=True, text=True
    ).stdout.strip()
    code = """
    import mlflow
    with mlflow.start_run(run_name="forest") as run:
        mlflow.log_metric("auc", 0.9)
    print(mlflow.MlflowClient().get_run(run.info.run_id).data.tags)
    print(run.info.run_id, mlflow.get_tracking_uri(), run.info.artifact_uri)
    """
    tags, ids = kernel.run(code, "train").strip().splitlines()[-2:]
    run_id, tracking, artifacts = ids.split()
    (line,) = kernel.spooled("run")
    assert (line["run"], line["name"], line["cell"], line["notebook"]) == (run_id, "forest", "train", "road.ipynb")
    assert tracking == f"sqlite:///{kernel.state / 'mlflow.db'}"
    assert artifacts.startswith((kernel.state / "artifacts").as_uri())
    wanted = {"perijove.notebook": "road.ipynb", "perijove.cell": "train", "mlflow.source.git.commit": commit}
    wanted |= {"perijove.kernel": kernel.manager.kernel_id, "perijove.git.dirty": "false"}
    found = eval(tags)  # noqa: S307 - a dictionary that our own kernel has just printed
    assert wanted.items() <= found.items() and found["perijove.count"].isdigit()


def test_a_script_records_its_reads(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / ".perijove").mkdir()
    script = tmp_path / "job.py"
    script.write_text("import perijove_kernel\nperijove_kernel.record()\nimport pandas\npandas.read_csv('t.csv')\n")
    env = {**os.environ, "PERIJOVE_HOME": str(tmp_path / ".perijove")}
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, env=env)
    (file,) = (tmp_path / ".perijove" / "spool").glob("*.jsonl")
    (line,) = map(json.loads, file.read_text().splitlines())
    assert (line["uri"], line["cell"], line["notebook"]) == ((tmp_path / "t.csv").as_uri(), "script", "job.py")


def test_the_package_stays_light():
    heavy = ["dask", "distributed", "pandas", "IPython", "mlflow", "pyarrow", "numpy"]
    code = f"import perijove_kernel.provisioner, sys; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert found.strip() == "[]"
