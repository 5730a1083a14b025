"""What a shared document shows of a notebook, and the way back to the notebook.

A shared document cannot carry everything that a notebook may say: it has one kind of number, no half characters, no
repeated ids, no notebook without a cell. So it gets a picture of the notebook; on the way back, whatever nobody changed
is taken from the notebook itself, down to the entry of a cell's metadata. That is why opening and closing a notebook
writes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from perijove.storage.live.ydoc import same
from perijove.storage.model import CONFLICT_KEY, Notebook

LARGEST = 2**63
"""The first whole number that a shared document cannot carry."""

MISSING: Any = object()
EMPTY = "empty"
"""The id of the cell that a notebook without cells is shown with."""

_HALF = re.compile("[\ud800-\udfff]")

Cell = dict[str, Any]


class Picture(NamedTuple):
    """A notebook as a document shows it, and by id the cells of the notebook behind it."""

    notebook: Notebook
    originals: dict[str, Cell]

    @property
    def cells(self) -> dict[str, Cell]:
        """The cells as they are shown, by id."""
        return {cell["id"]: cell for cell in self.notebook["cells"]}


def unique(notebook: Notebook) -> Notebook:
    """The notebook with a different id in each cell: the first keeps a repeated one, the others get a number."""
    taken: set[str] = {cell["id"] for cell in notebook["cells"]}
    if len(taken) == len(notebook["cells"]):
        return notebook
    seen: set[str] = set()
    cells = []
    for cell in notebook["cells"]:
        cell_id, number = cell["id"], 2
        while cell_id in seen or (number > 2 and cell_id in taken):
            cell_id, number = f"{cell['id'][:56]}-{number}", number + 1
        seen.add(cell_id)
        cells.append(cell if cell_id == cell["id"] else {**cell, "id": cell_id})
    return {**notebook, "cells": cells}


def picture(notebook: Notebook, *, trusted: bool = False) -> Picture:
    """How a document shows a notebook with unique ids; ``trusted`` lets browsers show active outputs."""
    metadata = {
        "kernelspec": {"name": "", "display_name": ""},  # what every browser would add
        "language_info": {"name": ""},
        **carried(notebook.get("metadata", {})),
    }
    cells = [_shown(cell, trusted) for cell in notebook["cells"]]
    empty = {"id": EMPTY, "cell_type": "code", "source": "", "metadata": {"trusted": True}, "outputs": []}
    shown = {
        "cells": cells or [{**empty, "execution_count": None}],
        "metadata": metadata,
        "nbformat": int(notebook.get("nbformat", 4)),
        "nbformat_minor": int(notebook.get("nbformat_minor", 5)),
    }
    return Picture(shown, {cell["id"]: cell for cell in notebook["cells"]})


def restored(now: Notebook, before: Picture, base: Notebook) -> Notebook:
    """The notebook that a document stands for: ``base`` with all that was changed since it looked like ``before``."""
    shown = before.cells
    cells = [
        _restored_cell(cell, shown.get(cell["id"], {}), before.originals.get(cell["id"], {})) for cell in now["cells"]
    ]
    if len(cells) == 1 and not base["cells"] and same(_untrusted(now["cells"][0]), _untrusted(shown.get(EMPTY, {}))):
        cells = []
    back = _table(now, before.notebook, base, without=("cells", "metadata"))
    metadata = _table(now["metadata"], before.notebook["metadata"], base.get("metadata", {}))
    return {**back, "metadata": metadata, "cells": cells}


def in_conflict(cell: Cell) -> bool:
    """Whether a person has yet to decide about a cell."""
    mark = cell.get("metadata", {}).get(CONFLICT_KEY)
    return isinstance(mark, Mapping) and "conflict" in mark


def only_noise(one: Notebook, other: Notebook) -> bool:
    """Whether two notebooks differ in nothing but what a kernel says of itself when it starts."""
    if _kernel(one) != _kernel(other):
        return False
    quiet = [
        {**each, "metadata": {k: v for k, v in each["metadata"].items() if k not in ("language_info", "kernelspec")}}
        for each in (one, other)
    ]
    return same(*quiet)


def _kernel(notebook: Notebook) -> Any:
    found = notebook["metadata"].get("kernelspec")
    return found.get("name") if isinstance(found, dict) else found


def carried(value: Any) -> Any:
    """A value as a document can carry it."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {carried(str(key)): carried(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [carried(each) for each in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    if isinstance(value, int) and not isinstance(value, bool) and not -LARGEST <= value < LARGEST:
        return None
    return value


def carried_text(text: str) -> str:
    """A source as a document can carry it: editors know one kind of line break."""
    return _HALF.sub("\ufffd", text.replace("\r\n", "\n"))


def restored_text(now: str, shown: str, original: str) -> str:
    """What was typed, with the lines nobody changed as they were, and the line breaks of the others."""
    if now == shown:
        return original
    if shown == original:
        return now
    lines = original.split("\n")
    end = "\r" if len(lines) > 1 and all(line.endswith("\r") for line in lines[:-1]) else ""
    wanted, kept = now.split("\n"), shown.split("\n")
    found: list[str] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, kept, wanted, autojunk=False).get_opcodes():
        found += lines[i1:i2] if tag == "equal" else [line + end for line in wanted[j1:j2]]
    if wanted[-1] != kept[-1] or not lines[-1].endswith("\r"):
        found[-1] = found[-1].removesuffix("\r")
    return "\n".join(found)


def _shown(cell: Cell, trusted: bool) -> Cell:
    shown: Cell = {**carried(cell), "source": carried_text(_text(cell.get("source", "")))}
    shown["metadata"] = shown.get("metadata") or {}
    shown["metadata"].pop("trusted", None)
    if cell.get("cell_type") == "code":
        shown["outputs"] = shown.get("outputs") or []
        shown.setdefault("execution_count", None)
        if trusted:
            shown["metadata"]["trusted"] = True
    if not shown.get("attachments", True):
        del shown["attachments"]
    for output in shown.get("outputs", []):
        if output.get("output_type") == "stream":
            output["text"] = _text(output.get("text", ""))
    return shown


def _restored_cell(now: Cell, shown: Cell, original: Cell) -> Cell:
    if not original:
        return _untrusted(now)
    back = _table(now, shown, original, without=("metadata", "outputs", "source", "id"))
    back["id"] = original["id"]
    back["metadata"] = _table(_untrusted(now)["metadata"], _untrusted(shown)["metadata"], original.get("metadata", {}))
    if back["metadata"] == {} and "metadata" not in original:
        del back["metadata"]
    if "source" in original or now["source"] != shown["source"]:
        back["source"] = restored_text(now["source"], shown["source"], _text(original.get("source", "")))
    if "outputs" in now:
        if same(now["outputs"], shown.get("outputs")) and "outputs" in original:
            back["outputs"] = original["outputs"]
        else:
            back["outputs"] = _restored_outputs(now["outputs"], shown.get("outputs", []), original.get("outputs", []))
    return back if not same(back, original) else original


def _restored_outputs(now: list[Cell], shown: list[Cell], original: list[Cell]) -> list[Cell]:
    head = 0
    while head < min(len(now), len(shown), len(original)) and same(now[head], shown[head]):
        head += 1
    return [*original[:head], *now[head:]]


def _table(
    now: Mapping[str, Any], shown: Mapping[str, Any], original: Mapping[str, Any], without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Entry by entry: what was changed as it is now, all else as it was."""
    back = {}
    for key in [*original, *(key for key in now if key not in original)]:
        if key in without:
            continue
        is_now, was = now.get(key, MISSING), shown.get(key, MISSING)
        value = original.get(key, MISSING) if is_now is was or same(is_now, was) else is_now
        if value is not MISSING:
            back[key] = value
    return back


def _untrusted(cell: Cell) -> Cell:
    metadata = cell.get("metadata", {})
    if "trusted" not in metadata:
        return {**cell, "metadata": metadata}
    return {**cell, "metadata": {key: value for key, value in metadata.items() if key != "trusted"}}


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)
