"""Writes a job: a Python project with the steps, their settings, a command, a lock, tests and golden values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import Conflict, Failed, Invalid, NotFound
from perijove.jobs.install import finish, install
from perijove.jobs.lock import BY_COMMIT, LOCK, NOTHING
from perijove.jobs.merge import PLAIN
from perijove.jobs.model import Choice, Job, Parameter
from perijove.jobs.plan import Plan, check_name, plan
from perijove.jobs.ports import JobSpec
from perijove.jobs.pristine import BASE, OWN, digest_of, packed
from perijove.jobs.provenance import hash_of
from perijove.jobs.scratch import scratch, sweep
from perijove.jobs.tree import GOLDEN, as_json, command, required, texts
from perijove.jobs.vendored import imported

More = Callable[[JobSpec], Mapping[str, str]]
MANIFEST = ".perijove-job.json"
PICTURE = "docs/shap_summary.png"
FORMAT = 1
CHOICE = ("notebook", "cells", "variable", "ref", "order", "keep", "drop", "target", "target_options")


def write(
    job: Plan,
    values: Path,
    out: Path,
    run: str = "",
    facts: Mapping[str, Any] | None = None,
    choice: Choice | None = None,
    more: More = lambda _: {},
) -> list[str]:
    """Write the job into a folder, all of it or nothing; gives its files. Raises Conflict where it is not ours.

    ``facts`` are what the run logged: ``params``, ``metrics``, and the bytes of a ``picture`` of SHAP values.
    ``choice`` is what the job was made from, for making it again. ``more`` gives the files that a target adds.
    """
    check_folder(out)
    made = contents(job, values, out, run, facts, choice, more)
    sweep(out.parent, f".{out.name}-")
    if out.exists():
        gone = [path for path in read_manifest(out)["files"] if path not in made]
        install(out, {path: (PLAIN, content) for path, content in made.items()}, gone)
        return list(made)
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch(out.parent, f".{out.name}-") as folder:
        for path, content in made.items():
            _put(folder / "new" / path, content)
        (folder / "new").rename(out)
    return list(made)


def contents(
    job: Plan,
    values: Path,
    out: Path,
    run: str = "",
    facts: Mapping[str, Any] | None = None,
    choice: Choice | None = None,
    more: More = lambda _: {},
) -> dict[str, bytes]:
    """Every file of a job by its path, for a folder of this place; the manifest is the last."""
    listed = json.loads((values / "values.json").read_text("utf-8"))
    known = {**(facts or {}), "numbers": _numbers(listed["values"], values)}
    made = texts(job, listed, out, run, known)
    for path, text in more(_spec(job, listed, out, made)).items():
        if path in made or ".." in Path(path).parts or Path(path).is_absolute():
            raise Invalid(f"The target adds a file “{path}”, which a job cannot have.", hint="Choose another target.")
        made[path] = text
    files = {path: text.encode("utf-8") for path, text in made.items()}
    if known.get("picture") and "MODEL_CARD.md" in files:
        files[PICTURE] = known["picture"]
    generated = dict(files)
    for name in _captured(listed["values"]):
        files[f"{GOLDEN}/{name}"] = (values / name).read_bytes()
    files[f"{OWN}/.gitignore"] = b"*\n!.gitignore\n!base.zip\n"
    files[BASE] = packed(generated)
    files = dict(sorted(files.items()))
    hashes = {path: digest_of(content) for path, content in files.items()}
    return {**files, MANIFEST: as_json(_manifest(job, listed, hashes, run, choice)).encode()}


def check_folder(out: Path) -> None:
    """Raise Conflict where the folder holds something that is not an untouched job of ours."""
    finish(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        if out.exists():
            out.rmdir()
        return
    if not (out / MANIFEST).is_file():
        raise Conflict(f"{out} is there already and is not a job.", hint="Choose another folder.")
    changed = edited(out)
    if changed:
        raise Conflict(
            f"{out} has been edited: {', '.join(changed[:5])}.",
            hint="Choose another folder or name, or move the edited job away: nothing of it is overwritten.",
        )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a job; raises Invalid where the folder is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
        check_name(str(found["name"]))
        dict(found["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(f"{folder} is not a job.", hint=f"Name a folder that holds {MANIFEST}.") from error
    return dict(found)


def is_there(job: Job) -> bool:
    """Whether a job lies in the folder that is known as its own."""
    return (Path(job.path) / MANIFEST).is_file()


def home(job: Job) -> Path:
    """The folder of a job; raises NotFound where the job is not there any more."""
    if not is_there(job):
        raise NotFound(
            f"The folder of the job {job.name} is gone: {job.path}.",
            hint="If it was moved, say where it is with `perijove job verify FOLDER`; else export the job again.",
        )
    return Path(job.path)


def edited(folder: Path) -> list[str]:
    """The generated files of a job that are changed or gone."""
    changed = []
    for path, digest in sorted(read_manifest(folder)["files"].items()):
        file = folder / path
        if not file.is_file() or hash_of(file) != digest:
            changed.append(path)
    return changed


def imported_by_hand(folder: Path) -> tuple[str, ...]:
    """The modules that Python files of a job import which are not as they were generated: they have to stay locked."""
    known = read_manifest(folder)["files"]
    found: set[str] = set()
    for file in sorted((folder / "src").rglob("*.py")):
        if file.is_file() and hash_of(file) != known.get(file.relative_to(folder).as_posix()):
            found |= imported(file.read_text("utf-8", "replace"))
    return tuple(sorted(found - {str(read_manifest(folder)["name"])}))


def _manifest(
    job: Plan, listed: Mapping[str, Any], hashes: Mapping[str, str], run: str, choice: Choice | None
) -> dict[str, Any]:
    wish = msgspec.to_builtins(choice) if choice is not None else {}
    return {
        "format": FORMAT,
        "name": job.name,
        "notebook": job.notebook.path,
        "cells": [job.entries[index].cell for index in job.chosen],
        "choice": {name: wish[name] for name in CHOICE if wish.get(name)},
        "python": listed["python"],
        "environment": [one.name for one in job.described.inputs if one.kind == "environment"],
        "required": required(job),
        "parameters": {one.shown.name: one.shown.type for one in job.program.settings},
        "warnings": job.described.warnings,
        "run": run,
        "files": dict(hashes),
    }


def _spec(job: Plan, listed: Mapping[str, Any], out: Path, files: Mapping[str, str]) -> JobSpec:
    python = ".".join(str(listed["python"]).split(".")[:2])
    empty, by_commit = files[LOCK] == NOTHING, BY_COMMIT in files
    needs = tuple(required(job))
    return JobSpec(job.name, command(job.name), out, python, needs, job.notebook.path, empty, by_commit)


def _numbers(entries: Sequence[Mapping[str, Any]], values: Path) -> dict[str, object]:
    """The captured values that are plain numbers."""
    found = {}
    for entry in entries:
        if entry["kind"] == "number" and _captured([entry]):
            found[str(entry["name"])] = json.loads((values / entry["file"]).read_text("utf-8"))
    return found


def _captured(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """The files of captured values, those of their parts and samples included; raises Failed for a name that leads
    elsewhere, for it was written by a kernel."""
    found: set[str] = set()
    for entry in entries:
        names = [entry.get("file"), entry.get("sample"), dict(entry.get("arrays") or {}).get("file")]
        found |= {str(name) for name in names if name} | _captured(entry.get("parts") or [])
    for name in found:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,250}", name) or name.startswith("."):
            raise Failed(f"The kernel named a value's file “{name}”.", hint="Export again with a fresh run.")
    return found


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


__all__ = [
    "GOLDEN",
    "MANIFEST",
    "Parameter",
    "Plan",
    "check_folder",
    "check_name",
    "edited",
    "home",
    "imported_by_hand",
    "is_there",
    "plan",
    "read_manifest",
    "write",
]
