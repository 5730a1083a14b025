"""Which blobs of the project's store some manifest still names."""

from __future__ import annotations

import os
import re
from pathlib import Path

from perijove.storage.places import MANIFEST, Places

CHECKPOINT = "checkpoint.json"
"""The manifest of a notebook's checkpoint, beside its manifest."""
_SHA = re.compile(rb'"([0-9a-f]{64})"')


class Index:
    """Remembers by ``stat`` what each manifest names, so that asking again reads nothing."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._read: dict[str, tuple[tuple[int, int], frozenset[str]]] = {}

    def manifests(self) -> list[Path]:
        """Every manifest (and checkpoint, and manifest that waits for its text) under ``.perijove``."""
        found = []
        for part in ("notebooks", "elsewhere"):
            for folder, _, names in os.walk(self.places.folder / part):
                found += [Path(folder, name) for name in names if _is_manifest(name)]
        return found

    def named(self, *, but: Path | None = None) -> set[str]:
        """All blobs that manifests name, ``but`` one."""
        named: set[str] = set()
        for manifest in self.manifests():
            if manifest != but:
                named |= self._names(manifest)
        return named

    def _names(self, manifest: Path) -> frozenset[str]:
        try:
            stat = manifest.stat()
            seen = (stat.st_ctime_ns, stat.st_size)
            known = self._read.get(str(manifest))
            if known is None or known[0] != seen:
                known = self._read[str(manifest)] = (seen, names(manifest.read_bytes()))
        except FileNotFoundError:
            return frozenset()
        return known[1]


def names(manifest: bytes) -> frozenset[str]:
    """The blobs that a manifest names (and maybe words in it that look like one: those are kept, too)."""
    return frozenset(sha.decode() for sha in _SHA.findall(manifest))


def _is_manifest(name: str) -> bool:
    return name in (MANIFEST, CHECKPOINT) or (name.startswith(".manifest.") and name.endswith(".json"))
