"""What jobs need from other capabilities, and what a job target brings."""

from __future__ import annotations

from collections.abc import Sequence
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

    def deliver(self, folder: Path) -> list[str]:
        """Called once the job is written; gives warnings to show."""
        ...
