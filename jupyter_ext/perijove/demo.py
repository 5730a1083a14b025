"""``perijove demo``: walks the whole road without a browser, on the example data, and says what it did."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from perijove.core.errors import Failed, Invalid, PerijoveError
from perijove.core.notebook import NotebookRun
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.terminal import json_option, me, show

JOB = "tumour_model"
CELL = "evaluate"


class Step(msgspec.Struct, frozen=True):
    """One step of the road: whether it went well, how long it took, and its figures."""

    name: str
    ok: bool
    seconds: float
    figures: dict[str, Any]
    error: str = ""


class Walk(msgspec.Struct, frozen=True):
    """The whole road; ok only if every step is."""

    steps: list[Step]
    ok: bool


@click.command()
@click.option("--dir", "folder", metavar="DIR", help="Where to lay out the example (default: a new temporary folder).")
@json_option
def demo(folder: str | None, as_json: bool) -> None:
    """Walk the road from data to a verified job, without a browser, and print each figure.

    \b
    Example:
      perijove demo
      perijove demo --dir ~/road --json
    """
    root = Path(folder).expanduser().resolve() if folder else Path(tempfile.mkdtemp(prefix="perijove-demo-"))
    if root.is_file():
        raise Invalid(f"{root} is a file.", hint="Name a folder.")

    def told(step: Step) -> None:
        if not as_json:
            figures = ", ".join(f"{name} {value}" for name, value in step.figures.items())
            click.echo(f"{'ok ' if step.ok else 'BAD'}  {step.name:<12}{step.seconds:6.1f} s  {figures}{step.error}")

    walk = Road(root, told).walk()
    show(walk, as_json, lambda: click.echo(f"{'The road is open' if walk.ok else 'The road ends early'}: {root}"))
    if not walk.ok:
        raise click.exceptions.Exit(1)


class Road:
    """The six steps, each using what the ones before it made."""

    def __init__(self, root: Path, told: Callable[[Step], None]) -> None:
        self.root = root
        self.told = told
        self.steps: list[Step] = []

    def walk(self) -> Walk:
        """Take all steps, stopping at the first that fails; whatever was started is stopped."""
        from perijove.example import lay_out
        from perijove.wiring import Perijove

        if not self._step("example", lambda: self._lay_out(lay_out)):
            return Walk(self.steps, False)
        self.project = Project.find(self.root)
        self.wired = Perijove(self.project, door="cli")
        self.run = NotebookRun(self.project, self.root / "road.ipynb")
        try:
            ok = self._step("catalog", self.catalog) and self._step("clusters", self.clusters)
            ok = ok and self._step("storage", self.storage) and self._step("experiments", self.experiments)
            ok = ok and self._step("jobs", self.jobs) and self._step("graph", self.graph)
        finally:
            ok = self._step("close", self.close) and ok
            self.wired.close()
        return Walk(self.steps, ok)

    def _step(self, name: str, work: Callable[[], dict[str, Any]]) -> bool:
        begin = time.monotonic()
        try:
            figures, error = work(), ""
        except PerijoveError as failed:
            figures, error = {}, f"{failed.message} {failed.hint}".strip()
        step = Step(name, not error, round(time.monotonic() - begin, 2), figures, error)
        self.steps.append(step)
        self.told(step)
        return step.ok

    def _lay_out(self, lay_out: Callable[[Path], None]) -> dict[str, Any]:
        lay_out(self.root)
        return {"folder": str(self.root)}

    def catalog(self) -> dict[str, Any]:
        """Search, schema, first rows and load code of the data."""
        catalog = self.wired.catalog
        hits = catalog.search("worst texture", me(), 20)
        found = next((hit for hit in hits.hits if hit.name == "screenings"), None)
        if found is None:
            raise Failed("The search did not find the screenings.", hint="Scan the source: perijove catalog scan files")
        self.dataset = Ref.parse(found.ref)
        shown = catalog.show(self.dataset, me())
        preview = catalog.preview(self.dataset, 50, me())
        return {
            "sources": len(catalog.sources()),
            "datasets": sum(source.datasets for source in catalog.sources()),
            "hits": hits.total,
            "rows": shown.rows,
            "columns": len(shown.columns),
            "previewRows": len(preview.rows),
            "code": catalog.code(self.dataset, "dask", me()).code.strip().splitlines()[-1],
        }

    def clusters(self) -> dict[str, Any]:
        """One kernel with a connected cluster; scaled up and down again."""
        begin = time.monotonic()
        self.run.__enter__()
        cells = {cell["id"]: cell for cell in self.run.code_cells()}
        self.run.run(cells["imports"])
        self.run.run(cells["cluster"])
        ready = round(time.monotonic() - begin, 2)
        mine = next(one for one in self.wired.clusters.all() if one.kernel_id == self.run.kernel_id)
        self.cluster = mine.id
        self._scale(mine.workers + 1)
        scaled = self._scale(mine.wanted)
        return {"secondsToClient": ready, "workers": mine.workers, "scaledTo": mine.workers + 1, "and": scaled}

    def _scale(self, workers: int) -> int:
        self.wired.clusters.scale(self.cluster, workers, me())
        until = time.monotonic() + 60
        while time.monotonic() < until:
            now = next(one for one in self.wired.clusters.all() if one.id == self.cluster)
            if now.workers == workers:
                return now.workers
            time.sleep(0.1)
        raise Failed(f"The cluster did not come to {workers} workers in a minute.", hint="See perijove cluster logs.")

    def storage(self) -> dict[str, Any]:
        """Run the rest of the notebook, save it and read it back."""
        import nbformat

        for cell in self.run.code_cells():
            if cell.get("execution_count") is None:
                self.run.run(cell)
        self.run.save(self.root / "road.ipynb")
        again = nbformat.read(self.root / "road.ipynb", as_version=4)
        if again != self.run.notebook:
            raise Failed("The notebook did not come back as it was saved.", hint="Check the disk.")
        return {"cells": len(again.cells), "bytes": (self.root / "road.ipynb").stat().st_size}

    def experiments(self) -> dict[str, Any]:
        """The run that the notebook logged, its curve and its SHAP plot."""
        page = self.wired.experiments.runs("", 1, 0)
        if not page.runs:
            raise Failed("No run was logged.", hint="Run the last cell of the notebook.")
        run = self.wired.experiments.run(page.runs[0].id)
        self.auc = run.metrics["auc"]
        curve = self.wired.experiments.curve(run.id, "logloss", 500)
        artifacts = {one.path: one.bytes for one in self.wired.experiments.artifacts(run.id)}
        return {
            "run": run.id,
            "auc": self.auc,
            "curvePoints": curve.points,
            "shapBytes": artifacts["shap_summary.png"],
            "cell": run.cell,
            "commit": run.commit,
            "datasets": [use.name for use in run.datasets],
        }

    def jobs(self) -> dict[str, Any]:
        """Export the evaluation cell and prove that the job gives the notebook's numbers."""
        from perijove.jobs.model import NewJob

        wanted = NewJob("road.ipynb", [CELL], kernel_id=self.run.kernel_id, name=JOB)
        self._wait(self.wired.jobs.start_export(wanted, me()))
        self._wait(self.wired.jobs.start_verify(JOB, me()))
        job = self.wired.jobs.show(JOB)
        verification = job.verification
        if verification is None or verification.verdict != "verified":
            reason = verification.reason if verification else "no verification"
            raise Failed(f"The job is not verified: {reason}", hint=f"See perijove job show {JOB} --json")
        return {
            "job": job.name,
            "files": len(job.files),
            "verdict": verification.verdict,
            "outputs": {one.name: f"{one.result}: {one.detail}" for one in verification.outputs},
            "notebookAuc": self.auc,
            "seconds": round(verification.seconds, 1),
        }

    def _wait(self, task: Any) -> None:
        ended = self.wired.tasks.wait(task.id, me())
        if ended.state != "done":
            raise Failed(ended.error, hint=ended.hint)

    def graph(self) -> dict[str, Any]:
        """The path from the dataset to the job."""
        graph = self.wired.lineage.around(self.dataset, up=0, down=12)
        after: dict[str, list[str]] = {}
        for edge in graph.edges:
            after.setdefault(edge.source, []).append(edge.target)
        path = _path(after, str(self.dataset), f"job:{JOB}", "run:")
        if not path:
            raise Failed("The graph does not lead from the data over the run to the job.", hint="See perijove lineage.")
        return {"nodes": len(graph.nodes), "edges": len(graph.edges), "path": path}

    def close(self) -> dict[str, Any]:
        """Shut the kernel down and see that nothing of it is left."""
        import psutil

        if self.run.has_kernel:
            self.run.close()
        left = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("PERIJOVE_KERNEL_ID") == self.run.kernel_id:
                    left.append(process.pid)
            except psutil.Error:
                continue
        if left:
            raise Failed(f"Processes were left behind: {left}.", hint="Run perijove doctor --clean.")
        return {"processesLeft": 0}


def _path(after: dict[str, list[str]], start: str, end: str, through: str) -> list[str]:
    """A path from start to end that passes a node whose ref begins with ``through``; breadth first."""
    frontier: list[list[str]] = [[start]]
    seen = {(start, False)}
    while frontier:
        path = frontier.pop(0)
        if path[-1] == end and any(ref.startswith(through) for ref in path):
            return path
        for target in after.get(path[-1], []):
            state = (target, any(ref.startswith(through) for ref in [*path, target]))
            if state not in seen:
                seen.add(state)
                frontier.append([*path, target])
    return []
