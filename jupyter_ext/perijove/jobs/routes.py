"""Jobs over HTTP."""

from __future__ import annotations

from perijove.core.access import Person
from perijove.core.model import Task
from perijove.core.plugins import Part
from perijove.core.routing import Router
from perijove.jobs.approval import ApproveJob, AssignJob
from perijove.jobs.model import (
    CellOrigin,
    Choice,
    Job,
    LookAtJob,
    Monitor,
    NewJob,
    Refresh,
    Slice,
    Update,
)
from perijove.jobs.service import Jobs

router = Router("jobs")


@router.get("", may="jobs.read")
def list_jobs(jobs: Jobs) -> list[Job]:
    """The exported jobs, newest first."""
    return jobs.all()


@router.get("/{name}", may="jobs.read")
def show_job(jobs: Jobs, name: str) -> Job:
    """One job with its last verification."""
    return jobs.show(name)


@router.post("/preview", may="jobs.read")
def preview_job(jobs: Jobs, body: Choice) -> Slice:
    """What a job made from these cells would hold, and why; nothing is written."""
    return jobs.preview(body)


@router.post("/export", may="jobs.write")
def export_job(jobs: Jobs, body: NewJob, who: Person) -> Task:
    """Write a job, as a task whose result is the job; it may verify it, too."""
    return jobs.start_export(body, who)


@router.get("/export/targets", may="jobs.read")
def list_targets(jobs: Jobs) -> list[Part]:
    """The places where exported jobs can go, each with its form."""
    return jobs.targets()


@router.get("/{name}/origin", may="jobs.read")
def show_origin(jobs: Jobs, name: str) -> list[CellOrigin]:
    """The cells that a job was made from, beside what the notebook says now."""
    return jobs.origin(name)


@router.post("/{name}/verify", may="jobs.write")
def verify_job(jobs: Jobs, name: str, who: Person) -> Task:
    """Run a job in a fresh environment and compare with the notebook, as a task."""
    return jobs.start_verify(name, who)


@router.post("/{name}/update", may="jobs.write")
def update_job(jobs: Jobs, name: str, body: Refresh, who: Person) -> Task:
    """Bring a job up to date with its notebook, as a task whose result is an Update; conflicts change nothing."""
    return jobs.start_update(name, body, who)


@router.get("/{name}/conflict", may="jobs.read")
def show_conflict(jobs: Jobs, name: str) -> Update:
    """The conflict of a job that waits for a decision, clash by clash."""
    return jobs.conflict(name)


@router.delete("/{name}/conflict", may="jobs.write")
def abandon_conflict(jobs: Jobs, name: str, who: Person) -> Job:
    """Forget the conflict of a job, which stays as it is."""
    return jobs.abandon(name, who)


@router.post("/{name}/run", may="jobs.write")
def run_job(jobs: Jobs, name: str, who: Person) -> Task:
    """Run a job, as a task."""
    return jobs.start_run(name, who)


@router.get("/{name}/monitor", may="jobs.read")
def show_monitor(jobs: Jobs, name: str) -> Monitor:
    """How a job does: drift, breaches, metrics and history. Nothing is kept, and no alert is sent."""
    return jobs.seen(name)


@router.post("/{name}/monitor", may="jobs.write")
def monitor_job(jobs: Jobs, name: str, body: LookAtJob, who: Person) -> Monitor:
    """How a job does: drift, breaches, metrics and history; alerts that wait are sent. It may accept what is now."""
    return jobs.monitored(name, body, who)


@router.post("/{name}/approval", may="jobs.approve")
def approve_job(jobs: Jobs, name: str, body: ApproveJob, who: Person) -> Job:
    """Approve a job for production, as its files are now; they have to be verified."""
    jobs.approvals.approve(jobs.show(name), body.note, who)
    return jobs.show(name)


@router.delete("/{name}/approval", may="jobs.approve")
def withdraw_approval(jobs: Jobs, name: str, who: Person) -> Job:
    """Take the approval of a job back."""
    jobs.approvals.withdraw(jobs.show(name), who)
    return jobs.show(name)


@router.post("/{name}/owner", may="jobs.write")
def assign_job(jobs: Jobs, name: str, body: AssignJob, who: Person) -> Job:
    """Say who answers for a job."""
    jobs.approvals.assign(jobs.show(name), body.owner, who)
    return jobs.show(name)
