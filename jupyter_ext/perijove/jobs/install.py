"""Puts a new tree in place of a job's files, all of it or nothing, also when the program is killed half-way.

The new files are first written beside the old ones, in the job's own folder for such things. One rename then decides:
before it nothing has happened, after it whoever looks at the job next moves the rest into place. The job's folder stays
the folder it is, so that a shell, an editor or a repository in it keeps working.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from perijove.core.errors import Conflict, Invalid
from perijove.jobs.pristine import OWN
from perijove.jobs.scratch import scratch

DECIDED = f"{OWN}/next"
_MAKING = ".next-"
_LIST = "moves.json"


def install(folder: Path, put: Mapping[str, tuple[str, bytes]], remove: list[str]) -> None:
    """Write files (by path: git mode and content) into a folder and remove others."""
    finish(folder)
    _check(folder, [*put, *remove], set(remove))
    with scratch(folder / OWN, _MAKING) as work:
        new = work / "next"
        for at, (mode, content) in enumerate(put.values()):
            _write(new / str(at), mode, content)
        moves = {"put": list(put), "remove": remove}
        (new / _LIST).parent.mkdir(parents=True, exist_ok=True)
        _write(new / _LIST, "100644", json.dumps(moves).encode())
        new.rename(folder / DECIDED)
    finish(folder)


def finish(folder: Path) -> bool:
    """Move into place what an earlier call decided on; gives whether there was anything to do."""
    decided = folder / DECIDED
    if not (decided / _LIST).is_file():
        return False
    moves = json.loads((decided / _LIST).read_text("utf-8"))
    for path in (*moves["remove"], *moves["put"]):
        _inside(path)
    for path in moves["remove"]:
        _remove(folder, path)
    for at, path in enumerate(moves["put"]):
        if os.path.lexists(decided / str(at)):
            _make_way(folder, path)
            (decided / str(at)).replace(folder / path)
    with scratch(folder / OWN, _MAKING) as work:
        decided.rename(work / "done")
    return True


def _inside(path: str) -> None:
    """Refuse a path that leads out of the folder: the list of moves may come with a stranger's repository."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or not path:
        raise Invalid(f"{path} leads out of the job.", hint=f"Remove {DECIDED} from the job.")


def _check(folder: Path, paths: list[str], remove: set[str]) -> None:
    """Raise Conflict where a file would take the place of somebody's folder, or a folder that of a file."""
    for path in paths:
        _inside(path)
        place = folder / path
        if place.is_dir() and not place.is_symlink():
            inner = {one.relative_to(folder).as_posix() for one in place.rglob("*") if not one.is_dir()}
            if inner - remove:
                raise Conflict(f"{path} is a folder in the job, but a file now.", hint="Move the folder away.")
        for above in PurePosixPath(path).parents:
            if os.path.lexists(folder / above) and not (folder / above).is_dir() and above.as_posix() not in remove:
                raise Conflict(f"{above} is a file in the job, but a folder now.", hint="Move the file away.")


def _write(file: Path, mode: str, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if mode == "120000":
        file.symlink_to(os.fsdecode(content))
        return
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    if mode == "100755":
        file.chmod(0o755)


def _remove(folder: Path, path: str) -> None:
    file = folder / path
    if os.path.lexists(file) and not (file.is_dir() and not file.is_symlink()):
        file.unlink()
    for above in file.parents:
        if above == folder or not above.is_dir() or any(above.iterdir()):
            break
        above.rmdir()


def _make_way(folder: Path, path: str) -> None:
    """Make the folder of a file; a link or file in the way of it goes, and so does an empty folder in its own place."""
    file = folder / path
    for above in reversed([one for one in file.parents if one != folder and one.is_relative_to(folder)]):
        if above.is_symlink() or (above.exists() and not above.is_dir()):
            above.unlink()
        above.mkdir(exist_ok=True)
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)  # nothing but empty folders: see _check
