"""Adds a GitHub Actions workflow to a job that runs it on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from perijove.core.errors import Invalid
from perijove.jobs.ports import JobSpec
from perijove.jobs.render import render
from perijove.jobs.targets.spec import ScheduleConfig, Scheduled, check_variables


class GitHubTarget(Scheduled):
    """A scheduled workflow of the repository whose root is the job's folder."""

    label: ClassVar[str] = "GitHub Actions"
    Config: ClassVar[type[msgspec.Struct]] = ScheduleConfig

    def __init__(self, config: ScheduleConfig) -> None:
        super().__init__(config)
        if self.timezone not in ("UTC", "Etc/UTC"):
            raise Invalid(
                "GitHub Actions runs schedules in UTC only.", hint="Leave the time zone out, and shift the hour."
            )

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """``.github/workflows/schedule.yml``."""
        text = render(
            "schedule.yml.j2",
            command=spec.command,
            name=spec.name,
            schedule=self.cron.text,
            python=spec.python,
            by_commit=spec.by_commit,
            empty=spec.empty,
            environment=list(check_variables(spec)),
        )
        return {".github/workflows/schedule.yml": text}
