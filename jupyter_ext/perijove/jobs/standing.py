"""How a job stands: what is kept of it, beside what lies in its folder and in its notebook's place now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import NotFound, PerijoveError
from perijove.core.project import Project
from perijove.jobs.approval import as_it_holds, tree_of
from perijove.jobs.exporter import Exporter
from perijove.jobs.install import finish
from perijove.jobs.model import Job, JobState
from perijove.jobs.package import edited, read_manifest
from perijove.jobs.update import conflict


def as_found(job: Job, exporter: Exporter, busy: bool) -> Job:
    """A job as it stands on disk now: edited where a file has changed, failed where the folder is gone.

    ``busy`` says that a task works on the job.
    """
    if job.state == "verifying":
        if busy:
            return job
        job = msgspec.structs.replace(job, state=before(job))  # the program that verified it was killed
    folder = Path(job.path)
    try:
        finish(folder)
        changed = edited(folder)
    except PerijoveError:
        warnings = [*job.warnings, f"The folder {job.path} is gone."]
        return msgspec.structs.replace(job, state="failed", warnings=warnings)
    waiting = conflict(folder)
    job = msgspec.structs.replace(
        job,
        behind=_is_behind(job, folder, exporter),
        conflicts=waiting.conflicts if waiting else [],
        approval=as_it_holds(job),
        schedule=exporter.schedule(read_manifest(folder)),
    )
    proven = job.state == "verified" and job.verification is not None and job.verification.tree == tree_of(folder)
    edits = changed and not proven and job.state != "drifting"  # what is read matters more than what was edited
    return msgspec.structs.replace(job, state="edited") if edits else job


def before(job: Job) -> JobState:
    """What a job was before its verification began, or before it drifted."""
    return job.verification.verdict if job.verification is not None else "new"


def tree_in(folder: Path) -> str:
    """The digest of the job's files in a folder; empty where there is no such folder yet."""
    return tree_of(folder) if folder.is_dir() else ""


def followed(project: Project, manifest: Mapping[str, Any], moved_to: str) -> dict[str, Any]:
    """A job's manifest with its notebook at the path where it is now; raises NotFound where there is no notebook.

    ``moved_to`` is that path, empty where it is the one that the job was made from.
    """
    choice = dict(manifest.get("choice", {}))
    path = moved_to or str(choice.get("notebook", ""))
    if path and not project.inside(path).is_file():
        raise NotFound(
            f"There is no notebook {path} in the project {project.root}.",
            hint="If it was moved or renamed, name its new path: `perijove job update DIR --moved-to PATH`.",
        )
    return {**manifest, "choice": {**choice, "notebook": path} if choice else {}}


def _is_behind(job: Job, folder: Path, exporter: Exporter) -> bool:
    """Whether a cell that the job was made from has another text in the notebook now, or is gone."""
    try:
        made_from = json.loads((folder / "PROVENANCE.json").read_text("utf-8"))["cells"]
        now = {cell.id: cell.hash for cell in exporter.notebook(job.notebook).cells}
        last = {str(one["id"]): str(one["sha256"]) for one in made_from}
    except (OSError, ValueError, KeyError, TypeError, PerijoveError):
        return False
    return any(now.get(cell) != digest for cell, digest in last.items())
