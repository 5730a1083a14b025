"""What is to be added to the graph, all at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from perijove.core.graph import kind_of
from perijove.core.model import Edge, Field, Flow, Node


@dataclass
class Additions:
    """Nodes, edges, flows; ``used`` are columns that a cell or job reads, as (dataset, actor, column, time).

    ``names_count`` says that datasets are called as they are here, even where the catalog has named them before.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    used: list[tuple[str, str, Field, datetime]] = field(default_factory=list)
    names_count: bool = False

    def datasets(self) -> set[str]:
        """The refs of all datasets in it."""
        return {ref for ref in self._refs() if kind_of(ref) == "dataset"}

    def _refs(self) -> Iterator[str]:
        for node in self.nodes:
            yield node.ref
        for edge in self.edges:
            yield edge.source
            yield edge.target
        for flow in self.flows:
            yield flow.source
            yield flow.target
        for source, _, _, _ in self.used:
            yield source

    def renamed(self, name: Callable[[str], str]) -> Additions:
        """The same with other refs; a node whose ref changes is known by its new one already."""
        change = msgspec.structs.replace
        return Additions(
            [node for node in self.nodes if name(node.ref) == node.ref],
            [change(edge, source=name(edge.source), target=name(edge.target)) for edge in self.edges],
            [change(flow, source=name(flow.source), target=name(flow.target)) for flow in self.flows],
            [(name(source), actor, column, at) for source, actor, column, at in self.used],
            self.names_count,
        )

    def without_nodes(self, refs: Collection[str]) -> Additions:
        """The same without some nodes, which are there already."""
        nodes = [node for node in self.nodes if node.ref not in refs]
        return Additions(nodes, self.edges, self.flows, self.used, self.names_count)
