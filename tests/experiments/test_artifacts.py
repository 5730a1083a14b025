"""Files of a run, and no others."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from perijove.core.errors import Invalid, NotFound
from perijove.core.project import Project
from perijove.experiments import artifacts
from perijove.experiments.service import Experiments


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "run" / "artifacts"
    (folder / "plots").mkdir(parents=True)
    (folder / "plots" / "shap.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out").symlink_to(tmp_path)
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "inside.svg").symlink_to(folder / "plots" / "shap.svg")
    os.mkfifo(folder / "pipe")
    return folder


def test_a_run_that_mlflow_wrote(experiments: Experiments) -> None:
    first = next(run.id for run in experiments.runs().runs if run.name == "first")
    assert [(one.path, one.bytes, one.media_type) for one in experiments.artifacts(first)] == [
        ("notes/hello.txt", 5, "text/plain")
    ]
    file = experiments.artifact(first, "notes/hello.txt")
    assert (file.content, file.media_type, file.name) == (b"hello", "text/plain", "hello.txt")
    second = next(run.id for run in experiments.runs().runs if run.name == "second")
    assert experiments.artifacts(second) == []
    with pytest.raises(NotFound):
        experiments.artifact(second, "notes/hello.txt")


def test_only_what_is_inside_is_listed(base: Path) -> None:
    assert [one.path for one in artifacts.listed(base)] == ["inside.svg", "plots/shap.svg"]
    assert artifacts.read(base, "inside.svg").content == b"<svg/>"


@pytest.mark.parametrize(
    "path",
    [
        "../../secret.txt",
        "plots/../../../secret.txt",
        "/etc/passwd",
        "leak.txt",
        "out/secret.txt",
        "out",
        "plots",
        "pipe",
        "",
        ".",
        "plots//shap.svg",
        "plots\\shap.svg",
        "a\0b",
    ],
)
def test_nothing_outside_is_read(base: Path, path: str) -> None:
    with pytest.raises(Invalid):
        artifacts.read(base, path)


def test_what_is_missing_or_too_large(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("none.txt", "plots/shap.svg/more"):
        with pytest.raises(NotFound):
            artifacts.read(base, path)
    monkeypatch.setattr(artifacts, "LARGEST", 3)
    with pytest.raises(Invalid, match="at most"):
        artifacts.read(base, "plots/shap.svg")


@pytest.mark.parametrize("uri", ["s3://bucket/run", "mlflow-artifacts:/1/run", "file://host/run"])
def test_remote_files_are_a_sentence(experiments: Experiments, project: Project, uri: str) -> None:
    with sqlite3.connect(project.state / "mlflow.db") as connection:
        connection.execute("UPDATE runs SET artifact_uri = ?", (uri,))
    connection.close()
    first = experiments.runs().runs[0].id
    for call in (lambda: experiments.artifacts(first), lambda: experiments.artifact(first, "a")):
        with pytest.raises(Invalid, match="storage, which is not read here"):
            call()


def test_file_uris_are_decoded(tmp_path: Path) -> None:
    assert artifacts.folder("file:///a%20b/c", tmp_path) == Path("/a b/c")
    assert artifacts.folder("mlruns/1", tmp_path) == tmp_path / "mlruns/1"
