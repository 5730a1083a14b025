"""The shapes of the shared parts: tasks, the lineage graph, policy."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

TaskState = Literal["queued", "running", "done", "failed", "cancelled"]
How = Literal["observed", "inferred", "declared"]


class Done(msgspec.Struct, frozen=True):
    """The answer of a verb that has nothing else to say."""

    ok: bool = True


class Task(msgspec.Struct, frozen=True, rename="camel"):
    """Long-running work.

    ``progress`` is the share done, 0 to 1, or null while unknown; ``error_kind`` is Invalid, Failed and so on.
    """

    id: str
    kind: str
    title: str
    state: TaskState
    progress: float | None
    message: str
    ref: str
    owner: str
    result: Any
    error: str
    error_kind: str
    hint: str
    created_at: datetime
    finished_at: datetime | None


class TaskLog(msgspec.Struct, frozen=True):
    """What a task has written so far, oldest line first."""

    lines: list[str]


class Node(msgspec.Struct, frozen=True, rename="camel"):
    """One thing in the lineage graph; ``more_up`` and ``more_down`` say that it has neighbours that are not shown.

    ``columns`` are those of a dataset, as far as they are known and where they were asked for.
    """

    ref: str
    kind: str
    name: str
    detail: str = ""
    more_up: bool = False
    more_down: bool = False
    columns: list[str] = []


class Edge(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """``target`` came from ``source``: ``kind`` is what happened (read, wrote, fed, logged, exported, …).

    ``version`` is the version of the dataset that was read or written last, empty where unknown.
    """

    source: str
    target: str
    kind: str
    how: How
    at: datetime
    version: str = ""


class Field(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """A column of a source went into a column of a target; an empty ``target`` means all of it.

    ``kind`` is direct where its values went there, indirect where it only filtered, joined or ordered.
    """

    source: str
    target: str = ""
    kind: Literal["direct", "indirect"] = "direct"


class Flow(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """Data of the dataset ``source`` came into ``target``, a dataset or a cell, through the cell or job ``via``.

    ``columns`` is empty where it is not known which columns.
    """

    source: str
    target: str
    via: str
    how: How
    at: datetime
    columns: list[Field] = []


class Graph(msgspec.Struct, frozen=True):
    """Part of the lineage graph; ``flows`` only where they were asked for, ``next`` asks for the hops after these."""

    nodes: list[Node]
    edges: list[Edge]
    flows: list[Flow] = []
    next: str = ""


Effect = Literal["fails", "may fail", "loses", "may change"]
ImpactBasis = Literal["column", "dataset", "mixed", "none"]


class Affected(msgspec.Struct, frozen=True):
    """Something that depends on a dataset or column that goes.

    ``level`` says whether it rests on known columns or on the dataset as a whole; ``columns`` are those of a dataset
    that go with it; ``via`` is what it depends on directly, ``hops`` how far away it is.
    """

    ref: str
    kind: str
    name: str
    detail: str
    effect: Effect
    why: str
    level: ImpactBasis
    columns: list[str]
    via: str
    hops: int
    how: How
    at: datetime


class Impact(msgspec.Struct, frozen=True):
    """What breaks if a column goes, or a whole dataset where ``column`` is empty; jobs, models and runs first."""

    ref: str
    column: str
    basis: ImpactBasis
    items: list[Affected]
    note: str = ""


class ChangedDataset(msgspec.Struct, frozen=True, rename="camel"):
    """A dataset that a cell read: the version then and now, and who wrote to it since.

    ``via`` is the cell that read it, the asked one or one before it; ``changed`` is null where it cannot be known.
    """

    ref: str
    name: str
    read: str
    read_at: datetime
    via: str
    now: str | None
    changed: bool | None
    writers: list[str]


class Changed(msgspec.Struct, frozen=True):
    """What became of the data that a cell read."""

    datasets: list[ChangedDataset]


class ChangedCell(msgspec.Struct, frozen=True):
    """A cell some of whose data has changed since it read it itself, and that data."""

    cell: str
    datasets: list[ChangedDataset]


class PermissionRow(msgspec.Struct, frozen=True):
    """One line of the table of permissions, and whether the caller has it."""

    name: str
    sentence: str
    role: str
    granted: bool


class Policy(msgspec.Struct, frozen=True):
    """The team's settings, by name."""

    values: dict[str, Any]


class NewPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A team setting to change; a null value puts it back to its default."""

    name: str
    value: Any


class AuditEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the audit log; ``hash`` covers the line and the hash before it."""

    seq: int
    at: datetime
    actor: str
    door: str
    what: str
    ref: str
    old: Any
    new: Any
    hash: str


class AuditLog(msgspec.Struct, frozen=True):
    """Lines of the audit log, newest first."""

    events: list[AuditEntry]
