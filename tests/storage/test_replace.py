"""A save over what was read never takes the place of what somebody else wrote a moment before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.storage.saver import documents, notebook

from perijove.storage import atomic
from perijove.storage.model import Changed

WRITE = "import sys, pathlib; from perijove.storage import atomic; "
WRITE += "atomic.write(pathlib.Path(sys.argv[1]), b'new' * 1000, over=b'old' * 1000)"


def in_place(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def by_a_new_name(file: Path, data: bytes) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(data)
    new.replace(file)


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen at the last moment before a new file gets its name."""
    fill = atomic._fill

    def filling(descriptor: int, data: bytes, durable: bool) -> None:
        fill(descriptor, data, durable)
        monkeypatch.setattr(atomic, "_fill", fill)
        happens()

    monkeypatch.setattr(atomic, "_fill", filling)


@pytest.fixture(params=["exchanged", "compared"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that can let two files change places, and one that cannot."""
    if request.param == "compared":
        monkeypatch.setattr(atomic, "exchange", lambda one, other: False)


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("other", [in_place, by_a_new_name])
@pytest.mark.parametrize("name", ["n.ipynb", "n.py", "n.txt"])
def test_what_somebody_else_wrote_meanwhile_stays(
    name: str, other: Callable[[Path, bytes], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = documents(tmp_path)
    file = tmp_path / name
    if name == "n.txt":
        file.write_text("old")
    else:
        own.save(file, notebook("old"))
    base = own.version(file)
    theirs = file.read_bytes().replace(b"old", b"theirs")
    meanwhile(monkeypatch, lambda: other(file, theirs))
    with pytest.raises(Changed):
        if name == "n.txt":
            own.save_text(file, "new", base=base)
        else:
            own.save(file, notebook("old", 2000) | {"metadata": {"title": "new"}}, base=base)
    assert file.read_bytes() == theirs
    assert not list(tmp_path.glob(".perijove-*"))
    own.close()


@pytest.mark.usefixtures("system")
def test_a_file_that_was_deleted_meanwhile_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "n.txt"
    file.write_bytes(b"old")
    meanwhile(monkeypatch, file.unlink)
    with pytest.raises(Changed, match="gone"):
        atomic.write(file, b"new", over=b"old")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("system")
def test_a_save_over_what_was_read_leaves_one_file(tmp_path: Path) -> None:
    file = tmp_path / "n.txt"
    file.write_bytes(b"old")
    file.chmod(0o640)
    atomic.write(file, b"new", over=b"old")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("call", "left"), [("fsync", b"old"), ("renameat2", b"old"), ("unlink", b"new")])
def test_killed_at_any_moment_it_is_old_or_new(call: str, left: bytes, tmp_path: Path) -> None:
    file = tmp_path / "n.txt"
    file.write_bytes(b"old" * 1000)
    inject = ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when=1"]
    done = subprocess.run([*inject, sys.executable, "-B", "-c", WRITE, str(file)], timeout=60, check=False)
    assert done.returncode in (-9, 137)
    assert file.read_bytes() == left * 1000
