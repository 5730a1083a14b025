"""Brings a job up to date with its notebook: what engineers did stays, and where both changed the same they decide.

The base is the last generated tree, "mine" what lies in the job's folder, "new" what the notebook gives now. A clash is
never written into the job's files: the merge with its marks goes to ``.perijove-job/conflict``, and the job stays as it
was until somebody has decided, file by file: mine, the notebook's, or what was edited there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import Conflict, Invalid
from perijove.jobs.install import finish, install
from perijove.jobs.merge import LINK, PLAIN, RUNS, Merge, has_marks, merge
from perijove.jobs.model import Take, Update
from perijove.jobs.pristine import OWN, base, digest_of
from perijove.jobs.scratch import PREFIX_UPDATE, scratch

CONFLICT = f"{OWN}/conflict"
MERGED = f"{CONFLICT}/merged"
MOST_BYTES = 20_000_000
SKIPPED = {".git", ".venv", "venv", "__pycache__", "node_modules", "outputs", ".perijove", ".ruff_cache", ".mypy_cache"}
Files = dict[str, tuple[str, bytes]]


def update(folder: Path, manifest: str, made: Mapping[str, bytes], take: Mapping[str, Take]) -> Update:
    """Merge a newly generated tree into a job's folder, or say where that clashes.

    ``manifest`` is the path of the job's manifest; ``made`` holds it and every other generated file; ``take`` decides
    clashes by path. The files change all at once, or not at all.
    """
    finish(folder)
    hashes: dict[str, str] = json.loads((folder / manifest).read_text("utf-8"))["files"]
    ours = (manifest, f"{OWN}/")
    mine = {path: one for path, one in working(folder, hashes).items() if not path.startswith(ours)}
    new: Files = {path: (PLAIN, content) for path, content in made.items() if not path.startswith(ours)}
    contents = [{path: content for path, (_, content) in side.items()} for side in (mine, new)]
    old: Files = {
        path: (PLAIN, content) for path, content in base(folder, hashes, *contents).items() if not path.startswith(ours)
    }
    with scratch(Path(tempfile.gettempdir()), PREFIX_UPDATE) as work:
        found = merge(old, mine, new, work)
    state = digest_of(repr([sorted(mine.items()), sorted(new.items())]).encode())
    tree, left = _decided(folder, found, take, state)
    kept = sorted(path for path in {*old, *mine} if old.get(path) != mine.get(path))
    if left:
        clashes = [one for one in found.clashes if one.path in left]
        answer = Update(merged=[], conflicts=left, kept=kept, clashes=clashes, place=str(folder / MERGED))
        _write_conflict(folder, found, mine, state, answer)
        return answer
    put = {path: one for path, one in tree.items() if mine.get(path) != one}
    gone = sorted(path for path in mine if path not in tree)
    own = {path: (PLAIN, content) for path, content in made.items() if path.startswith(ours)}
    install(folder, {**put, **own}, gone)
    shutil.rmtree(folder / CONFLICT, ignore_errors=True)
    ours_now = [path for path in kept if take.get(path) != "notebook"]
    return Update(merged=sorted({*put, *gone}), conflicts=[], kept=ours_now)


def _decided(folder: Path, found: Merge, take: Mapping[str, Take], state: str) -> tuple[Files, list[str]]:
    """The merged tree with the clashes decided, and the paths that nobody has decided on."""
    unknown = sorted(set(take) - set(found.sides))
    if unknown:
        known = ", ".join(sorted(found.sides)) or "none"
        raise Invalid(f"{', '.join(unknown)} is not in conflict.", hint=f"In conflict: {known}.")
    tree, left = dict(found.tree), []
    for path, (mine, new) in found.sides.items():
        how = take.get(path)
        if how is None:
            left.append(path)
            continue
        chosen = {"mine": mine, "notebook": new}[how] if how != "edited" else _edited(folder, path, state)
        tree.pop(path, None)
        if chosen is not None:
            tree[path] = chosen
    return tree, sorted(left)


def _edited(folder: Path, path: str, state: str) -> tuple[str, bytes] | None:
    """What was made of a file in the conflict's folder; None where it was deleted there."""
    try:
        about = json.loads((folder / CONFLICT / "conflict.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid("There is no conflict that was edited.", hint="Run the update first.") from error
    if about["state"] != state:
        raise Conflict(
            "The job or the notebook has changed since the conflict was written.", hint="Run the update again."
        )
    file = folder / MERGED / path
    if not file.is_file():
        return None
    content = file.read_bytes()
    if has_marks(content):
        raise Invalid(f"{file} still holds marks of the conflict.", hint="Edit it until they are gone.")
    return (RUNS if os.access(file, os.X_OK) else PLAIN), content


def _write_conflict(folder: Path, found: Merge, mine: Files, state: str, answer: Update) -> None:
    """Write the merge with its marks beside the job: the files that would change, and which of them clash."""
    with scratch(folder / OWN, ".conflict-") as work:
        new = work / "new"
        for path, (mode, content) in found.tree.items():
            if mode != LINK and (path in found.sides or mine.get(path) != (mode, content)):
                file = new / "merged" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                file.chmod(0o755 if mode == RUNS else 0o644)
        new.mkdir(exist_ok=True)
        about = {"state": state, "update": msgspec.to_builtins(answer)}
        (new / "conflict.json").write_text(json.dumps(about), "utf-8")
        if (folder / CONFLICT).exists():
            (folder / CONFLICT).rename(work / "old")
        new.rename(folder / CONFLICT)


def conflict(folder: Path) -> Update | None:
    """The conflict of a job that waits for a decision, None where there is none."""
    try:
        return msgspec.convert(json.loads((folder / CONFLICT / "conflict.json").read_text("utf-8"))["update"], Update)
    except (OSError, ValueError, KeyError):
        return None


def abandon(folder: Path) -> None:
    """Forget the conflict of a job, which stays as it is."""
    shutil.rmtree(folder / CONFLICT, ignore_errors=True)


def working(folder: Path, generated: Mapping[str, Any]) -> Files:
    """The files of a job as they lie there: what git knows or would add, else all but caches; generated ones always."""
    found: Files = {}
    for path in sorted({*_listed(folder), *generated}):
        file = folder / path
        if file.is_symlink():
            found[path] = (LINK, os.fsencode(file.readlink()))
        elif file.is_file() and (path in generated or file.stat().st_size <= MOST_BYTES):
            found[path] = (RUNS if os.access(file, os.X_OK) else PLAIN, file.read_bytes())
    return found


def _listed(folder: Path) -> Iterator[str]:
    git = shutil.which("git")
    if git is not None:
        argv = [git, "-C", str(folder), "-c", "core.fsmonitor=false", "ls-files", "-z", "-co", "--exclude-standard"]
        done = subprocess.run(argv, capture_output=True, timeout=60)
        if done.returncode == 0 and done.stdout:
            yield from (os.fsdecode(path) for path in done.stdout.split(b"\0") if path)
            return
    for place, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if one not in SKIPPED and not one.endswith(".egg-info")]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in files)
