"""A job's own tests fail once a constant, a column's name or a threshold of the job is changed.

Two of the example notebooks are taken each time; PERIJOVE_ALL=1 takes them all.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from importlib.metadata import distributions

import pytest

from perijove.jobs import lock, mutation, package
from perijove.jobs.notebook import read_notebook
from perijove.jobs.plan import plan
from perijove.jobs.slice import backward_slice
from tests.jobs import notebooks
from tests.jobs.test_notebooks import CHOSEN, EXAMPLES

IN_ORDER = [name for name in CHOSEN if name != "messy"]
TAKEN = IN_ORDER if os.environ.get("PERIJOVE_ALL") else ["columns", "sql"]
CELLS = [
    ("load", "code", "import csv\n\nwith open('points.csv') as file:\n    rows = list(csv.DictReader(file))"),
    ("pick", "code", "limit = 3\nkept = [float(row['a']) for row in rows if float(row['b']) > 0.5]"),
    ("sum", "code", "print(f'{len(kept):5}')\nout = round(sum(kept) * 2.5, 3) + limit"),
]


def write(root, notebook, chosen, name):
    """Write a job whose golden values are those of its own first run: what is tested is that its tests can fail."""
    book = read_notebook(notebook, notebook.relative_to(root).as_posix())
    indices = book.choose([chosen])
    job = plan(name, book, indices, backward_slice(book.sources, indices))
    packages = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    nothing = [{"name": one, "kind": "none", "file": "", "detail": "", "type": ""} for one in job.outputs]
    first, out = root / f"{name}-first", root / "jobs" / name
    first.mkdir()
    described = {"values": nothing, "python": "3.11.7", "packages": packages}
    (first / "values.json").write_text(json.dumps(described))
    package.write(job, first, out)
    second = root / f"{name}-second"
    argv = [sys.executable, "-m", name, "run", "--quiet", "--out", str(second)]
    environment = {**os.environ, "PYTHONPATH": str(out / "src"), "MPLBACKEND": "Agg"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = json.loads((second / "values.json").read_text())
    (second / "values.json").write_text(json.dumps({**listed, "packages": packages}))
    package.write(job, second, out)
    return out


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The jobs run in this environment: their lock is not what is tested, nor is a screen there."""
    monkeypatch.setattr(lock, "lock", lambda *_: lock.NOTHING)
    monkeypatch.setenv("MPLBACKEND", "Agg")


@pytest.fixture
def small(tmp_path):
    (tmp_path / "points.csv").write_text("a,b\n1.5,0.2\n2.5,0.6\n3.5,0.9\n4.5,0.55\n")
    return write(tmp_path, notebooks.write(tmp_path / "small.ipynb", CELLS), "sum", "small_job")


def test_every_literal_that_matters_is_found_once(small):
    found = [(one.kind, one.before, one.after) for one in mutation.mutants(small)]
    assert found == [
        ("constant", "3  # int, cell 1 (pick), line 1", "7"),
        ("column", "'a'", "'a_'"),
        ("column", "'b'", "'b_'"),
        ("threshold", "0.5", "1000000.5"),
        ("constant", "2.5", "13.5"),
        ("constant", "3", "7"),
    ]


def test_the_tests_of_a_job_notice_every_change(small):
    outcomes = mutation.prove(small)
    survived = [(one.mutant.kind, one.mutant.before) for one in outcomes if not one.killed]
    assert survived == [("constant", "3")], "three digits are as many as seven for these numbers"
    assert len(outcomes) == 6


def test_a_job_whose_tests_fail_as_they_are_proves_nothing(small):
    (small / "tests/golden/out.json").write_text("1.0")
    with pytest.raises(ValueError, match="fail as they are"):
        mutation.prove(small)


def test_the_command_says_what_came_of_each_change(small, capsys):
    assert mutation.main([str(small), "--most", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["killed"], answer["of"]) == (3, 3)
    assert {one["mutant"]["kind"]: one["killed"] for one in answer["mutants"]} == {
        "constant": True,
        "column": True,
        "threshold": True,
    }


@pytest.mark.parametrize("name", TAKEN)
def test_a_change_to_an_exported_notebook_makes_its_tests_fail(name, tmp_path):
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    runpy.run_path(str(EXAMPLES / "make_data.py"))["main"](tmp_path / "data")
    out = write(tmp_path, tmp_path / f"{name}.ipynb", CHOSEN[name], f"{name}_job")
    outcomes = mutation.prove(out, most=1)
    assert outcomes and all(one.killed for one in outcomes), outcomes
