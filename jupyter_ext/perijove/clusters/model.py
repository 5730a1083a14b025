"""Clusters, their workers and what they do."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

ClusterState = Literal["starting", "running", "stopping", "stopped", "failed", "lost"]


class Worker(msgspec.Struct, frozen=True, rename="camel"):
    """One worker. ``cpu`` is percent of one core; memory is in bytes."""

    name: str
    cpu: float
    memory_used: int
    memory_limit: int
    threads: int
    processing: int


class Cluster(msgspec.Struct, frozen=True, rename="camel"):
    """One cluster. ``workers`` are there, ``wanted`` were asked for; memory is in bytes, ``cpu`` percent of all cores.

    ``tasks`` counts by state: processing, waiting, queued, memory, erred. ``kernel_id`` and ``notebook`` are empty for
    a cluster started on its own.
    """

    id: str
    name: str
    profile: str
    state: ClusterState
    workers: int
    wanted: int
    cpu: float
    memory_used: int
    memory_limit: int
    tasks: dict[str, int]
    address: str
    kernel_id: str
    notebook: str
    problem: str
    started_at: datetime
    details: list[Worker]


class NewCluster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cluster to start; ``workers`` of null takes the profile's default."""

    profile: str = "local"
    workers: int | None = None


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many workers a cluster shall have."""

    workers: int
