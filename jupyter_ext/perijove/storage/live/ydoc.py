"""A notebook inside a shared document: read whole, and changed by as few operations as will do, so that cursors stay.

Two things must never happen to a document that people have open: that a text is emptied and written again (every cursor
jumps, and what is typed meanwhile is doubled), and that a cell that did not change is made anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple
from uuid import uuid4

from jupyter_ydoc import YNotebook
from pycrdt import Array, Map, Text

from perijove.storage.model import CONFLICT_KEY, Notebook

TOO_MANY_LINES = 4_000_000
"""Products of line counts above which two texts are not compared line by line."""


class Edit(NamedTuple):
    """Characters [start, end) of the text before, and what stands there after."""

    start: int
    end: int
    text: str


def snapshot(document: YNotebook) -> Notebook:
    """The notebook that a document holds, every cell with its id; repeats are in it, nothing is changed."""
    with document.ydoc.transaction():
        meta = plain(document.ydoc.get("meta", type=Map).to_py() or {})
        cells = [_cell(ycell) for ycell in document.ycells]
    return {
        "cells": cells,
        "metadata": meta.get("metadata", {}),
        "nbformat": int(meta.get("nbformat", 4)),
        "nbformat_minor": int(meta.get("nbformat_minor", 5)),
    }


def apply(document: YNotebook, wanted: Notebook) -> None:
    """Change a document into a notebook whose cells all have different ids."""
    with document.ydoc.transaction():
        _set_meta(document.ydoc.get("meta", type=Map), wanted)
        _set_cells(document, wanted["cells"])


def repair(document: YNotebook, known: Mapping[str, dict[str, Any]]) -> int:
    """Let every id belong to one cell again; says how many cells were taken away or got an id.

    A cell is there twice when two people moved it at the same time, or when somebody comes back whose history the
    server no longer has. Two versions of a cell become a conflict; ``known`` are the cells as they lie on disk.
    """
    first: dict[str, int] = {}
    twice: list[int] = []
    with document.ydoc.transaction():
        nameless = [ycell for ycell in document.ycells if not isinstance(ycell.get("id"), str)]
        for ycell in nameless:
            ycell["id"] = str(uuid4())
        for index, ycell in enumerate(document.ycells):
            if first.setdefault(ycell["id"], index) != index:
                twice.append(index)
        for index in reversed(twice):
            cell = _cell(document.ycells[index])
            _settle(document, first[cell["id"]], cell, known.get(cell["id"]))
            del document.ycells[index]
    return len(nameless) + len(twice)


def _settle(document: YNotebook, place: int, other: dict[str, Any], known: dict[str, Any] | None) -> None:
    """Bring a second version of a cell into the first."""
    cell = _cell(document.ycells[place])
    if cell["source"] == other["source"]:
        if cell.get("outputs") == [] and other.get("outputs"):
            set_outputs(document.ycells[place]["outputs"], other["outputs"])
        return
    ours, theirs = cell["source"], other["source"]
    if known is not None and known["source"] == ours:
        ours, theirs = theirs, ours
    mark = {"ours": ours, "theirs": theirs, "base": None, "oursName": "yours", "theirsName": "on disk", "baseName": ""}
    edit_text(document.ycells[place]["source"], ours)
    document.ycells[place]["metadata"][CONFLICT_KEY] = {"conflict": mark}


def edit_text(text: Text, wanted: str) -> None:
    """Change a shared text by the smallest edits that are quickly found."""
    before = str(text)
    for edit in reversed(edits(before, wanted)):
        start = len(before[: edit.start].encode())
        if edit.end > edit.start:
            del text[start : start + len(before[edit.start : edit.end].encode())]
        if edit.text:
            text.insert(start, edit.text)


def edits(before: str, after: str) -> list[Edit]:
    """What to do to one text to have the other, first to last."""
    if before == after:
        return []
    whole = _trimmed(0, before, after)
    middle, wanted = before[whole.start : whole.end], whole.text
    a, b = middle.splitlines(True), wanted.splitlines(True)
    if len(a) < 2 or len(b) < 2 or len(a) * len(b) > TOO_MANY_LINES:
        return [whole]
    starts = [whole.start]
    for line in a:
        starts.append(starts[-1] + len(line))
    found: list[Edit] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "replace" and i2 - i1 == j2 - j1:
            found += [_trimmed(starts[i1 + n], a[i1 + n], b[j1 + n]) for n in range(i2 - i1)]
        elif tag != "equal":
            found.append(_trimmed(starts[i1], "".join(a[i1:i2]), "".join(b[j1:j2])))
    return [edit for edit in found if edit.text or edit.end > edit.start]


def _trimmed(start: int, before: str, after: str) -> Edit:
    shortest = min(len(before), len(after))
    head = 0
    while head < shortest and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shortest - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return Edit(start + head, start + len(before) - tail, after[head : len(after) - tail])


def _set_meta(meta: Map[Any], wanted: Notebook) -> None:
    for key in ("nbformat", "nbformat_minor"):
        if meta.get(key) != wanted[key]:
            meta[key] = wanted[key]
    _set_table(meta, "metadata", wanted["metadata"])


def _set_table(owner: Map[Any], key: str, wanted: Mapping[str, Any]) -> None:
    """Change a map inside a map, entry by entry."""
    table = owner.get(key)
    if not isinstance(table, Map):
        owner[key] = Map(dict(wanted))
        return
    held = plain(table.to_py() or {})
    for name in held.keys() - wanted.keys():
        del table[name]
    for name, value in wanted.items():
        if name not in held or not same(held[name], value):
            table[name] = value


def _set_cells(document: YNotebook, wanted: list[dict[str, Any]]) -> None:
    ycells = document.ycells
    held = [(_cell(ycell).get("id"), ycell["cell_type"]) for ycell in ycells]
    places = {cell_id: index for index, (cell_id, _) in reversed(list(enumerate(held)))}
    stay = _staying(
        [
            places[cell["id"]] if cell["id"] in places and held[places[cell["id"]]][1] == cell["cell_type"] else -1
            for cell in wanted
        ]
    )
    kept = set(stay.values())
    for index in range(len(held) - 1, -1, -1):
        if index not in kept:
            del ycells[index]
    for index, cell in enumerate(wanted):
        if index in stay:
            _set_cell(ycells[index], cell)
        else:
            ycells.insert(index, document.create_ycell(cell))


def _staying(places: list[int]) -> dict[int, int]:
    """Which of the wanted cells need not move: the longest run that is in order already, by wanted index."""
    ends: list[int] = []
    at: list[int] = []
    before = [-1] * len(places)
    for index, place in enumerate(places):
        if place < 0:
            continue
        slot = bisect_left(ends, place)
        if slot == len(ends):
            ends.append(place)
            at.append(index)
        else:
            ends[slot], at[slot] = place, index
        before[index] = at[slot - 1] if slot else -1
    stay: dict[int, int] = {}
    index = at[-1] if at else -1
    while index >= 0:
        stay[index] = places[index]
        index = before[index]
    return stay


def _set_cell(ycell: Map[Any], wanted: dict[str, Any]) -> None:
    held = _cell(ycell)
    if same(held, wanted):
        return
    for key in held.keys() - wanted.keys():
        del ycell[key]
    for key, value in wanted.items():
        if key in held and same(held[key], value):
            continue
        if key == "source" and isinstance(ycell.get("source"), Text):
            edit_text(ycell["source"], value)
        elif key == "metadata":
            _set_table(ycell, key, value)
        elif key == "outputs" and isinstance(ycell.get("outputs"), Array):
            set_outputs(ycell["outputs"], value)
        else:
            ycell[key] = _made_value(key, value)


def _made_value(key: str, value: Any) -> Any:
    if key == "source":
        return Text(value)
    return Array(made_outputs(value)) if key == "outputs" else value


def set_outputs(outputs: Array[Any], wanted: list[dict[str, Any]]) -> None:
    """Change the outputs of a cell; what is the same at the beginning stays, and so does a stream that is added to.

    Browsers put every new output at the end and every new text into the last one, so nothing is ever put before an
    output that stays.
    """
    held = plain(outputs.to_py() or [])
    shortest = min(len(held), len(wanted))
    head = 0
    while head < shortest and same(held[head], wanted[head]):
        head += 1
    if head == len(held) - 1 and head < len(wanted) and _grows(held[head], wanted[head]):
        outputs[head]["text"].insert(len(held[head]["text"].encode()), wanted[head]["text"][len(held[head]["text"]) :])
        head += 1
    tail = len(wanted) - head  # what is left of the old ones if nothing is new
    end = len(held) - tail if tail and same(held[len(held) - tail :], wanted[head:]) else len(held)
    if end > head:
        del outputs[head:end]
    for output in made_outputs(wanted[head:] if end == len(held) else []):
        outputs.append(output)


def _grows(held: dict[str, Any], wanted: dict[str, Any]) -> bool:
    rest = ({key: value for key, value in output.items() if key != "text"} for output in (held, wanted))
    stream = held.get("output_type") == "stream" and same(*rest)
    return stream and bool(wanted["text"].startswith(held["text"]))


def made_outputs(outputs: Iterable[dict[str, Any]]) -> list[Map[Any]]:
    """Outputs as a document holds them."""
    return [
        Map({**output, "text": Text(output["text"])} if output.get("output_type") == "stream" else output)
        for output in outputs
    ]


def _cell(ycell: Map[Any]) -> dict[str, Any]:
    cell: dict[str, Any] = plain(ycell.to_py() or {})
    cell.pop("execution_state", None)
    if not cell.get("attachments", True):
        del cell["attachments"]
    return cell


def plain(value: Any) -> Any:
    """A value from a document, whole numbers as integers: JavaScript knows only one kind of number."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same in JSON: true is not 1, and 1.0 is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))
