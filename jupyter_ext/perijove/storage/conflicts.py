"""Conflict markers as git writes them, in a cell's source and around cells.

    <<<<<<< yours
    a line of ours
    ||||||| before          only where the style shows the base
    the line as it was
    =======
    a line of theirs
    >>>>>>> theirs

``lift`` makes of a cell with such markers a conflict cell, which the screen can show and settle; ``lower`` writes the
markers again, so that a notebook with open conflicts on disk is what git and every editor know. A side that does not
have the cell at all has ``(deleted)`` behind its name. Where a side has lines that look like markers (``=======`` below
a heading), the markers are longer than those; all markers of one place have the same length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from perijove.storage.model import CONFLICT_KEY, CellConflict, Notebook
from perijove.storage.pairs import joined
from perijove.storage.weave import Piece, weave

DELETED = " (deleted)"
SIZE = 7
"""How long a marker is at least."""
_LOOKS = re.compile(r"(<{7,}|\|{7,}|={7,}|>{7,})(?: |\r?$)")
_BORDER = re.compile(r"^(?:\S{1,5} |[#/;!\"%-]{1,2})%%(?: |$)|^\S{1,5} perijove-notebook \d")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


class Hunk(NamedTuple):
    """One marked place: its lines on each side (no base in git's plain style) and the names on the markers."""

    ours: list[str]
    base: list[str] | None
    theirs: list[str]
    names: tuple[str, str, str]


def parse(text: str) -> list[str | Hunk] | None:
    """Lines and marked places of a text; None if there is no mark, or one that is not whole."""
    if "<<<<<<<" not in text:
        return None
    found: list[str | Hunk] = []
    lines = text.split("\n")
    at = size = 0
    while at < len(lines):
        own = _size(lines[at])
        opening = lines[at].startswith("<") and own and size in (0, own)
        hunk, end = _hunk(lines, at, own) if opening else (None, at)
        if hunk is not None:
            found.append(hunk)
            at, size = end, own
        elif own == (size or SIZE) and not lines[at].startswith("="):
            return None
        else:
            found.append(lines[at])
            at += 1
    return found if size else None


def _size(line: str) -> int:
    """How long the marker is that a line is or looks like, 0 for any other line."""
    hit = _LOOKS.match(line)
    return len(hit[1]) if hit else 0


def _hunk(lines: list[str], start: int, size: int) -> tuple[Hunk | None, int]:
    parts: dict[str, list[str]] = {"<": []}
    names = {"<": lines[start][size + 1 :]}
    sign = "<"
    for at in range(start + 1, len(lines)):
        line = lines[at]
        mark = line[0] if _size(line) == size and line[0] in {"<": "<|=", "|": "<=", "=": "<>"}[sign] else ""
        if mark == "<":
            return None, at
        if mark == ">":
            title = (names["<"], names.get("|", ""), line[size + 1 :])
            return Hunk(parts["<"], parts.get("|"), parts["="], title), at + 1
        if mark:
            sign = mark
            parts[sign], names[sign] = [], line[size + 1 :]
        else:
            parts[sign].append(line)
    return None, len(lines)


def sides(text: str) -> tuple[str, str | None, str] | None:
    """Ours, base (None in git's plain style) and theirs of a text whose markers stand around cell borders."""
    parts = parse(text)
    if parts is None or not any(isinstance(part, Hunk) and _has_border(part) for part in parts):
        return None
    return _side(parts, 0), _side(parts, 1), _side(parts, 2) or ""


def names(text: str) -> tuple[str, str, str]:
    """What the markers of a text call ours, the base and theirs."""
    for part in parse(text) or ():
        if isinstance(part, Hunk):
            return part.names
    return "", "", ""


def _has_border(hunk: Hunk) -> bool:
    return any(_BORDER.match(line) for side in (hunk.ours, hunk.base or [], hunk.theirs) for line in side)


def _side(parts: list[str | Hunk], which: int) -> Any:
    """The text of a side; None where a mark does not show the base."""
    lines: list[str] = []
    for part in parts:
        if isinstance(part, str):
            lines.append(part)
            continue
        own = part[which]
        if own is None:
            return None
        lines += own
    return "\n".join(lines)


def lift(notebook: Notebook) -> int:
    """Make conflict cells of the cells that hold whole conflict markers; gives how many conflicts the notebook has."""
    count = 0
    for cell in notebook["cells"]:
        if conflict_of(cell) is not None:
            count += 1
            continue
        text = joined(cell.get("source"))
        parts = parse(text)
        if parts is None or (cell.get("cell_type") == "markdown" and _quoted(text)):
            continue
        conflict = _read(parts)
        cell["source"] = conflict.ours if conflict.ours is not None else conflict.theirs or ""
        told = {**msgspec.to_builtins(conflict), "markers": text}
        cell["metadata"] = {**cell.get("metadata", {}), CONFLICT_KEY: {"conflict": told}}
        count += 1
    return count


def _read(parts: list[str | Hunk]) -> CellConflict:
    hunks = [part for part in parts if isinstance(part, Hunk)]
    ours, base, theirs = _side(parts, 0), _side(parts, 1), _side(parts, 2)
    mine, old, yours = hunks[0].names
    if mine.endswith(DELETED):
        ours, mine = None, mine.removesuffix(DELETED)
    if yours.endswith(DELETED):
        theirs, yours = None, yours.removesuffix(DELETED)
    return CellConflict(ours, theirs, base, mine or "yours", yours or "theirs", old or "before")


def _quoted(text: str) -> bool:
    """Whether the first marker stands in a fenced block: a page about conflicts, not a conflict."""
    fence = ""
    for line in text.split("\n"):
        if line.startswith("<") and _size(line):
            return bool(fence)
        hit = _FENCE.match(line)
        if hit and not fence:
            fence = hit[1][:3]
        elif hit and hit[1].startswith(fence):
            fence = ""
    return False


def conflict_of(cell: Mapping[str, Any]) -> CellConflict | None:
    """The open conflict of a cell."""
    found = cell.get("metadata", {}).get(CONFLICT_KEY)
    told = found.get("conflict") if isinstance(found, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    known = {key: value for key, value in told.items() if key != "markers"}
    try:
        return msgspec.convert(known, CellConflict)
    except msgspec.ValidationError:
        return None


def lower(notebook: Mapping[str, Any]) -> Notebook:
    """The notebook as it goes to disk: open conflicts as markers in the source, and nothing of them in metadata."""
    cells = []
    for cell in notebook["cells"]:
        conflict = conflict_of(cell)
        if conflict is None:
            cells.append(cell)
            continue
        told = cell["metadata"][CONFLICT_KEY]["conflict"]
        lowered = {**cell, "source": _marked(cell, conflict, told.get("markers"))}
        lowered["metadata"] = {key: value for key, value in cell["metadata"].items() if key != CONFLICT_KEY}
        cells.append(lowered)
    return {**notebook, "cells": cells}


def _marked(cell: Mapping[str, Any], conflict: CellConflict, markers: Any) -> str:
    """The source with markers: as they were read, unless somebody has edited the cell since."""
    source = joined(cell.get("source"))
    shown = conflict.ours if conflict.ours is not None else conflict.theirs or ""
    if isinstance(markers, str) and source == shown:
        return markers
    if source != shown and conflict.ours is not None:
        conflict = msgspec.structs.replace(conflict, ours=source)
    elif source != shown:
        conflict = msgspec.structs.replace(conflict, theirs=source)
    text = mark(conflict)
    return mark(conflict, whole=True) if cell.get("cell_type") == "markdown" and _quoted(text) else text


def mark(conflict: CellConflict, *, whole: bool = False) -> str:
    """The text with markers around what differs; around the whole where a side has no cell or the base is unknown."""
    ours, base, theirs = conflict.ours, conflict.base, conflict.theirs
    pieces = [Piece(None, _lines(ours), _lines(base), _lines(theirs))]
    if ours is not None and theirs is not None and base is not None and not whole:
        woven = weave(base, ours, theirs)
        alike = any(_size(line) and line[0] != "=" for piece in woven for line in piece.lines or ())
        pieces = woven if any(piece.lines is None for piece in woven) and not alike else pieces
    titles = [
        conflict.ours_name + (DELETED if ours is None else ""),
        conflict.base_name,
        conflict.theirs_name + (DELETED if theirs is None else ""),
    ]
    longest = max(_size(line) for piece in pieces for line in ("", *piece.ours, *piece.base, *piece.theirs))
    size = longest + 1 if longest else SIZE
    return "\n".join(line for piece in pieces for line in _written(piece, titles, size, with_base=base is not None))


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.split("\n")


def _written(piece: Piece, titles: list[str], size: int, *, with_base: bool) -> list[str]:
    if piece.lines is not None:
        return piece.lines
    old = [f"{'|' * size} {titles[1]}", *piece.base] if with_base else []
    ours, theirs = [f"{'<' * size} {titles[0]}", *piece.ours], [*piece.theirs, f"{'>' * size} {titles[2]}"]
    return [*ours, *old, "=" * size, *theirs]
