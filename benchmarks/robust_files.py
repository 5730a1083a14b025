"""What a person could name in some folders: tables as wholes, and every file outside of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

HELPERS = (".crc", ".git")


def targets(folder: Path) -> list[Path]:
    """Every table and every file below a folder, of whatever kind; of a table's own files only those that stand for it.

    Those are the metadata files of an Iceberg table: each is a state of the table that can be named by itself.
    """
    return list(_below(folder))


def _below(folder: Path) -> Iterator[Path]:
    inside = sorted(folder.iterdir())
    names = {one.name for one in inside}
    if "_delta_log" in names:
        yield folder
        return
    if "metadata" in names and any(one.name.endswith(".metadata.json") for one in (folder / "metadata").iterdir()):
        yield folder
        yield from (one for one in sorted((folder / "metadata").iterdir()) if one.name.endswith(".metadata.json"))
        return
    for one in inside:
        if one.is_dir():
            yield from _below(one)
        elif not one.name.endswith(HELPERS):
            yield one


def compiled(folder: Path) -> dict[str, str]:
    """This environment, with Python's modules kept compiled in a folder, as they are where a package is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
