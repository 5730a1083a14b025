"""Gives a text that was renamed outside of Perijove, by ``git mv`` or a pull, the outputs it had under its old name.

A text that was never seen here takes over the manifest of a text that is gone if most cells of that are its own, by
their ids. The old manifest stays: the text may come back with another branch.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from perijove.core.errors import Invalid
from perijove.storage import atomic, markers
from perijove.storage.disk import State, decoded
from perijove.storage.identity import keys
from perijove.storage.index import Index
from perijove.storage.places import MANIFEST, Place, Places
from perijove.storage.reading import manifest_of


def take_over(places: Places, index: Index, state: State) -> bool:
    """Copy the manifest of the text this was before its name changed; False where there is none."""
    place = state.place
    if state.manifest is not None or place.base.exists() or not places.project.state.is_dir():
        return False
    try:
        cells = markers.parse(decoded(state.text, place.text.name))[2]
    except Invalid:
        return False
    ids = set(keys(cell.id for cell in cells if cell.id is not None))
    found = max(_gone(places, index, place), key=lambda old: _own(old, ids), default=None) if ids else None
    if found is None or _own(found, ids) <= 0.5:
        return False
    with contextlib.suppress(OSError):  # a project that may only be read
        _copy(places, found, place)
        return True
    return False


def _gone(places: Places, index: Index, place: Place) -> Iterator[Path]:
    """The manifests of texts that are gone, where outputs of this one are to lie."""
    if place.blobs != places.blobs:
        for manifest in place.text.parent.glob(f"*.outputs/{MANIFEST}"):
            stem = manifest.parent.name.removesuffix(".outputs")
            if not any((place.text.parent / name).exists() for name in (f"{stem}.py", stem)):
                yield manifest
        return
    root = places.folder / "notebooks"
    for manifest in index.manifests():
        if manifest.name != MANIFEST or not manifest.is_relative_to(root):
            continue
        if not (places.project.root / manifest.parent.relative_to(root)).exists():
            yield manifest


def _own(manifest: Path, ids: set[str]) -> float:
    """The share of a manifest's cells that are among some."""
    try:
        known = manifest_of(manifest.read_bytes()).cells.keys()
    except (OSError, Invalid):
        return 0.0
    return len(known & ids) / len(known) if known else 0.0


def _copy(places: Places, manifest: Path, place: Place) -> None:
    if place.blobs != places.blobs and (manifest.parent / "blobs").is_dir():
        shutil.copytree(manifest.parent / "blobs", place.blobs, dirs_exist_ok=True)
    atomic.make(place.manifest.parent)
    atomic.write(place.manifest, manifest.read_bytes())
