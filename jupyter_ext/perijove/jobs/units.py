"""Cuts cells into units: the statements that are kept or left out as a whole."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from perijove.jobs.magics import Plain


@dataclass(frozen=True)
class Unit:
    """A statement of a cell, or the head of a block whose body is looked at line by line; lines count from 1.

    ``maybe`` is set where nobody knows whether all of it ran, ``broke`` where the cell failed in it.
    """

    cell: int
    first: int
    last: int
    node: ast.stmt | None
    head_of: int = 0
    maybe: bool = False
    broke: bool = False


def units_of(index: int, cell: Plain, ok: bool = True, stopped: int = 0) -> list[Unit]:
    """The units of a cell; of one that failed those up to the line where it stopped."""
    units: list[Unit] = []
    for node in cell.tree.body:
        first = first_line(node)
        if not ok and stopped and first > stopped:
            break
        maybe, broke = not ok, not ok and bool(stopped) and (node.end_lineno or first) >= stopped
        if _is_reporting_block(node):
            assert isinstance(node, ast.With)
            inner = [Unit(index, first_line(one), one.end_lineno or one.lineno, one, 0, maybe) for one in node.body]
            last = max(node.lineno, first_line(node.body[0]) - 1)
            units.append(Unit(index, node.lineno, last, node, len(inner), maybe, broke))
            units.extend(inner)
        else:
            units.append(Unit(index, first, node.end_lineno or node.lineno, node, 0, maybe, broke))
    if cell.opaque and not units:
        units.append(Unit(index, 1, cell.source.count("\n") + 1, None))
    return units


def _is_reporting_block(node: ast.stmt) -> bool:
    """A run of a tracker around other statements: what happens inside does not depend on it."""
    if not isinstance(node, ast.With) or len(node.items) != 1:
        return False
    call = node.items[0].context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("start_run", "start_span")
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "mlflow"
        and node.body[0].lineno > node.lineno
    )


def first_line(node: ast.stmt) -> int:
    """The line at which a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    lines: list[int] = [node.lineno, *(one.lineno for one in decorators)]
    return min(lines)


def is_import(node: ast.stmt | None) -> bool:
    """Whether a statement only imports."""
    return isinstance(node, ast.Import | ast.ImportFrom)
