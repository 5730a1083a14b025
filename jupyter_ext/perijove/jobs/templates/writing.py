"""Writes the outputs of a run all together, or none: those of the run before stay until the new ones are complete."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""Errors of the disk and not of what is written to it."""
LISTS = ("models.json", "parity.json", "values.json")  # they name other files, and so they come last


class CannotWrite(Exception):
    """The outputs cannot be written; the text says why and what to do."""


@contextmanager
def fresh(out: Path) -> Iterator[Path]:
    """A folder for the files of a run. At the end they take the places of earlier ones; if anything fails, none does."""
    made = out / f".making-{os.getpid()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(".making-*"):
            if not _is_running(left.name.rpartition("-")[2]):
                shutil.rmtree(left, ignore_errors=True)
        made.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{out} cannot be written to: {error.strerror}. Name another folder with --out.") from error
    try:
        yield made
        _take_over(made, out)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise CannotWrite(_refusal(error, out)) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _refusal(error: OSError, out: Path) -> str:
    """Why the outputs are not written: for their own folder, or for a file that the job's steps write elsewhere."""
    name = error.filename
    if isinstance(name, str | bytes | os.PathLike):
        place = Path(os.fsdecode(name)).absolute()
        if not place.resolve().is_relative_to(out.resolve()):
            return f"The job writes to {place}, which fails: {error.strerror}. The outputs in {out} are as they were."
    elif error.errno == errno.EROFS:  # a file was made in the outputs' own folder before: it is another one
        return f"The job writes to a place that cannot be written to: {error}. The outputs in {out} are as they were."
    return f"The outputs cannot be written to {out}: {error.strerror}. It is as it was."


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:  # somebody else's
        return True
    return True


def _take_over(made: Path, out: Path) -> None:
    """Put the new files in their places, with Ctrl-C held back for that moment."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        for path in sorted((one for one in made.rglob("*") if one.is_file()), key=lambda one: (one.name in LISTS, one)):
            place = out / path.relative_to(made)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
    finally:
        if main:
            signal.signal(signal.SIGINT, before)
