"""Re-export: what engineers did to a job stays, or the clash is shown and nothing is touched; never is a change lost.

Each edit is made to a freshly written job, then the notebook changes, then the job is updated. The lock is a fixture.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from perijove.core.errors import Conflict, Invalid
from perijove.jobs import lock, package
from perijove.jobs.install import finish
from perijove.jobs.merge import has_marks
from perijove.jobs.model import Choice
from perijove.jobs.notebook import read_notebook
from perijove.jobs.slice import backward_slice
from perijove.jobs.update import CONFLICT, MERGED, abandon, conflict, update
from tests.jobs import notebooks
from tests.jobs.edits import CONFIG, EDITS, MARK, NOTEBOOK, README, STEPS, WORDS, append, create, delete


@pytest.fixture(autouse=True)
def locked(monkeypatch):
    monkeypatch.setattr(lock, "lock", lambda *_: "# A fixture.\nnothing==1.0 --hash=sha256:00\n")


def generated(place: Path, cells: dict[str, str], out: Path) -> dict[str, bytes]:
    """Every file of the job that these cells give."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    book = read_notebook(
        notebooks.write(place / "nb.ipynb", [(id, "code", src) for id, src in cells.items()]), "nb.ipynb"
    )
    chosen = [len(cells) - 1]
    job = package.plan("sums", book, chosen, backward_slice(book.sources, chosen))
    values = place / "values"
    values.mkdir()
    space: dict[str, object] = {}
    exec("\n".join(cells.values()), space)  # noqa: S102 - the cells above
    listed = []
    for name in job.outputs:
        (values / f"{name}.json").write_text(json.dumps(space[name]))
        listed.append({"name": name, "kind": "number", "file": f"{name}.json", "detail": "", "type": "float"})
    (values / "values.json").write_text(json.dumps({"values": listed, "python": "3.11.7", "packages": {}}))
    return package.contents(job, values, out, choice=Choice("nb.ipynb", ["total"]))


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """What each notebook gives, made once."""
    place = tmp_path_factory.mktemp("trees")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "lock", lambda *_: "# A fixture.\nnothing==1.0 --hash=sha256:00\n")
        return {name: generated(place / "made", cells, place / "sums") for name, cells in NOTEBOOK.items()}


@pytest.fixture
def job(tmp_path, trees):
    folder = tmp_path / "sums"
    for path, content in trees["nothing"].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def snapshot(folder: Path) -> dict[str, object]:
    skipped = folder / ".perijove-job"
    return {
        one.relative_to(folder).as_posix(): (one.readlink() if one.is_symlink() else one.read_bytes())
        for one in sorted(folder.rglob("*"))
        if (one.is_symlink() or one.is_file()) and not one.is_relative_to(skipped)
    }


def everything(folder: Path) -> str:
    files = [one for one in folder.rglob("*") if one.is_file() and ".perijove-job" not in one.parts]
    return "\n".join(one.read_text("utf-8", "replace") for one in files)


EVERY = [(edit, changed) for edit in EDITS for changed in NOTEBOOK]
# Every edit meets two or three of the changes each time, and all of them with PERIJOVE_ALL=1.
PAIRS = EVERY if os.environ.get("PERIJOVE_ALL") else [one for at, one in enumerate(EVERY) if at % 5 in (0, 2)]


@pytest.mark.parametrize(("edit", "changed"), PAIRS)
def test_an_edit_is_kept_or_the_conflict_is_shown(job, trees, edit, changed):
    make, holds = EDITS[edit]
    make(job)
    assert holds(job)
    before = snapshot(job)
    found = update(job, package.MANIFEST, trees[changed], {})
    assert holds(job), "the edit is lost"
    if found.conflicts:
        assert snapshot(job) == before
        assert {one.path for one in found.clashes} == set(found.conflicts)
        assert conflict(job) == found
        return
    assert not (job / CONFLICT).exists()
    assert not any(has_marks(one) for one in snapshot(job).values() if isinstance(one, bytes))
    if edit not in ("the settings deleted", "another default", "several at once"):
        assert WORDS.get(changed, "") in everything(job), "the notebook's change is lost"
    assert json.loads((job / package.MANIFEST).read_text()) == json.loads(trees[changed][package.MANIFEST])
    assert update(job, package.MANIFEST, trees[changed], {}).merged == []


def test_without_edits_the_job_is_what_the_notebook_gives(job, trees):
    for changed in NOTEBOOK:
        found = update(job, package.MANIFEST, trees[changed], {})
        assert not found.conflicts and not found.kept
        fresh = {path: content for path, content in trees[changed].items() if not path.startswith(".perijove-job/")}
        assert snapshot(job) == fresh
    assert package.edited(job) == []


def test_most_edits_meet_most_changes_without_a_conflict(job, trees):
    """A rule against a merge that gives up: comments, files and settings do not clash with another cell's change."""
    for edit in (
        "a comment in a step",
        "another default",
        "the steps renamed",
        "a test added",
        "the Dockerfile deleted",
    ):
        EDITS[edit][0](job) if edit != "a comment in a step" else None
    assert update(job, package.MANIFEST, trees["another cell"], {}).conflicts == []
    assert "one > lowest" in (job / "src/sums/work.py").read_text()
    assert "factor = 3.0" in (job / CONFIG).read_text() and not (job / "Dockerfile").exists()


@pytest.fixture
def clash(job, trees):
    """Engineer and notebook changed the same line."""
    EDITS["the scaling step"][0](job)
    return update(job, package.MANIFEST, trees["a statement"], {})


def test_a_clash_is_told_cell_by_cell(job, clash):
    assert clash.conflicts == [STEPS]
    (one,) = clash.clashes
    assert "(scale)" in one.cell
    assert MARK in one.mine and MARK not in one.base and "factor + 1" in one.notebook
    assert has_marks((job / MERGED / STEPS).read_bytes())


def test_a_clash_is_decided_for_either_side_or_by_hand(job, trees, clash, tmp_path):
    for take, words in (("mine", MARK), ("notebook", "factor + 1")):
        copy = tmp_path / take
        shutil.copytree(job, copy, symlinks=True)
        found = update(copy, package.MANIFEST, trees["a statement"], {STEPS: take})
        assert not found.conflicts and words in (copy / STEPS).read_text()
        assert not (copy / CONFLICT).exists()
    with pytest.raises(Invalid, match="marks"):
        update(job, package.MANIFEST, trees["a statement"], {STEPS: "edited"})
    (job / MERGED / STEPS).write_text("# decided\n")
    assert not update(job, package.MANIFEST, trees["a statement"], {STEPS: "edited"}).conflicts
    assert (job / STEPS).read_text() == "# decided\n"


def test_a_decision_for_an_older_state_is_refused(job, trees, clash):
    (job / MERGED / STEPS).write_text("# decided\n")
    append(STEPS, "# later\n")(job)
    with pytest.raises(Conflict, match="changed since"):
        update(job, package.MANIFEST, trees["a statement"], {STEPS: "edited"})
    with pytest.raises(Invalid, match="not in conflict"):
        update(job, package.MANIFEST, trees["a statement"], {README: "mine"})
    abandon(job)
    assert conflict(job) is None and "# later" in (job / STEPS).read_text()


def test_a_deleted_file_that_the_notebook_changes_is_a_clash(job, trees):
    delete(STEPS)(job)
    found = update(job, package.MANIFEST, trees["a statement"], {})
    assert found.conflicts == [STEPS] and "deleted" in found.clashes[0].reason
    assert not update(job, package.MANIFEST, trees["a statement"], {STEPS: "mine"}).conflicts
    assert not (job / STEPS).exists()


def test_the_base_survives_a_clone_and_a_squashed_merge(job, trees, tmp_path):
    def git(*arguments: str, at: Path = job) -> None:
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *who, *arguments], cwd=at, check=True, capture_output=True)

    git("init")
    git("add", "-A")
    git("commit", "-m", "exported")
    git("checkout", "-b", "work")
    EDITS["another default"][0](job)
    EDITS["the steps renamed"][0](job)
    git("add", "-A")
    git("commit", "-m", "work")
    git("checkout", "main")
    git("merge", "--squash", "work")
    git("commit", "-m", "squashed")
    git("clone", "-q", str(job), str(tmp_path / "clone"))
    found = update(tmp_path / "clone", package.MANIFEST, trees["another cell"], {})
    assert not found.conflicts
    assert "one > lowest" in (tmp_path / "clone/src/sums/work.py").read_text()
    assert "factor = 3.0" in (tmp_path / "clone" / CONFIG).read_text()


def test_what_git_ignores_is_left_alone(job, trees):
    create("outputs/values.json", "{}")(job)
    create(".venv/lib/x.py", "x")(job)
    update(job, package.MANIFEST, trees["another cell"], {})
    assert (job / "outputs/values.json").exists() and (job / ".venv/lib/x.py").exists()


def test_a_folder_in_the_way_of_a_file_is_refused(job, trees):
    made = {**trees["another cell"], "notes": b"new\n"}
    create("notes/mine.bin", "x" * 100)(job)
    with pytest.raises(Conflict):
        if update(job, package.MANIFEST, made, {}).conflicts:
            raise Conflict("said")
    assert (job / "notes/mine.bin").exists()


def test_moves_that_lead_out_of_the_job_are_refused(job, tmp_path):
    create(".perijove-job/next/moves.json", json.dumps({"put": ["../evil"], "remove": []}))(job)
    create(".perijove-job/next/0", "x")(job)
    with pytest.raises(Invalid, match="leads out"):
        finish(job)
    assert not (tmp_path / "evil").exists()


def test_an_update_reads_as_json(clash):
    plain = msgspec.to_builtins(clash)
    assert set(plain) >= {"merged", "conflicts", "kept"} and plain["conflicts"] == [STEPS]
