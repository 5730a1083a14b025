"""Plain ``.ipynb`` notebooks on disk: saved whole or not at all, and only when they say something new."""

from __future__ import annotations

import hashlib
from pathlib import Path

from perijove.core.errors import Invalid
from perijove.storage import atomic, ipynb
from perijove.storage.check import same
from perijove.storage.model import Document, Notebook, Version
from perijove.storage.store import Store
from perijove.storage.tokens import Tokens, signature


class PlainFiles:
    """Loads and saves what is not a text notebook; a save holds the project's lock."""

    def __init__(self, tokens: Tokens, store: Store) -> None:
        self.tokens = tokens
        self.store = store
        self._wrote: dict[Path, str] = {}

    def digest(self, file: Path) -> str:
        """The name of the content; empty for what cannot be read."""
        try:
            with file.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return ""

    def load(self, file: Path, *, stubs: bool, ids: bool) -> Document:
        """Read an ``.ipynb``; raises FileNotFoundError, or Invalid for one that is no notebook."""
        from perijove.storage import conflicts, outputs

        seen = signature(file)
        data = file.read_bytes()
        notebook = ipynb.parse(data, file.name)
        if ids:
            notebook = with_ids(notebook)
        if stubs:
            notebook = outputs.hollow_notebook(notebook, self.store.put)
        count = conflicts.lift(notebook)
        return Document(notebook, self.tokens.note(file, seen, hashlib.sha256(data).hexdigest()), "", count)

    def save(self, file: Path, notebook: Notebook, base: Version | None) -> Version | None:
        """Write an ``.ipynb``; gives None if it says the same already. Raises Changed if it is no longer ``base``."""
        from perijove.storage import conflicts, outputs

        notebook = outputs.fill_notebook(conflicts.lower(notebook), self.store.get)
        old = file.read_bytes() if file.exists() else None
        digest = None if old is None else hashlib.sha256(old).hexdigest()
        must_be(base, digest, file)
        data = ipynb.serialise(notebook)
        if old is not None and (data == old or (self._wrote.get(file) != digest and _same(old, notebook, file.name))):
            return None
        version = self.write(file, data, over=None if base is None else old)
        self._wrote[file] = version.digest
        return version

    def write(self, file: Path, data: bytes, over: bytes | None = None) -> Version:
        """Put bytes in place; raises Changed if something else than ``over`` lies there by now."""
        atomic.write(file, data, over=over)
        return self.tokens.note(file, signature(file), hashlib.sha256(data).hexdigest())


def with_ids(notebook: Notebook) -> Notebook:
    """The notebook with an id in every cell; those it lacks are made from content."""
    from perijove.storage.identity import synthetic_ids

    cells = notebook["cells"]
    if all("id" in cell for cell in cells):
        return notebook
    given = zip(cells, synthetic_ids(cells), strict=True)
    return {**notebook, "cells": [{**cell, "id": cell_id} for cell, cell_id in given]}


def must_be(base: Version | None, digest: str | None, file: Path) -> None:
    """Raise Changed if a file (of no digest where it is not there) is no longer what was read."""
    from perijove.storage.model import Changed

    if base is not None and base.digest != digest:
        what = "is gone" if digest is None else "was changed by someone else"
        raise Changed(f"{file.name} {what}.", hint="Load it again, then save.")


def _same(old: bytes, notebook: Notebook, name: str) -> bool:
    try:
        before = ipynb.parse(old, name)
    except Invalid:
        return False
    meaning = ipynb.meaning(notebook)
    return same(meaning, ipynb.meaning(before)) or same(meaning, ipynb.meaning(with_ids(before)))
