"""Shows a graph with nodes of some kinds only: what lay between two of them becomes one edge.

An edge stands for a path on which data went, so that leaving out a cell with A→C and B→D never joins A with D.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from perijove.core.graph import FlowRow, kind_of
from perijove.core.model import Edge, How

SURENESS: tuple[How, ...] = ("observed", "declared", "inferred")
MOST_STEPS = 20_000
THROUGH = "through"


def contracted(edges: Iterable[Edge], flows: Iterable[FlowRow], kinds: Collection[str], start: str) -> list[Edge]:
    """The edges between nodes of these kinds and the start, along paths through all others."""
    ways: dict[str, list[Edge]] = {}
    for edge in edges:
        ways.setdefault(edge.source, []).append(edge)
    proven: dict[tuple[str, str], set[str]] = {}
    for row in flows:
        proven.setdefault((row.via, row.target), set()).add(row.source)
    kept: dict[tuple[str, str, str], Edge] = {}
    for ref in list(ways):
        if ref == start or kind_of(ref) in kinds:
            for edge in _from(ref, ways, proven, kinds, start):
                _keep(kept, edge)
    return list(kept.values())


def _from(
    ref: str,
    ways: dict[str, list[Edge]],
    proven: dict[tuple[str, str], set[str]],
    kinds: Collection[str],
    start: str,
) -> Iterable[Edge]:
    """Follow all ways from one kept node to the next ones; ``dataset`` is the last one on the way."""
    first = ref if kind_of(ref) == "dataset" else ""
    waiting = [(edge, first, edge.how, edge.source == ref) for edge in ways[ref]]
    seen: set[tuple[str, str, str]] = set()
    for _ in range(MOST_STEPS):
        if not waiting:
            return
        edge, dataset, how, direct = waiting.pop()
        sources = proven.get((edge.source, edge.target))
        if sources and dataset and dataset not in sources and edge.source != dataset:
            continue
        target = edge.target
        if target == start or kind_of(target) in kinds:
            if target != ref:
                yield edge if direct else Edge(ref, target, THROUGH, how, edge.at, edge.version)
            continue
        known = target if kind_of(target) == "dataset" else dataset
        if (target, known, how) not in seen:
            seen.add((target, known, how))
            waiting += [(one, known, _weaker(how, one.how), False) for one in ways.get(target, [])]


def _weaker(one: How, other: How) -> How:
    return max(one, other, key=SURENESS.index)


def _keep(kept: dict[tuple[str, str, str], Edge], edge: Edge) -> None:
    key = (edge.source, edge.target, edge.kind)
    known = kept.get(key)
    if known is None or SURENESS.index(edge.how) < SURENESS.index(known.how):
        kept[key] = edge
