"""The version of a file as kernels note it: when it changed, and its size."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

MOST_FILES = 2000


def version_here(uri: str) -> str | None:
    """The version of a file or folder on this machine as kernels note it; None for anything else, or if it is gone."""
    parts = urlsplit(uri)
    if parts.scheme == "sqlite":
        path = Path(uri.removeprefix("sqlite:///").partition("#")[0])
    elif parts.scheme == "file" and parts.netloc in ("", "localhost"):
        path = Path(unquote(parts.path))
    else:
        return None
    try:
        stats = [path.stat()]
        if path.is_dir():
            stats = [entry.stat() for entry in _files(path)]
    except OSError:
        return None
    return f"{max(stat.st_mtime_ns for stat in stats)}-{sum(stat.st_size for stat in stats)}" if stats else None


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
