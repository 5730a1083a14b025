"""A store that MLflow itself wrote, in a process of its own, once for all tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perijove.core.project import Project
from perijove.experiments.service import Experiments

SCRIPT = """
import sys
import mlflow
import pandas as pd
from sklearn.datasets import load_breast_cancer

root = sys.argv[1]
mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
mlflow.set_experiment("road")
frame = load_breast_cancer(as_frame=True).frame
tags = {"perijove.notebook": "road.ipynb", "perijove.cell": "train"}
tags |= {"mlflow.source.git.commit": "abc123", "mlflow.user": "ada"}
with mlflow.start_run(run_name="first", tags=tags):
    mlflow.log_params({"depth": 3, "eta": 0.1})
    for step in range(100):
        mlflow.log_metric("loss", 50.0 if step == 57 else 1 / (step + 1), step=step)
    mlflow.log_metric("broken", float("nan"), step=0)
    mlflow.log_metric("broken", 2.0, step=1)
    mlflow.log_metric("broken", float("inf"), step=2)
    mlflow.log_input(mlflow.data.from_pandas(frame, source="data/tumours.parquet", name="tumours"), context="training")
    mlflow.log_input(mlflow.data.from_pandas(frame, name="nowhere"), context="testing")
    mlflow.log_text("hello", "notes/hello.txt")
try:
    with mlflow.start_run(run_name="second", tags=tags | {"perijove.cell": "again"}):
        mlflow.log_metric("auc", 0.5)
        raise RuntimeError
except RuntimeError:
    pass
with mlflow.start_run(run_name="deleted") as run:
    pass
mlflow.delete_run(run.info.run_id)
"""


@pytest.fixture(scope="session")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``mlflow.db`` and the files of its runs."""
    folder = tmp_path_factory.mktemp("mlflow")
    subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def experiments(project: Project, logged: Path) -> Experiments:
    shutil.copy(logged / "mlflow.db", project.state / "mlflow.db")
    return Experiments(project)
