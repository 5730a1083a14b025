"""Parts that other packages bring, through entry points; our own come the same way.

A part is a class with ``label`` and a ``Config`` struct (which makes its form) and the verbs of its port. A broken part
is listed with its problem; it never vanishes and never stops the server.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import msgspec

from perijove.core.errors import Invalid, NotFound

GROUPS: dict[str, str] = {
    "perijove.catalog_sources_v1": "Sources of datasets for the catalog.",
    "perijove.cluster_backends_v1": "Places where clusters can run.",
    "perijove.job_targets_v1": "Places where exported jobs can go.",
}


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """One installed part: its name, the package it came with, its form, and its problem if it is broken."""

    group: str
    name: str
    label: str
    package: str
    form: dict[str, Any]
    problem: str = ""


class Parts:
    """The parts of one group; ``allowed`` is an admin's list of names, empty for all."""

    def __init__(self, group: str, allowed: tuple[str, ...] = ()) -> None:
        self.group = group
        self.allowed = allowed

    def _entry_points(self) -> list[EntryPoint]:
        found = entry_points(group=self.group)
        return [point for point in found if not self.allowed or point.name in self.allowed]

    def all(self) -> list[Part]:
        """All parts, good and broken."""
        return [self._describe(point) for point in self._entry_points()]

    def _describe(self, point: EntryPoint) -> Part:
        package = point.dist.name if point.dist else "unknown"
        try:
            part = point.load()
            form = msgspec.json.schema(part.Config)
            return Part(self.group, point.name, str(part.label), package, form)
        except Exception as error:  # noqa: BLE001 - whatever a foreign package raises is its problem, and is shown
            problem = f"{package} could not be loaded: {type(error).__name__}: {error}"
            return Part(self.group, point.name, point.name, package, {}, problem)

    def make(self, name: str, config: dict[str, Any]) -> Any:
        """One part with its settings; raises NotFound for an unknown name, Invalid for wrong settings."""
        point = next((point for point in self._entry_points() if point.name == name), None)
        if point is None:
            known = ", ".join(sorted(point.name for point in self._entry_points()))
            raise NotFound(f"There is no {self.group} called “{name}”.", hint=f"Installed: {known or 'none'}.")
        described = self._describe(point)
        if described.problem:
            raise Invalid(described.problem, hint=f"Reinstall or remove the package {described.package}.")
        part = point.load()
        try:
            settings = msgspec.convert(config, type=part.Config, strict=False)  # a command line gives text
        except msgspec.ValidationError as error:
            raise Invalid(f"The settings of {described.label} are wrong: {error}.") from error
        return part(settings)
