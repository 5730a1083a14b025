"""Tells what a job made from a slice would hold: its parameters, inputs, outputs, and every line with its reason."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from perijove.core.errors import Invalid
from perijove.core.project import located
from perijove.jobs.log import Entry
from perijove.jobs.model import CellView, Input, KeptCell, KeptLine, Output, Parameter, Slice
from perijove.jobs.notebook import Notebook
from perijove.jobs.parameters import Setting, environment, settings
from perijove.jobs.roles import models
from perijove.jobs.slice import BackwardSlice, Statement

FITS = ("fit", "partial_fit")


def describe(
    notebook: Notebook,
    found: BackwardSlice,
    chosen: Sequence[int],
    entries: Sequence[Entry] = (),
    variable: str = "",
) -> Slice:
    """The slice as people and scripts see it; without ``entries``, over the cells as they stand."""
    ran = list(entries) or [Entry(one.index, one.id, one.source, place=one.index) for one in notebook.cells]
    outputs = [variable] if variable else output_names(found, chosen)
    return Slice(
        cells=[_kept_cell(ran[index], found, ran) for index in _cells(found)],
        parameters=parameters(notebook, found, outputs, ran),
        inputs=inputs(notebook, found),
        outputs=all_outputs(found, outputs),
        opaque=[f"{ran[cell].label}: {why}" for cell, why in found.opaque.items()],
        warnings=warnings(found, outputs),
        view=_views(notebook, found, ran),
    )


def _cells(found: BackwardSlice) -> list[int]:
    return sorted(found.value_cells | found.environment_cells)


def _kept_cell(entry: Entry, found: BackwardSlice, ran: Sequence[Entry]) -> KeptCell:
    layer = "value" if entry.index in found.value_cells else "environment"
    reasons = [_named(one, ran) for one in found.reasons.get(entry.index, [])]
    place = entry.place if entry.place is not None else -1
    return KeptCell(place, entry.cell, ranges(found, entry.index), layer, reasons)  # type: ignore[arg-type]  # of two


def _named(reason: str, ran: Sequence[Entry]) -> str:
    """A reason with the cell that it is for as people call it, not by its place in the sequence that was sliced."""
    return re.sub(r"(?<=, for )cell (\d+)$", lambda match: ran[int(match[1])].label, reason)


def ranges(found: BackwardSlice, cell: int) -> list[tuple[int, int]]:
    """The kept lines of a cell as first and last of each range."""
    numbers = sorted({line for one in _statements(found, cell) for line in range(one.first, one.last + 1)})
    merged: list[tuple[int, int]] = []
    for number in numbers:
        if merged and merged[-1][1] == number - 1:
            merged[-1] = (merged[-1][0], number)
        else:
            merged.append((number, number))
    return merged


def _statements(found: BackwardSlice, cell: int) -> list[Statement]:
    return [one for one in found.statements if one.cell == cell]


def _views(notebook: Notebook, found: BackwardSlice, ran: Sequence[Entry]) -> list[CellView]:
    """Every run of a cell that is kept, in the order of running, and among them the cells that are not, by place."""
    kept = [ran[index] for index in _cells(found)]
    names = {entry.cell for entry in kept}
    others = [
        Entry(-1, cell.id, cell.source, place=cell.index)
        for cell in notebook.cells
        if cell.code and cell.source.strip() and cell.id not in names
    ]
    views: list[Entry] = list(kept)
    for other in others:
        before = [at for at, one in enumerate(views) if one.place is not None and one.place < (other.place or 0)]
        views.insert(before[-1] + 1 if before else 0, other)
    return [_view(entry, found, ran) for entry in views]


def _view(entry: Entry, found: BackwardSlice, ran: Sequence[Entry]) -> CellView:
    kept = _statements(found, entry.index) if entry.index >= 0 else []
    reasons = {line: _named(one.reason, ran) for one in kept for line in range(one.first, one.last + 1)}
    lines = [
        KeptLine(number, text, number in reasons, reasons.get(number, ""))
        for number, text in enumerate(entry.source.split("\n"), 1)
    ]
    seen = ", ".join(_named(one, ran) for one in found.reasons.get(entry.index, [])[:2]) if kept else ""
    return CellView(entry.place if entry.place is not None else -1, entry.cell, bool(kept), seen or "left out", lines)


def output_names(found: BackwardSlice, chosen: Sequence[int]) -> list[str]:
    """The names that chosen cells define as values: no modules, functions, loop variables or private names."""
    names: dict[str, None] = {}
    for one in found.statements:
        if one.cell not in chosen or one.node is None:
            continue
        if isinstance(one.node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        stored = [
            part.id for part in ast.walk(one.node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        ]
        loops = {
            part.id
            for loop in ast.walk(one.node)
            if isinstance(loop, ast.For | ast.comprehension)
            for part in ast.walk(loop.target)
            if isinstance(part, ast.Name)
        }
        bound = set(found.names([one.cell]))
        names.update(dict.fromkeys(n for n in stored if n in bound and n not in loops and not n.startswith("_")))
        names.update(dict.fromkeys(_fitted(one.node)))
    return list(names)


def _fitted(node: ast.stmt) -> list[str]:
    """The model that a statement trains in place, whichever cell made it: ``model.fit(x, y)``."""
    call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in FITS:
        base = call.func.value
        return [base.id] if isinstance(base, ast.Name) and not base.id.startswith("_") else []
    return []


def all_outputs(found: BackwardSlice, names: Sequence[str]) -> list[Output]:
    """The values that are compared, and the files that kept lines write."""
    trained = models(one.node for one in found.statements if one.node is not None)
    values = [Output(name, "model" if name in trained else "variable") for name in names]
    return [*values, *(Output(path, "file") for path in sorted(_written(found)))]


def found_settings(
    notebook: Notebook, found: BackwardSlice, outputs: Sequence[str], entries: Sequence[Entry]
) -> list[Setting]:
    """What the job can be told, with the places of the program that it takes over."""
    tagged = frozenset(
        entry.index for entry in entries if entry.place is not None and _is_tagged(notebook, entry.place)
    )
    paths = [one.name for one in inputs(notebook, found) if one.kind == "dataset" and "://" not in one.name]
    return settings(found, outputs, [entry.cell for entry in entries], tagged, paths)


def _is_tagged(notebook: Notebook, place: int) -> bool:
    """Whether a cell has the tag by which papermill knows parameters."""
    cells = notebook.document.get("cells", [])
    metadata = cells[place].get("metadata", {}) if place < len(cells) else {}
    tags = metadata.get("tags", []) if isinstance(metadata, dict) else []
    return isinstance(tags, list) and "parameters" in tags


def parameters(
    notebook: Notebook, found: BackwardSlice, outputs: Sequence[str], entries: Sequence[Entry]
) -> list[Parameter]:
    """What the job can be told: its settings, and the environment variables it reads."""
    settings_ = [one.shown for one in found_settings(notebook, found, outputs, entries)]
    return [*settings_, *environment(found, [entry.cell for entry in entries])]


def inputs(notebook: Notebook, found: BackwardSlice) -> list[Input]:
    """The files and environment variables that kept lines name."""
    result: dict[str, Input] = {}
    for (path, _), users in sorted(found.notes.files.items()):
        if users & found.kept and path != "*" and not _made_before(found, path, users & found.kept):
            result[path] = Input(path, "dataset", dataset_ref(path, notebook.file.parent))
    for name, users in sorted(found.notes.environment.items()):
        if users & found.kept:
            result[name] = Input(name, "environment", "")
    return list(result.values())


def _made_before(found: BackwardSlice, path: str, readers: frozenset[int] | set[int]) -> bool:
    """Whether a kept line that writes it comes first, or one to a place named elsewhere and another names this path."""
    if any(at < min(readers) for at in found.notes.writes.get(path, set()) & found.kept):
        return True
    writers = found.notes.writes.get("*", set()) & found.kept
    if not any(at < min(readers) for at in writers):
        return False
    return any(
        isinstance(part, ast.Constant) and part.value == path
        for at in found.kept - set(readers)
        if at < min(readers) and (node := found.units[at].node) is not None
        for part in ast.walk(node)
    )


def _written(found: BackwardSlice) -> set[str]:
    """The paths of files that kept lines write, as far as they are known; no folders that are made for them."""
    paths = {path for path, writers in found.notes.writes.items() if writers & found.kept and path not in ("", "*")}
    return {path for path in paths if not any(other.startswith(f"{path}/") for other in paths)}


def dataset_ref(path: str, folder: Path) -> str:
    """The ref of a file dataset: its absolute URI; a glob is its folder."""
    if "://" in path:
        return "" if "sqlite" in path or "@" in path else f"dataset:{path}"
    while any(sign in posixpath.basename(path) for sign in "*?["):
        path = posixpath.dirname(path)
    try:
        return f"dataset:{located(folder, path).as_uri()}"
    except Invalid:  # a path that no file can have, or a home that nobody lives in
        return ""


def warnings(found: BackwardSlice, outputs: Sequence[str]) -> list[str]:
    """What to know before a job is made."""
    told = [text for index in _cells(found) for text in found.cells[index].warnings]
    for name, users in sorted(found.notes.missing.items()):
        if users & found.kept and name != "client":
            told.append(f"“{name}” is used but no cell defines it.")
    if "client" in found.notes.missing and found.notes.missing["client"] & found.kept:
        told.append("“client” comes with the kernel; the job makes its own with Client().")
    if not outputs:
        told.append("The chosen cells define no value, so there is nothing to compare.")
    for (path, _), users in sorted(found.notes.files.items()):
        if users & found.kept and path.startswith(("http://", "https://")):
            told.append(f"{path} may change at any time: what is read there is not pinned.")
    return told
