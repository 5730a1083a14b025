"""Backward slices: the statements of a notebook that a cell or a variable needs, over its cells in document order.

A first walk notes for every top-level statement which earlier ones it needs (``statements.py``); a slice is what can be
reached from the target. Statements that matter only through state outside the program – random seeds, options, files,
figures – make up the environment layer; all others the value layer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from perijove.core.errors import Invalid
from perijove.jobs.magics import Plain, to_python
from perijove.jobs.model import Layer
from perijove.jobs.state import Edges, Notes
from perijove.jobs.statements import Walk

TARGET = "the chosen cell"


@dataclass(frozen=True)
class Unit:
    """A statement of a cell, or the head of a block whose body is looked at line by line; lines count from 1."""

    cell: int
    first: int
    last: int
    node: ast.stmt | None
    head_of: int = 0


@dataclass(frozen=True)
class Statement:
    """A statement that is kept: where it stands, its layer, and why."""

    cell: int
    first: int
    last: int
    layer: Layer
    reason: str
    node: ast.stmt | None = field(repr=False, default=None, compare=False)


@dataclass(frozen=True)
class BackwardSlice:
    """What a target needs: cells by layer (disjoint, the target's among the value cells), statements, reasons by cell,
    and the cells that no reader can see through, with the cause."""

    value_cells: frozenset[int]
    environment_cells: frozenset[int]
    statements: tuple[Statement, ...]
    reasons: dict[int, list[str]]
    opaque: dict[int, str]
    cells: tuple[Plain, ...] = field(repr=False)
    notes: Notes = field(repr=False)
    units: tuple[Unit, ...] = field(repr=False)
    kept: frozenset[int] = field(repr=False)
    star: bool = False

    def names(self, cells: Iterable[int]) -> list[str]:
        """The names that kept statements of these cells bind, in the order of the program."""
        wanted = set(cells)
        found: dict[str, None] = {}
        for at in sorted(self.kept):
            if self.units[at].cell in wanted:
                found.update(dict.fromkeys(sorted(self.notes.binds.get(at, ()))))
        return list(found)


def backward_slice(cells: Sequence[str], target: int | str | Sequence[int]) -> BackwardSlice:
    """The slice for a cell (by index), several cells, or a variable's value after the last cell."""
    if isinstance(target, str):
        return _slice([*cells, target], {len(cells)}, len(cells), target)
    targets = {target} if isinstance(target, int) else set(target)
    for index in targets:
        if not 0 <= index < len(cells):
            raise Invalid(f"There is no cell {index}.", hint=f"The notebook has cells 0 to {len(cells) - 1}.")
    if not targets:
        raise Invalid("No cell is chosen.", hint="Choose at least one cell.")
    return _slice(cells, targets, len(cells), "")


def _slice(cells: Sequence[str], targets: set[int], count: int, variable: str) -> BackwardSlice:
    plain = [to_python(source, index) for index, source in enumerate(cells[: max(targets) + 1])]
    units = [unit for index, cell in enumerate(plain) for unit in _units(index, cell)]
    walk = _walk(units, plain, targets)
    if variable and not any(variable in names for names in walk.notes.binds.values()) and not walk.opaque:
        raise Invalid(f"No cell defines “{variable}”.", hint="Name a variable that the notebook assigns.")
    wanted = {at for at, unit in enumerate(units) if unit.cell in targets and at not in walk.notes.reports}
    layers, reasons = _closure(walk.edges, units, wanted)
    for at in [at for at, unit in enumerate(units) if unit.head_of and at in layers]:
        for other in range(at + 1, at + 1 + units[at].head_of):  # a block's head cannot stand without its body
            layers.setdefault(other, layers[at])
            reasons.setdefault(other, "stands in a block that is kept")
    kept = {at for at in layers if units[at].cell < count}
    statements = tuple(
        Statement(unit.cell, unit.first, unit.last, layers[at], reasons[at], unit.node)
        for at, unit in enumerate(units)
        if at in kept
    )
    value = frozenset(one.cell for one in statements if one.layer == "value") | {one for one in targets if one < count}
    by_cell: dict[int, list[str]] = {}
    for one in statements:
        if one.reason not in by_cell.setdefault(one.cell, []):
            by_cell[one.cell].append(one.reason)
    opaque = {units[at].cell: why for at, why in sorted(walk.notes.opaque.items()) if at in kept}
    environment = frozenset(one.cell for one in statements) - value
    return BackwardSlice(
        value,
        environment,
        statements,
        by_cell,
        opaque,
        tuple(plain),
        walk.notes,
        tuple(units),
        frozenset(kept),
        bool(walk.star & kept),
    )


def _units(index: int, cell: Plain) -> list[Unit]:
    units: list[Unit] = []
    for node in cell.tree.body:
        if _is_reporting_block(node):
            assert isinstance(node, ast.With)
            inner = [Unit(index, _first(one), one.end_lineno or one.lineno, one) for one in node.body]
            units.append(Unit(index, node.lineno, max(node.lineno, _first(node.body[0]) - 1), node, len(inner)))
            units.extend(inner)
        else:
            units.append(Unit(index, _first(node), node.end_lineno or node.lineno, node))
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


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    lines: list[int] = [node.lineno, *(one.lineno for one in decorators)]
    return min(lines)


def _walk(units: Sequence[Unit], plain: Sequence[Plain], targets: set[int]) -> Walk:
    walk = Walk()
    for at, unit in enumerate(units):
        walk.edges.append({})
        walk.now, walk.in_target = at, unit.cell in targets
        if plain[unit.cell].opaque:
            walk.notes.opaque[at] = plain[unit.cell].opaque
        if unit.head_of and isinstance(unit.node, ast.With):
            things = walk.eval(unit.node.items[0].context_expr)
            if unit.node.items[0].optional_vars is not None:
                walk.bind_to(unit.node.items[0].optional_vars, things)
            walk.notes.reports.add(at)
        elif unit.node is not None:
            walk.do(unit.node)
            if walk.only_reports(unit.node):
                walk.notes.reports.add(at)
        if at in walk.notes.opaque:
            walk.need(range(at), f"may be used: {walk.notes.opaque[at]}")
            walk.opaque.append(at)
    return walk


def _closure(
    edges: Sequence[Edges], units: Sequence[Unit], wanted: set[int]
) -> tuple[dict[int, Layer], dict[int, str]]:
    layers: dict[int, Layer] = dict.fromkeys(wanted, "value")
    reasons = dict.fromkeys(wanted, TARGET)
    for layer in ("value", "environment"):
        stack = sorted(layers, reverse=True)
        while stack:
            at = stack.pop()
            for other, (why, environment) in sorted(edges[at].items()):
                if other in layers or (layer == "value" and environment):
                    continue
                layers[other] = "value" if layer == "value" else "environment"
                reasons[other] = f"{why}, for cell {units[at].cell}"
                stack.append(other)
    return layers, reasons
