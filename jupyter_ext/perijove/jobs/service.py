"""Jobs: what one would hold, writing it, proving it, running it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.access import Person
from perijove.core.errors import Failed, NotFound, PerijoveError
from perijove.core.events import Events, Happened
from perijove.core.executions import Executions
from perijove.core.lineage import Lineage
from perijove.core.model import Edge, Node, Task
from perijove.core.plugins import Part, Parts
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.tasks import Progress, Tasks
from perijove.jobs.approval import Approvals, tree_of
from perijove.jobs.exporter import Exporter
from perijove.jobs.install import finish
from perijove.jobs.model import (
    CellOrigin,
    Choice,
    Job,
    Labels,
    LookAtJob,
    Monitor,
    NewJob,
    Parity,
    Refresh,
    Slice,
    Update,
    Verification,
)
from perijove.jobs.monitor import monitor
from perijove.jobs.origin import origins
from perijove.jobs.package import MANIFEST, Plan, contents, home, imported_by_hand, is_there, read_manifest, write
from perijove.jobs.portable import make as make_portable
from perijove.jobs.ports import Kernels, Notebooks, Runs
from perijove.jobs.pristine import OWN
from perijove.jobs.runner import run_job
from perijove.jobs.runs import report
from perijove.jobs.scratch import PREFIX_UPDATE, PREFIX_VERIFY, sweep
from perijove.jobs.standing import as_found, before, followed, tree_in
from perijove.jobs.store import JobStore
from perijove.jobs.update import abandon, conflict, update
from perijove.jobs.verify import Silent, Teller, verify
from perijove.jobs.widen import widened


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
        executions: Executions | None = None,
    ) -> None:
        self.project = project
        self.store = store
        self.exporter = Exporter(project, parts, kernels, notebooks, executions)
        self.events = events
        self.tasks = tasks
        self.lineage = lineage
        self.runs = runs
        self.approvals = Approvals(store, events)
        self._looking: dict[str, threading.Lock] = {}

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
        return self.exporter.described(body)

    def targets(self) -> list[Part]:
        """The places where exported jobs can go."""
        return self.exporter.parts.all()

    def origin(self, name: str) -> list[CellOrigin]:
        """The cells that a job was made from, beside what the notebook says now."""
        job = self.show(name)
        try:
            notebook = self.exporter.notebook(job.notebook)
        except PerijoveError:  # it was moved or deleted
            notebook = None
        return origins(Path(job.path), notebook)

    def start_export(self, body: NewJob, who: Person) -> Task:
        """Write a job, as a task whose result is the job; what is wrong with the wish is said at once."""
        job, _, _ = self.exporter.plan(body)
        return self.tasks.start(
            "jobs.export",
            f"Export {job.name}",
            lambda progress: self.export(body, who, progress),
            who,
            f"job:{job.name}",
        )

    def start_verify(self, name: str, who: Person) -> Task:
        """Verify a job, as a task."""
        folder = home(self.show(name))
        read_manifest(folder)
        return self.tasks.start(
            "jobs.verify", f"Verify {name}", lambda progress: self.verify(folder, who, progress), who, f"job:{name}"
        )

    def start_run(self, name: str, who: Person) -> Task:
        """Run a job, as a task."""
        folder = home(self.show(name))
        read_manifest(folder)
        return self.tasks.start(
            "jobs.run", f"Run {name}", lambda progress: self.run(folder, {}, who, progress), who, f"job:{name}"
        )

    def export(self, body: NewJob, who: Person, progress: Progress | None = None) -> Job:
        """Write a job, and verify it if that is asked for."""
        teller: Teller = progress or Silent()
        teller.step(0.0, "Slice the notebook")
        job, out, target = self.exporter.plan(body)
        values, later = self.exporter.values(body, job, teller)
        teller.step(0.6 if body.run else 0.3, "Write the job")
        run = self._run_of(job)
        facts = self.runs.facts(run) if run else {}
        was = tree_in(out)
        files = write(job, values, out, run, facts, choice=body, more=target.files)
        same = was == tree_in(out)
        warnings = [*job.described.warnings, *([later] if later else []), *target.deliver(out)]
        made = self._remember(job, out, files, run, warnings, who, same)
        self._connect(job, made)
        self._publish("jobs.job.exported", made.name, who, {"path": made.path, "notebook": made.notebook})
        if body.verify:
            self.verify(out, who, progress)
        return self.show(made.name)

    def verify(
        self, folder: Path, who: Person, progress: Progress | None = None, environments: Path | None = None
    ) -> Verification:
        """Verify the job in a folder, whether or not the project knows it.

        ``environments`` keeps environments by their lock for the next time; without it a fresh one is made.
        """
        name = str(read_manifest(folder)["name"])
        known = self._ours(name, folder.resolve(), who)
        if known is not None:
            self.store.set_state(name, "verifying")
        try:
            tree = tree_of(folder)
            found = verify(folder, progress, environments)
            if known is not None and found.verdict in ("different", "failed"):
                run = str(read_manifest(folder)["run"])
                facts = self.runs.facts(run) if run else {}
                found = widened(self.exporter, folder.resolve(), found, progress or Silent(), environments, facts)
        except BaseException:
            if known is not None:
                self.store.set_state(name, before(known))
            raise
        found = msgspec.structs.replace(found, tree=tree_of(folder) if found.widened else tree)
        if known is not None:
            self.store.set_state(name, found.verdict, found)
            self._publish("jobs.job.verified", name, who, {"verdict": found.verdict, "seconds": found.seconds})
        return found

    def start_update(self, name: str, how: Refresh, who: Person) -> Task:
        """Bring a job up to date with its notebook, as a task whose result is an Update."""
        folder = home(self.show(name))
        read_manifest(folder)
        return self.tasks.start(
            "jobs.update", f"Update {name}", lambda on: self.update(folder, how, who, on), who, f"job:{name}"
        )

    def update(self, folder: Path, how: Refresh, who: Person, progress: Progress | None = None) -> Update:
        """Merge what the notebook gives now into a job's folder, and verify what came of it.

        With clashes that nobody has decided, the job stays as it was.
        """
        teller: Teller = progress or Silent()
        folder = folder.resolve()
        finish(folder)
        teller.step(0.0, "Slice the notebook")
        body, job, target = self.exporter.again(followed(self.project, read_manifest(folder), how.moved_to), how)
        job = replace(job, by_hand=imported_by_hand(folder))
        known, was = self._ours(job.name, folder, who), tree_in(folder)
        values, later = self.exporter.values(body, job, teller)
        teller.step(0.6 if how.run else 0.2, "Merge with what was changed by hand")
        run = self._run_of(job)
        facts = self.runs.facts(run) if run else {}
        made = contents(job, values, folder, run, facts, choice=body, more=target.files)
        found = update(folder, MANIFEST, made, how.take)
        if found.conflicts:
            self._publish("jobs.job.conflicting", job.name, who, {"files": found.conflicts})
            return found
        warnings = [*job.described.warnings, *([later] if later else []), *target.deliver(folder)]
        if known is not None or self.store.get(job.name) is None:
            same = was == tree_in(folder)
            self._connect(job, self._remember(job, folder, list(made), run, warnings, who, same))
        self._publish("jobs.job.updated", job.name, who, {"merged": found.merged, "kept": found.kept})
        verified = self.verify(folder, who, progress) if how.verify else None
        return msgspec.structs.replace(found, verification=verified)

    def conflict(self, name: str) -> Update:
        """The conflict of a job that waits for a decision; one without clashes where there is none."""
        return conflict(Path(self.show(name).path)) or Update([], [], [])

    def abandon(self, name: str, who: Person) -> Job:
        """Forget the conflict of a job, which stays as it is."""
        abandon(Path(self.show(name).path))
        self._publish("jobs.job.abandoned", name, who, {})
        return self.show(name)

    def run(
        self, folder: Path, parameters: dict[str, str], who: Person, progress: Progress | None = None
    ) -> dict[str, Any]:
        """Run the job in a folder in the environment of its lock; gives where its outputs are, and the run's id."""
        teller: Teller = progress or Silent()
        name, started = str(read_manifest(folder)["name"]), time.monotonic()
        self._ours(name, folder.resolve(), who)
        try:
            answer = run_job(folder, parameters, self.project.state / "environments", teller)
        except Failed:
            self._ran(name, False, time.monotonic() - started)
            raise
        found = {**answer, "run": self._ran(name, True, answer["seconds"])}
        try:
            seen = self.monitor(folder, who)
        except PerijoveError as error:
            teller.log(f"The monitor could not look: {error}")
            return found
        if seen.alert.detail:
            teller.log(seen.alert.detail)
        return {**found, "monitor": seen.state}

    def _ran(self, name: str, ok: bool, seconds: float) -> str:
        """Note a run for the graph: what the job reads, it read."""
        edges = self.lineage.around(Ref("job", name), 1, 0).edges if self.store.get(name) is not None else []
        reads = sorted({edge.source for edge in edges if edge.kind == "reads"})
        return report(self.project.state, name, ok, round(seconds, 2), reads, [])

    def portable(self, folder: Path, progress: Progress | None = None) -> list[Parity]:
        """Run a job and turn its model into ONNX and treelite, each compared with the model."""
        return make_portable(folder, self.project.state / "environments", progress or Silent())

    def monitor(
        self, folder: Path, who: Person, labels: Labels | None = None, accept: bool = False, outputs: str = "outputs"
    ) -> Monitor:
        """How a job does: drift, breaches, metrics, history; its state is "drifting" as long as it drifts."""
        with self._looking.setdefault(str(folder.resolve()), threading.Lock()):  # two looks would send alerts twice
            found = monitor(folder, labels, accept, outputs)
        known = self.store.get(found.name)
        if known is None or Path(known.path) != folder.resolve():
            return found
        if accept:
            self._publish("jobs.job.accepted", found.name, who, {"profile": found.history[-1].id})
        drifts = found.state == "drifting"
        if known.state != "verifying" and drifts != (known.state == "drifting"):
            self.store.set_state(found.name, "drifting" if drifts else before(known))
            self._publish("jobs.job.drifted" if drifts else "jobs.job.settled", found.name, who, {})
        return found

    def monitored(self, name: str, how: LookAtJob, who: Person) -> Monitor:
        """How a job that the project knows does; labels are taken in where there are some."""
        labels = how.labels and msgspec.structs.replace(how.labels, file=str(self.project.inside(how.labels.file)))
        return self.monitor(Path(self.show(name).path), who, labels, how.accept)

    def seen(self, name: str) -> Monitor:
        """How a job does, with nothing kept or sent: for everyone who may read it."""
        return monitor(Path(self.show(name).path), keep=False)

    def clean(self) -> list[str]:
        """Remove what killed exports, verifications and updates left, and finish what they had decided."""
        removed = []
        places = [(Path(tempfile.gettempdir()), prefix) for prefix in (PREFIX_VERIFY, PREFIX_UPDATE)]
        places.append((self.project.state / "environments", ".making-"))
        places += [(one, ".new-") for one in (self.project.state / "values").glob("*")]
        for job in self.store.all():
            folder = Path(job.path)
            if finish(folder):
                removed.append(f"Finished the update of {job.name}.")
            places += [(folder.parent, f".{folder.name}-"), (folder / OWN, ".next-"), (folder / OWN, ".conflict-")]
        for parent, prefix in places:
            removed += [f"Removed {one}." for one in sweep(parent, prefix)]
        return removed

    # -- parts of an export

    def _run_of(self, job: Plan) -> str:
        """The newest run that belongs to the job: logged from a kept cell, or from one that a kept cell feeds."""
        places = [place for index in job.chosen if (place := job.entries[index].place) is not None]
        first = min(places, default=len(job.notebook.cells))
        value = {job.entries[index].cell for index in job.found.value_cells}
        ids = [cell.id for cell in job.notebook.cells if cell.code and cell.index >= first or cell.id in value]
        return self.runs.latest_for(job.notebook.path, ids)

    def _remember(
        self, job: Plan, out: Path, files: Sequence[str], run: str, warnings: list[str], who: Person, same: bool
    ) -> Job:
        """Keep a job that was written; who owned it before owns it still.

        Where its files are the ``same`` as before, what was proven of them holds.
        """
        ids = list(dict.fromkeys(job.entries[index].cell for index in job.chosen))
        made = Job(
            job.name, str(out), "new", job.notebook.path, ids, list(files), run, warnings, datetime.now(UTC), None
        )
        known = self.store.get(job.name)
        if known is not None and known.path == made.path:
            made = msgspec.structs.replace(made, owner=known.owner, approval=known.approval)
            if same:
                state = before(known) if known.state == "verifying" else known.state
                made = msgspec.structs.replace(made, state=state, verification=known.verification)
        made = msgspec.structs.replace(made, owner=made.owner or who.name)
        self.store.put(made)
        return made

    def _connect(self, job: Plan, made: Job) -> None:
        """Put the job into the graph: after its cells, its run, and the data it reads."""
        ref, now = str(Ref("job", made.name)), made.exported_at
        edges: list[Edge] = []
        for index in sorted(job.found.value_cells | job.found.environment_cells):
            cell = Ref("cell", f"{job.notebook.path}#{job.entries[index].cell}")
            edges.append(Edge(str(cell), ref, "exported", "declared", now))
        for one in job.described.inputs:
            if one.ref:
                edges.append(Edge(one.ref, ref, "reads", "declared", now))
        if made.run:
            edges.append(Edge(f"run:{made.run}", ref, "reproduced", "inferred", now))
        self.lineage.add_nodes([Node(ref, "job", made.name, made.path)])
        self.lineage.add_edges(edges)

    def _publish(
        self, what: str, name: str, who: Person, new: dict[str, Any], old: dict[str, Any] | None = None
    ) -> None:
        self.events.publish(Happened(what, Ref("job", name), who.name, old=old, new=new))

    def _as_found(self, job: Job) -> Job:
        return as_found(job, self.exporter, job.state == "verifying" and self.tasks.running(f"job:{job.name}"))

    def _ours(self, name: str, folder: Path, who: Person) -> Job | None:
        """The job of this name, if this is its folder; one whose own folder is gone was moved here, and is told so."""
        known = self.store.get(name)
        if known is None or Path(known.path) == folder:
            return known
        if is_there(known):
            return None
        self.store.set_path(name, str(folder))
        self.lineage.add_nodes([Node(str(Ref("job", name)), "job", name, str(folder))])
        self._publish("jobs.job.moved", name, who, {"path": str(folder)}, {"path": known.path})
        return msgspec.structs.replace(known, path=str(folder))
