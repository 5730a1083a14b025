"""A merge that waits for a person: what is shown of it, and what becomes of it by their picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from perijove.core.errors import Conflict, Invalid
from perijove.storage.conflicts import conflict_of
from perijove.storage.diff import language
from perijove.storage.identity import fresh_id
from perijove.storage.lines import compare
from perijove.storage.merge import Merged, Row
from perijove.storage.model import CONFLICT_KEY, CellConflict, MergeCell, MergeView, Notebook, Pick
from perijove.storage.pairs import joined


class Open(NamedTuple):
    """A notebook with conflicts, and the merge it comes from where git still has its three versions."""

    notebook: Notebook
    merged: Merged | None
    theirs_name: str = ""


def view(path: str, open_: Open) -> MergeView:
    """All cells of a merge, what became of each, and both versions where a person has to choose."""
    merged = (
        {cell.id: (cell, row) for cell, row in zip(open_.merged.cells, open_.merged.rows, strict=True)}
        if open_.merged
        else {}
    )
    cells = [_cell(cell, merged.get(str(cell.get("id")))) for cell in open_.notebook["cells"]]
    cells = _with_removed(cells, open_.merged)
    conflicts = [cell.conflict for cell in cells if cell.conflict is not None]
    first = conflicts[0] if conflicts else CellConflict("", "")
    return MergeView(
        path=path,
        ours_name=first.ours_name,
        theirs_name=open_.theirs_name or first.theirs_name,
        base_name=first.base_name,
        cells=cells,
        conflicts=len(conflicts),
        merged=sum(cell.state not in ("same", "conflict") for cell in cells),
        language=language(open_.notebook),
    )


def _cell(cell: Mapping[str, Any], known: tuple[MergeCell, Row] | None) -> MergeCell:
    conflict = conflict_of(cell)
    told, row = known or (None, Row(None, None, None))
    source = joined(cell.get("source"))
    if conflict is not None:
        if conflict.base is None and told is not None and told.conflict is not None:
            conflict = msgspec.structs.replace(conflict, base=told.conflict.base)
        state, side = "conflict", ""
    elif told is None or told.state == "conflict":
        state, side = ("both", "both") if told else ("same", "")
    else:
        state, side = told.state, told.side
    base, ours, theirs = _sides(conflict, row)
    return MergeCell(
        id=str(cell.get("id", "")),
        cell_type=str(cell.get("cell_type")),
        state=state,  # type: ignore[arg-type]  # the words of the model
        side=side,  # type: ignore[arg-type]
        source=source,
        conflict=conflict,
        lines_ours=compare(base, ours) if ours is not None and ours != base else [],
        lines_theirs=compare(base, theirs) if theirs is not None and theirs != base else [],
        summary=_summary(state, side, base, ours, theirs),
    )


def _sides(conflict: CellConflict | None, row: Row) -> tuple[str, str | None, str | None]:
    if conflict is not None:
        return conflict.base or "", conflict.ours, conflict.theirs
    base, ours, theirs = (None if side is None else joined(side.get("source")) for side in row)
    return base or "", ours, theirs


def _with_removed(cells: list[MergeCell], merged: Merged | None) -> list[MergeCell]:
    """Put the cells that the merge took away behind the cell they stood behind."""
    if merged is None:
        return cells
    behind: dict[str, list[MergeCell]] = {}
    last = ""
    here = {cell.id for cell in cells}
    for cell in merged.cells:
        if cell.state == "removed":
            summary = "removed, unchanged on the other side" if cell.side != "both" else "removed on both sides"
            behind.setdefault(last, []).append(msgspec.structs.replace(cell, summary=summary))
        elif cell.id in here:
            last = cell.id
    shown = behind.get("", [])[:]
    for cell in cells:
        shown += [cell, *behind.get(cell.id, [])]
    return shown


def _summary(state: str, side: str, base: str, ours: str | None, theirs: str | None) -> str:
    if state == "added":
        return "new cell"
    if state == "conflict" and (ours is None or theirs is None):
        return f"{'you' if ours is None else 'they'} removed it, {'they' if ours is None else 'you'} changed it"
    if state == "conflict":
        return f"both changed {_lines(base, ours)}" if base else "both wrote it"
    if state == "same":
        return ""
    changed = _lines(base, theirs if side == "theirs" else ours)
    return f"{changed} changed" if changed else "output or metadata changed"


def _lines(before: str, after: str | None) -> str:
    numbers = [line.after or line.before or 0 for line in compare(before, after or "") if line.kind != "same"]
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    return f"lines {numbers[0]} and {numbers[1]}" if len(numbers) == 2 else f"{len(numbers)} lines"


def resolve(open_: Open, picks: Sequence[Pick]) -> Notebook:
    """The notebook without conflicts; raises Conflict while one has no pick, Invalid for a pick without a conflict."""
    chosen = {pick.id: pick for pick in picks}
    cells = open_.notebook["cells"]
    waiting = [str(cell.get("id")) for cell in cells if conflict_of(cell) is not None]
    if strange := sorted(chosen.keys() - set(waiting)):
        raise Invalid(f"The cell “{strange[0]}” has no conflict.", hint="Load the merge again.")
    if left := [cell_id for cell_id in waiting if cell_id not in chosen]:
        raise Conflict(
            f"{len(left)} conflict{'s are' if len(left) > 1 else ' is'} still open: {', '.join(left[:5])}.",
            hint="Choose yours, theirs, both or an edited version for each.",
        )
    rows = (
        {cell.id: row for cell, row in zip(open_.merged.cells, open_.merged.rows, strict=True)} if open_.merged else {}
    )
    taken = {str(cell.get("id")) for cell in cells}
    settled: list[dict[str, Any]] = []
    for cell in cells:
        conflict = conflict_of(cell)
        if conflict is None:
            settled.append(cell)
        else:
            cell_id = str(cell.get("id"))
            settled += _picked(cell, conflict, chosen[cell_id], rows.get(cell_id, Row(None, None, None)), taken)
    return {**open_.notebook, "cells": settled}


def _picked(
    cell: Mapping[str, Any], conflict: CellConflict, pick: Pick, row: Row, taken: set[str]
) -> list[dict[str, Any]]:
    metadata = {key: value for key, value in cell.get("metadata", {}).items() if key != CONFLICT_KEY}
    plain = {**cell, "metadata": metadata}
    if pick.pick == "edited":
        return [_as(plain, pick.source, row)]
    wanted = {"ours": [conflict.ours], "theirs": [conflict.theirs], "both": [conflict.ours, conflict.theirs]}[pick.pick]
    made = [_as(plain, source, row) for source in wanted if source is not None]
    for second in made[1:]:
        second["id"] = fresh_id(str(second.get("cell_type")), second["source"], taken)
        taken.add(second["id"])
    return made


def _as(cell: Mapping[str, Any], source: str, row: Row) -> dict[str, Any]:
    """The cell with a source, and the outputs of the side that ran just this; none if neither did."""
    made = {**cell, "source": source}
    if made.get("cell_type") != "code":
        return made
    made["outputs"], made["execution_count"] = [], None
    for side in (
        row.ours,
        row.theirs,
        cell if conflict_of(cell) is None and joined(cell.get("source")) == source else None,
    ):
        if side is not None and joined(side.get("source")) == source and side.get("cell_type") == "code":
            made["outputs"], made["execution_count"] = side.get("outputs", []), side.get("execution_count")
            break
    return made
