"""The shared parts over HTTP: tasks, lineage, settings and audit."""

from __future__ import annotations

from typing import Any, Literal

from perijove.core.access import PERMISSIONS, Person, may
from perijove.core.audit import Audit
from perijove.core.changes import changed_cells, changed_since
from perijove.core.impact import impact
from perijove.core.lineage import Lineage
from perijove.core.model import (
    AuditLog,
    Changed,
    ChangedCell,
    Graph,
    Impact,
    NewPolicy,
    PermissionRow,
    Policy,
    Task,
    TaskLog,
)
from perijove.core.openlineage.intake import Intake, Taken
from perijove.core.refs import Ref
from perijove.core.routing import Router
from perijove.core.settings import Settings
from perijove.core.tasks import Tasks

tasks_router = Router("tasks")
lineage_router = Router("lineage")
settings_router = Router("settings")
audit_router = Router("audit")


@tasks_router.get("", may="tasks.read")
def list_tasks(tasks: Tasks, who: Person, limit: int = 50) -> list[Task]:
    """One's tasks, newest first."""
    return tasks.recent(who, limit)


@tasks_router.get("/{id}", may="tasks.read")
def show_task(tasks: Tasks, id: str, who: Person) -> Task:
    """One task."""
    return tasks.get(id, who)


@tasks_router.get("/{id}/log", may="tasks.read")
def read_log(tasks: Tasks, id: str, who: Person) -> TaskLog:
    """What a task has written so far."""
    return tasks.log(id, who)


@tasks_router.post("/{id}/cancel", may="tasks.write")
def cancel_task(tasks: Tasks, id: str, who: Person) -> Task:
    """Ask a task to stop; it leaves nothing half done."""
    return tasks.cancel(id, who)


@lineage_router.get("", may="lineage.read", where="team")
def show_lineage(
    lineage: Lineage, ref: str, who: Person, up: int = 3, down: int = 3, kinds: str = "", columns: bool = False
) -> Graph:
    """What a thing came from and what depends on it, some hops each way; ``kinds`` are parted by commas."""
    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    return lineage.around(Ref.parse(ref), up, down, kinds=wanted, columns=columns, who=who)


@lineage_router.get("/hops", may="lineage.read", where="team")
def show_hops(
    lineage: Lineage,
    ref: str,
    way: Literal["up", "down"],
    who: Person,
    of: str = "",
    after: str = "",
    limit: int = 50,
    columns: bool = False,
) -> Graph:
    """One hop from a node; on a cell ``of`` names the datasets that are followed, one a line."""
    return lineage.hops(Ref.parse(ref), way, of.splitlines(), after=after, limit=limit, columns=columns, who=who)


@lineage_router.get("/impact", may="lineage.read", where="team")
def show_impact(lineage: Lineage, ref: str, who: Person, column: str = "") -> Impact:
    """What breaks if a dataset or one of its columns goes."""
    return impact(lineage, Ref.parse(ref), column, who)


@lineage_router.get("/changed", may="lineage.read", where="team")
def show_changed(lineage: Lineage, ref: str, who: Person) -> Changed:
    """Whether the data that a cell read has changed since."""
    return changed_since(lineage, Ref.parse(ref), who)


@lineage_router.get("/changed/cells", may="lineage.read", where="team")
def list_changed_cells(lineage: Lineage, notebook: str, who: Person) -> list[ChangedCell]:
    """The cells of a notebook whose data has changed since they read it."""
    return changed_cells(lineage, Ref("notebook", notebook), who)


@lineage_router.post("/events", may="lineage.write", where="team")
def take_events(lineage: Lineage, body: Any, who: Person) -> Taken:
    """Take in one event of OpenLineage or a list of them; what was sent before counts once."""
    return Intake(lineage, lineage.ours()).take_from(who, body)


@settings_router.get("/permissions", may="settings.read", where="team")
def list_permissions(settings: Settings, who: Person) -> list[PermissionRow]:
    """The table of permissions, and which the caller has."""
    return [PermissionRow(name, row.sentence, row.role, may(who, name)) for name, row in PERMISSIONS.items()]


@settings_router.get("/policy", may="settings.read", where="team")
def show_policy(settings: Settings) -> Policy:
    """The team's settings."""
    return settings.policy()


@settings_router.post("/policy", may="settings.write", where="team")
def change_policy(settings: Settings, body: NewPolicy, who: Person) -> Policy:
    """Change one team setting."""
    return settings.change(body, who)


@audit_router.get("", may="audit.read", where="team")
def list_audit(audit: Audit, limit: int = 100) -> AuditLog:
    """The audit log, newest first."""
    return audit.entries(limit)
