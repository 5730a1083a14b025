"""The version of a file as kernels note it: when it changed, and its size."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

MOST_FILES = 2000
MOST_BYTES = 16 * 2**20
METADATA = re.compile(r"v?(\d+)[^.]*\.metadata\.json")


def version_here(uri: str) -> str | None:
    """The version of a file or folder on this machine as kernels note it; None for anything else, or if it is gone.

    A Delta table has its own number. An Iceberg table has the snapshot that its newest metadata file names; where two
    files are the newest, only its catalog knows which one counts.
    """
    path = _path(uri)
    try:
        if path is None:
            return None
        if (path / "metadata").is_dir():
            return _iceberg(path / "metadata")
        if (path / "_delta_log").is_dir():
            return _delta(path / "_delta_log")
        stats = [entry.stat() for entry in _files(path)] if path.is_dir() else [path.stat()]
    except OSError:
        return None
    return f"{max(stat.st_mtime_ns for stat in stats)}-{sum(stat.st_size for stat in stats)}" if stats else None


def _path(uri: str) -> Path | None:
    parts = urlsplit(uri)
    if parts.scheme in ("sqlite", "duckdb"):
        return Path(uri.removeprefix(f"{parts.scheme}:///").partition("#")[0])
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    return None


def _delta(log: Path) -> str | None:
    """The newest number in a Delta table's log."""
    names = (entry.name.partition(".") for entry in os.scandir(log))
    numbers = [int(name) for name, _, end in names if name.isdecimal() and end in ("json", "checkpoint.parquet")]
    return str(max(numbers)) if numbers else None


class Metadata(msgspec.Struct, rename="kebab"):
    """What is read of an Iceberg table's metadata file."""

    current_snapshot_id: int | None = None


def _iceberg(metadata: Path) -> str | None:
    """The snapshot that the newest metadata file calls the present one."""
    numbered: dict[int, list[Path]] = {}
    for path in metadata.glob("*.metadata.json"):
        if found := METADATA.match(path.name):
            numbered.setdefault(int(found[1]), []).append(path)
    newest = numbered[max(numbered)] if numbered else []
    if len(newest) != 1 or newest[0].stat().st_size > MOST_BYTES:
        return None
    try:
        snapshot = msgspec.json.decode(newest[0].read_bytes(), type=Metadata).current_snapshot_id
    except msgspec.DecodeError:
        return None
    return str(snapshot) if snapshot is not None and snapshot >= 0 else None


def _files(folder: Path) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    waiting = [folder]
    while waiting and len(found) < MOST_FILES:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    waiting.append(Path(entry.path))
                else:
                    found.append(entry)
    return found
