"""A three-way merge of notebooks, cell by cell.

A cell is followed by its id (``pairs``), its source is merged by lines and its metadata by keys (``weave``), and its
outputs follow the side whose source won: outputs of a source that no side has run are not kept. What both sides changed
in the same place stays as a conflict cell with both versions, and a cell that one side removed while the other changed
it is such a conflict too: nothing that a side wrote is ever lost without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from perijove.storage.identity import fresh_id, synthetic_ids
from perijove.storage.model import CONFLICT_KEY, CellConflict, MergeCell, Notebook
from perijove.storage.pairs import Body, bodies, joined, pair
from perijove.storage.weave import choose, keywise, order, same, weave, woven

Cell = Mapping[str, Any]
_BY_CELL = ("id", "cell_type", "source", "outputs", "execution_count")


class Row(NamedTuple):
    """One cell on the three sides; None where a side does not have it."""

    base: Cell | None
    ours: Cell | None
    theirs: Cell | None


class Settled(NamedTuple):
    """What became of a row: the merged cell (None if it is removed), how it is told, and the conflict if any."""

    cell: dict[str, Any] | None
    state: str
    side: str = ""
    conflict: CellConflict | None = None


class Merged(NamedTuple):
    """A merged notebook, the ids of its conflict cells, and what became of every cell; ``rows`` belong to ``cells``."""

    notebook: Notebook
    conflicts: list[str]
    cells: list[MergeCell]
    rows: list[Row]


class _Names(NamedTuple):
    ours: str
    theirs: str
    base: str


def merge(
    base: Mapping[str, Any] | None,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    ours_name: str = "yours",
    theirs_name: str = "theirs",
    base_name: str = "before",
) -> Merged:
    """Merge what two sides made of a base; without a base, what is on both sides and differs is a conflict."""
    rows, ranks = _rows(base, ours, theirs)
    names = _Names(ours_name, theirs_name, base_name)
    placed = [rows[at] for at in order(*ranks)]
    settled = [settle(row, names) for row in placed]
    notebook = _frame(base, ours, theirs)
    kept = [one.cell for one in settled if one.cell is not None]
    notebook["cells"] = _with_ids(kept, placed, settled, ours, int(notebook.get("nbformat_minor", 5)))
    ids = dict(zip(map(id, kept), synthetic_ids(notebook["cells"]), strict=True))
    told = [_tell(row, one, ids) for row, one in zip(placed, settled, strict=True)]
    return Merged(notebook, [cell.id for cell in told if cell.state == "conflict"], told, placed)


def _rows(
    base: Mapping[str, Any] | None, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[list[Row], tuple[list[int], list[int], list[int]]]:
    """All cells of the three sides, each once, and the order they have on each side."""
    sides = [list(side["cells"]) if side else [] for side in (base, ours, theirs)]
    told = [bodies(cells) for cells in sides]
    to_ours, to_theirs = dict(pair(told[0], told[1])), dict(pair(told[0], told[2]))
    rows = [Row(cell, *_partners(sides, to_ours.get(at), to_theirs.get(at))) for at, cell in enumerate(sides[0])]
    ranks = (list(range(len(rows))), [-1] * len(sides[1]), [-1] * len(sides[2]))
    for side, found in ((1, to_ours), (2, to_theirs)):
        for at, partner in found.items():
            ranks[side][partner] = at
    new_ours = [at for at, row in enumerate(ranks[1]) if row < 0]
    new_theirs = [at for at, row in enumerate(ranks[2]) if row < 0]
    both = _added_twice([told[1][at] for at in new_ours], [told[2][at] for at in new_theirs], blank=base is None)
    for mine, yours in both:
        ranks[1][new_ours[mine]] = ranks[2][new_theirs[yours]] = len(rows)
        rows.append(Row(None, sides[1][new_ours[mine]], sides[2][new_theirs[yours]]))
    for side, added in ((1, new_ours), (2, new_theirs)):
        for at in added:
            if ranks[side][at] < 0:
                ranks[side][at] = len(rows)
                rows.append(Row(None, *((sides[1][at], None) if side == 1 else (None, sides[2][at]))))
    return rows, ranks


def _partners(sides: list[list[Cell]], mine: int | None, yours: int | None) -> tuple[Cell | None, Cell | None]:
    return (None if mine is None else sides[1][mine]), (None if yours is None else sides[2][yours])


def _added_twice(ours: Sequence[Body], theirs: Sequence[Body], *, blank: bool) -> list[tuple[int, int]]:
    """The cells that both sides added: the same id or the same content; without a base, also what is alike."""
    pairs = pair(ours, theirs)
    if blank:
        return pairs
    return [
        (o, t)
        for o, t in pairs
        if ours[o][1:] == theirs[t][1:] or (ours[o].id is not None and ours[o].id == theirs[t].id)
    ]


def settle(row: Row, names: _Names) -> Settled:
    """Decide one cell."""
    base, ours, theirs = row
    if base is None:
        if ours is not None and theirs is not None:
            return _both(row, names)
        side = "theirs" if ours is None else "ours"
        return Settled(dict(ours or theirs or {}), "added", side)
    if ours is not None and theirs is not None:
        return _both(row, names)
    if ours is None and theirs is None:
        return Settled(None, "removed", "both")
    left, side = (theirs, "ours") if ours is None else (ours, "theirs")
    if left is None or _content(left) == _content(base):
        return Settled(None, "removed", side)
    return _conflict(row, dict(left), names)


def _both(row: Row, names: _Names) -> Settled:
    base, ours, theirs = row
    assert ours is not None
    assert theirs is not None
    if same(ours, theirs):
        state = "same" if base is not None and same(base, ours) else "both"
        return Settled(dict(ours), state, "" if state == "same" else "both")
    if base is not None and same(base, theirs):
        return Settled(dict(ours), "ours", "ours")
    if base is not None and same(base, ours):
        return Settled(dict(theirs), "theirs", "theirs")
    source = _source(base, ours, theirs)
    if source is None:
        return _conflict(row, _composed(base or {}, ours, theirs, joined(ours.get("source"))), names)
    return Settled(_composed(base or {}, ours, theirs, source), "both", "both")


def _source(base: Cell | None, ours: Cell, theirs: Cell) -> str | None:
    mine, yours = joined(ours.get("source")), joined(theirs.get("source"))
    if mine == yours:
        return mine
    if base is None:
        return None
    old = joined(base.get("source"))
    if old in (mine, yours):
        return yours if old == mine else mine
    types = {cell["cell_type"] for cell in (base, ours, theirs)}
    return woven(weave(old, mine, yours)) if len(types) == 1 else None


def _composed(base: Cell, ours: Cell, theirs: Cell, source: str) -> dict[str, Any]:
    """A cell of which both sides changed something."""
    plain = [{key: value for key, value in cell.items() if key not in _BY_CELL} for cell in (base, ours, theirs)]
    cell: dict[str, Any] = keywise(*plain)
    cell_type = choose(base.get("cell_type"), ours.get("cell_type"), theirs.get("cell_type"))
    if "id" in ours or "id" in theirs:
        found = choose(base.get("id"), ours.get("id"), theirs.get("id"))
        cell["id"] = found if found is not None else ours.get("id", theirs.get("id"))
    cell["cell_type"] = cell_type
    split = ours if source == joined(ours.get("source")) else theirs if source == joined(theirs.get("source")) else None
    cell["source"] = source if split is None else split.get("source", source)
    if cell_type == "code":
        cell["outputs"], cell["execution_count"] = _run(base, ours, theirs, source)
    return cell


def _run(base: Cell, ours: Cell, theirs: Cell, source: str) -> tuple[Any, Any]:
    """The outputs and count of the side whose source won; none for a source that no side has run."""
    runs = [[list(cell.get("outputs", ())), cell.get("execution_count")] for cell in (base, ours, theirs)]
    mine, yours = joined(ours.get("source")), joined(theirs.get("source"))
    if mine == yours:
        outputs, count = choose(*runs)
    elif source == mine:
        outputs, count = runs[1]
    elif source == yours:
        outputs, count = runs[2]
    else:
        outputs, count = [], None
    return outputs, count


def _conflict(row: Row, cell: dict[str, Any], names: _Names) -> Settled:
    base, ours, theirs = (None if side is None else joined(side.get("source")) for side in row)
    conflict = CellConflict(ours, theirs, base, names.ours, names.theirs, names.base)
    cell["metadata"] = {**cell.get("metadata", {}), CONFLICT_KEY: {"conflict": msgspec.to_builtins(conflict)}}
    return Settled(cell, "conflict", "", conflict)


def _content(cell: Cell) -> tuple[Any, str]:
    return cell.get("cell_type"), joined(cell.get("source"))


def _frame(base: Mapping[str, Any] | None, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Notebook:
    """The notebook around the cells."""
    old = base or {}
    plain = [{key: value for key, value in side.items() if key != "cells"} for side in (old, ours, theirs)]
    notebook: dict[str, Any] = keywise(*plain)
    minors = [side.get("nbformat_minor", 5) for side in (old, ours, theirs)]
    if minors[0] not in minors[1:]:
        notebook["nbformat_minor"] = max(minors[1:])
    return notebook


def _with_ids(
    cells: list[dict[str, Any]], rows: Sequence[Row], settled: Sequence[Settled], ours: Mapping[str, Any], minor: int
) -> list[dict[str, Any]]:
    """Give or take ids as the format asks, and a new one to what both sides added under one id."""
    ours_only = {row.ours.get("id") for row in rows if row.ours is not None and row.theirs is None} - {None}
    taken = {cell["id"] for cell in cells if "id" in cell}
    for row, one in zip(rows, settled, strict=True):
        if row.base is None and row.ours is None and one.cell is not None and one.cell.get("id") in ours_only:
            one.cell["id"] = fresh_id(str(one.cell["cell_type"]), joined(one.cell.get("source")), taken)
            taken.add(one.cell["id"])
    if minor >= 5:
        if any("id" in cell for cell in cells):
            for cell, made in zip(cells, synthetic_ids(cells), strict=True):
                cell.setdefault("id", made)
    elif not any("id" in cell for cell in ours["cells"]):
        for cell in cells:
            cell.pop("id", None)
    return cells


def _tell(row: Row, settled: Settled, ids: Mapping[int, str]) -> MergeCell:
    shown: Cell = settled.cell or row.base or {}
    return MergeCell(
        id=ids.get(id(settled.cell)) or str(shown.get("id", "")),
        cell_type=str(shown.get("cell_type")),
        state=settled.state,  # type: ignore[arg-type]  # settle gives the words of the model
        side=settled.side,  # type: ignore[arg-type]
        source=joined(shown.get("source")),
        conflict=settled.conflict,
    )
