"""The whole road without a browser: its figures hold together, and a changed job is no longer verified."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.hosts import environment


def perijove(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment(folder)
    return subprocess.run(
        [sys.executable, "-m", "perijove.cli", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("road")
    done = perijove(folder, "demo", "--dir", str(folder), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout)


@pytest.mark.timeout(900)
def test_every_step_is_done_with_its_figures(walked: tuple[Path, dict[str, Any]]) -> None:
    _, walk = walked
    assert walk["ok"]
    figures = {step["name"]: step["figures"] for step in walk["steps"]}
    assert figures["catalog"]["rows"] == 1_200_000
    assert figures["clusters"]["scaledTo"] == figures["clusters"]["workers"] + 1
    assert 0.97 < figures["experiments"]["auc"] <= 1
    assert figures["experiments"]["curvePoints"] == 30
    assert len(figures["experiments"]["commit"]) == 40
    assert figures["jobs"]["verdict"] == "verified"
    assert set(figures["jobs"]["outputs"]) == {"auc", "predictions"}
    path = [ref.partition(":")[0] for ref in figures["graph"]["path"]]
    assert path[0] == "dataset"
    assert path[-2:] == ["run", "job"]
    assert figures["close"] == {"processesLeft": 0}


def test_lineage_prints_one_connected_path(walked: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = walked
    done = perijove(folder, "lineage", "job:tumour_model", "--up", "12", "--json")
    assert done.returncode == 0, done.stderr
    kinds = {node["kind"] for node in json.loads(done.stdout)["nodes"]}
    assert {"dataset", "cell", "run", "job"} <= kinds


def test_the_job_holds_only_what_the_cell_needs(walked: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = walked
    source = (folder / "jobs" / "tumour_model" / "src" / "tumour_model" / "steps.py").read_text()
    assert "read_parquet" in source
    assert "roc_auc_score" in source
    for unneeded in ("mlflow", "shap", "matplotlib", "describe()"):
        assert unneeded not in source


@pytest.mark.timeout(600)
def test_a_changed_constant_is_found(walked: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = walked
    job = folder / "jobs" / "tumour_model"
    config = job / "src" / "tumour_model" / "config.toml"
    text = config.read_text()
    changed = re.sub(r"max_depth = 4", "max_depth = 1", text)
    assert changed != text
    config.write_text(changed)
    done = perijove(folder, "job", "verify", str(job), "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "different"
    assert {one["name"]: one["result"] for one in report["outputs"]}["auc"] == "different"
    config.write_text(text)
