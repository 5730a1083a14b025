"""Adds a job definition for jupyter-scheduler to a job, with the notebook that it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from perijove.jobs.ports import JobSpec
from perijove.jobs.render import code_span
from perijove.jobs.targets.spec import ScheduleConfig, Scheduled, check_place


class SchedulerConfig(ScheduleConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``environment`` is the runtime environment of jupyter-scheduler that runs the notebook."""

    environment: str = "default"


class SchedulerTarget(Scheduled):
    """A job definition for ``POST /scheduler/job_definitions``."""

    label: ClassVar[str] = "jupyter-scheduler"
    Config: ClassVar[type[msgspec.Struct]] = SchedulerConfig

    def __init__(self, config: SchedulerConfig) -> None:
        super().__init__(config)
        self.environment = config.environment

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """``deploy/jupyter-scheduler.json`` and ``deploy/<name>.ipynb``."""
        notebook = f"deploy/{spec.name}.ipynb"
        definition = {
            "input_filename": notebook,
            "runtime_environment_name": self.environment,
            "name": spec.command,
            "schedule": self.cron.text,
            "timezone": self.timezone,
            "output_formats": ["ipynb"],
            "tags": ["perijove"],
        }
        return {
            "deploy/jupyter-scheduler.json": json.dumps(definition, indent=2) + "\n",
            notebook: json.dumps(self._notebook(spec), indent=1) + "\n",
        }

    def _notebook(self, spec: JobSpec) -> dict[str, object]:
        place = check_place(spec.folder)
        source = (
            "import os\nimport subprocess\n\n"
            f"place = {place!r}\n"
            'python = os.path.join(place, ".venv", "bin", "python")\n'
            f'command = [python, "-m", {spec.name!r}, "run", "--out", os.path.join(place, "outputs")]\n'
            'source = os.path.join(place, "src")\n'
            'done = subprocess.run(command, cwd=place, env={**os.environ, "PYTHONPATH": source}, text=True, '
            "capture_output=True)\n"
            "print(done.stdout, done.stderr)\n"
            "done.check_returncode()"
        )
        about = f"Runs the job {spec.name} in its own environment; made from {code_span(spec.notebook)}."
        cells = [
            {"cell_type": "markdown", "id": "about", "metadata": {}, "source": about},
            {
                "cell_type": "code",
                "id": "run",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            },
        ]
        spec_ = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return {"cells": cells, "metadata": {"kernelspec": spec_}, "nbformat": 4, "nbformat_minor": 5}
