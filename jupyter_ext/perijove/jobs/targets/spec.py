"""What every schedule of a job has in common: when it runs, in which time zone, and the command."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from perijove.core.errors import Invalid
from perijove.jobs.ports import JobSpec
from perijove.jobs.targets.cron import Cron, parse
from perijove.jobs.targets.folder import FolderConfig, FolderTarget


class ScheduleConfig(FolderConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``schedule`` has cron's five fields, or is @hourly, @daily, @weekly or @monthly; ``timezone`` is a name such as
    Europe/Berlin."""

    schedule: str = "0 6 * * *"
    timezone: str = "UTC"


class Scheduled(FolderTarget):
    """A folder target whose job also has the files of a schedule."""

    def __init__(self, config: ScheduleConfig) -> None:
        super().__init__(config)
        self.cron: Cron = parse(config.schedule)
        self.timezone = check_timezone(config.timezone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_timezone(name: str) -> str:
    """A time zone's name; raises Invalid for one that is unknown."""
    if name not in _zones():
        raise Invalid(f"There is no time zone “{name[:60]}”.", hint="Write for instance UTC or Europe/Berlin.")
    return name


def check_image(name: str) -> str:
    """The name of a container image; raises Invalid for what is none."""
    part = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    tag = r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
    host = r"(?:[A-Za-z0-9.-]+(?::\d{1,5})?/)?"
    if len(name) > 400 or not re.fullmatch(rf"{host}{part}(?:/{part})*{tag}", name, re.ASCII):
        raise Invalid(f"“{name[:100]}” is no name of an image.", hint="Write for instance registry.org/team/job:1.0.")
    return name


def check_variables(spec: JobSpec) -> tuple[str, ...]:
    """The environment variables that a job needs; raises Invalid for a name that no shell would take."""
    for name in spec.environment:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,200}", name, re.ASCII):
            raise Invalid(f"“{name[:60]}” cannot be set as an environment variable there.", hint="Rename the variable.")
    return spec.environment


def check_place(folder: Path) -> str:
    """The path of a job, for files with one line for each thing; raises Invalid for a path with a line break in it."""
    text = str(folder)
    if not text.isprintable():
        raise Invalid("The job's path holds a letter that cannot be printed.", hint="Choose another folder.")
    return text
