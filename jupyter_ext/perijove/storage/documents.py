"""Notebooks on disk, text or plain, as documents: read whole, saved whole or not at all, versioned by ``stat``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from perijove.core.errors import Conflict, Failed, Invalid, NotAllowed, NotFound
from perijove.core.project import Project
from perijove.storage import atomic, disk
from perijove.storage.index import Index
from perijove.storage.languages import ENDINGS
from perijove.storage.model import Cleaned, Document, Notebook, Version
from perijove.storage.places import Places
from perijove.storage.plainfile import PlainFiles, must_be
from perijove.storage.store import Store
from perijove.storage.text import is_text_notebook
from perijove.storage.textfile import TextFiles
from perijove.storage.tokens import Signature, Tokens, signature

HEAD = 4096
"""Bytes read to tell a text notebook from a program."""


class Documents:
    """Loads and saves the notebooks of a project; every method blocks and may be called from any thread."""

    def __init__(self, project: Project) -> None:
        from perijove.storage.views import Views

        self.project = project
        self.places = Places(project)
        self.lock = atomic.Lock(project.state / "outputs" / "lock")
        self.tokens = Tokens()
        self.store = Store(self.places, Index(self.places))
        self.texts = TextFiles(self.places, self.tokens, self.store)
        self.plain = PlainFiles(self.tokens, self.store)
        self.views = Views(self)
        self._heads: dict[Path, tuple[Signature, bool]] = {}

    def at(self, path: Path) -> Path:
        """The file that a path means: links followed, a view taken for the text it shows."""
        file = Path(os.path.realpath(self.project.root / path))
        return self.views.text_of(file) or file

    def is_text(self, path: Path) -> bool:
        """Whether a file is a text notebook; its first line is read again only when its ``stat`` changed."""
        if path.suffix not in ENDINGS:
            return False
        file = Path(os.path.realpath(self.project.root / path))
        seen = signature(file)
        known = self._heads.get(file)
        if known is None or known[0] != seen:
            known = self._heads[file] = (seen, _is_text(file))
        return known[1]

    def token(self, path: Path) -> int:
        """A number that grows whenever the content changes; costs a few ``stat``, for any file."""
        file = self._current(path)
        return self.tokens.token(file, self._signature(file), lambda: self._digest(file))

    def version(self, path: Path) -> Version:
        """The version of a document; its content is read only if its ``stat`` changed."""
        file = self._current(path)
        return self.tokens.version(file, self._signature(file), lambda: self._digest(file))

    def load(self, path: Path, *, stubs: bool = False, ids: bool = True) -> Document:
        """Read a notebook; raises NotFound, or Invalid with a sentence where the file is none."""
        file = self._current(path)
        try:
            if file.suffix not in ENDINGS:
                return self.plain.load(file, stubs=stubs, ids=ids)
            if file.is_file() and not self.is_text(file):
                problem = f"{file.name} is not a notebook: its first line does not say so."
                raise Invalid(problem, hint="Make one of it: perijove nb convert IN OUT")
            return self.texts.load(file, stubs=stubs, ids=ids)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound(f"There is no notebook {self.project.relative(file)}.") from error
        except PermissionError as error:
            raise NotAllowed(f"You may not read {self.project.relative(file)}.") from error

    def save(self, path: Path, notebook: Notebook, *, base: Version | None = None) -> Version:
        """Write a notebook, or nothing if nothing changed; raises Changed if the file is no longer ``base``."""
        file = self._current(path)
        text = file.suffix in ENDINGS
        with self._writing(file):
            saved = (self.texts if text else self.plain).save(file, notebook, base)
        if text:
            self.views.schedule(file)
        return self.version(file) if saved is None else saved

    def save_text(self, path: Path, text: str, *, base: Version | None = None) -> Version:
        """Write any file as raw text; the outputs of a text notebook stay with its cells by their ids."""
        return self.save_bytes(path, text.encode(), base=base)

    def save_bytes(self, path: Path, data: bytes, *, base: Version | None = None) -> Version:
        """Write any file as it is given; what is written over a view is taken in as a tool's change."""
        file = Path(os.path.realpath(self.project.root / path))
        view = self.views.text_of(file) is not None
        if not view:
            file = self._current(path)
        with self._writing(file):
            old = file.read_bytes() if file.exists() else None
            must_be(base, None if old is None else self._digest(file), file)
            if old != data and old is not None and self.is_text(file):
                disk.settle(disk.read(self.places, file))
            if view:
                atomic.write(file, data)
            elif old != data:
                self.plain.write(file, data, over=None if base is None else old)
        if self.is_text(file):
            self.views.schedule(file)
        return self.version(file)

    def get_blob(self, sha: str) -> bytes:
        """An output's bytes; raises NotFound."""
        return self.store.get(sha)

    def put_blob(self, data: bytes) -> str:
        """Keep an output's bytes until a save names them; gives their name."""
        return self.store.put(data)

    def drop_blobs(self, names: set[str]) -> None:
        """Forget outputs that were put and are not wanted after all; those that a manifest names stay."""
        with self.lock.held():
            self.store.drop(names)

    def rename(self, old: Path, new: Path) -> None:
        """Move a notebook with its outputs, attachments and view; raises Conflict where something is there."""
        from perijove.storage.moving import move

        source, target = self.at(old), Path(os.path.realpath(self.project.root / new))
        if target.exists():
            raise Conflict(f"There is already a {self.project.relative(target)}.", hint="Choose another name.")
        with self._writing(target):
            move(self, source, target)

    def copy(self, old: Path, new: Path) -> None:
        """Copy a notebook with its outputs and attachments; raises Conflict where something is there."""
        from perijove.storage.moving import duplicate

        source, target = self.at(old), Path(os.path.realpath(self.project.root / new))
        if target.exists():
            raise Conflict(f"There is already a {self.project.relative(target)}.", hint="Choose another name.")
        with self._writing(target):
            duplicate(self, source, target)

    def delete(self, path: Path) -> None:
        """Delete a notebook with its outputs, attachments and view."""
        from perijove.storage.moving import remove

        file = self.at(path)
        with self._writing(file):
            remove(self, file)

    def moved_folder(self, old: Path, new: Path) -> None:
        """Let what is remembered about a folder's notebooks follow the folder, which was moved."""
        from perijove.storage.moving import moved_folder

        with self.lock.held():
            moved_folder(self, old, new)

    def companions(self, path: Path) -> list[Path]:
        """The folders beside a text notebook that belong to it alone."""
        from perijove.storage.moving import companions

        return companions(self, self.at(path))

    def clean(self) -> Cleaned:
        """Take away what nothing refers to: blobs, and what is remembered of notebooks that are gone."""
        from perijove.storage.clean import clean

        with self.lock.held():
            return clean(self)

    def close(self) -> None:
        """Write the views that wait to be written, and end."""
        self.views.close()

    def _current(self, path: Path) -> Path:
        """The file that a path means, a changed view taken in."""
        file = self.at(path)
        self.views.notice(file)
        return file

    def _signature(self, file: Path) -> Signature:
        return self.texts.signature(file) if self.is_text(file) else signature(file)

    def _digest(self, file: Path) -> str:
        return self.texts.digest(file) if self.is_text(file) else self.plain.digest(file)

    @contextlib.contextmanager
    def _writing(self, file: Path) -> Iterator[None]:
        """Hold the project's lock, and say in a sentence why a file cannot be written."""
        self.project.prepare()
        try:
            with self.lock.held():
                yield
        except FileNotFoundError as error:
            raise NotFound(f"There is no {self.project.relative(error.filename or file)}.") from error
        except PermissionError as error:
            raise NotAllowed(f"You may not write {self.project.relative(file)}.") from error
        except OSError as error:
            raise Failed(
                f"{self.project.relative(file)} could not be written: {error.strerror or error}.",
                hint="What was there is whole. Make room on the disk, or save elsewhere.",
            ) from error


def _is_text(file: Path) -> bool:
    try:
        if not file.is_file():  # a pipe would wait for somebody to write
            return False
        with file.open("rb") as stream:
            return is_text_notebook(stream.read(HEAD))
    except OSError:
        return False
