"""Outputs of a run: all of them together, or those of the run before."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest


def load(name):
    place = str(files("perijove.jobs").joinpath("templates", f"{name}.py"))
    spec = importlib.util.spec_from_file_location(f"{name}_of_jobs", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


writing, values = load("writing"), load("values")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    made = tmp_path / "outputs"
    with writing.fresh(made) as place:
        values.save({"a": 1, "b": [1, 2]}, place)
    (made / "profiles").mkdir()
    (made / "profiles" / "old.json").write_text("{}")
    return made


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_new_outputs_take_the_places_of_old_ones_and_other_files_stay(out):
    with writing.fresh(out) as place:
        values.save({"a": 2, "c": "x"}, place)
        (place / "models").mkdir()
        (place / "models" / "models.json").write_text("{}")
        assert json.loads((out / "a.json").read_text()) == 1, "not before all are written"
    found = content(out)
    assert (found["a.json"], found["c.json"], found["models/models.json"]) == ("2", '"x"', "{}")
    assert [one["name"] for one in json.loads(found["values.json"])["values"]] == ["a", "c"]
    assert "profiles/old.json" in found and not list(out.glob(".making*"))


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), OSError(errno.ENOENT, "gone")])
def test_a_run_that_fails_leaves_the_outputs_of_the_one_before(out, error):
    before = content(out)
    with pytest.raises(type(error)), writing.fresh(out) as place:
        values.save({"a": 2}, place)
        raise error
    assert content(out) == before


def test_a_full_disk_is_said_and_leaves_the_outputs_of_the_run_before(out, monkeypatch):
    def full(self, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = content(out)
    with (
        pytest.raises(writing.CannotWrite, match="No space left on device. It is as it was"),
        writing.fresh(out) as place,
    ):
        monkeypatch.setattr(Path, "write_text", full)
        values.save({"a": 2}, place)
    monkeypatch.undo()
    assert content(out) == before


@pytest.mark.parametrize("name", ["data/x.csv", b"data/x.csv", Path("data/x.csv")])
def test_a_file_of_the_job_itself_that_cannot_be_written_is_named(out, tmp_path, monkeypatch, name):
    before = content(out)
    monkeypatch.chdir(tmp_path)  # as a job's steps run in the data's folder
    said = f"The job writes to {tmp_path}/data/x.csv, which fails: Read-only file system. "
    with pytest.raises(writing.CannotWrite) as refused, writing.fresh(out):
        raise OSError(errno.EROFS, "Read-only file system", name)
    assert str(refused.value) == f"{said}The outputs in {out} are as they were."
    assert content(out) == before


def test_what_is_in_the_way_is_not_blamed_on_another_folder(out):
    def refused(*error):
        with pytest.raises(writing.CannotWrite) as found, writing.fresh(out) as place:
            raise OSError(*(str(place / one) if one == "a.json" else one for one in error))
        return str(found.value)

    assert refused(errno.ENOSPC, "No space left", "a.json").startswith(f"The outputs cannot be written to {out}: No")
    assert refused(errno.EROFS, "Read-only").startswith("The job writes to a place that cannot be written to: ")


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(writing.CannotWrite, match="Name another folder with --out"),
        writing.fresh(tmp_path / "file" / "o"),
    ):
        pytest.fail("nothing may be computed for it")


def test_what_a_killed_run_left_is_removed_and_that_of_one_under_way_stays(out):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    (out / f".making-{done.pid}").mkdir()
    (out / f".making-{os.getppid()}").mkdir()
    with writing.fresh(out):
        pass
    assert [one.name for one in out.glob(".making*")] == [f".making-{os.getppid()}"]


def test_ctrl_c_waits_while_files_change_places(out, monkeypatch):
    replace = Path.replace

    def slow(self, target):
        os.kill(os.getpid(), signal.SIGINT)
        return replace(self, target)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs this may ignore it
    try:
        monkeypatch.setattr(Path, "replace", slow)
        with writing.fresh(out) as place:
            values.save({"a": 3, "b": [3]}, place)
        monkeypatch.undo()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert content(out)["a.json"] == "3"
