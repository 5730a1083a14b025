"""Who may do what: people, roles, and the one table of permissions.

Nomenclature
  person       who calls, as the host has authenticated them
  permission   ``<capability>.<verb>``, listed once in ``PERMISSIONS`` with a sentence
  role         a named set of permissions; each includes those before it in ``ROLES``
Alone, the person at the machine is its owner and may do all; in a team, only the roles that the host gives count.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from perijove.core.errors import NotAllowed

Role = Literal["viewer", "contributor", "approver", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "contributor", "approver", "admin")


class Permission(msgspec.Struct, frozen=True):
    """What a permission allows, and the least role that has it."""

    sentence: str
    role: Role


PERMISSIONS: dict[str, Permission] = {
    "catalog.read": Permission("See sources and datasets, their schema and first rows.", "viewer"),
    "catalog.write": Permission("Add, scan and remove sources; say what datasets are.", "contributor"),
    "catalog.approve": Permission("Decide who may read which dataset, and read all of them.", "admin"),
    "clusters.read": Permission("See clusters, their workers, memory and tasks.", "viewer"),
    "clusters.write": Permission("Start, scale and stop one's clusters.", "contributor"),
    "experiments.read": Permission("See runs, their metrics and artifacts.", "viewer"),
    "jobs.read": Permission("See jobs and their verification.", "viewer"),
    "jobs.write": Permission("Export cells to jobs, verify and run them.", "contributor"),
    "jobs.approve": Permission("Approve jobs for production, and take that back.", "approver"),
    "lineage.read": Permission("See where a thing comes from and what depends on it.", "viewer"),
    "lineage.write": Permission("Add to the graph what other systems did, as OpenLineage events.", "contributor"),
    "search.read": Permission("Search everything one may see.", "viewer"),
    "storage.read": Permission("See what changed in notebooks, their versions, merges and outputs.", "viewer"),
    "storage.write": Permission("Convert, restore and merge notebooks, and clean up after them.", "contributor"),
    "tasks.read": Permission("See one's long-running tasks and their logs.", "viewer"),
    "tasks.write": Permission("Cancel one's long-running tasks.", "contributor"),
    "settings.read": Permission("See the team's policy and the parts that are installed.", "viewer"),
    "settings.write": Permission("Change the team's policy.", "admin"),
    "audit.read": Permission("Read the audit log.", "admin"),
}


class Person(msgspec.Struct, frozen=True):
    """Someone the host has authenticated; ``owner`` is the person at their own machine."""

    name: str
    groups: tuple[str, ...] = ()
    owner: bool = False
    roles: tuple[Role, ...] = ()


def may(person: Person, permission: str) -> bool:
    """Whether a person has a permission; an unknown permission is refused to everyone."""
    needed = PERMISSIONS.get(permission)
    if needed is None:
        return False
    return person.owner or any(ROLES.index(role) >= ROLES.index(needed.role) for role in person.roles)


def require(person: Person, permission: str) -> None:
    """Raise NotAllowed, naming what is missing and who can give it, unless the person has the permission."""
    if not may(person, permission):
        known = PERMISSIONS.get(permission)
        what = known.sentence if known else permission
        raise NotAllowed(
            f"{person.name} may not do this: {what}", hint=f"Ask an admin for a role that has {permission}."
        )
