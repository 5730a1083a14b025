"""Tools that know nothing of text notebooks run one as it is: papermill, nbconvert and jupyter-scheduler."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hosts import environment, jupyter_host
from tests.storage import saver
from tests.storage.awkward import code, markdown, notebook

from perijove.storage import ipynb
from perijove.storage.documents import Documents

CELLS = [
    markdown("# Churn", id="title"),
    code("depth = 6", id="parameters"),
    code("%matplotlib inline\nprint('depth', depth)", id="work"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A project with a text notebook that was never run, and its view."""
    own = saver.documents(tmp_path)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = notebook(*[{**cell, "metadata": {}} for cell in CELLS], kernelspec=kernel)
    whole["cells"][1]["metadata"] = {"tags": ["parameters"]}
    own.save(tmp_path / "churn.py", whole)
    own.close()
    yield tmp_path


def run(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def printed(whole: dict[str, Any]) -> str:
    """What the cell that prints has printed."""
    outputs = [cell["outputs"] for cell in whole["cells"] if cell["source"].startswith("%matplotlib")][0]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def documents(folder: Path) -> Documents:
    return saver.documents(folder)


@pytest.mark.parametrize("source", ["churn.py", "churn.ipynb", "perijove://churn.py"])
def test_papermill_runs_a_text_notebook(source: str, folder: Path) -> None:
    text = (folder / "churn.py").read_bytes()
    run(folder, "-m", "papermill", source, "run.ipynb", "-p", "depth", "7", "--no-progress-bar")
    assert printed(ipynb.parse((folder / "run.ipynb").read_bytes(), "run")) == "depth 7\n"
    assert (folder / "churn.py").read_bytes() == text


def test_papermill_writes_a_text_notebook(folder: Path) -> None:
    run(folder, "-m", "papermill", "churn.py", "run.py", "-p", "depth", "8", "--no-progress-bar")
    own = documents(folder)
    assert printed(own.load(folder / "run.py").notebook) == "depth 8\n"
    text = (folder / "run.py").read_text()
    assert text.startswith('# perijove-notebook 1 {"kernel": "python3"}\n')
    assert "papermill" not in text
    own.close()


def test_nbconvert_runs_the_view(folder: Path) -> None:
    text = (folder / "churn.py").read_bytes()
    run(folder, "-m", "nbconvert", "--to", "notebook", "--execute", "churn.ipynb", "--output", "run.ipynb")
    assert printed(ipynb.parse((folder / "run.ipynb").read_bytes(), "run")) == "depth 6\n"
    assert (folder / "churn.py").read_bytes() == text


def test_nbconvert_in_place_is_taken_into_the_text_notebook(folder: Path) -> None:
    text = (folder / "churn.py").read_bytes()
    before = documents(folder).version(folder / "churn.py")
    run(folder, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", "churn.ipynb")
    own = documents(folder)
    document = own.load(folder / "churn.py")
    assert printed(document.notebook) == "depth 6\n"
    assert [cell.get("execution_count") for cell in document.notebook["cells"]] == [None, 1, 2]
    assert document.version.token > before.token
    assert (folder / "churn.py").read_bytes() == text  # only outputs changed, and they are not in the text
    own.close()


@pytest.mark.parametrize("source", ["churn.py", "churn.ipynb"])
def test_jupyter_scheduler_runs_a_text_notebook(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(folder, JUPYTER_DATA_DIR=str(folder / ".data")).items():
        monkeypatch.setenv(name, value)
    scheduler = _scheduler(folder)
    from jupyter_scheduler.models import CreateJob, Status

    job = CreateJob(
        input_uri=source, name="churn", runtime_environment_name="perijove", output_formats=["ipynb"], parameters={}
    )
    found = scheduler.create_job(job)  # which a job that was not started yet calls "stopped"
    until = time.monotonic() + 120
    while (state := scheduler.get_job(found, job_files=False)).status not in (Status.COMPLETED, Status.FAILED):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert state.status == Status.COMPLETED, state.status_message
    made = Path(scheduler.get_staging_paths(state)["ipynb"])
    assert printed(ipynb.joined(json.loads(made.read_bytes()))) == "depth 6\n"


def test_jupyter_scheduler_says_when_there_is_no_notebook(folder: Path) -> None:
    scheduler = _scheduler(folder)
    from jupyter_scheduler.exceptions import SchedulerError
    from jupyter_scheduler.models import CreateJob

    (folder / "program.py").write_text("print(1)\n")
    job = CreateJob(input_uri="program.py", name="p", runtime_environment_name="perijove", output_formats=["ipynb"])
    with pytest.raises(SchedulerError, match="no kernel"):
        scheduler.create_job(job)


def _scheduler(folder: Path) -> Any:
    """A scheduler as a server makes it that linked Perijove."""
    from jupyter_scheduler.environments import StaticEnvironmentManager
    from jupyter_scheduler.orm import create_tables
    from jupyter_scheduler.scheduler import Scheduler
    from traitlets.config import Config

    database = f"sqlite:///{folder}/jobs.sqlite"
    create_tables(database)
    runner = "perijove.storage.scheduler.TextExecutionManager"
    config = Config({"Scheduler": {"execution_manager_class": runner, "staging_path": str(folder / "staging")}})
    return Scheduler(
        root_dir=str(folder),
        environments_manager=StaticEnvironmentManager(),
        db_url=database,
        config=config,
    )


def test_a_server_with_perijove_schedules_and_exports_a_text_notebook(folder: Path) -> None:
    text = (folder / "churn.py").read_bytes()
    database = f"--SchedulerApp.db_url=sqlite:///{folder}/jobs.sqlite"
    with jupyter_host(folder, database, f"--Scheduler.staging_path={folder}/staging") as host:
        headers = {"Authorization": f"token {host.token}"}
        exported = httpx.get(f"{host.base}/nbconvert/html/churn.py", headers=headers, timeout=60)
        assert (exported.status_code, "<h1" in exported.text, "depth = 6" in re.sub("<[^>]+>", "", exported.text)) == (
            200,
            True,
            True,
        )
        job = {"input_uri": "churn.py", "name": "churn", "runtime_environment_name": "x", "output_formats": ["ipynb"]}
        made = httpx.post(f"{host.base}/scheduler/jobs", json=job, headers=headers, timeout=60)
        assert made.is_success, made.text
        until = time.monotonic() + 120
        status = ""
        while status not in ("COMPLETED", "FAILED"):
            assert time.monotonic() < until
            time.sleep(0.2)
            status = httpx.get(f"{host.base}/scheduler/jobs/{made.json()['job_id']}", headers=headers).json()["status"]
    assert status == "COMPLETED"
    [run_] = (folder / "staging").rglob("*.ipynb")
    assert printed(ipynb.joined(json.loads(run_.read_bytes()))) == "depth 6\n"
    assert (folder / "churn.py").read_bytes() == text
