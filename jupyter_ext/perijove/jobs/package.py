"""Writes a job: a Python project with the steps, their settings, a command, a lock, tests and golden values."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perijove.core.errors import Conflict, Failed, Invalid
from perijove.jobs.model import Parameter
from perijove.jobs.plan import Plan, check_name, plan
from perijove.jobs.provenance import hash_of
from perijove.jobs.tree import GOLDEN, as_json, required, texts

MANIFEST = ".perijove-job.json"
PICTURE = "docs/shap_summary.png"
FORMAT = 1


def write(job: Plan, values: Path, out: Path, run: str = "", facts: Mapping[str, Any] | None = None) -> list[str]:
    """Write the job into a folder, all of it or nothing; gives its files. Raises Conflict where it is not ours.

    ``facts`` are what the run logged: ``params``, ``metrics``, and the bytes of a ``picture`` of SHAP values.
    """
    check_folder(out)
    listed = json.loads((values / "values.json").read_text("utf-8"))
    known = {**(facts or {}), "numbers": _numbers(listed["values"], values)}
    files = texts(job, listed, out, run, known)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        new = Path(folder) / "new"
        for path, text in files.items():
            _put(new / path, text.encode("utf-8"))
        for name in _captured(listed["values"]):
            _put(new / GOLDEN / name, (values / name).read_bytes())
        if known.get("picture") and "MODEL_CARD.md" in files:
            _put(new / PICTURE, known["picture"])
        made = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
        manifest = _manifest(job, listed, new, made, run)
        _put(new / MANIFEST, as_json(manifest).encode())
        if out.exists():
            out.rename(Path(folder) / "old")
        new.rename(out)
    return [*made, MANIFEST]


def check_folder(out: Path) -> None:
    """Raise Conflict where the folder holds something that is not an untouched job of ours."""
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


def edited(folder: Path) -> list[str]:
    """The generated files of a job that are changed or gone."""
    changed = []
    for path, digest in sorted(read_manifest(folder)["files"].items()):
        file = folder / path
        if not file.is_file() or hash_of(file) != digest:
            changed.append(path)
    return changed


def _manifest(job: Plan, listed: Mapping[str, Any], folder: Path, files: Sequence[str], run: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": job.name,
        "notebook": job.notebook.path,
        "cells": [job.entries[index].cell for index in job.chosen],
        "python": listed["python"],
        "environment": [one.name for one in job.described.inputs if one.kind == "environment"],
        "required": required(job),
        "parameters": {one.shown.name: one.shown.type for one in job.program.settings},
        "warnings": job.described.warnings,
        "run": run,
        "files": {path: hash_of(folder / path) for path in files},
    }


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
    "plan",
    "read_manifest",
    "write",
]
