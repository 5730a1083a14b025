"""Folders for work in progress that cannot outlive their program: those of a killed one are found and removed.

A folder is held by a lock of the operating system on the folder itself, which ends with the process that holds it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX_VERIFY = "perijove-verify-"
PREFIX_UPDATE = "perijove-update-"


@contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """A fresh folder that is removed afterwards; those of the same prefix that nobody holds are removed first."""
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent, prefix)
    place = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    while (held := _hold(place)) is None and sys.platform != "win32":  # another program swept it before it was held
        place = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if held is not None:
            os.close(held)


def sweep(parent: Path, prefix: str) -> list[Path]:
    """Remove the folders of this prefix whose program is gone; gives what was removed."""
    removed = []
    with suppress(OSError):
        for place in sorted(parent.glob(f"{prefix}*")):
            if place.is_symlink() or not place.is_dir():
                continue
            held = _hold(place)
            if held is not None:
                shutil.rmtree(place, ignore_errors=True)
                os.close(held)
                removed.append(place)
    return removed


def _hold(place: Path) -> int | None:
    """Take the lock of a folder; None where another program has it, or where there are no such locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        held = os.open(place, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
