"""Whatever happens in a save: the old notebook or the new one, never a part, and no stray file that looks like one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.storage import saver

from perijove.storage.documents import Documents
from perijove.storage.text import to_text

OLD, NEW = saver.notebook("old"), saver.notebook("new one")
WRITERS = "write,pwrite64,writev,rename,renameat,renameat2,fsync,fdatasync,link,linkat,unlink,unlinkat,ftruncate"
CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\(")


def prepared(folder: Path, file: str = "churn.py") -> Path:
    """A folder with the old notebook in it, saved and shown."""
    folder.mkdir(parents=True)
    own = saver.documents(folder)
    own.save(folder / file, OLD)
    own.close()
    return folder


def run(
    folder: Path, *arguments: str, before: tuple[str, ...] = (), **options: Any
) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-B", saver.__file__, str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def calls(folder: Path, what: str) -> list[tuple[str, int]]:
    """Each call that changes something in the folder: its name, and which of its name in the process it is."""
    log = folder.parent / "calls.log"
    done = run(folder, what, before=("strace", "-f", "-y", "-s", "64", "-o", str(log), "-e", f"trace={WRITERS}"))
    assert done.returncode == 0, done.stderr
    seen: dict[str, int] = {}
    found = []
    for line in log.read_text().splitlines():
        if (match := CALL.match(line)) is None:
            continue
        name = match[1]
        seen[name] = seen.get(name, 0) + 1
        if str(folder) in line:
            found.append((name, seen[name]))
    return found


def is_whole(folder: Path, file: str = "churn.py") -> str:
    """Whether old or new is there, whole, byte for byte and with its outputs; and nothing else that is a notebook."""
    path = folder / file
    own = saver.documents(folder)
    loaded = own.load(path, ids=False).notebook
    name = "old" if loaded == OLD else "new"
    assert loaded == (OLD if name == "old" else NEW)
    if path.suffix == ".py":
        assert path.read_bytes() == to_text(OLD if name == "old" else NEW).text.encode()
    assert notebooks(own, folder) == [file]
    return name


def notebooks(own: Documents, folder: Path) -> list[str]:
    """What a person sees as notebooks."""
    files = [entry for entry in folder.iterdir() if entry.is_file()]
    return sorted(
        entry.name
        for entry in files
        if own.is_text(entry) or (entry.suffix == ".ipynb" and own.views.text_of(entry) is None)
    )


def temporary(folder: Path) -> list[str]:
    return [
        str(left.relative_to(folder))
        for left in folder.rglob(".*")
        if left.name.startswith((".perijove-", ".manifest"))
    ]


@pytest.mark.parametrize(("what", "file"), [("new one", "churn.py"), ("plain", "plain.ipynb")])
def test_killed_at_any_write_rename_and_fsync(what: str, file: str, tmp_path: Path, monkeypatch: Any) -> None:
    if what == "plain":
        monkeypatch.setitem(globals(), "NEW", saver.notebook("plain"))
    fresh = prepared(tmp_path / "fresh", file)
    shutil.copytree(fresh, tmp_path / "dry")
    points = calls(tmp_path / "dry", what)
    assert {name for name, _ in points} >= {"write", "fsync", "rename"}
    ends = []
    for number, (name, nth) in enumerate(points):
        folder = tmp_path / str(number)
        shutil.copytree(fresh, folder)
        inject = ("strace", "-f", "-o", "/dev/null", "-e", f"inject={name}:signal=SIGKILL:when={nth}")
        assert run(folder, what, before=inject).returncode in (-9, 137), (name, nth)
        ends.append(is_whole(folder, file))
        own = saver.documents(folder)
        own.save(folder / file, NEW)  # and the next save goes through, as if nothing had been
        own.close()
        assert is_whole(folder, file) == "new"
        shutil.rmtree(folder)
    assert ends == sorted(ends, reverse=True)  # old, old, …, new, new: there is one moment of change
    assert {"old", "new"} == set(ends)


@pytest.mark.parametrize("fault", ["fsync:error=EIO", "write:error=ENOSPC", "rename:error=EIO", "fsync:error=ENOSPC"])
def test_a_fault_of_the_disk_at_any_call(fault: str, tmp_path: Path) -> None:
    fresh = prepared(tmp_path / "fresh")
    shutil.copytree(fresh, tmp_path / "dry")
    points = [nth for name, nth in calls(tmp_path / "dry", "new one") if name == fault.partition(":")[0]]
    assert points
    refused = 0
    for nth in points:
        folder = tmp_path / str(nth)
        shutil.copytree(fresh, folder)
        done = run(folder, "new one", before=("strace", "-f", "-o", "/dev/null", "-e", f"inject={fault}:when={nth}"))
        assert done.returncode in (0, saver.REFUSED), done.stderr
        if done.returncode:
            refused += 1
            assert "could not be written" in json.loads(done.stdout)[1]
        is_whole(folder)
        assert [left for left in temporary(folder) if not left.startswith(".perijove/")] == []
        shutil.rmtree(folder)
    assert refused >= 2


def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        folder = prepared(disk / "project")
        sizes = [1_000_000, 400_000, 100_000, 50_000, 20_000, 10_000, 4_000]
        filler = disk / "filler"
        for size in sizes:
            with contextlib.suppress(OSError), filler.open("ab") as stream:
                stream.write(b"x" * size)
        done = run(folder, "new one")
        assert done.returncode == saver.REFUSED, done.stderr
        assert is_whole(folder) == "old"
        assert temporary(folder) == []
        filler.unlink()
        assert run(folder, "new one").returncode == 0
        assert is_whole(folder) == "new"


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "project")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = run(folder, "new one", preexec_fn=limit)
    assert done.returncode == saver.REFUSED, done.stderr
    assert "File too large" in done.stdout
    assert is_whole(folder) == "old"
    assert temporary(folder) == []


def test_two_servers_write_one_folder_at_once(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "project")
    known = {json.dumps(saver.notebook(f"{who} {step}"), sort_keys=True) for who in "ab" for step in range(3)}
    known.add(json.dumps(OLD, sort_keys=True))
    texts = {to_text(json.loads(one)).text.encode() for one in known}
    racers = [
        subprocess.Popen([sys.executable, "-B", saver.__file__, str(folder), "race", "40", who]) for who in ("a", "b")
    ]
    own = saver.documents(folder)
    reads, last = 0, 0
    while any(racer.poll() is None for racer in racers):
        assert (folder / "churn.py").read_bytes() in texts
        document = own.load(folder / "churn.py")
        assert json.dumps(document.notebook, sort_keys=True) in known
        assert document.version.token >= last
        reads, last = reads + 1, document.version.token
    assert [racer.wait() for racer in racers] == [0, 0]
    assert reads > 20
    assert notebooks(own, folder) == ["churn.py"]
    assert [left for left in temporary(folder) if not left.startswith(".perijove/")] == []


def test_two_servers_that_check_what_they_overwrite_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    own = saver.documents(folder)
    start = {"cell_type": "code", "id": "n", "metadata": {}, "source": "0", "execution_count": None, "outputs": []}
    own.save(folder / "churn.py", {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [start]})
    racers = [subprocess.Popen([sys.executable, "-B", saver.__file__, str(folder), "count", "15"]) for _ in range(2)]
    assert [racer.wait(60) for racer in racers] == [0, 0]
    assert own.load(folder / "churn.py").notebook["cells"][0]["source"] == "30"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of one megabyte; where this system lets nobody mount one, the test cannot be run."""
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=False).returncode
    ):
        pytest.skip("a small disk cannot be mounted here; RLIMIT_FSIZE and ENOSPC stand for it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
