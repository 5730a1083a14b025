"""SIGKILL at every step of an export, a verification or an update: no half package is left, and a rerun finishes.

The work is done in a fork of the test that kills itself at its n-th change to the files it works on, for every n.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from perijove.jobs import lock, package
from perijove.jobs.install import finish
from perijove.jobs.scratch import PREFIX_VERIFY, scratch, sweep
from perijove.jobs.update import update
from perijove.jobs.verify import verify
from tests.jobs.edits import EDITS, NOTEBOOK
from tests.jobs.test_update import generated, snapshot

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.chmod", "shutil.rmtree"}


def killed(work: Callable[[], object], at: int, below: Path, events: frozenset[str] = frozenset(CHANGES)) -> bool:
    """Do work in a fork that ends with SIGKILL at its n-th change below a folder; whether there were so many."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            writes = event == "open" and isinstance(arguments[1], str) and "r" not in arguments[1]
            if event not in events and not writes:
                return
            if event == "subprocess.Popen" or str(below) in str(arguments[0]):
                seen += 1
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)

        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.addaudithook(hook)
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture
def locked(monkeypatch):
    monkeypatch.setattr(lock, "lock", lambda *_: "# A fixture.\nnothing==1.0 --hash=sha256:00\n")


@pytest.fixture
def trees(tmp_path, locked):
    """What two notebooks give, and a job's folder."""
    out = tmp_path / "jobs" / "sums"
    return [generated(tmp_path / "made", NOTEBOOK[name], out) for name in ("nothing", "a new parameter")], out


def exporting(monkeypatch, tree: dict[str, bytes], out: Path) -> Callable[[], object]:
    """An export of a tree that was made already."""

    def write() -> object:
        monkeypatch.setattr(package, "contents", lambda *_: tree)
        return package.write(None, out, out)

    return write


def plain(tree: dict[str, bytes]) -> dict[str, object]:
    return {path: content for path, content in tree.items() if not path.startswith(".perijove-job/")}


def leftovers(folder: Path) -> list[str]:
    return [one.name for one in folder.rglob(".*") if one.name.startswith((".sums-", ".next-", ".conflict-", ".new-"))]


def every_kill(work, below, check, events=frozenset(CHANGES)) -> int:
    """Kill the work at each of its changes in turn; ``check`` looks at what was left and puts things back."""
    at = 1
    while killed(work, at, below, events):
        check()
        at += 1
    return at - 1


def test_an_export_that_is_killed_leaves_no_half_job(trees, monkeypatch):
    (tree, _), out = trees
    work = exporting(monkeypatch, tree, out)

    def check() -> None:
        assert not out.exists() or snapshot(out) == plain(tree)
        work()
        assert snapshot(out) == plain(tree) and leftovers(out.parent) == []
        shutil.rmtree(out)

    assert every_kill(work, out.parent, check) > len(tree)


def test_an_export_over_an_older_one_leaves_the_old_or_the_new(trees, monkeypatch, tmp_path):
    (older, newer), out = trees
    exporting(monkeypatch, older, out)()
    _kill(exporting(monkeypatch, newer, out), tmp_path, out, plain(older), plain(newer))


def test_an_update_that_is_killed_leaves_the_old_or_the_new(trees, monkeypatch, tmp_path):
    (older, newer), out = trees
    exporting(monkeypatch, older, out)()
    for edit in ("another default", "a test of their own", "the CI deleted", "the steps renamed"):
        EDITS[edit][0](out)
    before, probe = snapshot(out), tmp_path / "probe"
    _copy(out, probe)
    assert not update(probe, package.MANIFEST, newer, {}).conflicts
    _kill(lambda: update(out, package.MANIFEST, newer, {}), tmp_path, out, before, snapshot(probe))


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


def _kill(work: Callable[[], object], tmp_path: Path, out: Path, before: object, after: object) -> None:
    kept, states = tmp_path / "kept", []
    _copy(out, kept)

    def check() -> None:
        finish(out)  # what every look at a job begins with
        now = snapshot(out)
        assert now in (before, after)
        states.append(now == after)
        work()
        assert snapshot(out) == after and leftovers(out.parent) == []
        _copy(kept, out)

    assert every_kill(work, out, check) > 20
    assert states == sorted(states) and set(states) == {True, False}


@pytest.mark.timeout(300)
def test_a_verification_that_is_killed_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    out = tmp_path / "jobs" / "sums"
    cells = {"numbers": "numbers = [1.5, 2.5]", "total": "total = sum(numbers)"}
    exporting(monkeypatch, generated(tmp_path / "made", cells, out), out)()
    whole, kept = snapshot(out), tmp_path / "environments"
    for at in (1, 2, 2, 3):  # the environment, the first run, then with it kept: the tests, the comparison
        assert killed(lambda: verify(out, None, kept), at, tmp_path / "nowhere", frozenset({"subprocess.Popen"}))
        assert snapshot(out) == whole
    found = verify(out, None, kept)
    assert found.verdict == "verified", found
    assert list((tmp_path / "tmp").glob(f"{PREFIX_VERIFY}*")) == []
    assert list(kept.glob(".making-*")) == []


def test_a_folder_that_is_in_use_is_not_swept(tmp_path):
    with scratch(tmp_path, ".x-") as mine:
        (tmp_path / ".x-dead").mkdir()
        assert [one.name for one in sweep(tmp_path, ".x-")] == [".x-dead"]
        assert mine.exists()
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_finishes_and_removes(tmp_path, locked):
    from perijove.core.project import Project
    from perijove.wiring import Perijove

    (tmp_path / ".perijove").mkdir()
    wired = Perijove(Project.find(tmp_path))
    try:
        (tmp_path / ".perijove/values/nb/.new-dead").mkdir(parents=True)
        (tmp_path / ".perijove/environments/.making-dead").mkdir(parents=True)
        assert len([one for one in wired.jobs.clean() if "dead" in one]) == 2
        assert not [one for one in wired.jobs.clean() if "dead" in one]
    finally:
        wired.close()


def test_a_manifest_names_every_file(trees, monkeypatch):
    (tree, _), out = trees
    exporting(monkeypatch, tree, out)()
    listed = json.loads((out / package.MANIFEST).read_text())["files"]
    found = {one.relative_to(out).as_posix() for one in out.rglob("*") if one.is_file()}
    assert set(listed) == found - {package.MANIFEST}
