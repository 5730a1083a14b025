"""Adds a systemd service and its timer to a job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from perijove.jobs.ports import JobSpec
from perijove.jobs.targets.spec import ScheduleConfig, Scheduled, check_place, check_variables


class SystemdTarget(Scheduled):
    """A systemd timer on the machine that has the job's folder."""

    label: ClassVar[str] = "systemd timer"
    Config: ClassVar[type[msgspec.Struct]] = ScheduleConfig

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """``deploy/<command>.service`` and ``.timer``."""
        check_place(spec.folder)
        python = spec.folder / ".venv" / "bin" / "python"
        needs = check_variables(spec)
        service = [
            "# Install both files with: systemctl --user link deploy/*.service deploy/*.timer",
            f"# and start the timer with: systemctl --user enable --now {spec.command}.timer",
            "[Unit]",
            f"Description=The job {spec.name}",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={_percent(str(spec.folder))}",
            f"Environment={_quoted('PYTHONPATH=' + str(spec.folder / 'src'))}",
            *([f"# Needs: {', '.join(needs)}"] if needs else []),
            f"EnvironmentFile=-{_percent(str(spec.folder / 'deploy' / 'environment'))}",
            f"ExecStart={_quoted(str(python), dollars=True)} -m {spec.name} run --quiet --out outputs",
        ]
        timer = [
            "[Unit]",
            f"Description=When the job {spec.name} runs",
            "",
            "[Timer]",
            *(f"OnCalendar={one}" for one in self.cron.calendar(self.timezone)),
            "Persistent=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
        ]
        base = Path("deploy") / spec.command
        return {f"{base}.service": "\n".join(service) + "\n", f"{base}.timer": "\n".join(timer) + "\n"}


def _percent(text: str) -> str:
    """Text in which systemd finds no specifier."""
    return text.replace("%", "%%")


def _quoted(text: str, *, dollars: bool = False) -> str:
    """One word of a command line or an assignment; in a command line a dollar begins a variable."""
    plain = _percent(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain.replace("$", "$$") if dollars else plain}"'
