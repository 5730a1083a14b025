"""From a wish to a job: the program that was chosen, its name and place, and the values to compare with."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import Conflict, Failed, Invalid, PerijoveError
from perijove.core.executions import Executions
from perijove.core.plugins import Parts
from perijove.core.project import Project
from perijove.jobs.captured import Captured
from perijove.jobs.choose import Picked, pick
from perijove.jobs.describe import describe
from perijove.jobs.effects import effects_of
from perijove.jobs.findings import findings, refuse
from perijove.jobs.lock import here
from perijove.jobs.model import Choice, NewJob, Refresh, Slice
from perijove.jobs.notebook import Notebook, read_notebook
from perijove.jobs.package import Plan, check_folder, check_name, plan
from perijove.jobs.ports import JobTarget, Kernels, Notebooks
from perijove.jobs.targets.spec import Scheduled
from perijove.jobs.vendored import imported, is_beside
from perijove.jobs.verify import Teller


class Exporter:
    """Decides what a job will hold and fetches what it needs; writes nothing but captured values."""

    def __init__(
        self,
        project: Project,
        parts: Parts,
        kernels: Kernels | None = None,
        notebooks: Notebooks | None = None,
        executions: Executions | None = None,
    ) -> None:
        self.project = project
        self.parts = parts
        self.kernels = kernels
        self.notebooks = notebooks
        self.executions = executions

    def notebook(self, path: str) -> Notebook:
        """A notebook of the project, by its path."""
        file = self.project.inside(path)
        if self.notebooks is None:
            return read_notebook(file, self.project.relative(file))
        return read_notebook(file, self.project.relative(file), self.notebooks.read_text)

    def picked(self, choice: Choice) -> Picked:
        """What a choice means: the program and its slice."""
        return pick(self.notebook(choice.notebook), choice, self.executions, effects_of(self.project.state))

    def described(self, choice: Choice) -> Slice:
        """What a job made from a choice would hold, and why."""
        found = self.picked(choice)
        told = describe(found.notebook, found.found, found.targets, found.entries, found.variable)
        return msgspec.structs.replace(with_findings(told, found), environment=_environment(found))

    def plan(self, body: NewJob) -> tuple[Plan, Path, JobTarget]:
        """The job, its folder and its target; raises what is wrong with the wish."""
        found = self.picked(body)
        name = body.name or default_name(found)
        check_name(name)
        target: JobTarget = self.parts.make(body.target, dict(body.target_options))
        job = self.planned(name, found)
        out = target.place(name, body.out, self.project.root)
        if out == self.project.root or out in self.project.root.parents:
            raise Conflict(
                f"{out} holds the project itself.", hint="Name a folder inside it, for instance jobs/" + name
            )
        check_folder(out)
        return job, out, target

    def planned(self, name: str, found: Picked) -> Plan:
        """The job for a picked program; raises Invalid where it cannot become one."""
        refuse(findings(found))
        job = plan(name, found.notebook, found.targets, found.found, found.entries, found.variable)
        described = with_findings(job.described, found)
        words = [one.message for one in described.findings]
        told = [*(one for one in described.warnings if one not in words), *words]
        return replace(job, described=msgspec.structs.replace(described, warnings=list(dict.fromkeys(told))))

    def again(self, manifest: Mapping[str, Any], how: Refresh) -> tuple[NewJob, Plan, JobTarget]:
        """The job that a manifest's choice gives now; raises Invalid where it does not say what it was made from."""
        wish = dict(manifest.get("choice", {}))
        if not wish:
            raise Invalid("The job does not say what it was made from.", hint="Export it again into another folder.")
        try:
            body = msgspec.convert({**wish, "run": how.run, "kernel_id": how.kernel_id}, NewJob)
        except msgspec.ValidationError as error:
            raise Invalid(f"The job's manifest is wrong: {error}.", hint="Export it into another folder.") from error
        target: JobTarget = self.parts.make(body.target, dict(body.target_options))
        return body, self.planned(str(manifest["name"]), self.picked(body)), target

    def schedule(self, manifest: Mapping[str, Any]) -> str:
        """When a job's own files have it run, and what runs it; empty where they do not say."""
        choice = dict(manifest.get("choice", {}))
        kind = str(choice.get("target", "folder"))
        if kind == "folder":
            return ""
        try:
            target = self.parts.make(kind, dict(choice.get("target_options", {})))
        except PerijoveError:  # the part that made it is not installed here, or was told something else then
            return ""
        return f"{target.cron.text}, {target.timezone}, {target.label}" if isinstance(target, Scheduled) else ""

    def values(self, body: NewJob, job: Plan, teller: Teller) -> tuple[Path, str]:
        """The folder with the values to compare with, and what failed after they were taken."""
        captured = Captured(self.project, job, job.described.order == "log")
        if body.run:
            teller.step(0.1, "Run the notebook in a fresh kernel")
            found = captured.from_run(teller, job.outputs)
        elif body.kernel_id:
            if self.kernels is None:
                raise Failed("Live kernels cannot be reached from here.", hint="Export with run instead.")
            teller.step(0.1, "Take the values from the kernel")
            found = captured.from_kernel(self.kernels, body.kernel_id, job.outputs), ""
        else:
            found = captured.stored(job.outputs), ""
        captured.check(found[0])
        return found


def with_findings(told: Slice, found: Picked) -> Slice:
    """A description with the order and the findings of what was picked."""
    return msgspec.structs.replace(told, order=found.order, findings=findings(found))


def default_name(found: Picked) -> str:
    """A name for a job: the notebook's and the last chosen cell's, or the variable's."""
    stem = Path(found.notebook.path).stem
    given = found.variable
    if not given:
        last = found.entries[found.targets[-1]]
        place = last.place if last.place is not None else last.index
        given = last.cell if re.fullmatch(r"[A-Za-z][A-Za-z_-]{2,30}", last.cell) else f"cell_{place}"
    name = re.sub(r"[^a-z0-9]+", "_", f"{stem}_{given}".lower()).strip("_")
    if not re.match(r"[a-z]", name):
        name = f"job_{name}"
    if len(name) > 64:
        raise Invalid("The notebook's name is too long for a job's.", hint="Give the job a name.")
    return name


def _environment(found: Picked) -> dict[str, str]:
    """The packages that the kept statements import, as this Python has them; the lock takes the kernel's."""
    code = "\n".join(ast.unparse(one.node) for one in found.found.statements if one.node is not None)
    modules = imported(code)
    return here({one for one in modules if not is_beside(found.notebook, one)}, code)
