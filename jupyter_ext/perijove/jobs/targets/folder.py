"""Writes jobs into a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from perijove.core.errors import Invalid
from perijove.core.project import located
from perijove.jobs.ports import JobSpec


class FolderConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``folder`` is where jobs go, relative to the project, unless an export names its own place."""

    folder: str = "jobs"


class FolderTarget:
    """A folder of the project, ``jobs/<name>`` by default."""

    label: ClassVar[str] = "Folder"
    Config: ClassVar[type[msgspec.Struct]] = FolderConfig

    def __init__(self, config: FolderConfig) -> None:
        self.config = config

    def place(self, name: str, out: str, root: Path) -> Path:
        """``out`` if it is named, else ``<project>/jobs/<name>``; raises Invalid where nothing can be written."""
        folder = located(root, out or Path(self.config.folder) / name)
        above = next((one for one in folder.parents if one.exists()), folder)
        if folder.is_file() or not above.is_dir() or not os.access(above, os.W_OK):
            raise Invalid(f"A job cannot be written to {folder}.", hint="Name a folder that you may write to.")
        return folder

    def files(self, spec: JobSpec) -> Mapping[str, str]:
        """None but the job's own."""
        return {}

    def deliver(self, folder: Path) -> list[str]:
        """Nothing is left to do once the folder is there."""
        return []
