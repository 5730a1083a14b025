"""Makes an answer of what a walk has found: nodes with their names, edges, and flows with columns where asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from perijove.core.contraction import contracted
from perijove.core.graph import FieldRow, Reader
from perijove.core.model import Field, Flow, Graph, Node
from perijove.core.walk import Walk

Schemas = Callable[[str], Sequence[str] | None]
MOST_COLUMNS = 2000


def shown(reader: Reader, walk: Walk, start: str, kinds: Sequence[str], schemas: Schemas | None) -> Graph:
    """The graph that a walk found, with nodes of some kinds only; ``schemas`` asks for columns."""
    edges = list(walk.edges.values())
    actors = {ref for edge in edges for ref in (edge.source, edge.target)}
    if kinds:
        edges = contracted(edges, reader.flows("via", actors), kinds, start)
    refs = {start} | {ref for edge in edges for ref in (edge.source, edge.target)}
    nodes = [
        Node(node.ref, node.kind, node.name, node.detail, node.ref in walk.more_up, node.ref in walk.more_down)
        for node in reader.nodes(refs)
    ]
    edges.sort(key=lambda edge: (edge.source, edge.target, edge.kind))
    if schemas is None:
        return Graph(nodes, edges)
    known = reader.fields("via", actors)
    nodes = [msgspec.structs.replace(node, columns=_columns(node, known, schemas)) for node in nodes]
    return Graph(nodes, edges, _flows(reader, known, refs, actors))


def _columns(node: Node, fields: Iterable[FieldRow], schemas: Schemas) -> list[str]:
    """The columns of a dataset: as the catalog knows them, else those that were seen in use."""
    if node.kind != "dataset":
        return []
    if found := schemas(node.ref.partition(":")[2]):
        return list(found)[:MOST_COLUMNS]
    seen = {row.source_column for row in fields if row.source == node.ref}
    seen |= {row.target_column for row in fields if row.target == node.ref and row.target_column}
    return sorted(seen)[:MOST_COLUMNS]


def _flows(reader: Reader, fields: Iterable[FieldRow], refs: Collection[str], actors: Collection[str]) -> list[Flow]:
    """The flows among refs, and what cells use of datasets, with columns."""
    columns: dict[tuple[str, str, str], list[Field]] = {}
    for row in fields:
        one = Field(row.source_column, row.target_column, row.kind)
        columns.setdefault((row.via, row.source, row.target), []).append(one)
    found = {(row.via, row.source, row.target): (row.how, row.at) for row in reader.flows("via", actors)}
    reads = {(edge.target, edge.source, edge.target): (edge.how, edge.at) for edge in reader.edges("target", actors)}
    found |= {key: reads[key] for key in columns if key in reads}
    flows = [
        Flow(source, target, via, how, at, sorted(columns.get((via, source, target), []), key=_by_name))
        for (via, source, target), (how, at) in found.items()
        if source in refs and target in refs
    ]
    return sorted(flows, key=lambda flow: (flow.via, flow.source, flow.target))


def _by_name(field: Field) -> tuple[str, str]:
    return field.target, field.source
