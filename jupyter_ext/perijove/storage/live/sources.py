"""Where the document of a room lies: behind Perijove's own documents, or behind any contents manager.

A room asks for three things only: what lies there now, whether it is still that, and to write over exactly that. Every
answer names a version, and a save that is not based on the version on disk raises Changed and writes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from jupyter_server.utils import ensure_async
from jupyter_server_ydoc.loaders import FileLoader
from tornado.web import HTTPError

from perijove.core.errors import Invalid, NotAllowed, NotFound, PerijoveError
from perijove.storage import blobs, conflicts, identity, ipynb, outputs
from perijove.storage.documents import Documents
from perijove.storage.live import outside, slim
from perijove.storage.merge import merge
from perijove.storage.model import Changed, Notebook, Version
from perijove.storage.tokens import signature

T = TypeVar("T")


class Loaded(NamedTuple):
    """What lies on disk: a notebook with stubs for large outputs, or a text; ``trusted`` is the notary's word on it."""

    content: Any
    version: Version
    trusted: bool = False


class Source(Protocol):
    """A document's place; called from the server's loop, blocks nobody."""

    @property
    def name(self) -> str:
        """Its path for the contents manager, the last one if it was deleted."""

    @property
    def key(self) -> str:
        """The same for two rooms that show the same document."""

    async def load(self) -> Loaded:
        """Read it; raises HTTPError as a contents manager does."""

    async def version(self) -> Version:
        """What lies there now; called every second, so it does not read the content if nothing changed."""

    async def exists(self) -> bool:
        """Whether there is anything."""

    async def writable(self) -> bool:
        """Whether it may be written."""

    async def save(self, content: Any, base: Version | None, trusted: bool) -> Version:
        """Write it over ``base``, or as a new file; raises Changed if something else lies there now."""


class Trust:
    """The notary of the contents manager, asked about notebooks with stubs: a stub names its bytes by their hash."""

    def __init__(self, contents_manager: Any) -> None:
        self.notary = contents_manager.notary

    def knows(self, notebook: Notebook) -> bool:
        """Whether active outputs of this notebook may be shown."""
        try:
            return bool(self.notary.check_signature(_node(notebook)))
        except UnicodeEncodeError:  # half a character cannot be signed
            return False

    def sign(self, notebook: Notebook) -> None:
        """Remember that they may."""
        with contextlib.suppress(UnicodeEncodeError):
            self.notary.sign(_node(notebook))


class Named:
    """What a document is called; people may rename it while it is open, and delete it, too."""

    def __init__(self, loader: FileLoader) -> None:
        self.loader = loader
        self._last: str = loader.path

    @property
    def name(self) -> str:
        """Its path for the contents manager; the last one if it was deleted."""
        with contextlib.suppress(RuntimeError):  # what the loader raises then
            self._last = self.loader.path
        return self._last


class DocumentSource(Named):
    """A file of a project, through its documents; used when the contents manager is Perijove's own."""

    def __init__(self, loader: FileLoader, manager: Any, documents: Documents, file_type: str) -> None:
        super().__init__(loader)
        self.manager = manager
        self.documents = documents
        self.file_type = file_type
        self.trust = Trust(manager)

    @property
    def path(self) -> Path:
        """Where the file lies now."""
        return Path(self.manager._get_os_path(self.name.strip("/")))

    @property
    def key(self) -> str:
        """The file, whatever name it was opened by: a view is its text."""
        return str(self.documents.at(self.path))

    async def load(self) -> Loaded:
        """Read the notebook, or the raw text."""
        path = self.path
        await ensure_async(self.manager.get(self.name, content=False))  # says 404 for what may not be seen
        with as_http():
            if self.file_type != "notebook":
                text, version = await asyncio.to_thread(self._read_text, path)
                return Loaded(text, version)
            try:
                document = await outside.load(self.documents, path)
            except Invalid:
                found = await asyncio.to_thread(self._in_conflict, path)
                if found is None:
                    raise
                return found
        return Loaded(document.notebook, document.version, self.trust.knows(document.notebook))

    async def version(self) -> Version:
        """What lies there now, by ``stat`` where that is enough."""
        with as_http():
            return await asyncio.to_thread(self.documents.version, self.path)

    async def exists(self) -> bool:
        """Whether there is a file, or the text that a view shows."""
        path = self.path  # asked for here: what knows the name of a file belongs to this thread
        return await asyncio.to_thread(lambda: self.documents.at(path).exists())

    async def writable(self) -> bool:
        """Whether the contents manager would write it."""
        model = await ensure_async(self.manager.get(self.name, content=False))
        return bool(model["writable"])

    async def save(self, content: Any, base: Version | None, trusted: bool) -> Version:
        """Write the notebook, or the raw text."""
        path = self.path
        if self.file_type != "notebook":
            return await asyncio.to_thread(self.documents.save_text, path, content, base=base)
        if path.suffix == ".ipynb" and not await asyncio.to_thread(_has_all, self.documents, content):
            await outside.load(self.documents, path)  # the file has the outputs of which the store was cleaned
        version = await outside.save(self.documents, path, content, base)
        if trusted:
            self.trust.sign(content)
        return version

    def _read_text(self, path: Path) -> tuple[str, Version]:
        return _of_one_moment(lambda: self.documents.version(path), lambda: decoded(path.read_bytes(), path.name))

    def _in_conflict(self, path: Path) -> Loaded | None:
        """An ``.ipynb`` in which git left its markers: both sides of it, merged by cell."""

        def read() -> Notebook | None:
            parts = conflicts.parse(decoded(path.read_bytes(), path.name))
            if parts is None:
                return None
            try:
                ours, base, theirs = (
                    _side(parts, name, self.documents.put_blob) for name in ("ours", "base", "theirs")
                )
            except (ValueError, KeyError, TypeError, AttributeError):  # no half of it is a notebook
                return None
            if ours is None or theirs is None:
                return None
            return merge(base, ours, theirs).notebook

        notebook, version = _of_one_moment(lambda: self.documents.version(path), read)
        return None if notebook is None else Loaded(notebook, version)


class ContentsSource(Named):
    """A file behind any other contents manager; large outputs leave the document for the project's store."""

    def __init__(
        self, loader: FileLoader, manager: Any, documents: Documents | None, file_format: str, file_type: str
    ) -> None:
        super().__init__(loader)
        self.manager = manager
        self.documents = documents
        self.format = file_format
        self.type = file_type if file_type in ("directory", "file", "notebook") else "file"

    @property
    def path(self) -> Path | None:
        """Where the file lies, if the contents manager keeps files."""
        find = getattr(self.manager, "_get_os_path", None)
        return Path(find(self.name.strip("/"))) if find else None

    @property
    def key(self) -> str:
        """The file, or its name for the contents manager."""
        return str(self.path or self.name)

    async def load(self) -> Loaded:
        """Get it from the contents manager."""
        version = await self.version()
        model = await ensure_async(self.manager.get(self.name, format=self.format, type=self.type, content=True))
        self.loader.last_modified = model["last_modified"]
        if self.type != "notebook":
            return Loaded(model["content"], version)
        content = json.loads(json.dumps(model["content"]))
        codes = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        trusted = bool(codes) and all(cell["metadata"].get("trusted") for cell in codes)
        for cell in codes:
            cell["metadata"].pop("trusted", None)
        with_ids = zip(content["cells"], identity.synthetic_ids(content["cells"]), strict=True)
        content["cells"] = [{**cell, "id": cell_id} for cell, cell_id in with_ids]
        conflicts.lift(content)
        if self.documents is not None:
            content = await asyncio.to_thread(outputs.hollow_notebook, content, self.documents.put_blob)
        return Loaded(content, version, trusted)

    async def version(self) -> Version:
        """What ``stat`` says, or the contents manager: a file that is replaced by an older one is another one, too."""
        path = self.path
        if path is not None:
            seen = await asyncio.to_thread(signature, path)
            if seen == (None,):
                raise HTTPError(404, f"There is no {self.name}.")
            return Version(0, repr(seen))
        model = await ensure_async(self.manager.get(self.name, content=False))
        return Version(0, f"{model['last_modified']} {model.get('size')}")

    async def exists(self) -> bool:
        """Whether the contents manager finds it."""
        return bool(await ensure_async(self.manager.file_exists(self.name)))

    async def writable(self) -> bool:
        """Whether the contents manager would write it."""
        model = await ensure_async(self.manager.get(self.name, content=False))
        return bool(model["writable"])

    async def save(self, content: Any, base: Version | None, trusted: bool) -> Version:
        """Let the contents manager write it, if it is still what was read."""
        if self.type == "notebook":
            content = conflicts.lower(content)
            if self.documents is not None:
                if not await asyncio.to_thread(_has_all, self.documents, content):
                    await self.load()  # the file has the outputs of which the store was cleaned
                content = await asyncio.to_thread(outputs.fill_notebook, content, self.documents.get_blob)
            content = _for_contents(content, trusted)
        if base is not None and await self.version() != base:
            raise Changed(f"{self.name} was changed by someone else.")
        model = {"type": self.type, "format": self.format, "content": content}
        saved = await ensure_async(self.manager.save(model, self.name))
        self.loader.last_modified = saved["last_modified"]
        return await self.version()


def decoded(data: bytes, name: str) -> str:
    """A file as text; raises Invalid where it is none."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 text: {error}.", hint="Save it as UTF-8.") from error


@contextlib.contextmanager
def as_http() -> Any:
    """Say in HTTP, which rooms speak, what went wrong in the domain."""
    try:
        yield
    except Changed:
        raise
    except (FileNotFoundError, NotFound) as error:
        raise HTTPError(404, str(error)) from error
    except (NotAllowed, PermissionError) as error:
        raise HTTPError(403, str(error)) from error
    except PerijoveError as error:
        raise HTTPError(error.status, str(error)) from error


def digest_of(content: Any) -> str:
    """A name for content of which no version is known."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _of_one_moment(version: Callable[[], Version], read: Callable[[], T]) -> tuple[T, Version]:
    before = version()
    for _ in range(20):
        found = read()
        after = version()
        if after.digest == before.digest:
            break
        before = after
    return found, before


def _side(parts: list[str | conflicts.Hunk], name: str, put: Callable[[bytes], str]) -> Notebook | None:
    """One side of an ``.ipynb`` with markers in it; None for the base in git's plain style."""
    chosen = [[part] if isinstance(part, str) else getattr(part, name) for part in parts]
    if any(lines is None for lines in chosen):
        return None
    notebook = ipynb.joined(json.loads("\n".join(line for lines in chosen for line in lines)))
    for cell, cell_id in zip(notebook["cells"], identity.synthetic_ids(notebook["cells"]), strict=True):
        cell["id"] = cell_id
    return outputs.hollow_notebook(notebook, put)


def _has_all(documents: Documents, notebook: Notebook) -> bool:
    return all(blobs.has(documents.places.blobs, sha) for sha in slim.named(notebook))


def _for_contents(content: Notebook, trusted: bool) -> Notebook:
    cells = []
    for cell in content["cells"]:
        cell = {**cell, "metadata": {**cell.get("metadata", {})}}
        if cell["cell_type"] == "code":
            cell["metadata"]["trusted"] = trusted
        if content.get("nbformat_minor", 5) < 5:
            cell.pop("id", None)
        cells.append(cell)
    return {**content, "cells": cells}


def _node(notebook: Notebook) -> Any:
    import nbformat

    return nbformat.from_dict(notebook)
