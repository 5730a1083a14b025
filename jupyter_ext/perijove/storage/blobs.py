"""Outputs as bytes, each named by its SHA-256: written once and in one step, so that what is there is whole."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from perijove.core.errors import NotFound
from perijove.storage import atomic

POINTER = 1024
"""Bytes that a pointer of git-LFS never exceeds: what is longer is no pointer that was not fetched."""
_NAME = re.compile(r"[0-9a-f]{64}")


def name(data: bytes) -> str:
    """What bytes are called."""
    return hashlib.sha256(data).hexdigest()


def lies(folder: Path, sha: str) -> Path:
    """Where a blob lies in a store."""
    return folder / sha[:2] / sha


def has(folder: Path, sha: str) -> bool:
    """Whether a store has a blob."""
    return lies(folder, sha).is_file()


def put(folder: Path, data: bytes, sha: str = "") -> str:
    """Keep bytes, unless they are kept already."""
    sha = sha or name(data)
    file = lies(folder, sha)
    if not file.is_file():
        atomic.make(file.parent)
        atomic.write(file, data)
    return sha


def get(folder: Path, sha: str) -> bytes:
    """The bytes of a blob; raises NotFound where they are missing, or git-LFS has only a pointer."""
    if not _NAME.fullmatch(sha):
        raise NotFound("That is not the name of a blob.", hint="A blob is named by its SHA-256.")
    try:
        data = lies(folder, sha).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound("This output is no longer kept.", hint="Run the cell again.") from error
    if len(data) < POINTER and name(data) != sha:
        raise NotFound("This output was not fetched.", hint="Run `git lfs pull`, or run the cell again.")
    return data


def remove(folder: Path, sha: str) -> None:
    """Forget a blob."""
    file = lies(folder, sha)
    file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # other blobs lie there
        file.parent.rmdir()


def all_in(folder: Path) -> Iterator[Path]:
    """Every blob of a store."""
    return (file for file in folder.glob("??/*") if _NAME.fullmatch(file.name))
