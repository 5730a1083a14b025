"""Makes the environment of a job from its lock: fresh each time, or once for each lock and then kept."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from perijove.jobs.lock import BY_COMMIT, uv
from perijove.jobs.scratch import scratch

Must = Callable[[list[str], Path], None]


def make(lock: Path, python: str, place: Path, must: Must) -> int:
    """Make a virtual environment from a lock; ``must`` runs a program and raises where it fails. Gives the packages."""
    short = ".".join(python.split(".")[:2])
    chosen = sys.executable if short == f"{sys.version_info.major}.{sys.version_info.minor}" else short
    place.parent.mkdir(parents=True, exist_ok=True)
    must([uv(), "venv", "--quiet", "--no-project", "--python", chosen, str(place)], place.parent)
    pinned = len(re.findall(r"^[^\s#]+(?:==| @ )", lock.read_text("utf-8"), re.MULTILINE))
    if pinned:
        sync = [uv(), "pip", "sync", "--quiet", "--require-hashes", "--python", str(program(place)), str(lock)]
        try:
            must(sync, place.parent)
        except Exception as error:  # noqa: BLE001 - whatever it raises: without an index, uv's cache may do
            try:
                must([*sync, "--offline"], place.parent)
            except Exception:  # noqa: BLE001 - the first answer says more
                raise error from None
    by_commit = lock.with_name(BY_COMMIT)
    if by_commit.is_file():
        extra = [uv(), "pip", "install", "--quiet", "--no-deps", "--python", str(program(place)), "-r", str(by_commit)]
        must(extra, place.parent)
    return pinned


def kept(lock: Path, python: str, folder: Path, must: Must) -> tuple[Path, bool]:
    """The environment of a lock among those kept in a folder, and whether it was there already.

    It is named after the lock's bytes and Python's version, so that no two locks share one.
    """
    short = ".".join(python.split(".")[:2])
    more = lock.with_name(BY_COMMIT)
    text = lock.read_bytes() + (more.read_bytes() if more.is_file() else b"")
    ready = folder / hashlib.sha256(text + short.encode()).hexdigest()[:16]
    if (ready / "complete").exists():
        return ready, True
    with scratch(folder, ".making-") as work:
        made = work / "env"
        make(lock, python, made, must)
        _relocate(made, ready)
        (made / "complete").touch()
        try:
            made.rename(ready)
        except OSError:  # another program was faster, or a half-made one of an older version is in the way
            if not (ready / "complete").exists():
                ready.rename(work / "old")
                made.rename(ready)
    return ready, False


def _relocate(made: Path, ready: Path) -> None:
    """Name the final place in the scripts of an environment that is about to be moved."""
    for file in [*(made / "bin").glob("*"), made / "pyvenv.cfg"]:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > 200_000:
            continue
        content = file.read_bytes()
        if os.fsencode(made) in content:
            file.write_bytes(content.replace(os.fsencode(made), os.fsencode(ready)))


def program(environment: Path) -> Path:
    """The Python of a virtual environment."""
    windows = environment / "Scripts" / "python.exe"
    return windows if windows.exists() else environment / "bin" / "python"


def clean(environment: Mapping[str, str], source: Path, bytecode: Path) -> dict[str, str]:
    """What a job's process gets to see: variables, the job's own source, and a place for bytecode outside of it.

    What it prints is not held back, so that its log ends with what came last: the error.
    """
    own = {"PYTHONPATH": str(source), "PYTHONPYCACHEPREFIX": str(bytecode), "MPLBACKEND": "Agg"}
    return {**environment, **own, "PYTHONUNBUFFERED": "1"}
