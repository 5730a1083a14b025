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
    """One thing in the lineage graph."""

    ref: str
    kind: str
    name: str
    detail: str = ""


class Edge(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """``target`` came from ``source``: ``kind`` is what happened (read, wrote, fed, logged, exported, …)."""

    source: str
    target: str
    kind: str
    how: How
    at: datetime


class Graph(msgspec.Struct, frozen=True):
    """Part of the lineage graph around one ref."""

    nodes: list[Node]
    edges: list[Edge]


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
