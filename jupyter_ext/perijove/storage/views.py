"""The ``.ipynb`` beside a text notebook, for tools that read files: written after a save, taken in when changed.

Vocabulary
  record   what Perijove remembers of a view: the text it shows, the digests of what it wrote, and the state of the
           text it wrote it from, which is the merge base when a tool changes the view
  foreign  an ``.ipynb`` of the same name that Perijove did not write: it is left alone, and is a notebook of its own
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from perijove.core.errors import Invalid, PerijoveError
from perijove.storage import atomic, disk, ipynb, remote
from perijove.storage.exclude import exclude, include
from perijove.storage.model import Notebook
from perijove.storage.tokens import Signature, signature

if TYPE_CHECKING:
    from perijove.storage.documents import Documents

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds that a view waits after a save: ten times as long as it took last time, within these."""
_log = logging.getLogger(__name__)
_all: weakref.WeakSet[Views] = weakref.WeakSet()


class Record(msgspec.Struct):
    """What is remembered of a view; ``text`` is the name of the text beside it."""

    text: str
    written: list[str]


class Views:
    """Keeps the views of one project's text notebooks."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self._records: dict[Path, tuple[Signature, Record | None]] = {}
        self._seen: dict[Path, Signature] = {}
        self._due: dict[Path, float] = {}
        self._took: dict[Path, float] = {}
        self._change = threading.Condition()
        self._worker: threading.Thread | None = None
        self._closed = False
        _all.add(self)

    def text_of(self, view: Path) -> Path | None:
        """The text that an ``.ipynb`` is (or is about to be) the view of; None for any other file."""
        if view.suffix != ".ipynb":
            return None
        record = self._record(view)
        if record is None and (waiting := [text for text in list(self._due) if text.with_suffix(".ipynb") == view]):
            self.flush(waiting[0])
            record = self._record(view)
        text = view.with_name(record.text) if record else None
        return text if text and self.documents.is_text(text) else None

    def notice(self, text: Path) -> None:
        """Take in what a tool changed in the view of a text; costs two ``stat`` when nothing did."""
        view = text.with_suffix(".ipynb")
        if view == text or (record := self._record(view)) is None or record.text != text.name:
            return
        seen = signature(view)
        if seen == self._seen.get(view) or seen == (None,):
            return
        data = view.read_bytes()
        if hashlib.sha256(data).hexdigest() not in record.written and self.documents.is_text(text):
            with self.documents.lock.held():
                self._seen[view] = seen
                self._take_in(text, view, record, data)
        self._seen[view] = seen

    def schedule(self, text: Path) -> None:
        """Write the view of a text a moment from now."""
        with self._change:
            if self._closed:
                return
            wait = min(max(SHORTEST, 10 * self._took.get(text, 0.0)), LONGEST)
            self._due.setdefault(text, time.monotonic() + wait)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="perijove-views", daemon=True)
                self._worker.start()
            self._change.notify()

    def flush(self, text: Path | None = None) -> None:
        """Write what waits, at once: the view of one text, or all."""
        with self._change:
            due = [waiting for waiting in self._due if text in (None, waiting)]
            for waiting in due:
                del self._due[waiting]
        for waiting in due:
            self._try(waiting)

    def close(self) -> None:
        """Write what waits, and take no more."""
        with self._change:
            self._closed = True
            self._change.notify()
        self.flush()
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join()

    def write(self, text: Path) -> Path | None:
        """Write the view of a text now; None where the project wants none, or a foreign file is in the way."""
        started = time.monotonic()
        with self.documents.lock.held():
            if not self.documents.is_text(text):
                return None
            place = self.documents.places.of(text)
            if not self.documents.places.settings(text).view:
                self.leave(text)
                return None
            self.notice(text)
            record = self._record(place.view)
            if place.view.exists() and not self._ours(place.view, record):
                return None
            notebook = self.documents.load(text, ids=False).notebook
            self._put(text, place.view, record, ipynb.serialise(_lowered(notebook)))
        self._took[text] = time.monotonic() - started
        return place.view

    def adopt(self, text: Path) -> None:
        """Take the ``.ipynb`` that a text was just made from as its view."""
        view = text.with_suffix(".ipynb")
        with self.documents.lock.held():
            self._remember(text, view, [hashlib.sha256(view.read_bytes()).hexdigest()])
            state = disk.read(self.documents.places, text)
            self._keep_base(view, state.text, state.manifest or b"")
            exclude(view)

    def leave(self, text: Path) -> None:
        """Take away the view of a text, if it is ours."""
        import shutil

        view = text.with_suffix(".ipynb")
        with self._change:
            self._due.pop(text, None)
        record = self._record(view)
        if record is None or record.text != text.name:
            return
        if view.exists() and self._ours(view, record):
            view.unlink()
        include(view)
        shutil.rmtree(self.documents.places.state(view), ignore_errors=True)
        self._seen.pop(view, None)

    def _put(self, text: Path, view: Path, record: Record | None, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        old = view.read_bytes() if view.exists() else None
        if old != data:
            known = record.written if record else []
            self._remember(text, view, [*known, digest])  # first, so that a view is never there without its record
            atomic.write(view, data)
            exclude(view)
        self._remember(text, view, [digest])
        state = disk.read(self.documents.places, text)
        self._keep_base(view, state.text, state.manifest or b"")
        self._seen[view] = signature(view)

    def _take_in(self, text: Path, view: Path, record: Record, data: bytes) -> None:
        """Merge what a tool wrote into the document; the base is the text as it was when the view was written."""
        from perijove.storage.merge import merge
        from perijove.storage.outputs import hollow_notebook
        from perijove.storage.reading import give_ids
        from perijove.storage.text import to_text

        try:
            theirs = hollow_notebook(ipynb.parse(data, view.name), self.documents.put_blob)
        except Invalid:  # half of it: the tool still writes
            return
        ours = self.documents.load(text, stubs=True).notebook
        merged = merge(self._base(text, view), ours, theirs, theirs_name=view.name)
        self.documents.save(text, merged.notebook)
        self._remember(text, view, [*record.written, hashlib.sha256(data).hexdigest()])
        base = to_text(give_ids(theirs, disk.decoded(text.read_bytes(), text.name)))
        self._keep_base(view, base.text.encode(), base.manifest.dumps())  # what a tool that writes again starts from
        self.schedule(text)

    def _base(self, text: Path, view: Path) -> Notebook | None:
        from perijove.storage.reading import manifest_of
        from perijove.storage.text import from_text

        folder = self.documents.places.state(view)
        try:
            base, manifest = (folder / "text").read_bytes(), (folder / "manifest").read_bytes()
        except FileNotFoundError:
            return None
        get = self.documents.store.getter(self.documents.places.of(text))
        return from_text(disk.decoded(base, text.name), manifest_of(manifest), get, stubs=True, ids=True)

    def _keep_base(self, view: Path, text: bytes, manifest: bytes) -> None:
        folder = self.documents.places.state(view)
        for name, data in (("text", text), ("manifest", manifest)):
            if not (folder / name).exists() or (folder / name).read_bytes() != data:
                atomic.write(folder / name, data, durable=False)

    def _remember(self, text: Path, view: Path, written: list[str]) -> None:
        file = self.documents.places.state(view) / "view.json"
        data = msgspec.json.encode(Record(text.name, written))
        if not file.exists() or file.read_bytes() != data:
            atomic.make(file.parent)
            atomic.write(file, data)

    def _record(self, view: Path) -> Record | None:
        file = self.documents.places.state(view) / "view.json"
        seen = signature(file)
        known = self._records.get(view)
        if known is None or known[0] != seen:
            record = None
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
                record = msgspec.json.decode(file.read_bytes(), type=Record)
            known = self._records[view] = (seen, record)
        return known[1]

    def _ours(self, view: Path, record: Record | None) -> bool:
        return record is not None and hashlib.sha256(view.read_bytes()).hexdigest() in record.written

    def _work(self) -> None:
        while True:
            with self._change:
                while self._due and (rest := min(self._due.values()) - time.monotonic()) > 0 and not self._closed:
                    self._change.wait(rest)
                if not self._due or self._closed:
                    self._worker = None if not self._closed else self._worker
                    return
                text = min(self._due, key=self._due.__getitem__)
                del self._due[text]
            self._try(text)

    def _try(self, text: Path) -> None:
        try:
            self.write(text)
            remote.send(self.documents.places, text)
        except (OSError, PerijoveError) as error:
            _log.warning("The view of %s could not be written: %s", text, error)


def _lowered(notebook: Notebook) -> Notebook:
    from perijove.storage import conflicts

    return conflicts.lower(notebook)


@atexit.register
def _flush_all() -> None:
    for views in list(_all):
        views.close()
