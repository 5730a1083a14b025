"""What breaks if a dataset or one of its columns goes: cells, runs, models and jobs that depend on it.

Where it is known which columns a cell reads or where they went, only what needs the column is listed; elsewhere all
that depends on the dataset is, and each line says which of the two it rests on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from perijove.core.access import Person
from perijove.core.graph import FieldRow, Reader, kind_of
from perijove.core.lineage import DEEPEST, LARGEST, Lineage
from perijove.core.model import Affected, Edge, Effect, Impact, ImpactBasis, Node
from perijove.core.refs import Ref
from perijove.core.veil import veiled
from perijove.core.walk import Walk

Columns = frozenset[str] | None
ORDER = {"job": 0, "jobrun": 1, "model": 2, "run": 3, "dataset": 4, "cell": 5}


@dataclass(frozen=True)
class Step:
    """Where the search is: a thing, the dataset whose columns are followed there, and which (None where unknown)."""

    ref: str
    dataset: str
    columns: Columns
    hops: int


def impact(lineage: Lineage, ref: Ref, column: str = "", who: Person | None = None) -> Impact:
    """What depends on a dataset, or on one of its columns."""
    start = str(ref)
    with lineage.reading(start, who) as (reader, hidden, start):
        walk = Walk(reader, LARGEST, hidden)
        walk.down(start, DEEPEST)
        search = _Search(reader, walk.edges.values())
        search.run(Step(start, start, frozenset([column.lower()]) if column else None, 0))
        nodes = {node.ref: node for node in veiled(reader.connection, hidden, reader.nodes(search.found))}
    items = [found.shown(nodes[ref]) for ref, found in search.found.items() if ref in nodes]
    items.sort(key=lambda one: (ORDER.get(one.kind, 9), one.level, one.hops, one.ref))
    note = "There is more than can be shown." if len(walk.edges) >= LARGEST or walk.more_down else ""
    return Impact(start, column, _basis(items), items, note)


def _basis(items: Iterable[Affected]) -> ImpactBasis:
    levels = {one.level for one in items}
    if not levels:
        return "none"
    return "mixed" if len(levels) > 1 else levels.pop()


@dataclass
class _Found:
    """One thing that is affected, and the surest way there."""

    edge: Edge
    known: bool
    columns: Columns
    hops: int

    def shown(self, node: Node) -> Affected:
        effect, why = self._effect(node.kind)
        edge = self.edge
        columns = sorted(self.columns or ())
        level: ImpactBasis = "column" if self.known else "dataset"
        return Affected(
            *(node.ref, node.kind, node.name, node.detail, effect, why, level),
            *(columns if node.kind == "dataset" else [], edge.source, self.hops, edge.how, edge.at),
        )

    def _effect(self, kind: str) -> tuple[Effect, str]:
        if kind == "dataset":
            if self.known and self.columns:
                return "loses", f"Made from it: {', '.join(sorted(self.columns))}."
            return "may change", "Made from it; which columns is not known."
        if kind in ("cell", "job", "jobrun") and kind_of(self.edge.source) == "dataset":
            if self.known:
                return "fails", "Reads this column."
            return "may fail", "Reads the dataset; which columns is not known."
        return "may fail", "Depends on what reads it."


class _Search:
    """Goes down the edges that a walk has found, with the columns as far as they are known."""

    def __init__(self, reader: Reader, edges: Iterable[Edge]) -> None:
        self.ways: dict[str, list[Edge]] = {}
        for edge in edges:
            self.ways.setdefault(edge.source, []).append(edge)
        actors = {ref for edge in edges for ref in (edge.source, edge.target) if kind_of(ref) != "dataset"}
        self.sources: dict[tuple[str, str], set[str]] = {}
        for row in reader.flows("via", actors):
            self.sources.setdefault((row.via, row.target), set()).add(row.source)
        self.fields: dict[tuple[str, str], list[FieldRow]] = {}
        for field in reader.fields("via", actors):
            self.fields.setdefault((field.via, field.source), []).append(field)
        self.found: dict[str, _Found] = {}
        self._waiting: deque[Step] = deque()
        self._seen: set[tuple[str, str, Columns]] = set()

    def run(self, start: Step) -> None:
        """Find everything that is affected."""
        self._go(start)
        while self._waiting:
            step = self._waiting.popleft()
            for edge in self.ways.get(step.ref, ()):
                if edge.target != start.ref:
                    self._follow(step, edge)

    def _go(self, step: Step) -> None:
        key = (step.ref, step.dataset, step.columns)
        if key not in self._seen and len(self._seen) < LARGEST * 5:
            self._seen.add(key)
            self._waiting.append(step)

    def _follow(self, step: Step, edge: Edge) -> None:
        target, kind = edge.target, kind_of(edge.target)
        if kind_of(step.ref) == "dataset":
            rows = self.fields.get((target, step.ref), [])
            if needed := self._needed(rows, step.columns):
                self._add(step, edge, needed == "column", None)
                self._go(Step(target, step.ref, step.columns, step.hops + 1))
            return
        sources = self.sources.get((step.ref, target))
        if sources and step.dataset and step.dataset not in sources:
            return
        if kind == "dataset":
            self._into_dataset(step, edge)
        elif kind == "cell":
            if self._needed(self.fields.get((target, step.dataset), []), step.columns):
                self._add(step, edge, False, None)
                self._go(Step(target, step.dataset, step.columns, step.hops + 1))
        else:
            self._add(step, edge, False, None)
            self._go(Step(target, "", None, step.hops + 1))

    def _into_dataset(self, step: Step, edge: Edge) -> None:
        rows = [row for row in self.fields.get((step.ref, step.dataset), []) if row.target == edge.target]
        needed = self._needed(rows, step.columns)
        if not needed:
            return
        columns: Columns = None
        if needed == "column":
            hits = [row for row in rows if row.source_column.lower() in (step.columns or ())]
            if all(row.target_column for row in hits):
                columns = frozenset(row.target_column.lower() for row in hits)
        self._add(step, edge, needed == "column", columns)
        self._go(Step(edge.target, edge.target, columns, step.hops + 1))

    def _needed(self, rows: list[FieldRow], columns: Columns) -> str:
        """Whether the columns are needed: "column" where that is known, "dataset" where it may be, else empty."""
        if columns is None or not rows:
            return "dataset"
        return "column" if any(row.source_column.lower() in columns for row in rows) else ""

    def _add(self, step: Step, edge: Edge, known: bool, columns: Columns) -> None:
        before = self.found.get(edge.target)
        if before is None:
            self.found[edge.target] = _Found(edge, known, columns, step.hops + 1)
            return
        if known and not before.known:
            before.known, before.edge, before.hops = True, edge, step.hops + 1
        if columns:
            before.columns = (before.columns or frozenset()) | columns
