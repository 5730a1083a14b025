"""Tells what a job made from a slice would hold: its parameters, inputs, outputs, and every line with its reason."""

from __future__ import annotations

import ast
import posixpath
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from perijove.jobs.model import CellView, Input, KeptCell, KeptLine, Output, Parameter, Slice
from perijove.jobs.notebook import Cell, Notebook
from perijove.jobs.slice import BackwardSlice, Statement

RESERVED = ("out", "config", "data_root", "help", "command", "parameters")  # words of the job's own command
TYPES: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "str"}


def describe(notebook: Notebook, found: BackwardSlice, chosen: Sequence[int]) -> Slice:
    """The slice as people and scripts see it."""
    outputs = output_names(found, chosen)
    return Slice(
        cells=[_kept_cell(notebook.cells[index], found) for index in _cells(found)],
        parameters=parameters(notebook, found, outputs),
        inputs=inputs(notebook, found),
        outputs=[Output(name, "value") for name in outputs],
        opaque=[f"cell {cell}: {why}" for cell, why in found.opaque.items()],
        warnings=warnings(found, outputs),
        view=[_view(cell, found) for cell in notebook.cells if cell.code and cell.source.strip()],
    )


def _cells(found: BackwardSlice) -> list[int]:
    return sorted(found.value_cells | found.environment_cells)


def _kept_cell(cell: Cell, found: BackwardSlice) -> KeptCell:
    layer = "value" if cell.index in found.value_cells else "environment"
    reasons = found.reasons.get(cell.index, [])
    return KeptCell(cell.index, cell.id, ranges(found, cell.index), layer, reasons)  # type: ignore[arg-type]  # of two


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


def _view(cell: Cell, found: BackwardSlice) -> CellView:
    kept = _statements(found, cell.index)
    reasons = {line: one.reason for one in kept for line in range(one.first, one.last + 1)}
    lines = [
        KeptLine(number, text, number in reasons, reasons.get(number, ""))
        for number, text in enumerate(cell.source.split("\n"), 1)
    ]
    seen = ", ".join(found.reasons.get(cell.index, [])[:2])
    return CellView(cell.index, cell.id, bool(kept), seen or "left out", lines)


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
    return list(names)


def parameters(notebook: Notebook, found: BackwardSlice, outputs: Sequence[str]) -> list[Parameter]:
    """Names that a kept cell sets once, at its top level, to a plain literal."""
    times = Counter(name for at in found.kept for name in found.notes.binds.get(at, ()))
    result = []
    for one in found.statements:
        name, value = _literal(one.node)
        if name and times[name] == 1 and name not in (*outputs, *RESERVED) and not name.startswith("_"):
            cell = notebook.cells[one.cell]
            result.append(Parameter(name, TYPES[type(value)], value, cell.id, one.first))
    return result


def _literal(node: ast.stmt | None) -> tuple[str, object]:
    target: ast.expr | None = None
    value: ast.expr | None = None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign):
        target, value = node.target, node.value
    if not isinstance(target, ast.Name) or value is None:
        return "", None
    try:
        plain = ast.literal_eval(value)
    except ValueError:
        return "", None
    finite = not isinstance(plain, float) or plain - plain == 0
    return (target.id, plain) if type(plain) in TYPES and finite else ("", None)


def inputs(notebook: Notebook, found: BackwardSlice) -> list[Input]:
    """The files and environment variables that kept lines name."""
    result: dict[str, Input] = {}
    written = {name[4:] for name in _written(found)}
    for (path, _), users in sorted(found.notes.files.items()):
        if users & found.kept and path not in written:
            result[path] = Input(path, "dataset", dataset_ref(path, notebook.file.parent))
    for name, users in sorted(found.notes.environment.items()):
        if users & found.kept:
            result[name] = Input(name, "environment", "")
    return list(result.values())


def _written(found: BackwardSlice) -> set[str]:
    return {name for at in found.kept for name in found.notes.binds.get(at, ()) if name.startswith("§fs:")}


def dataset_ref(path: str, folder: Path) -> str:
    """The ref of a file dataset: its absolute URI; a glob is its folder."""
    if "://" in path:
        return "" if "sqlite" in path or "@" in path else f"dataset:{path}"
    while any(sign in posixpath.basename(path) for sign in "*?["):
        path = posixpath.dirname(path)
    full = (folder / Path(path).expanduser()).resolve()
    return f"dataset:{full.as_uri()}"


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
