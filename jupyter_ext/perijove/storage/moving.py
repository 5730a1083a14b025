"""Moves, copies and removes a notebook together with what belongs to it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from perijove.storage import atomic, disk
from perijove.storage.exclude import exclude, include
from perijove.storage.index import CHECKPOINT, names
from perijove.storage.places import MANIFEST, Place

if TYPE_CHECKING:
    from perijove.storage.documents import Documents

_STATE = (MANIFEST, "base.txt", CHECKPOINT)


def duplicate(documents: Documents, source: Path, target: Path) -> None:
    """Copy a notebook and what belongs to it; the text comes last, so that a copy is there whole or not at all."""
    if documents.is_text(source):
        _settled(documents, source)
        _companions(documents.places.of(source), documents.places.of(target))
    atomic.write(target, source.read_bytes())
    shutil.copymode(source, target)
    if documents.is_text(target):
        documents.views.schedule(target)


def move(documents: Documents, source: Path, target: Path) -> None:
    """Move a notebook and what belongs to it: they are there under both names until the text is moved."""
    text = documents.is_text(source)
    if not text:
        source.rename(target)
    else:
        _settled(documents, source)
        documents.views.leave(source)
        _companions(documents.places.of(source), documents.places.of(target))
        source.rename(target)
        _remove_companions(documents, source)
    atomic.sync_folder(target.parent)
    documents.tokens.forget(source)
    if text:
        documents.views.schedule(target)


def moved_folder(documents: Documents, source: Path, target: Path) -> None:
    """Let what Perijove remembers about the notebooks of a folder follow the folder."""
    old, new = documents.places.state(source), documents.places.state(target)
    if old.is_dir():
        if new.exists():
            shutil.rmtree(new)
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
    for view in sorted(target.rglob("*.ipynb")):  # git is told of views by their path
        if documents.views.text_of(view) is not None:
            include(source / view.relative_to(target))
            exclude(view)


def remove(documents: Documents, file: Path) -> None:
    """Delete a notebook and what belongs to it."""
    text = documents.is_text(file)
    if text:
        documents.views.leave(file)
        _settled(documents, file)
    file.unlink()
    atomic.sync_folder(file.parent)
    documents.tokens.forget(file)
    if text:
        place = documents.places.of(file)
        manifest = place.manifest.read_bytes() if place.manifest.exists() else b""
        _remove_companions(documents, file)
        if place.blobs == documents.places.blobs:
            documents.store.saved(place, set(names(manifest)), b"")


def companions(documents: Documents, file: Path) -> list[Path]:
    """The folders beside a text notebook that belong to it alone."""
    place = documents.places.of(file)
    shared = any(other != file and documents.is_text(other) for other in file.parent.glob(f"{_quoted(file.stem)}.*"))
    beside = [] if shared else [place.attachments]
    if place.outputs in ("commit", "sidecar"):
        beside.append(place.manifest.parent)
    return [folder for folder in beside if folder.is_dir()]


def _settled(documents: Documents, file: Path) -> None:
    disk.settle(disk.read(documents.places, file))


def _companions(source: Place, target: Place) -> None:
    if target.state.exists():  # of a notebook that was there before
        shutil.rmtree(target.state)
    for name in _STATE:
        _link(source.state / name, target.state / name)
    _link(source.attachments, target.attachments)
    if source.outputs in ("commit", "sidecar"):
        _link(source.manifest.parent, target.manifest.parent)


def _remove_companions(documents: Documents, file: Path) -> None:
    for folder in companions(documents, file):
        shutil.rmtree(folder)
    state = documents.places.state(file)
    if state.is_dir():
        shutil.rmtree(state)


def _link(source: Path, target: Path) -> None:
    """The same content under another name; our files are replaced, never changed, so they may be shared."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link_file, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _link_file(str(source), str(target))


def _link_file(source: str, target: str) -> None:
    if os.path.lexists(target):
        return
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _quoted(stem: str) -> str:
    import glob

    return glob.escape(stem)
