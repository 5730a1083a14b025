"""What the tests of documents on disk share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.storage.awkward import code, notebook, stream

from perijove.storage.documents import Documents


def tree(own: Documents) -> dict[str, tuple[int, int]]:
    """Every file of the project, and whether it is still the same one."""
    files = (file for file in own.project.root.rglob("*") if file.is_file())
    return {str(file): (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}


def manifest(own: Documents, name: str = "churn.py") -> Path:
    return own.places.of(own.project.root / name).manifest


def three() -> dict[str, Any]:
    return notebook(*[code(f"{name} = 1", [stream(name)], 1, id=name) for name in "abc"])
