"""What a room holds: a notebook, a text or anything else, and what of it lay on disk when both were last the same.

Vocabulary
  base      the content of the file as the room last read or wrote it
  now       what the document stands for: the base with every edit since
  outgoing  what of that may be written: a cell in conflict stays on disk as it is there
  before    the base before the last save: what a program had read that wrote at the same moment as the room
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Protocol

from jupyter_ydoc import YNotebook, YUnicode
from jupyter_ydoc.ybasedoc import YBaseDoc
from pycrdt import Doc

from perijove.storage import conflicts, merge, reattach, weave
from perijove.storage.live import picture as pictures
from perijove.storage.live import ydoc
from perijove.storage.live.sources import Loaded
from perijove.storage.model import CONFLICT_KEY, CellConflict, Notebook

OURS, THEIRS, ELSEWHERE = "yours", "on disk", "from another server"


class Kind(Protocol):
    """What a room needs to know of its document."""

    base: Any

    def take(self, loaded: Loaded) -> None:
        """This lies on disk."""

    def first(self) -> bytes:
        """The update that makes an empty document show what lies on disk; the same for the same content."""

    def now(self) -> Any:
        """What the document stands for."""

    def outgoing(self, now: Any) -> Any:
        """What of it may be written."""

    def written(self, content: Any) -> None:
        """This, which came from :meth:`now`, lies on disk."""

    def is_news(self, content: Any) -> bool:
        """Whether writing it would say something that the disk does not."""

    def merge(self, loaded: Loaded, *, at_once: bool = False) -> int:
        """Something else lies on disk: keep it and every edit; says how many conflicts that made.

        ``at_once`` says that it was written so shortly after the room's save that its writer cannot know that save.
        """

    def absorb(self, base: Any, edited: Any) -> None:
        """Take in what somebody made of an earlier base in another room."""

    @property
    def held_back(self) -> bool:
        """Whether nothing may be written by itself until a person has decided."""

    @property
    def trusted(self) -> bool:
        """Whether people trust every active output in the document."""


class NotebookKind:
    """A notebook, merged by cell."""

    held_back = False

    def __init__(self, document: YNotebook) -> None:
        self.document = document
        self.base: Notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        self.shown = pictures.picture(self.base)
        self._seen: Notebook = self.shown.notebook
        self._before: Notebook = self.base
        self._trusted = False

    def take(self, loaded: Loaded) -> None:
        """This lies on disk."""
        self._trusted = loaded.trusted
        self.base = self._before = pictures.unique(loaded.content)
        self.shown = pictures.picture(self.base, trusted=loaded.trusted)

    def first(self) -> bytes:
        """The update that makes an empty document show what lies on disk; the same for the same content."""
        name = hashlib.sha256(json.dumps(self.shown.notebook, sort_keys=True).encode()).digest()
        made = YNotebook(Doc(client_id=int.from_bytes(name[:4], "big") or 1))
        ydoc.apply(made, self.shown.notebook)
        return bytes(made.ydoc.get_update())

    def now(self) -> Notebook:
        """What the document stands for."""
        ydoc.repair(self.document, self.shown.cells)
        self._seen = ydoc.snapshot(self.document)
        return pictures.restored(self._seen, self.shown, self.base)

    def outgoing(self, now: Notebook) -> Notebook:
        """What of it may be written: a cell in conflict stays on disk as it is there."""
        if not any(map(pictures.in_conflict, now["cells"])):
            return now
        on_disk = {cell["id"]: cell for cell in self.base["cells"]}
        cells = []
        for cell in now["cells"]:
            if not pictures.in_conflict(cell):
                cells.append(cell)
            elif cell["id"] in on_disk:
                cells.append(on_disk[cell["id"]])
        return {**now, "cells": cells}

    def written(self, content: Notebook) -> None:
        """This, which came from :meth:`now`, lies on disk."""
        shown = pictures.picture(content, trusted=self._trusted)
        as_shown = {cell["id"]: cell for cell in self._seen["cells"] if not pictures.in_conflict(cell)}
        cells = [as_shown.get(cell["id"], cell) for cell in shown.notebook["cells"]]
        metadata = self._seen["metadata"]
        self._before, self.base = self.base, content
        self.shown = shown._replace(notebook={**shown.notebook, "cells": cells, "metadata": metadata})

    def is_news(self, content: Notebook) -> bool:
        """Whether writing it would say something that the disk does not."""
        return content is not self.base and not pictures.only_noise(content, self.base)

    def merge(self, loaded: Loaded, *, at_once: bool = False) -> int:
        """Something else lies on disk: keep it and every edit; says how many conflicts that made."""
        theirs = self._recognised(pictures.unique(loaded.content))
        now, base = self.now(), self.base
        if ydoc.same(theirs, base):
            self.take(loaded._replace(content=theirs))
            return 0
        if at_once:
            base = _known_to(theirs, base, self._before)
        if ydoc.same(now, base):
            found, count = theirs, 0
        else:
            merged = merge.merge(base, now, theirs, ours_name=OURS, theirs_name=THEIRS)
            found, count = _with_open_conflicts(merged.notebook, now, theirs, base), len(merged.conflicts)
        self.take(loaded._replace(content=theirs))
        self._show(found)
        return count

    def absorb(self, base: Notebook, edited: Notebook) -> None:
        """Take in what somebody made of an earlier base in another room."""
        self._show(merge.merge(base, self.now(), edited, ours_name=OURS, theirs_name=ELSEWHERE).notebook)

    def _show(self, found: Notebook) -> None:
        ydoc.apply(self.document, pictures.picture(pictures.unique(found), trusted=self.trusted).notebook)

    @property
    def trusted(self) -> bool:
        """Whether people trust every active output in the document."""
        codes = [cell for cell in self._seen["cells"] if cell["cell_type"] == "code"]
        return all(cell["metadata"].get("trusted") or not cell.get("outputs") for cell in codes)

    def _recognised(self, theirs: Notebook) -> Notebook:
        """Cells of a format without ids get the ids that the same cells have in this room."""
        if theirs.get("nbformat_minor", 5) >= 5:
            return theirs
        known = self.base["cells"]
        given = reattach.match(theirs["cells"], known, {})
        taken = {known[was]["id"] for was in given.values()}
        cells = [
            {**cell, "id": known[given[index]]["id"]}
            if index in given
            else ({**cell, "id": f"{cell['id'][:56]}-new"} if cell["id"] in taken else cell)
            for index, cell in enumerate(theirs["cells"])
        ]
        return pictures.unique({**theirs, "cells": cells})


class TextKind:
    """A text, merged by line."""

    trusted = False

    def __init__(self, document: YUnicode) -> None:
        self.document = document
        self.base = self._before = ""

    @property
    def held_back(self) -> bool:
        """Whether markers of a conflict stand in the text that do not lie on disk."""
        return conflicts.parse(self.now()) is not None and conflicts.parse(self.base) is None

    def take(self, loaded: Loaded) -> None:
        """This lies on disk."""
        self.base = self._before = loaded.content

    def first(self) -> bytes:
        """The update that makes an empty document show what lies on disk; the same for the same content."""
        shown = pictures.carried_text(self.base)
        name = hashlib.sha256(shown.encode()).digest()
        made = YUnicode(Doc(client_id=int.from_bytes(name[:4], "big") or 1))
        made.set(shown)
        return bytes(made.ydoc.get_update())

    def now(self) -> str:
        """What the document stands for."""
        return pictures.restored_text(self.document.get(), pictures.carried_text(self.base), self.base)

    def outgoing(self, now: str) -> str:
        """All of it may be written."""
        return now

    def written(self, content: str) -> None:
        """This, which came from :meth:`now`, lies on disk."""
        self._before, self.base = self.base, content

    def is_news(self, content: str) -> bool:
        """Whether writing it would say something that the disk does not."""
        return content != self.base

    def merge(self, loaded: Loaded, *, at_once: bool = False) -> int:
        """Something else lies on disk: keep it and every edit; says how many conflicts that made."""
        now, base, theirs = (pictures.carried_text(text) for text in (self.now(), self.base, loaded.content))
        before = pictures.carried_text(self._before)
        woven = weave.woven(weave.weave(before, now, theirs)) if at_once else None
        if woven is None:
            woven = weave.woven(weave.weave(base, now, theirs))
        found = conflicts.mark(CellConflict(now, theirs, base, OURS, THEIRS)) if woven is None else woven
        self.take(loaded)
        self._show(found)
        return int(woven is None)

    def absorb(self, base: str, edited: str) -> None:
        """Take in what somebody made of an earlier base in another room."""
        before, now, theirs = (pictures.carried_text(text) for text in (base, self.now(), edited))
        woven = weave.woven(weave.weave(before, now, theirs))
        self._show(conflicts.mark(CellConflict(now, theirs, before, OURS, ELSEWHERE)) if woven is None else woven)

    def _show(self, found: str) -> None:
        with self.document.ydoc.transaction():
            ydoc.edit_text(self.document.ydoc["source"], found)


class OtherKind:
    """Anything else: it cannot be merged, so what lies on disk counts when both changed, as without Perijove."""

    held_back = False
    trusted = False

    def __init__(self, document: YBaseDoc) -> None:
        self.document = document
        self.base: Any = None

    def take(self, loaded: Loaded) -> None:
        """This lies on disk."""
        self.base = loaded.content

    def first(self) -> bytes:
        """The update that makes an empty document show what lies on disk."""
        made = type(self.document)(Doc(client_id=1))
        made.set(self.base)
        return bytes(made.ydoc.get_update())

    def now(self) -> Any:
        """What the document stands for."""
        return self.document.get()

    def outgoing(self, now: Any) -> Any:
        """All of it may be written."""
        return now

    def written(self, content: Any) -> None:
        """This lies on disk."""
        self.base = content

    def is_news(self, content: Any) -> bool:
        """Whether it differs from the disk."""
        return bool(content != self.base)

    def merge(self, loaded: Loaded, *, at_once: bool = False) -> int:
        """Show what lies on disk."""
        self.take(loaded)
        if self.document.get() != self.base:
            self.document.set(self.base)
        return 0

    def absorb(self, base: Any, edited: Any) -> None:
        """It cannot be merged: what lies on disk stays."""


def kind_of(document: YBaseDoc) -> Kind:
    """How the document of a room is handled."""
    if isinstance(document, YNotebook):
        return NotebookKind(document)
    return TextKind(document) if isinstance(document, YUnicode) else OtherKind(document)


def _known_to(theirs: Notebook, base: Notebook, before: Notebook) -> Notebook:
    """What a program had read that wrote this: whatever it has as it was before our save, it had read before it."""
    old = {cell["id"]: cell for cell in before["cells"]}
    has = {cell["id"]: cell for cell in theirs["cells"]}
    cells = []
    for cell in base["cells"]:
        was, other = old.get(cell["id"]), has.get(cell["id"], {})
        if was is not None:
            unread = {key: value for key, value in was.items() if key in other and ydoc.same(value, other[key])}
            cells.append({**cell, **unread})
        elif other:  # else it is a cell that our save made
            cells.append(cell)
    return {**base, "cells": cells}


def _with_open_conflicts(merged: Notebook, ours: Notebook, theirs: Notebook, base: Notebook) -> Notebook:
    """A conflict that git left on disk stays one, with the room's edit as our side of it."""
    on_disk = {cell["id"]: cell for cell in theirs["cells"] if pictures.in_conflict(cell)}
    if not on_disk:
        return merged
    was = {cell["id"]: cell["source"] for cell in base["cells"]}
    mine = {cell["id"]: cell["source"] for cell in ours["cells"]}
    cells = []
    for cell in merged["cells"]:
        cell_id = cell["id"]
        if cell_id in on_disk and mine.get(cell_id, was.get(cell_id)) != was.get(cell_id):
            mark = dict(on_disk[cell_id]["metadata"][CONFLICT_KEY]["conflict"])
            if mark.get("ours") not in (was.get(cell_id), None):  # git's own first side must not be lost, either
                mark["theirs"] = conflicts.lower({**theirs, "cells": [on_disk[cell_id]]})["cells"][0]["source"]
            mark |= {"ours": mine[cell_id], "oursName": OURS}
            mark.pop("markers", None)  # git's own text, which is no longer all there is
            cell = {**cell, "source": mine[cell_id], "metadata": {**cell["metadata"], CONFLICT_KEY: {"conflict": mark}}}
        cells.append(cell)
    return {**merged, "cells": cells}
