"""Runs, curves and artifacts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RunState = Literal["running", "finished", "failed", "killed", "scheduled"]


class RunRow(msgspec.Struct, frozen=True, rename="camel"):
    """A run as a list shows it; ``metrics`` holds the latest value of each."""

    id: str
    name: str
    experiment: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None
    metrics: dict[str, float | None]


class RunPage(msgspec.Struct, frozen=True):
    """Some of the runs, newest first."""

    runs: list[RunRow]
    total: int


class DatasetUse(msgspec.Struct, frozen=True):
    """A dataset that a run was given, as MLflow knows it."""

    name: str
    digest: str
    context: str
    ref: str


class Run(msgspec.Struct, frozen=True, rename="camel"):
    """One run. ``notebook``, ``cell`` and ``commit`` say where it came from, empty where unknown."""

    id: str
    name: str
    experiment: str
    state: RunState
    user: str
    started_at: datetime
    ended_at: datetime | None
    parameters: dict[str, str]
    metrics: dict[str, float | None]
    tags: dict[str, str]
    datasets: list[DatasetUse]
    notebook: str
    cell: str
    commit: str


class Curve(msgspec.Struct, frozen=True):
    """A metric over its steps. Of many points, each bucket keeps its last value and its least and greatest."""

    steps: list[int]
    values: list[float | None]
    min: list[float | None]
    max: list[float | None]
    points: int


class Artifact(msgspec.Struct, frozen=True, rename="camel"):
    """A file that a run kept; ``path`` is relative to the run's artifacts."""

    path: str
    bytes: int
    media_type: str
