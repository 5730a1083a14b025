"""Jobs and notebooks that were moved, and jobs that were written again as they were: what is known stays true."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from perijove.core.errors import NotFound
from perijove.core.refs import Ref
from perijove.jobs import cli, service
from perijove.jobs.approval import tree_of
from perijove.jobs.model import Choice, NewJob, Refresh, Verification
from perijove.jobs.package import read_manifest
from perijove.wiring import Perijove
from tests.command import perijove as command
from tests.jobs import notebooks
from tests.jobs.test_approval import ADA

CELLS = [("start", "code", "x = 20"), ("total", "code", "total = x + 1")]


@pytest.fixture
def perijove(project, monkeypatch):
    made = Perijove(project)
    notebooks.write(project.root / "sums.ipynb", CELLS)
    monkeypatch.setattr(service, "verify", lambda *_: Verification("verified", [], [], 1.0))
    monkeypatch.setattr(service, "run_job", lambda folder, *_: {"name": "sums", "seconds": 1.0, "path": str(folder)})
    yield made
    made.close()


@pytest.fixture
def folder(perijove) -> Path:
    """A job that was written and approved, in a folder of the project."""
    perijove.jobs.export(NewJob("sums.ipynb", ["total"], name="sums", run=True, verify=True), ADA)
    perijove.jobs.approvals.approve(perijove.jobs.show("sums"), "", ADA)
    return Path(perijove.jobs.show("sums").path)


@pytest.mark.parametrize("what", ["verify", "run", "update"])
def test_a_job_that_was_moved_is_found_where_it_is_looked_at(perijove, folder, what):
    now = folder.rename(folder.with_name("elsewhere"))
    assert perijove.jobs.show("sums").state == "failed"
    if what == "verify":
        perijove.jobs.verify(now, ADA)
    elif what == "run":
        perijove.jobs.run(now, {}, ADA)
    else:
        perijove.jobs.update(now, Refresh(verify=False), ADA)
    job = perijove.jobs.show("sums")
    assert (job.path, job.state, job.owner, job.approval.holds) == (str(now), "verified", "ada", True)
    assert [one.path for one in perijove.jobs.all()] == [str(now)]
    [node] = [one for one in perijove.lineage.around(Ref("job", "sums"), 0, 0).nodes if one.kind == "job"]
    assert node.detail == str(now)
    assert "jobs.job.moved" in {line.what for line in perijove.audit.entries(20).events}


def test_a_copy_of_a_job_that_is_where_it_was_changes_nothing(perijove, folder, tmp_path_factory):
    copy = tmp_path_factory.mktemp("outside") / "sums"
    shutil.copytree(folder, copy)
    perijove.jobs.store.set_state("sums", "different")
    perijove.jobs.verify(copy, ADA)
    perijove.jobs.run(copy, {}, ADA)
    job = perijove.jobs.store.get("sums")
    assert (job.path, job.state) == (str(folder), "different")


def test_a_job_whose_folder_is_gone_is_said_with_what_to_do(perijove, folder):
    gone = perijove.jobs.show("sums")
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(NotFound, match="is gone") as refused:
        perijove.jobs.approvals.approve(gone, "", ADA)
    assert "perijove job verify FOLDER" in refused.value.hint
    with pytest.raises(NotFound, match="is gone"):
        perijove.jobs.start_run("sums", ADA)
    for verb in ("approve", "show"):
        done = command("job", verb, "sums", folder=perijove.project.root)
        assert (done.returncode, "is gone" in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


@pytest.mark.parametrize("how", ["export", "update"])
def test_a_job_that_is_written_again_as_it_was_is_as_proven_as_before(perijove, folder, how):
    def again():
        if how == "export":
            perijove.jobs.export(NewJob("sums.ipynb", ["total"], name="sums", run=True), ADA)
        else:
            perijove.jobs.update(folder, Refresh(run=True, verify=False), ADA)
        return perijove.jobs.show("sums")

    before = tree_of(folder)
    job = again()
    assert (job.state, job.verification.tree, job.approval.holds) == ("verified", before, True)
    notebooks.write(perijove.project.root / "sums.ipynb", [CELLS[0], ("total", "code", "total = x + 2")])
    job = again()
    assert (job.state, job.verification, job.approval.holds) == ("new", None, False)


def test_a_notebook_that_was_moved_is_named_by_its_new_path(perijove, folder):
    root = perijove.project.root
    (root / "deep").mkdir()
    (root / "sums.ipynb").rename(root / "deep" / "other.ipynb")
    done = command("job", "update", str(folder), "--run", folder=root)
    assert done.returncode == 2, done.stderr
    assert f"There is no notebook sums.ipynb in the project {root}." in done.stderr
    assert "--moved-to PATH" in done.stderr
    moved = ("--run", "--no-verify", "--moved-to", "other.ipynb")
    done = command("job", "update", str(folder), *moved, folder=root / "deep")
    assert done.returncode == 0, done.stderr
    manifest = read_manifest(folder)
    assert (manifest["notebook"], manifest["choice"]["notebook"]) == ("deep/other.ipynb", "deep/other.ipynb")
    assert perijove.jobs.show("sums").notebook == "deep/other.ipynb"
    assert perijove.jobs.update(folder, Refresh(verify=False), ADA).merged == [], "it is found there from now on"
    with pytest.raises(NotFound, match="no notebook nowhere.ipynb"):
        perijove.jobs.update(folder, Refresh(moved_to="nowhere.ipynb"), ADA)


@pytest.mark.parametrize("no_color", [False, True])
def test_lines_left_out_are_told_without_a_colour(perijove, monkeypatch, no_color):
    """In a pipe, and on a terminal where no colour is wanted."""
    cells = [("load", "code", "x = 20\nunused = 1"), ("total", "code", "total = x + 1")]
    notebooks.write(perijove.project.root / "sums.ipynb", cells)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        printed: list[str] = []
        monkeypatch.setattr(cli.click, "echo", printed.append)
        cli._print_slice(perijove.jobs.preview(Choice("sums.ipynb", ["total"])))
        said = "\n".join(printed)
    else:
        said = command("job", "slice", "sums.ipynb", "--cell", "total", folder=perijove.project.root).stdout
    lines = [line.partition("  #")[0] for line in said.splitlines() if line.startswith(("+", "-"))]
    assert lines == ["+ x = 20", "- unused = 1", "+ total = x + 1"]
    assert "\x1b" not in said


def test_what_a_kept_file_imports_stays_locked(perijove, folder):
    """The notebook needs a package no more, and an engineer's file still does."""
    notebooks.write(perijove.project.root / "sums.ipynb", [CELLS[0], ("total", "code", "total = x + 2")])
    (folder / "src" / "sums" / "extra.py").write_text("import six\nimport nobody_has_this\nfrom sums import steps\n")
    perijove.jobs.update(folder, Refresh(run=True, verify=False), ADA)
    assert "six==" in (folder / "pyproject.toml").read_text() and "six==" in (folder / "requirements.lock").read_text()
    (folder / "src" / "sums" / "extra.py").unlink()
    perijove.jobs.update(folder, Refresh(run=True, verify=False), ADA)
    assert "six==" not in (folder / "pyproject.toml").read_text()
