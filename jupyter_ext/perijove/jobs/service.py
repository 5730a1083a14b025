"""Jobs: what one would hold, writing it, proving it, running it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.access import Person
from perijove.core.errors import Conflict, Failed, Invalid, NotFound, PerijoveError
from perijove.core.events import Events, Happened
from perijove.core.lineage import Lineage
from perijove.core.model import Edge, Node, Task
from perijove.core.plugins import Parts
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.tasks import Progress, Tasks
from perijove.jobs.captured import Captured
from perijove.jobs.describe import describe
from perijove.jobs.model import Choice, Job, JobState, NewJob, Slice, Verification
from perijove.jobs.notebook import Notebook, read_notebook
from perijove.jobs.package import MANIFEST, Plan, check_folder, check_name, edited, plan, read_manifest, write
from perijove.jobs.ports import JobTarget, Kernels, Notebooks, Runs
from perijove.jobs.runner import run_job
from perijove.jobs.slice import BackwardSlice, backward_slice
from perijove.jobs.store import JobStore
from perijove.jobs.verify import Silent, Teller, verify


class Jobs:
    """The verbs of jobs; the long ones also as tasks."""

    def __init__(
        self,
        project: Project,
        store: JobStore,
        parts: Parts,
        events: Events,
        tasks: Tasks,
        lineage: Lineage,
        runs: Runs,
        kernels: Kernels | None = None,
        notebooks: Notebooks | None = None,
    ) -> None:
        self.project = project
        self.store = store
        self.parts = parts
        self.events = events
        self.tasks = tasks
        self.lineage = lineage
        self.runs = runs
        self.kernels = kernels
        self.notebooks = notebooks

    def all(self) -> list[Job]:
        """The exported jobs, newest first."""
        return [self._as_found(job) for job in self.store.all()]

    def found(self, q: str, limit: int) -> list[tuple[str, str, str]]:
        """Jobs whose name, notebook or cells hold every word of a query, as (ref, title, snippet)."""
        words = q.lower().split()
        hits = []
        for job in self.store.all():
            text = " ".join([job.name, job.notebook, *job.cells]).lower()
            if words and all(word in text for word in words):
                hits.append((f"job:{job.name}", job.name, f"from {job.notebook}"))
        return hits[:limit]

    def show(self, name: str) -> Job:
        """One job; raises NotFound."""
        job = self.store.get(name)
        if job is None:
            raise NotFound(f"There is no job “{name}”.", hint="`perijove job list` shows those there are.")
        return self._as_found(job)

    def preview(self, body: Choice) -> Slice:
        """What a job made from these cells would hold, and why; nothing is written."""
        notebook, chosen, found = self._chosen(body)
        return describe(notebook, found, chosen)

    def _chosen(self, body: Choice) -> tuple[Notebook, list[int], BackwardSlice]:
        """The notebook, the chosen cells, and what they need."""
        if body.variable or body.ref or body.keep or body.drop or body.order == "log":
            raise Invalid("Only cells in document order can be exported yet.", hint="Choose cells.")
        notebook = self.notebook(body.notebook)
        chosen = notebook.choose(body.cells)
        return notebook, chosen, backward_slice(notebook.sources, chosen)

    def notebook(self, path: str) -> Notebook:
        """A notebook of the project, by its path."""
        file = self.project.inside(path)
        if self.notebooks is None:
            return read_notebook(file, self.project.relative(file))
        return read_notebook(file, self.project.relative(file), self.notebooks.read_text)

    def start_export(self, body: NewJob, who: Person) -> Task:
        """Write a job, as a task whose result is the job; what is wrong with the wish is said at once."""
        job, out, _ = self._plan(body)
        return self.tasks.start(
            "jobs.export",
            f"Export {job.name}",
            lambda progress: self.export(body, who, progress),
            who,
            f"job:{job.name}",
        )

    def start_verify(self, name: str, who: Person) -> Task:
        """Verify a job, as a task."""
        folder = Path(self.show(name).path)
        read_manifest(folder)
        return self.tasks.start(
            "jobs.verify", f"Verify {name}", lambda progress: self.verify(folder, who, progress), who, f"job:{name}"
        )

    def start_run(self, name: str, who: Person) -> Task:
        """Run a job, as a task."""
        folder = Path(self.show(name).path)
        read_manifest(folder)
        return self.tasks.start(
            "jobs.run", f"Run {name}", lambda progress: self.run(folder, {}, progress), who, f"job:{name}"
        )

    def export(self, body: NewJob, who: Person, progress: Progress | None = None) -> Job:
        """Write a job, and verify it if that is asked for."""
        teller: Teller = progress or Silent()
        teller.step(0.0, "Slice the notebook")
        job, out, target = self._plan(body)
        values, later = self._values(body, job, teller)
        teller.step(0.6 if body.run else 0.3, "Write the job")
        run = self._run_of(job)
        files = write(job, values, out, run)
        warnings = [*job.described.warnings, *([later] if later else []), *target.deliver(out)]
        made = self._remember(job, out, files, run, warnings)
        self._connect(job, made)
        self._publish("jobs.job.exported", made.name, who, {"path": made.path, "notebook": made.notebook})
        if body.verify:
            self.verify(out, who, progress)
        return self.show(made.name)

    def verify(self, folder: Path, who: Person, progress: Progress | None = None) -> Verification:
        """Verify the job in a folder, whether or not the project knows it."""
        name = str(read_manifest(folder)["name"])
        known = self.store.get(name)
        ours = known is not None and Path(known.path) == folder.resolve()
        if ours:
            self.store.set_state(name, "verifying")
        try:
            found = verify(folder, progress)
        except BaseException:
            if known is not None and ours:
                self.store.set_state(name, _before(known))
            raise
        if ours:
            self.store.set_state(name, found.verdict, found)
            self._publish("jobs.job.verified", name, who, {"verdict": found.verdict, "seconds": found.seconds})
        return found

    def run(self, folder: Path, parameters: dict[str, str], progress: Progress | None = None) -> dict[str, Any]:
        """Run the job in a folder in the environment of its lock; gives where its outputs are."""
        return run_job(folder, parameters, self.project.state / "environments", progress or Silent())

    # -- parts of an export

    def _plan(self, body: NewJob) -> tuple[Plan, Path, JobTarget]:
        notebook, chosen, found = self._chosen(body)
        name = body.name or default_name(notebook, chosen)
        check_name(name)
        target: JobTarget = self.parts.make(body.target, dict(body.target_options))
        job = plan(name, notebook, chosen, found)
        out = target.place(name, body.out, self.project.root)
        if out == self.project.root or out in self.project.root.parents:
            raise Conflict(
                f"{out} holds the project itself.", hint="Name a folder inside it, for instance jobs/" + name
            )
        check_folder(out)
        known = self.store.get(name)
        if known is not None and Path(known.path) != out and Path(known.path, MANIFEST).exists():
            raise Conflict(
                f"There is a job “{name}” in {known.path} already.", hint="Take another name, or export there."
            )
        return job, out, target

    def _values(self, body: NewJob, job: Plan, teller: Teller) -> tuple[Path, str]:
        cells = job.found.value_cells | job.found.environment_cells
        captured = Captured(self.project, job.notebook, job.chosen, sorted(cells))
        if body.run:
            teller.step(0.1, "Run the notebook in a fresh kernel")
            return captured.from_run(teller, job.outputs)
        if body.kernel_id:
            if self.kernels is None:
                raise Failed("Live kernels cannot be reached from here.", hint="Export with run instead.")
            teller.step(0.1, "Take the values from the kernel")
            return captured.from_kernel(self.kernels, body.kernel_id, job.outputs), ""
        return captured.stored(job.outputs), ""

    def _run_of(self, job: Plan) -> str:
        """The newest run that belongs to the job: logged from a kept cell, or from one that a kept cell feeds."""
        index = min(job.chosen)
        ids = [
            cell.id
            for cell in job.notebook.cells
            if cell.code and cell.index >= index or cell.index in job.found.value_cells
        ]
        return self.runs.latest_for(job.notebook.path, ids)

    def _remember(self, job: Plan, out: Path, files: Sequence[str], run: str, warnings: list[str]) -> Job:
        ids = [job.notebook.cells[index].id for index in job.chosen]
        made = Job(
            job.name, str(out), "new", job.notebook.path, ids, list(files), run, warnings, datetime.now(UTC), None
        )
        self.store.put(made)
        return made

    def _connect(self, job: Plan, made: Job) -> None:
        """Put the job into the graph: after its cells, its run, and the data it reads."""
        ref, now = str(Ref("job", made.name)), made.exported_at
        edges: list[Edge] = []
        for index in sorted(job.found.value_cells | job.found.environment_cells):
            cell = Ref("cell", f"{job.notebook.path}#{job.notebook.cells[index].id}")
            edges.append(Edge(str(cell), ref, "exported", "declared", now))
        for one in job.described.inputs:
            if one.ref:
                edges.append(Edge(one.ref, ref, "reads", "declared", now))
        if made.run:
            edges.append(Edge(f"run:{made.run}", ref, "reproduced", "inferred", now))
        self.lineage.add_nodes([Node(ref, "job", made.name, made.path)])
        self.lineage.add_edges(edges)

    def _publish(self, what: str, name: str, who: Person, new: dict[str, Any]) -> None:
        self.events.publish(Happened(what, Ref("job", name), who.name, new=new))

    def _as_found(self, job: Job) -> Job:
        """A job as it stands on disk now: edited where a file has changed, failed where the folder is gone."""
        if job.state == "verifying":
            if self.tasks.running(f"job:{job.name}"):
                return job
            job = msgspec.structs.replace(job, state=_before(job))  # the program that verified it was killed
        try:
            changed = edited(Path(job.path))
        except PerijoveError:
            warnings = [*job.warnings, f"The folder {job.path} is gone."]
            return msgspec.structs.replace(job, state="failed", warnings=warnings)
        return msgspec.structs.replace(job, state="edited") if changed else job


def _before(job: Job) -> JobState:
    """What a job was before its verification began."""
    return job.verification.verdict if job.verification is not None else "new"


def default_name(notebook: Notebook, chosen: Sequence[int]) -> str:
    """A name for a job: the notebook's and the last chosen cell's."""
    last = notebook.cells[chosen[-1]]
    stem = Path(notebook.path).stem
    given = last.id if re.fullmatch(r"[A-Za-z][A-Za-z_-]{2,30}", last.id) else f"cell_{last.index}"
    name = re.sub(r"[^a-z0-9]+", "_", f"{stem}_{given}".lower()).strip("_")
    if not re.match(r"[a-z]", name):
        name = f"job_{name}"
    if len(name) > 64:
        raise Invalid("The notebook's name is too long for a job's.", hint="Give the job a name.")
    return name
