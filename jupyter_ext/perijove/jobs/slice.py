"""Backward slices: the statements of a program of cells that some of its cells or a variable need.

A first walk notes for every top-level statement which earlier ones it needs (``statements.py``); a slice is what can be
reached from the target. Statements that matter only through state outside the program – random seeds, options, files,
figures – make up the environment layer; all others the value layer.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from perijove.core.errors import Invalid
from perijove.core.heap import no_collecting
from perijove.jobs.effects import Effects, built_in
from perijove.jobs.magics import Plain, to_python
from perijove.jobs.model import Layer
from perijove.jobs.state import Edges, Notes, TooMuch
from perijove.jobs.statements import Walk
from perijove.jobs.units import Unit, is_import, units_of

__all__ = ["Analysis", "BackwardSlice", "Missing", "Statement", "Unit", "backward_slice"]

TARGET = "the chosen cell"
BY_HAND = "kept by hand"
Line = tuple[int, int]


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
class Missing:
    """A statement that is needed and yet not in the slice: it was left out by hand, or its cell failed in it.

    ``because`` says what it does for ``user``, the cell that needs it; ``kind`` is ``dropped`` or ``failed``.
    """

    cell: int
    first: int
    last: int
    kind: str
    because: str
    user: int


@dataclass(frozen=True)
class BackwardSlice:
    """What a target needs: cells by layer (disjoint, the target's among the value cells), statements, reasons by cell,
    and the cells that no reader can see through, with the cause. ``missing`` is what is needed and not there."""

    value_cells: frozenset[int]
    environment_cells: frozenset[int]
    statements: tuple[Statement, ...]
    reasons: dict[int, list[str]]
    opaque: dict[int, str]
    cells: tuple[Plain, ...] = field(repr=False)
    notes: Notes = field(repr=False)
    units: tuple[Unit, ...] = field(repr=False)
    kept: frozenset[int] = field(repr=False)
    edges: tuple[Edges, ...] = field(repr=False, default=())
    star: bool = False
    missing: tuple[Missing, ...] = ()
    targets: frozenset[int] = frozenset()
    layers: dict[int, Layer] = field(repr=False, default_factory=dict)

    def names(self, cells: Iterable[int]) -> list[str]:
        """The names that kept statements of these cells bind, in the order of the program."""
        wanted = set(cells)
        found: dict[str, None] = {}
        for at in sorted(self.kept):
            if self.units[at].cell in wanted:
                found.update(dict.fromkeys(sorted(self.notes.binds.get(at, ()))))
        return list(found)


def backward_slice(
    cells: Sequence[str],
    target: int | str | Sequence[int],
    *,
    ok: Sequence[bool] = (),
    keep: Iterable[Line] = (),
    drop: Iterable[Line] = (),
    effects: Effects | None = None,
) -> BackwardSlice:
    """The slice for a cell (by index), several cells, or a variable's value after the last cell.

    ``cells`` are in the order in which they ran; ``ok`` says which of them ran to their end. ``keep`` and ``drop`` are
    lines, as (cell, line from 1), that are in or out whatever the program says.

    The statements suffice by themselves. The cells suffice as a whole, so that there may be more of them: whoever runs
    a cell for one of its statements runs the others, too, with all that those need.
    """
    analysis = Analysis(cells, ok=ok, effects=effects)
    found = analysis.slice(target, keep, drop)
    value, environment = analysis.whole_cells(found)
    return replace(found, value_cells=value, environment_cells=environment)


class Analysis:
    """A program that was walked through once; slices of it are cheap.

    ``stopped`` gives for cells that failed the line at which they did, 0 where that is not known. A cell that cannot be
    parsed ends the program: asking for it or a later one raises Invalid.
    """

    def __init__(
        self,
        cells: Sequence[str],
        *,
        ok: Sequence[bool] = (),
        stopped: Sequence[int] = (),
        effects: Effects | None = None,
    ) -> None:
        self.count = len(cells)
        self.plain: list[Plain] = []
        self.units: list[Unit] = []
        self.problem: Invalid | None = None
        self.effects = effects or built_in()
        with no_collecting():
            self._parse(cells, ok, stopped)
            self.walk = self._walked(frozenset())
        self._needed: dict[tuple[int, bool], tuple[frozenset[int], frozenset[int]]] = {}
        self._units_of: dict[int, list[int]] = {}
        for at, unit in enumerate(self.units):
            self._units_of.setdefault(unit.cell, []).append(at)

    def __del__(self) -> None:
        if hasattr(self, "walk"):  # it has none where a cell could not be understood at all
            self.walk.dissolve()

    def _parse(self, cells: Sequence[str], ok: Sequence[bool], stopped: Sequence[int]) -> None:
        """Find the units of the cells, up to the first one that cannot be parsed though it ran."""
        for index, source in enumerate(cells):
            fine = ok[index] if index < len(ok) else True
            try:
                plain = to_python(source, index, self.effects)
            except Invalid as error:
                if fine:
                    self.problem = error
                    break
                plain = Plain("", ast.Module([], []))
            self.plain.append(plain)
            self.units += units_of(index, plain, fine, stopped[index] if index < len(stopped) else 0)

    def _walked(self, without: frozenset[int]) -> Walk:
        """A walk through the program without some of its units."""
        walk = Walk(self.effects)
        walk.yields = any("yield" in one.source for one in self.plain)
        for at, unit in enumerate(self.units):
            walk.edges.append({})
            if at not in without:
                _step(walk, at, unit, self.plain[unit.cell])
        return walk

    def slice(
        self, target: int | str | Sequence[int], keep: Iterable[Line] = (), drop: Iterable[Line] = ()
    ) -> BackwardSlice:
        """The slice for cells or a variable, with lines forced in or out."""
        forced, dropped = self._at(keep), frozenset(self._at(drop))
        found = self._search(self.walk, target, forced, dropped)
        if not dropped:
            return self._result(found, self.walk)
        walk = self._walked(dropped)
        less = self._search(walk, target, forced, dropped)
        less.missing |= {at: one for at, one in found.missing.items() if one.kind == "dropped"}
        walk.dissolve()
        return self._result(less, walk)

    def _search(
        self, walk: Walk, target: int | str | Sequence[int], forced: Iterable[int], dropped: frozenset[int]
    ) -> _Search:
        wanted: dict[int, str] = {}
        edges = walk.edges
        if isinstance(target, str):
            targets: set[int] = set()
            edges = [*edges, self._of_variable(walk, target)]
            wanted[len(self.units)] = TARGET
        else:
            targets = self._checked({target} if isinstance(target, int) else set(target))
            own = (at for at, unit in enumerate(self.units) if unit.cell in targets and at not in walk.notes.reports)
            wanted.update(dict.fromkeys(own, TARGET))
        for at in forced:
            wanted.setdefault(at, BY_HAND)
        search = _Search(self.units, edges, walk.demands, targets, dropped)
        search.run(wanted)
        return search

    def whole_cells(self, found: BackwardSlice, imports: bool = True) -> tuple[frozenset[int], frozenset[int]]:
        """The cells of a slice with all that their other statements need, by layer; without imports where asked."""
        at_hand = {at for at in found.kept if imports or not is_import(self.units[at].node)}
        value = {self.units[at].cell for at in at_hand if found.layers[at] == "value"} | found.targets
        self._close(value, False, imports)
        every = value | found.environment_cells
        self._close(every, True, imports)
        return frozenset(value), frozenset(every - value)

    def _close(self, cells: set[int], environment: bool, imports: bool) -> None:
        """Add the cells that some cells need, at any remove."""
        stack = list(cells)
        while stack:
            for other in self._direct(stack.pop(), imports)[environment] - cells:
                cells.add(other)
                stack.append(other)

    def _direct(self, cell: int, imports: bool) -> tuple[frozenset[int], frozenset[int]]:
        """The cells that the statements of a cell need: for values, and at all."""
        key = (cell, imports)
        if key not in self._needed:
            value, every = set(), set()
            for at in self._units_of.get(cell, ()):
                if at in self.walk.notes.reports:
                    continue
                for other, (_, environment) in self.walk.edges[at].items():
                    if imports or not is_import(self.units[other].node):
                        every.add(self.units[other].cell)
                        if not environment:
                            value.add(self.units[other].cell)
            self._needed[key] = (frozenset(value), frozenset(every))
        return self._needed[key]

    def _checked(self, targets: set[int]) -> set[int]:
        for index in targets:
            if not 0 <= index < self.count:
                raise Invalid(f"There is no cell {index}.", hint=f"The notebook has cells 0 to {self.count - 1}.")
        if not targets:
            raise Invalid("No cell is chosen.", hint="Choose at least one cell.")
        if self.problem is not None and max(targets) >= len(self.plain):
            raise self.problem
        return targets

    def _of_variable(self, walk: Walk, name: str) -> Edges:
        """What the value of a variable at the end of the program needs."""
        if self.problem is not None:
            raise self.problem
        if not any(name in names for names in self.walk.notes.binds.values()) and not self.walk.opaque:
            raise Invalid(f"No cell defines “{name}”.", hint="Name a variable that the notebook assigns.")
        return walk.at_end(name)

    def _at(self, lines: Iterable[Line]) -> list[int]:
        wanted = set(lines)
        for cell, line in wanted:
            if not any(unit.cell == cell and unit.first <= line <= unit.last for unit in self.units):
                raise Invalid(f"Line {line} of cell {cell} holds no statement.", hint="Lines count from 1.")
        return [
            at
            for at, unit in enumerate(self.units)
            if any(unit.cell == cell and unit.first <= line <= unit.last for cell, line in wanted)
        ]

    def _result(self, search: _Search, walk: Walk) -> BackwardSlice:
        targets = search.targets
        units, kept = self.units, sorted(at for at in search.layers if at < len(self.units))
        statements = tuple(
            Statement(one.cell, one.first, one.last, search.layers[at], search.reasons[at], one.node)
            for at in kept
            for one in (units[at],)
        )
        value = frozenset(one.cell for one in statements if one.layer == "value") | targets
        by_cell: dict[int, list[str]] = {}
        for one in statements:
            if one.reason not in by_cell.setdefault(one.cell, []):
                by_cell[one.cell].append(one.reason)
        opaque = {units[at].cell: why for at, why in sorted(walk.notes.opaque.items()) if at in search.layers}
        return BackwardSlice(
            value,
            frozenset(one.cell for one in statements) - value,
            statements,
            by_cell,
            opaque,
            tuple(self.plain),
            walk.notes,
            tuple(units),
            frozenset(kept),
            tuple(search.edges),
            not walk.star.isdisjoint(kept),
            tuple(search.missing[at] for at in sorted(search.missing)),
            frozenset(targets),
            search.layers,
        )


class _Search:
    """Follows what is needed from what is wanted, first the values, then the state around them."""

    def __init__(
        self,
        units: Sequence[Unit],
        edges: Sequence[Edges],
        demands: dict[int, Edges],
        targets: set[int],
        dropped: frozenset[int],
    ) -> None:
        self.units = units
        self.edges = edges
        self.demands = demands
        self.targets = targets
        self.dropped = dropped
        self.layers: dict[int, Layer] = {}
        self.reasons: dict[int, str] = {}
        self.missing: dict[int, Missing] = {}

    def run(self, wanted: dict[int, str]) -> None:
        for at, why in wanted.items():
            if at not in self.dropped:
                self.layers[at], self.reasons[at] = "value", why
        self._follow("value")
        self._follow("environment")
        for at in [at for at in self.layers if at < len(self.units) and self.units[at].head_of]:
            for other in range(at + 1, at + 1 + self.units[at].head_of):  # a head cannot stand without its body
                self.layers.setdefault(other, self.layers[at])
                self.reasons.setdefault(other, "stands in a block that is kept")

    def _follow(self, layer: Layer) -> None:
        stack = sorted(self.layers, reverse=True)
        while stack:
            at = stack.pop()
            for other, (why, environment) in sorted(self._needs(at).items()):
                if other in self.layers or (layer == "value" and environment):
                    continue
                if at in self.dropped and other not in self.dropped:
                    continue  # what was left out needs nothing any more; but what was left out with it was needed, too
                user = self.units[at].cell if at < len(self.units) else -1
                unit = self.units[other]
                if other in self.dropped or unit.broke:
                    kind = "dropped" if other in self.dropped else "failed"
                    if other not in self.missing:
                        self.missing[other] = Missing(unit.cell, unit.first, unit.last, kind, why, user)
                        stack += [other] if other in self.dropped else []
                    continue
                self.layers[other] = layer
                self.reasons[other] = f"{why}, for the variable" if user < 0 else f"{why}, for cell {user}"
                stack.append(other)

    def _needs(self, at: int) -> Edges:
        edges = self.edges[at]
        if at < len(self.units) and self.units[at].cell in self.targets and at in self.demands:
            return {**self.demands[at], **edges}
        return edges


def _step(walk: Walk, at: int, unit: Unit, plain: Plain) -> None:
    """Walk through one unit."""
    walk.now = at
    walk.weak, walk.walks, walk.ticks = int(unit.maybe), 0, 0
    walk.changed.clear()
    walk.written.clear()
    if plain.opaque:
        walk.notes.opaque[at] = plain.opaque
    if unit.head_of and isinstance(unit.node, ast.With):
        things = walk.eval(unit.node.items[0].context_expr)
        if unit.node.items[0].optional_vars is not None:
            walk.bind_to(unit.node.items[0].optional_vars, things)
        walk.notes.reports.add(at)
    elif unit.node is not None:
        try:
            walk.do(unit.node)
        except TooMuch:
            walk.give_up(unit.node)
        walk.ticks = -sys.maxsize
        walk.keep_names()
        if walk.only_reports(unit.node):
            walk.notes.reports.add(at)
    if at not in walk.notes.reports and not unit.broke:
        walk.settle()
    if at in walk.notes.opaque:
        walk.need(range(at), f"may be used: {walk.notes.opaque[at]}")
        walk.opaque.append(at)
