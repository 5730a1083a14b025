"""``perijove job approve`` and ``assign``: who says that a job may go to production, and who answers for it."""

from __future__ import annotations

from typing import cast

import click

from perijove.core.access import require
from perijove.core.terminal import json_option, me, service, show
from perijove.jobs.model import Job
from perijove.jobs.service import Jobs


@click.command("approve")
@click.argument("name")
@click.option("--note", default="", help="What there is to say about it.")
@click.option("--withdraw", is_flag=True, help="Take the approval back.")
@json_option
def approve(name: str, note: str, withdraw: bool, as_json: bool) -> None:
    """Approve a verified job for production, as its files are now.

    An approval holds until a file of the job changes.

    \b
    Example:
      perijove job approve road_evaluate --note "checked with risk"
      perijove job approve road_evaluate --withdraw
    """
    require(me(), "jobs.approve")
    jobs = cast(Jobs, service("jobs"))
    if withdraw:
        jobs.approvals.withdraw(jobs.show(name), me())
    else:
        jobs.approvals.approve(jobs.show(name), note, me())
    _say(jobs.show(name), as_json)


@click.command("assign")
@click.argument("name")
@click.argument("owner")
@json_option
def assign(name: str, owner: str, as_json: bool) -> None:
    """Say who answers for a job: a person or a team.

    \b
    Example:
      perijove job assign road_evaluate data-platform
    """
    require(me(), "jobs.write")
    jobs = cast(Jobs, service("jobs"))
    jobs.approvals.assign(jobs.show(name), owner, me())
    _say(jobs.show(name), as_json)


def approved(job: Job) -> str:
    """Whether a job is approved, in words."""
    if job.approval is None:
        return "not approved"
    return f"approved by {job.approval.by}" + ("" if job.approval.holds else ", but its files have changed since")


def _say(job: Job, as_json: bool) -> None:
    show(job, as_json, lambda: click.echo(f"{job.name}: owner {job.owner or '-'}, {approved(job)}"))
