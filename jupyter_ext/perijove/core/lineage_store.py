"""Writes into the graph's tables: nodes, edges, flows and their columns, each known one getting its newest time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from perijove.core import tables
from perijove.core.additions import Additions
from perijove.core.database import upsert
from perijove.core.graph import kind_of
from perijove.core.keys import LONGEST_REF, digest
from perijove.core.model import Edge, Field, Flow, Node
from perijove.core.one_ref import under_one_ref


def store(connection: Connection, additions: Additions) -> None:
    """Add it all; refs that are longer than the tables hold are left out with what hangs on them."""
    additions = under_one_ref(connection, additions)
    edges = [edge for edge in additions.edges if _fits(edge.source, edge.target)]
    flows = [flow for flow in additions.flows if _fits(flow.source, flow.target, flow.via)]
    ends = {ref for edge in edges for ref in (edge.source, edge.target)}
    ends |= {ref for flow in flows for ref in (flow.source, flow.target, flow.via)}
    named = {node.ref: node for node in additions.nodes if _fits(node.ref)}
    bare = [_node(Node(ref, kind_of(ref), ref.partition(":")[2])) for ref in sorted(ends - named.keys())]
    upsert(connection, tables.nodes, bare, ("ref",), ())
    upsert(connection, tables.nodes, [_node(node) for node in named.values()], ("ref",), ("name", "detail"))
    _store_edges(connection, edges)
    _store_flows(connection, flows)
    used = [(actor, source, Field(one.source, "", one.kind), actor, at) for source, actor, one, at in additions.used]
    _store_fields(connection, used)


def _store_edges(connection: Connection, edges: Iterable[Edge]) -> None:
    found: dict[tuple[str, str, str], Edge] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.kind)
        known = found.get(key)
        if known is None or edge.at >= known.at:
            found[key] = edge
    columns = ("source", "target", "kind", "how", "at", "version")
    rows = [{name: getattr(edge, name) for name in columns} for edge in found.values()]
    upsert(connection, tables.edges, rows, ("source", "target", "kind"), ("how", "at", "version"))


def _store_flows(connection: Connection, flows: list[Flow]) -> None:
    """Add flows, and the edge from the actor to the target where it was not seen itself."""
    made = [
        Edge(flow.via, flow.target, "fed" if kind_of(flow.target) == "cell" else "wrote", flow.how, flow.at)
        for flow in flows
    ]
    rows = {(edge.source, edge.target, edge.kind): edge for edge in made}
    columns = ("source", "target", "kind", "how", "at", "version")
    bare = [{name: getattr(edge, name) for name in columns} for edge in rows.values()]
    upsert(connection, tables.edges, bare, ("source", "target", "kind"), ())
    found = {digest(flow.via, flow.source, flow.target): flow for flow in flows}
    upsert(
        connection,
        tables.flows,
        [
            {"key": key, "via": one.via, "source": one.source, "target": one.target, "how": one.how, "at": one.at}
            for key, one in found.items()
        ],
        ("key",),
        ("how", "at"),
    )
    _store_fields(
        connection, [(flow.via, flow.source, one, flow.target, flow.at) for flow in flows for one in flow.columns]
    )


def _store_fields(connection: Connection, fields: list[tuple[str, str, Field, str, datetime]]) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for via, source, one, target, at in fields:
        if _fits(via, source, target):
            key = digest(via, source, one.source, target, one.target)
            if rows.get(key, {}).get("kind") != "direct":
                rows[key] = {
                    **{"key": key, "via": via, "source": source, "source_column": one.source, "target": target},
                    **{"target_column": one.target, "kind": one.kind, "at": at},
                }
    upsert(connection, tables.fields, list(rows.values()), ("key",), ("kind", "at"))


def _fits(*refs: str) -> bool:
    return all(len(ref) <= LONGEST_REF for ref in refs)


def _node(node: Node) -> dict[str, Any]:
    return {"ref": node.ref, "kind": node.kind, "name": node.name, "detail": node.detail}
