"""Finds the cells on the way from the cells that read some datasets to the one that wrote what came of them.

Cells whose variables are known to hold the datasets are all on the way. Where that is not known of a variable, the
shortest way is taken, since any other one may have carried something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perijove.core.graph import FlowRow, Reader
from perijove.core.model import Edge

LONGEST_BRIDGE = 30
MOST_BRIDGED = 500


class Bridge:
    """The way into one actor; ``missing`` are the datasets whose read was not found."""

    def __init__(self, reader: Reader, actor: str, datasets: set[str]) -> None:
        self.reader = reader
        self.actor = actor
        self.datasets = datasets
        self.missing = set(datasets)
        self._next: dict[str, Edge] = {}
        self._carrying: list[Edge] = []
        self._reads: list[Edge] = []

    def edges(self) -> Iterator[Edge]:
        """The reads of the datasets, and the edges between cells on the way."""
        shortest: list[Edge] = []
        level = [self.actor]
        for _ in range(LONGEST_BRIDGE):
            proven = by_way(self.reader.flows("target", level))
            ahead: set[str] = set()
            for edge in self.reader.edges("target", level):
                if edge.source in self.datasets:
                    self._reads.append(edge)
                    if edge.source in self.missing:
                        self.missing.discard(edge.source)
                        shortest += [edge, *self._back(edge.target)]
                elif edge.kind == "fed" and edge.source != self.actor:
                    ahead |= self._step(edge, proven.get((edge.source, edge.target)))
            level = sorted(ahead)
            if not level or len(self._next) > MOST_BRIDGED:
                break
        yield from shortest
        yield from self._carried({edge.target for edge in shortest})

    def _step(self, edge: Edge, sources: set[str] | None) -> set[str]:
        """Where to look next: on carrying edges always, on unknown ones while something is missing."""
        carries = bool(sources and sources & self.datasets)
        if carries:
            self._carrying.append(edge)
        if edge.source in self._next or not (carries or (not sources and self.missing)):
            return set()
        self._next[edge.source] = edge
        return {edge.source}

    def _back(self, cell: str) -> Iterator[Edge]:
        while cell != self.actor:
            edge = self._next[cell]
            yield edge
            cell = edge.target

    def _carried(self, reached: set[str]) -> Iterator[Edge]:
        """All edges that carry the datasets on from cells that read them."""
        reached |= {edge.target for edge in self._reads if any(one.source == edge.target for one in self._carrying)}
        yield from (edge for edge in self._reads if edge.target in reached)
        left = list(self._carrying)
        while on := [edge for edge in left if edge.source in reached]:
            yield from on
            left = [edge for edge in left if edge.source not in reached]
            reached |= {edge.target for edge in on}


def by_way(rows: Iterable[FlowRow]) -> dict[tuple[str, str], set[str]]:
    """The sources of flows by (via, target)."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        found.setdefault((row.via, row.target), set()).add(row.source)
    return found
