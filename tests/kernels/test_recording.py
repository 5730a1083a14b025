"""Where recording must hold: object stores, a real cluster, programs without a server; no noise, no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import nbformat
import pytest
from tests.buckets import object_store

pytestmark = pytest.mark.timeout(280)


def touched(kernel, cell):
    return {(line["type"], line["uri"]) for kind in ("read", "write") for line in kernel.spooled(kind, cell=cell)}


def flows_in(lines, base=""):
    found = {}
    for line in lines:
        if line["type"] == "flow":
            sources = {one["uri"].removeprefix(base) for one in line["sources"]}
            found.setdefault(line["target"].removeprefix(base), set()).update(sources)
    return found


@pytest.fixture(scope="module")
def store():
    """What finds an S3 server on loopback."""
    with object_store() as settings:
        yield settings


def test_object_stores_are_seen_with_the_version_the_store_tells(kernel, store):
    kernel.run(f"import os; os.environ.update({store!r})")
    kernel.run("import s3fs, pandas as pd, pyarrow.parquet as pq, polars as pl, dask.dataframe as dd, fsspec")
    kernel.run("fs = s3fs.S3FileSystem(); fs.mkdir('lake'); frame = pd.DataFrame({'a': [1]})")
    kernel.run("frame.to_parquet('s3://lake/a.parquet', storage_options={'anon': False})", "s3 write")
    kernel.run("got = pd.read_parquet('s3a://lake/a.parquet', storage_options={'anon': False})", "s3 read")
    kernel.run("with fs.open('lake/b.csv', 'w') as f: got.to_csv(f)", "s3 open")
    kernel.run("len(pq.read_table('lake/a.parquet', filesystem=fs))", "s3 arrow")
    kernel.run("len(pl.read_parquet('s3://lake/a.parquet'))", "s3 polars")
    kernel.run("len(dd.read_csv('s3://lake/b.csv'))", "s3 dask")
    assert {cell: touched(kernel, f"s3 {cell}") for cell in ("write", "read", "open", "arrow", "polars", "dask")} == {
        "write": {("write", "s3://lake/a.parquet")},
        "read": {("read", "s3://lake/a.parquet")},
        "open": {("write", "s3://lake/b.csv")},
        "arrow": {("read", "s3://lake/a.parquet")},
        "polars": {("read", "s3://lake/a.parquet")},
        "dask": {("read", "s3://lake/b.csv")},
    }
    (wrote,), (read,) = kernel.spooled("write", cell="s3 write"), kernel.spooled("read", cell="s3 read")
    tag, _, size = wrote["version"].partition("-")
    assert wrote["version"] == read["version"] and len(tag) == 32 and int(size) > 100
    assert flows_in(kernel.spooled("flow", cell="s3 open")) == {"s3://lake/b.csv": {"s3://lake/a.parquet"}}


def test_dask_on_a_real_cluster_is_seen_once(kernel):
    kernel.run("import pandas as pd, dask.dataframe as dd\npd.DataFrame({'a': range(9)}).to_parquet('big.parquet')")
    kernel.run(
        "ddf = dd.read_parquet('big.parquet')\nn = client.submit(len, [1]).result()\nddf.a.sum().compute()", "cluster"
    )
    kernel.run("ddf[ddf.a > 2].to_parquet('big-out')", "cluster write")
    base = kernel.state.parent.as_uri()
    assert touched(kernel, "cluster") == {("read", f"{base}/big.parquet")}
    assert touched(kernel, "cluster write") == {("write", f"{base}/big-out")}
    found = flows_in(kernel.spooled("flow", cell="cluster write"), f"{base}/")
    assert found == {"big-out": {"big.parquet"}}


def test_what_libraries_open_for_themselves_is_nobodys_data(kernel):
    noisy = """
import sklearn.datasets, matplotlib, importlib.metadata, tempfile, json, zoneinfo, locale, mlflow
matplotlib.use("agg")
import matplotlib.pyplot as plt
sklearn.datasets.load_iris(); importlib.metadata.version("pandas"); zoneinfo.ZoneInfo("Europe/Berlin")
plt.plot([1]); plt.title("a"); plt.gcf().canvas.draw()
open("/proc/self/status").read(); open("/etc/hostname").read() if os.path.exists("/etc/hostname") else None
with tempfile.NamedTemporaryFile("w", suffix=".tmp") as t: t.write("x")
open(".hidden", "w").write("x"); open(".hidden").read()
mlflow.set_experiment("noise")
with mlflow.start_run(): mlflow.log_metric("m", 1)
try: open("not-there")
except FileNotFoundError: pass
get_ipython().run_line_magic("timeit", "-n1 -r1 pass")
"""
    kernel.run(noisy, "noise")
    assert touched(kernel, "noise") == set()


def test_no_secret_reaches_the_spool(kernel):
    code = """
import sqlite3, pandas as pd
api_key = "sk-verysecretverysecret12345"
options = {"aws_secret_access_key": "Zq9secretsecret"}
header = "Authorization: Bearer abcdefgh.ijklmnop"
url = "https://bob:hunter2@host/x.csv?X-Amz-Signature=feedbeef&n=1"
with sqlite3.connect("people.db") as con:
    con.execute("create table people (name text, card text)")
    con.execute("insert into people select 'Ann', '4111111111111111'")
    con.execute("select name from people where card = '4111111111111111' and 4242 > 1").fetchall()
"""
    kernel.run(code, "secrets")
    texts = "".join(path.read_text() for path in (kernel.state / "spool").glob("*.jsonl"))
    lines = [text for text in texts.splitlines() if json.loads(text).get("cell") == "secrets"]
    told = "\n".join(lines)
    for secret in ("verysecret", "Zq9", "ijklmnop", "hunter2", "feedbeef"):
        assert secret not in told
    (read,) = kernel.spooled("read", cell="secrets")
    assert (read["sql"], read["dialect"]) == ("select name from people where card = '***' and 0 > 0", "sqlite")


def test_columns_and_what_variables_carry_are_told(kernel):
    kernel.run("import pandas as pd\npd.DataFrame({'a': [1], 'b': [2]}).to_parquet('wide.parquet')")
    kernel.run("part = pd.read_parquet('wide.parquet', columns=['a'])\nother = 1", "narrow")
    kernel.run("part.dropna().to_csv('narrow.csv', mode='a')", "carries")
    uri = f"{kernel.state.parent.as_uri()}/wide.parquet"
    (read,), (cell,) = kernel.spooled("read", cell="narrow"), kernel.spooled("cell", cell="carries")
    (flow,) = kernel.spooled("flow", cell="carries")
    assert read["columns"] == ["a"] and cell["carried"] == {"narrow": [uri]} and cell["began"] < cell["at"]
    assert flow["sources"] == [{"uri": uri, "columns": ["a"]}] and flow["append"] is True


def own_spool(folder):
    lines = [json.loads(text) for path in (folder / ".perijove/spool").glob("*.jsonl") for text in path.open()]
    return sorted(lines, key=lambda line: line["at"])


@pytest.fixture
def alone(tmp_path):
    """A project in which nothing of ours runs: what happens is only spooled."""
    (tmp_path / ".perijove").mkdir()
    for name in "AB":
        (tmp_path / name).write_text("a\n1\n")
    names = ("PERIJOVE_NOTEBOOK", "JPY_SESSION_NAME", "PERIJOVE_KERNEL_ID")
    env = {name: value for name, value in os.environ.items() if name not in names}
    return tmp_path, {**env, "PERIJOVE_HOME": str(tmp_path / ".perijove"), "IPYTHONDIR": str(tmp_path / ".ipython")}


def test_a_script_tells_its_flows_when_it_ends(alone):
    folder, env = alone
    code = "import perijove_kernel\nperijove_kernel.record()\nimport pandas as pd\nfor s, d in zip('AB', 'CD'):\n"
    (folder / "job.py").write_text(f"{code}    df = pd.read_csv(s)\n    df.dropna().to_csv(d)\n")
    subprocess.run([sys.executable, "job.py"], cwd=folder, check=True, env=env)
    lines = own_spool(folder)
    assert flows_in(lines, f"{folder.as_uri()}/") == {"C": {"A"}, "D": {"B"}}
    assert {(line["notebook"], line["cell"]) for line in lines} == {("job.py", "script")}


def test_a_recorded_script_ends_as_it_would_alone(alone):
    folder, env = alone
    (folder / "job.py").write_text(
        "import duckdb, pandas as pd\npd.read_csv('A').to_parquet('A.parquet'); pd.read_parquet('A.parquet')\n"
        "con = duckdb.connect('made.duckdb')\n"
        "con.execute(\"create or replace table q as from 'A.parquet'\"); con.close()\n"
        "shut = duckdb.connect(config={'enable_external_access': False}); print(shut.sql('select 42').fetchall())\n"
    )
    begin = ["-c", "import perijove_kernel; perijove_kernel.record(); exec(open('job.py').read())"]
    done = subprocess.run([sys.executable, *begin], cwd=folder, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(42,)]\n", "")
    first = {line["kernel"] for line in own_spool(folder)}
    subprocess.run([sys.executable, *begin], cwd=folder, env=env, check=True, capture_output=True)
    assert len(first) == 1 and len({line["kernel"] for line in own_spool(folder)}) == 2


@pytest.mark.parametrize("runner", ["nbclient", "papermill"])
def test_notebooks_run_without_a_server_keep_their_names_and_ids(alone, runner):
    folder, env = alone
    sources = ["%load_ext perijove_kernel\nimport pandas as pd", "a = pd.read_csv('A').dropna()", "a.to_csv('C')"]
    cells = [nbformat.v4.new_code_cell(source, id=f"id-{index}") for index, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "work.ipynb")
    commands = {
        "nbclient": ["-m", "jupyter", "execute", "work.ipynb"],
        "papermill": ["-m", "papermill", "work.ipynb", "done.ipynb", "-k", "python3", "--no-progress-bar"],
    }
    subprocess.run([sys.executable, *commands[runner]], cwd=folder, check=True, env=env, capture_output=True)
    lines = own_spool(folder)
    assert flows_in(lines, f"{folder.as_uri()}/") == {"C": {"A"}}
    assert {line["notebook"] for line in lines} == {"work.ipynb"}
    assert {(line["type"], line["cell"]) for line in lines if line["type"] != "cell"} == {
        ("read", "id-1"),
        ("write", "id-2"),
        ("flow", "id-2"),
    }


def test_threads_and_subshells_do_not_mix_cells(kernel):
    code = """
from concurrent.futures import ThreadPoolExecutor
import pandas as pd, threading
for name in "PQ": pd.DataFrame({"a": [1]}).to_csv(name)
with ThreadPoolExecutor(2) as pool: p, q = list(pool.map(pd.read_csv, "PQ"))
p.to_csv("P2"); q.dropna().to_csv("Q2")
"""
    kernel.run(code, "threads")
    base = f"{kernel.state.parent.as_uri()}/"
    found = flows_in(kernel.spooled("flow", cell="threads"), base)
    assert found == {"P2": {"P"}}
    assert len({uri for kind, uri in touched(kernel, "threads") if kind == "read"}) == 2
