"""Text notebooks on disk: loaded with their outputs, saved in an order that a crash cannot harm."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from perijove.storage import atomic, disk, remote, renamed
from perijove.storage.manifest import Manifest
from perijove.storage.model import Document, Notebook, Version
from perijove.storage.places import Place, Places
from perijove.storage.reading import Normal, cell_keys, give_ids, keep_history, manifest_of, normal_of, notebook_of
from perijove.storage.store import Get, Store
from perijove.storage.text import TextNotebook, is_text_notebook, to_text
from perijove.storage.tokens import Signature, Tokens, signature

AT_REST = 2.0
"""Seconds after its last change that a text counts as whole: until then an editor may still write it."""


class TextFiles:
    """Loads and saves text notebooks; a save holds the project's lock."""

    def __init__(self, places: Places, tokens: Tokens, store: Store) -> None:
        self.places = places
        self.tokens = tokens
        self.store = store
        self._normals: dict[Path, Normal] = {}

    def signature(self, file: Path) -> Signature:
        """What ``stat`` says of the text and its manifest."""
        return signature(file, self.places.of(file).manifest)

    def digest(self, file: Path) -> str:
        """The name of the content."""
        return disk.read(self.places, file).digest

    def load(self, file: Path, *, stubs: bool, ids: bool) -> Document:
        """Read a text notebook; raises FileNotFoundError, or Invalid for one that is not UTF-8."""
        remote.fetch(self.places, file)
        for _ in range(disk.TRIES):
            state = disk.read(self.places, file)
            if renamed.take_over(self.places, self.store.index, state):
                continue
            text, base = disk.decoded(state.text, file.name), _text(state.place.base)
            missed: list[str] = []
            get = _noting(self.store.getter(state.elsewhere or state.place), missed)
            notebook, count, missing = notebook_of(text, manifest_of(state.manifest), base, get, stubs=stubs, ids=ids)
            if not missed or self.digest(file) == state.digest:
                break  # else a save replaced an output while it was read
        kept = self.places.project.state.is_dir()  # else nobody has opened the project: looking leaves nothing behind
        if kept and not count and time.time() - file.stat().st_mtime > AT_REST:
            normal = self._normal(state) if missing else None
            with contextlib.suppress(OSError):  # a project that may only be read
                _keep_base(state.place, normal.text if normal else text, base)
        return Document(notebook, self.tokens.note(file, state.signature, state.digest), text, count)

    def save(self, file: Path, notebook: Notebook, base: Version | None) -> Version | None:
        """Write a notebook; gives None if nothing changed. Raises Changed if the text is no longer ``base``."""
        from perijove.storage import conflicts
        from perijove.storage.plainfile import must_be

        state = disk.read(self.places, file) if file.exists() else None
        must_be(base, state.digest if state else None, file)
        normal = self._normal(state) if state else None
        whole = give_ids(conflicts.lower(notebook), normal.text if normal else "")
        new = to_text(whole)
        old = normal.manifest if normal else Manifest()
        data = keep_history(new.manifest, old, whole["cells"], gone=_keeps_gone(self.places.of(file))).dumps()
        same = normal is not None and new.text == normal.text
        if normal and same and data == normal.manifest.dumps() and state and not state.elsewhere:
            return None
        replaced = _blobs(old, set(cell_keys(whole["cells"])))
        return self._write(
            file,
            state,
            new,
            data,
            replaced,
            keep_text=same and not (normal and normal.fresh),
            over=state.text if base and state else None,
        )

    def _write(
        self,
        file: Path,
        state: disk.State | None,
        new: TextNotebook,
        data: bytes,
        replaced: set[str],
        *,
        keep_text: bool,
        over: bytes | None,
    ) -> Version:
        place = self.places.of(file)
        old = state.text if state else b""
        if state:
            disk.settle(state)
        atomic.make(file.parent)
        if state and state.elsewhere:
            self.store.getter(state.elsewhere)  # so that what moves is found
        self.store.keep(place, new.blobs, new.attachments, data)
        text = old if keep_text else disk.encoded(new.text, old)
        disk.replace(place, text if state is None or text != old else None, data, over)
        digest = disk.digest(text, data)
        version = self.tokens.note(file, self.signature(file), digest)
        self._normals[file] = Normal(digest, new.text, new.manifest, fresh=False)
        _keep_base(place, new.text, "")
        self.store.saved(place, replaced, data)
        if state and state.elsewhere:
            leave(state.elsewhere)
        return version

    def _normal(self, state: disk.State) -> Normal | None:
        """What is on disk as we would write it; None where it is no text notebook."""
        file = state.place.text
        known = self._normals.get(file)
        if known is not None and known.digest == state.digest:
            return known
        if not is_text_notebook(state.text):
            return None
        get = self.store.getter(state.elsewhere or state.place)
        text = disk.decoded(state.text, file.name)
        known = normal_of(
            state.digest, text, state.manifest, _text(state.place.base), get, gone=_keeps_gone(state.place)
        )
        self._normals[file] = known
        return known


def leave(place: Place) -> None:
    """Take away a manifest, and the blobs that lie beside its text, after they were moved or are not wanted."""
    place.manifest.unlink(missing_ok=True)
    if place.outputs in ("commit", "sidecar"):
        shutil.rmtree(place.manifest.parent, ignore_errors=True)


def _noting(get: Get, missed: list[str]) -> Get:
    """The same, but what is missing is noted."""

    def noting(sha: str) -> bytes:
        try:
            return get(sha)
        except KeyError:
            missed.append(sha)
            raise

    return noting


def _keeps_gone(place: Place) -> bool:
    """Whether outputs of deleted cells are kept: not in git, where who deletes a cell means its outputs, too."""
    return place.outputs != "commit"


def _blobs(manifest: Manifest, cells: set[str]) -> set[str]:
    """The blobs that some cells name."""
    outputs = (output for key in cells for output in manifest.cells.get(key, {}).get("outputs", ()))
    return {slot[0] for output in outputs for slot in output.get("blobs", {}).values()}


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _keep_base(place: Place, text: str, known: str) -> None:
    if text != known:
        place.state.mkdir(parents=True, exist_ok=True)
        atomic.write(place.base, text.encode(), durable=False)
