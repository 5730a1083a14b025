"""Export and verification of a real notebook: verified, different once a number is changed, edited once a file is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.errors import Invalid, NotFound
from perijove.core.events import Events
from perijove.core.lineage import Lineage
from perijove.core.plugins import Parts
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.spool import Spool
from perijove.core.tasks import Tasks
from perijove.jobs.model import Choice, NewJob, Refresh
from perijove.jobs.service import Jobs
from perijove.jobs.store import JobStore
from perijove.jobs.verify import verify
from tests.jobs import notebooks

ME = Person("ada", owner=True)


class OneRun:
    """A tracker that has logged one run."""

    def latest_for(self, notebook, cells):
        return "abc123" if "evaluate" in cells else ""

    def facts(self, run):
        return {"params": {"depth": "4"}, "metrics": {"auc": 0.9}, "picture": b"a picture"}


class OneTarget(Parts):
    """The built-in target, whether or not the package is installed."""

    def make(self, name, config):
        from perijove.jobs.targets.folder import FolderConfig, FolderTarget

        return FolderTarget(FolderConfig(**config))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    import perijove.wiring  # noqa: F401 - names every table

    root = tmp_path_factory.mktemp("project")
    notebooks.write(root / "small.ipynb", notebooks.SMALL)
    notebooks.points(root / "data" / "points.csv")
    project = Project(root, root / ".perijove")
    project.prepare()
    database, events = Database(f"sqlite:///{project.state / 'state.db'}"), Events()
    made = Jobs(
        project, JobStore(database), OneTarget("x"), events, Tasks(database, events), Lineage(database), OneRun(), None
    )
    made.heard = []
    events.listen(lambda one: made.heard.append(one.what))
    yield made
    database.close()


@pytest.fixture(scope="module")
def exported(jobs):
    body = NewJob("small.ipynb", ["evaluate"], name="small", run=True, verify=True)
    task = jobs.start_export(body, ME)
    ended = jobs.tasks.wait(task.id, ME)
    assert ended.error == ""
    return jobs.show("small")


def test_without_values_the_hint_says_how_to_get_them(jobs):
    with pytest.raises(Invalid) as refused:
        jobs.export(NewJob("small.ipynb", ["load"], name="never"), ME)
    assert "--run" in refused.value.hint


def test_the_job_is_verified_in_a_fresh_environment(exported):
    found = exported.verification
    assert found.verdict == "verified", found.reason
    assert exported.state == "verified"
    assert {one.name: one.result for one in found.outputs} == dict.fromkeys(
        ["proba", "auc", "predictions", "labels"], "identical"
    )
    assert [one.name for one in found.steps] == ["package", "environment", "run", "tests", "compare"]
    assert all(one.ok for one in found.steps)


def test_what_the_job_holds_is_what_the_cell_needs(jobs, exported):
    found = jobs.preview(Choice("small.ipynb", ["evaluate"]))
    assert [cell.id for cell in found.cells] == ["imports", "load", "settings", "helper", "train", "evaluate"]
    assert {one.name: one.default for one in found.parameters} == {
        "points_path": "data/points.csv",
        "strength": 0.5,
        "split": 200,
        "scale": 2.0,
    }
    assert [one.ref for one in found.inputs] == [f"dataset:{(jobs.project.root / 'data/points.csv').as_uri()}"]
    steps = (jobs.project.root / "jobs/small/src/small/steps.py").read_text()
    assert "matplotlib" not in steps and "noise" not in steps and "describe" not in steps


def test_the_model_card_says_what_the_run_logged(exported):
    folder = Path(exported.path)
    card = (folder / "MODEL_CARD.md").read_text()
    assert "| `depth` | `4` | `run abc123` |" in card and "| `auc` | `0.9` | `run abc123` |" in card
    assert (folder / "docs/shap_summary.png").read_bytes() == b"a picture" and "docs/shap_summary.png" in card


def test_the_job_stands_in_the_graph_and_was_announced(jobs, exported):
    graph = jobs.lineage.around(Ref("job", "small"), 1, 0)
    kinds = {(edge.source.partition(":")[0], edge.kind, edge.how) for edge in graph.edges}
    assert kinds == {
        ("cell", "exported", "declared"),
        ("dataset", "reads", "declared"),
        ("run", "reproduced", "inferred"),
    }
    assert {"jobs.job.exported", "jobs.job.verified"} <= set(jobs.heard)


def test_a_changed_constant_is_different_and_fails_the_jobs_own_test(jobs, exported, tmp_path):
    folder = tmp_path / "jobs" / "small"
    shutil.copytree(exported.path, folder)
    config = folder / "src/small/config.toml"
    config.write_text(
        config.read_text().replace("strength = 0.5", "strength = 0.7").replace('"../.."', f'"{jobs.project.root}"')
    )
    found = verify(folder)
    assert found.verdict == "different"
    assert {one.name for one in found.outputs if one.result == "different"} >= {"proba", "predictions"}
    assert [one.ok for one in found.steps if one.name == "tests"] == [False]
    assert found.reason


def test_tampered_golden_values_fail(exported, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(exported.path, folder)
    (folder / "tests/golden/auc.json").write_text("0.5")
    found = verify(folder)
    assert found.verdict == "failed" and "changed after the export" in found.reason


def own_command(jobs, exported, *arguments, most=None):
    """The job's own command, where no file may be longer than ``most`` bytes."""
    import resource

    env = {**os.environ, "PYTHONPATH": str(Path(exported.path) / "src"), "JOB_DATA_ROOT": str(jobs.project.root)}
    limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))) if most else None
    argv = [sys.executable, "-m", "small", *arguments]
    return subprocess.run(argv, env=env, capture_output=True, text=True, preexec_fn=limit)


def test_a_run_whose_outputs_do_not_fit_ends_with_1_and_keeps_the_earlier_ones(jobs, exported, tmp_path):
    out = tmp_path / "out"
    assert own_command(jobs, exported, "run", "--out", str(out)).returncode == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    done = own_command(jobs, exported, "run", "--quiet", "--out", str(out), "--strength", "0.7", most=500)
    assert done.returncode == 1 and "It is as it was" in done.stderr, done.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_what_makes_no_sense_is_said_before_any_work(jobs, exported, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "odd.toml").write_text('data_rot = "."\n[paramters]\n')
    for arguments, words in [
        (("--out", str(Path(exported.path) / "src" / "x")), "holds the job itself"),
        (("--out", str(tmp_path / "file")), "is no folder"),
        (("--config", str(tmp_path / "odd.toml")), "data_rot, paramters, which is not known"),
    ]:
        done = own_command(jobs, exported, "run", *arguments)
        assert done.returncode == 2 and words in done.stderr and "step" not in done.stderr, done.stderr


def test_data_that_lies_elsewhere_is_found_by_verify_too(jobs, exported, tmp_path, monkeypatch):
    folder = tmp_path / "a" / "b" / "small"
    shutil.copytree(exported.path, folder)
    assert verify(folder).verdict == "failed"
    monkeypatch.chdir(jobs.project.root)
    monkeypatch.setenv("JOB_DATA_ROOT", ".")
    found = verify(folder)
    assert found.verdict == "verified", (found.reason, found.outputs)


def test_an_edited_file_is_seen(jobs, exported):
    steps = jobs.project.root / "jobs/small/src/small/steps.py"
    text = steps.read_text()
    steps.write_text(text + "# mine\n")
    try:
        assert jobs.show("small").state == "edited"
    finally:
        steps.write_text(text)
    assert jobs.show("small").state == "verified"


def test_an_edited_job_that_was_verified_as_it_is_now_is_verified(jobs, exported):
    steps = jobs.project.root / "jobs/small/src/small/steps.py"
    text, before = steps.read_text(), jobs.show("small").verification
    steps.write_text(text + "# mine\n")
    try:
        assert jobs.show("small").state == "edited"
        assert jobs.verify(Path(jobs.show("small").path), ME).verdict == "verified"
        assert jobs.show("small").state == "verified"
    finally:
        steps.write_text(text)
        jobs.store.set_state("small", "verified", before)


def test_a_job_whose_verification_was_killed_is_as_before(jobs, exported):
    jobs.store.set_state("small", "verifying")
    assert jobs.show("small").state == "verified"
    jobs.store.set_state("small", "verified")


def broken(jobs, exported, folder, steps):
    """A copy of the job that reads the project's data, with other steps."""
    shutil.copytree(exported.path, folder)
    config = folder / "src/small/config.toml"
    config.write_text(config.read_text().replace('"../.."', f'"{jobs.project.root}"'))
    (folder / "src/small/steps.py").write_text(steps)
    return verify(folder)


def test_a_job_that_breaks_by_itself_is_different_and_says_with_what(jobs, exported, tmp_path):
    found = broken(jobs, exported, tmp_path / "small", "print('auc: 0.93')\nraise SystemError('boom')\n")
    assert found.verdict == "different" and "SystemError: boom" in found.reason
    assert [(one.name, one.ok) for one in found.steps][-1] == ("run", False)
    assert {one.name for one in found.outputs} == {"proba", "auc", "predictions", "labels"}
    assert {one.detail for one in found.outputs} == {"The job ends with an error: SystemError: boom"}


@pytest.mark.parametrize(
    "steps",
    [
        "raise ConnectionRefusedError('no one answers')\n",
        "import os\nos.kill(os.getpid(), 9)\n",
        "import nobody_has_it\n",
    ],
)
def test_a_job_that_its_surroundings_may_have_broken_fails(jobs, exported, tmp_path, steps):
    found = broken(jobs, exported, tmp_path / "small", steps)
    assert (found.verdict, found.outputs) == ("failed", [])


def test_a_job_whose_data_is_gone_fails(exported, tmp_path):
    shutil.copytree(exported.path, tmp_path / "a/b/small")  # no data two folders up
    found = verify(tmp_path / "a/b/small")
    assert (found.verdict, found.outputs) == ("failed", [])
    assert "points.csv is missing" in found.reason


def test_stored_values_serve_until_a_cell_changes(jobs, exported):
    again = jobs.export(NewJob("small.ipynb", ["evaluate"], name="small"), ME)
    assert again.state == "verified", "the same bytes as before"
    cells = [(i, k, s.replace("0.5\nsplit", "0.6\nsplit")) for i, k, s in notebooks.SMALL]
    notebooks.write(jobs.project.root / "small.ipynb", cells)
    try:
        with pytest.raises(Invalid, match="changed since"):
            jobs.export(NewJob("small.ipynb", ["evaluate"], name="small"), ME)
    finally:
        notebooks.write(jobs.project.root / "small.ipynb", notebooks.SMALL)


def test_the_job_runs_with_other_parameters(jobs, exported):
    found = jobs.run(jobs.project.root / "jobs/small", {"strength": "0.1"}, ME)
    Spool(jobs.project, jobs.store.database, jobs.lineage).take_in()
    graph = jobs.lineage.around(Ref("jobrun", found["run"]), 1, 0)
    assert {(edge.source.partition(":")[0], edge.kind) for edge in graph.edges} >= {("job", "ran"), ("dataset", "read")}
    assert (jobs.project.root / "jobs/small/outputs/values.json").exists() and found["name"] == "small"
    with pytest.raises(Invalid, match="no parameter"):
        jobs.run(jobs.project.root / "jobs/small", {"colour": "red"}, ME)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (NewJob("nobody.ipynb", ["a"]), NotFound),
        (NewJob("small.ipynb", ["nowhere"]), NotFound),
        (NewJob("small.ipynb", ["title"]), Invalid),
        (NewJob("../small.ipynb", ["evaluate"]), Invalid),
        (NewJob("small.ipynb", ["evaluate"], name="Bad Name"), Invalid),
    ],
)
def test_bad_wishes_are_refused_at_once(jobs, body, error):
    with pytest.raises(error):
        jobs.start_export(body, ME)


def test_check_says_what_is_missing(jobs, exported, tmp_path):
    argv = [sys.executable, "-m", "small", "check", "--data-root", str(tmp_path)]
    done = subprocess.run(argv, env={"PYTHONPATH": f"{exported.path}/src"}, capture_output=True, text=True)
    assert done.returncode == 1 and "points.csv is missing" in done.stderr


def test_an_update_keeps_edits_and_is_verified(jobs, exported):
    folder = Path(jobs.show("small").path)
    readme = folder / "README.md"
    readme.write_text(readme.read_text() + "\nOurs.\n")
    cells = [(i, k, s.replace("labels = {", "most = float(proba.max())\nlabels = {")) for i, k, s in notebooks.SMALL]
    notebooks.write(jobs.project.root / "small.ipynb", cells)
    try:
        assert jobs.show("small").behind
        task = jobs.start_update("small", Refresh(run=True), ME)
        found = jobs.tasks.wait(task.id, ME)
        assert found.error == ""
        assert found.result["conflicts"] == [] and found.result["kept"] == ["README.md"]
        assert found.result["verification"]["verdict"] == "verified"
        assert "most" in {one["name"] for one in found.result["verification"]["outputs"]}
        assert "Ours." in readme.read_text()
        now = jobs.show("small")
        assert (now.state, now.behind) == ("verified", False), "edited, and verified as it is now"
    finally:
        notebooks.write(jobs.project.root / "small.ipynb", notebooks.SMALL)


def test_a_conflict_changes_nothing_and_can_be_abandoned(jobs, exported):
    folder = Path(jobs.show("small").path)
    steps = folder / "src/small/steps.py"
    steps.write_text(steps.read_text().replace("> 0.5", "> 0.6"))
    before = steps.read_text()
    cells = [(i, k, s.replace("> 0.5", "> 0.7")) for i, k, s in notebooks.SMALL]
    notebooks.write(jobs.project.root / "small.ipynb", cells)
    try:
        found = jobs.update(folder, Refresh(run=True, verify=False), ME)
        assert found.conflicts == ["src/small/steps.py"] and steps.read_text() == before
        assert jobs.show("small").conflicts == ["src/small/steps.py"]
        assert [one.cell for one in jobs.conflict("small").clashes] == ["Cell 7 (evaluate)"]
        assert jobs.abandon("small", ME).conflicts == []
    finally:
        notebooks.write(jobs.project.root / "small.ipynb", notebooks.SMALL)
