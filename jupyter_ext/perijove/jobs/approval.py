"""Who answers for a job, and who said that it may go to production.

An approval is of what lay in the job's folder at that moment: it holds as long as no file of it differs. Only a job
whose very files were verified can be approved.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.access import Person
from perijove.core.errors import Conflict, Invalid
from perijove.core.events import Events, Happened
from perijove.core.refs import Ref
from perijove.jobs.model import Approval, Job
from perijove.jobs.package import home
from perijove.jobs.serving import REPORT
from perijove.jobs.store import JobStore

BESIDE = (".*", "outputs", "build", "dist", "reference.json", REPORT)
"""What comes and goes at a job's top: what it writes, environments, caches, what its monitor was told is normal, and
how far its portable forms agree with its model."""
MADE = ("__pycache__", "*.pyc", "*.egg-info")
"""What Python makes of the files, wherever they are."""
KEPT = (".perijove-job.json", ".github", ".dockerignore", ".gitignore")
LONGEST_NOTE, LONGEST_NAME = 2_000, 200


class ApproveJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approval to give, with what there is to say."""

    note: str = ""


class AssignJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for a job from now on: the name of a person or a team."""

    owner: str


def tree_of(folder: Path) -> str:
    """The SHA-256 of the paths and contents of a job's files, with those that were added by hand."""
    digest = hashlib.sha256()
    for path in _files(folder):
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        name = os.fsencode(path.relative_to(folder).as_posix())
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def _files(folder: Path, left_out: tuple[str, ...] = (*BESIDE, *MADE)) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name not in KEPT and any(fnmatch(entry.name, pattern) for pattern in left_out):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry, MADE)  # below the top even a folder “build” is the job's own
        elif entry.is_symlink() or entry.is_file():
            yield entry


def as_it_holds(job: Job) -> Approval | None:
    """The approval of a job, and whether it holds for what is in its folder now."""
    if job.approval is None:
        return None
    try:
        now = tree_of(Path(job.path))
    except OSError:
        now = ""
    return msgspec.structs.replace(job.approval, holds=now == job.approval.tree)


class Approvals:
    """Approves jobs, takes approvals back, and says who answers for a job; each is an event for the audit."""

    def __init__(self, store: JobStore, events: Events) -> None:
        self.store = store
        self.events = events

    def approve(self, job: Job, note: str, who: Person) -> None:
        """Approve a job for production; raises Conflict where what is in its folder was not verified."""
        if len(note) > LONGEST_NOTE:
            raise Invalid(f"The note is longer than {LONGEST_NOTE:,} letters.", hint="Say it shorter.")
        if job.conflicts:
            raise Conflict(f"The job {job.name} waits for a decision on a conflict.", hint="Decide or forget it first.")
        now = tree_of(home(job))
        verified = job.verification is not None and job.verification.verdict == "verified"
        if not verified or job.verification is None or job.verification.tree != now:
            raise Conflict(
                f"What is in the folder of {job.name} now was not verified.",
                hint=f"Verify it first: `perijove job verify {job.path}`.",
            )
        self.store.set_approval(job.name, Approval(who.name, datetime.now(UTC), note.strip(), now))
        self._tell("approved", job, who, {"tree": now, "note": note.strip()})

    def withdraw(self, job: Job, who: Person) -> None:
        """Take the approval of a job back; raises Conflict where there is none."""
        if job.approval is None:
            raise Conflict(f"The job {job.name} is not approved.")
        self.store.set_approval(job.name, None)
        self._tell("disapproved", job, who, {"tree": job.approval.tree})

    def assign(self, job: Job, owner: str, who: Person) -> None:
        """Say who answers for a job."""
        name = owner.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise Invalid("That cannot be the name of an owner.", hint="Give the name of a person or a team.")
        self.store.set_owner(job.name, name)
        self._tell("assigned", job, who, {"owner": name}, {"owner": job.owner})

    def _tell(self, verb: str, job: Job, who: Person, new: dict[str, Any], old: dict[str, Any] | None = None) -> None:
        self.events.publish(Happened(f"jobs.job.{verb}", Ref("job", job.name), who.name, old=old, new=new))
