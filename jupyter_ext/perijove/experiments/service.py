"""Runs, their curves and their files, read from the project's MLflow store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from perijove.core.errors import Invalid, NotFound, PerijoveError
from perijove.core.project import Project
from perijove.core.ranges import short, within
from perijove.core.routing import File
from perijove.experiments import artifacts, store
from perijove.experiments.curves import curve, number
from perijove.experiments.model import Artifact, Curve, DatasetUse, Run, RunPage, RunRow, RunState

MOST_RUNS = 1_000
MOST_POINTS = 10_000
ID = r"\w{1,32}"
WHERE = "See `perijove runs list` for the runs there are."
STATES: dict[str, RunState] = {
    "RUNNING": "running",
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "killed",
    "SCHEDULED": "scheduled",
}


class Experiments:
    """The verbs of the experiments; reading only, and never through MLflow."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @contextmanager
    def _open(self) -> Iterator[Connection | None]:
        with store.TrackingStore(self.project.tracking_uri, self.project.root).open() as connection:
            yield connection

    def runs(self, filter: str = "", limit: int = 50, offset: int = 0) -> RunPage:
        """Runs, newest first; each word of ``filter`` is in their name, experiment or notebook, or is their id."""
        short(filter)
        within("limit", limit, 1, MOST_RUNS)
        within("offset", offset, 0, 10**9)
        with self._open() as connection:
            if connection is None:
                return RunPage([], 0)
            found, total = store.page(connection, filter.split(), limit, offset)
            values: dict[str, dict[str, float | None]] = {row.run_uuid: {} for row in found}
            for metric in store.latest_metrics(connection, list(values)):
                values[metric.run_uuid][metric.key] = number(metric.value, metric.is_nan)
        return RunPage([_row(row, values[row.run_uuid]) for row in found], total)

    def run(self, id: str) -> Run:
        """One run with its parameters, metrics, datasets and origin."""
        with self._open() as connection:
            row = _found(connection, id)
            assert connection is not None
            tags = store.pairs(connection, store.tags, id)
            latest = store.latest_metrics(connection, [id])
            return Run(
                id=row.run_uuid,
                name=row.name or row.run_uuid[:8],
                experiment=row.experiment,
                state=STATES.get(row.status, "finished"),
                user=tags.get("mlflow.user") or row.user_id or "",
                started_at=_moment(row.start_time or 0),
                ended_at=_moment(row.end_time) if row.end_time else None,
                parameters=store.pairs(connection, store.params, id),
                metrics={metric.key: number(metric.value, metric.is_nan) for metric in latest},
                tags=tags,
                datasets=[_use(use, self.project.root) for use in store.dataset_uses(connection, id)],
                notebook=tags.get(store.NOTEBOOK, ""),
                cell=tags.get(store.CELL, ""),
                commit=tags.get(store.COMMIT, ""),
            )

    def curve(self, id: str, metric: str, points: int = 500) -> Curve:
        """A metric of a run over its steps, in at most ``points`` buckets."""
        within("points", points, 1, MOST_POINTS)
        with self._open() as connection:
            _found(connection, id)
            assert connection is not None
            total, history = store.history(connection, id, metric)
            if not total:
                known = ", ".join(row.key for row in store.latest_metrics(connection, [id])) or "none"
                raise NotFound(f"The run logged no metric “{metric}”.", hint=f"Its metrics: {known}.")
            return curve(history, total, points)

    def artifacts(self, id: str) -> list[Artifact]:
        """The files that a run kept, in order of path."""
        base = self._folder(id)
        return artifacts.listed(base) if base.is_dir() else []

    def artifact(self, id: str, path: str) -> File:
        """One file that a run kept, of at most 50 MB."""
        return artifacts.read(self._folder(id), path)

    def latest_for(self, notebook: str, cells: Sequence[str]) -> str:
        """The id of the newest run that one of these cells of a notebook logged, or an empty text."""
        with self._open() as connection:
            return store.newest(connection, notebook, list(cells)) if connection is not None and cells else ""

    def facts(self, run: str) -> dict[str, Any]:
        """What a model card says of a run: its params and metrics, and its picture of SHAP values."""
        found = self.run(run)
        facts: dict[str, Any] = {"params": found.parameters, "metrics": found.metrics}
        try:
            kept = [one.path for one in self.artifacts(run)]
            paths = [one for one in kept if one.endswith(".png") and "shap" in one.lower()]
            return {**facts, "picture": self.artifact(run, min(paths)).content} if paths else facts
        except PerijoveError:  # it keeps no files, or not here
            return facts

    def full_id(self, start: str) -> str:
        """The id of the one run whose id begins so; raises NotFound or, where several do, Invalid."""
        with self._open() as connection:
            ids = store.starting(connection, start) if connection is not None and re.fullmatch(ID, start) else []
        if not ids:
            raise NotFound(f"There is no run {start[:40]}.", hint=WHERE)
        if len(ids) > 1:
            raise Invalid(f"Several runs begin with {start}.", hint=f"Write more of the id: {', '.join(ids[:5])}.")
        return ids[0]

    def found(self, q: str, limit: int) -> list[tuple[str, str, str]]:
        """What a search over everything shows: ref, title and snippet, newest first."""
        if not q.strip():
            return []
        rows = self.runs(q, limit).runs
        return [(f"run:{row.id}", row.name, f"{row.experiment} · {row.state}") for row in rows]

    def _folder(self, id: str) -> Path:
        with self._open() as connection:
            uri = str(_found(connection, id).artifact_uri or "")
        if not uri:
            raise NotFound("The run keeps no files.", hint="Log one with mlflow.log_artifact.")
        return artifacts.folder(uri, self.project.root)


def _found(connection: Connection | None, run_id: str) -> Row[Any]:
    row = store.one(connection, run_id) if connection is not None and re.fullmatch(ID, run_id) else None
    if row is None:
        raise NotFound(f"There is no run {run_id[:40]}.", hint=WHERE)
    return row


def _row(row: Row[Any], values: dict[str, float | None]) -> RunRow:
    return RunRow(
        id=row.run_uuid,
        name=row.name or row.run_uuid[:8],
        experiment=row.experiment,
        state=STATES.get(row.status, "finished"),
        started_at=_moment(row.start_time or 0),
        ended_at=_moment(row.end_time) if row.end_time else None,
        metrics=values,
    )


def _use(row: Row[Any], root: Path) -> DatasetUse:
    return DatasetUse(row.name or "", row.digest or "", row.context or "", _ref(row.dataset_source, root))


def _ref(source: str | None, root: Path) -> str:
    """The catalog's name of a dataset, where MLflow's note of its source tells one."""
    try:
        told = json.loads(source or "{}")
    except ValueError:
        return ""
    uri = told.get("uri") or told.get("url") if isinstance(told, dict) else None
    if not isinstance(uri, str) or not uri:
        return ""
    if uri.startswith("dataset:"):
        return uri
    return f"dataset:{uri}" if "://" in uri else f"dataset:{(root / uri).resolve().as_uri()}"


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
