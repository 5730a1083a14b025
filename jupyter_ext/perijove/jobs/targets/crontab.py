"""Adds a crontab to a job: lines for ``crontab -e`` or a file of /etc/cron.d."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from perijove.jobs.ports import JobSpec
from perijove.jobs.targets.spec import ScheduleConfig, Scheduled, check_place


class CronTarget(Scheduled):
    """Cron on the machine that has the job's folder."""

    label: ClassVar[str] = "Cron"
    Config: ClassVar[type[msgspec.Struct]] = ScheduleConfig

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """``deploy/crontab``."""
        place = shlex.quote(check_place(spec.folder))
        python = shlex.quote(".venv/bin/python")
        command = f"cd {place} && PYTHONPATH=src {python} -m {spec.name} run --quiet --out outputs >> outputs.log 2>&1"
        lines = [
            "# Install with: crontab -l | cat - deploy/crontab | crontab -",
            "# The environment is that of README.md; variables that the job needs are set above its line.",
            f"CRON_TZ={self.timezone}",
            *(f"# {name}=" for name in spec.environment if name.isidentifier()),
            f"{self.cron.text} {command.replace('%', chr(92) + '%')}",
        ]
        return {"deploy/crontab": "\n".join(lines) + "\n"}
