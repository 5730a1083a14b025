"""The last generated tree of a job, kept in the job's own folder: the base that a re-export merges from.

It is one uncompressed archive with fixed dates: the same tree gives the same bytes, and git packs it well. It is
committed with the job: it survives a clone, a squashed merge and a renamed folder. Golden values are not in it; what
either side still holds unchanged is known by its hash.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

OWN = ".perijove-job"
BASE = f"{OWN}/base.zip"
LARGEST = 2_000_000
_DATE = (1980, 1, 1, 0, 0, 0)


def packed(files: Mapping[str, bytes]) -> bytes:
    """The archive of a generated tree."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            if len(content) <= LARGEST:
                archive.writestr(zipfile.ZipInfo(path, _DATE), content)
    return whole.getvalue()


def base(folder: Path, hashes: Mapping[str, str], *sides: Mapping[str, bytes]) -> dict[str, bytes]:
    """The last generated files by path: from the archive, or from a side that holds the very file.

    A file that is nowhere to be found any more is its hash, which nothing equals: a merge of it is a conflict.
    """
    kept = _unpacked(folder / BASE)
    found: dict[str, bytes] = {}
    for path, digest in hashes.items():
        if path == BASE:
            continue
        candidates = (kept.get(path), *(side.get(path) for side in sides))
        whole = next((one for one in candidates if one is not None and digest_of(one) == digest), None)
        found[path] = whole if whole is not None else f"The generated file with the hash {digest}.\n".encode()
    return found


def _unpacked(file: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(file) as archive:
            return {one.filename: archive.read(one) for one in archive.infolist() if one.file_size <= LARGEST}
    except (OSError, zipfile.BadZipFile):
        return {}


def digest_of(content: bytes) -> str:
    """The hash that a manifest holds."""
    return hashlib.sha256(content).hexdigest()
