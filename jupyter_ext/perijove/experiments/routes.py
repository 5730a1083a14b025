"""Runs over HTTP."""

from __future__ import annotations

from perijove.core.routing import File, Router
from perijove.experiments.model import Artifact, Curve, Run, RunPage
from perijove.experiments.service import Experiments

router = Router("experiments")


@router.get("/runs", may="experiments.read")
def list_runs(experiments: Experiments, filter: str = "", limit: int = 50, offset: int = 0) -> RunPage:
    """Runs, newest first; ``filter`` matches name, experiment or notebook."""
    return experiments.runs(filter, limit, offset)


@router.get("/runs/{id}", may="experiments.read")
def show_run(experiments: Experiments, id: str) -> Run:
    """One run with its parameters, metrics, datasets and origin."""
    return experiments.run(id)


@router.get("/runs/{id}/curve", may="experiments.read")
def show_curve(experiments: Experiments, id: str, metric: str, points: int = 500) -> Curve:
    """A metric of a run over its steps."""
    return experiments.curve(id, metric, points)


@router.get("/runs/{id}/artifacts", may="experiments.read")
def list_artifacts(experiments: Experiments, id: str) -> list[Artifact]:
    """The files that a run kept."""
    return experiments.artifacts(id)


@router.get("/runs/{id}/artifacts/{path:path}", may="experiments.read")
def read_artifact(experiments: Experiments, id: str, path: str) -> File:
    """One file that a run kept."""
    return experiments.artifact(id, path)
