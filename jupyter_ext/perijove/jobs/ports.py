"""What jobs need from other capabilities, and what a job target brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec


class Kernels(Protocol):
    """Live kernels."""

    def execute(self, kernel_id: str, code: str, timeout: float) -> str:
        """Run code in a kernel and give what it printed; raises Failed, Busy or NotFound."""
        ...


class Notebooks(Protocol):
    """Notebooks that are not kept as ``.ipynb``."""

    def read_text(self, path: Path) -> dict[str, Any] | None:
        """The notebook in a file as nbformat has it, None where the file is no text notebook."""
        ...


class Runs(Protocol):
    """Experiment runs."""

    def latest_for(self, notebook: str, cells: Sequence[str]) -> str:
        """The id of the newest run logged from one of these cells, or an empty text."""
        ...

    def facts(self, run: str) -> Mapping[str, Any]:
        """What a run logged: ``params``, ``metrics``, and as ``picture`` the bytes of its SHAP summary."""
        ...


@dataclass(frozen=True)
class JobSpec:
    """A job as a target sees it: its name, its command's name, its folder, Python's version, the environment variables
    it cannot do without, the notebook it came from, and whether its lock is empty or has packages pinned by commit."""

    name: str
    command: str
    folder: Path
    python: str
    environment: tuple[str, ...]
    notebook: str
    empty: bool = False
    by_commit: bool = False


class JobTarget(Protocol):
    """A place where exported jobs go: a folder, a branch, a scheduler."""

    label: ClassVar[str]
    Config: ClassVar[type[msgspec.Struct]]

    def __init__(self, config: Any) -> None:
        """Made for one export, with the settings that ``Config`` describes."""
        ...

    def place(self, name: str, out: str, root: Path) -> Path:
        """The folder that a job of this name is written to, before it is; raises Invalid where there is none."""
        ...

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """Files by their path that the job has for this place only, a schedule for instance; written with the job."""
        ...

    def deliver(self, folder: Path) -> list[str]:
        """Called once the job is written; gives warnings to show."""
        ...
