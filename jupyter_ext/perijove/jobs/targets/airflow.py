"""Adds an Airflow DAG to a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from perijove.core.errors import Invalid
from perijove.jobs.ports import JobSpec
from perijove.jobs.render import render, tidy
from perijove.jobs.targets.spec import ScheduleConfig, Scheduled, check_variables


class AirflowConfig(ScheduleConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``retries`` is how often a failed run is tried again; ``place`` is where the job lies on Airflow's workers, its
    folder here if empty."""

    retries: int = 1
    place: str = ""


class AirflowTarget(Scheduled):
    """A DAG with one task that runs the job's command, for Airflow 2.7 and later."""

    label: ClassVar[str] = "Airflow"
    Config: ClassVar[type[msgspec.Struct]] = AirflowConfig

    def __init__(self, config: AirflowConfig) -> None:
        super().__init__(config)
        if not 0 <= config.retries <= 100:
            raise Invalid("The number of retries must lie between 0 and 100.")
        self.retries = config.retries
        self.where = config.place

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """``deploy/airflow_<name>.py``."""
        text = render(
            "airflow.py.j2",
            name=spec.name,
            command=spec.command,
            place=self.where or str(spec.folder),
            schedule=self.cron.text,
            timezone=self.timezone,
            retries=self.retries,
            environment=list(check_variables(spec)),
        )
        return {f"deploy/airflow_{spec.name}.py": tidy("airflow.py", text)}
