"""The graph of what came from what: datasets, cells, runs, models and jobs as nodes, every observed use as an edge.

An edge runs from the origin to what was made of it. Hops are answered by indexed look-ups from the frontier, one query
a hop and direction, so that the cost follows the answer's size and not the graph's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from perijove.core import tables
from perijove.core.database import Database
from perijove.core.errors import Invalid, NotFound
from perijove.core.model import Edge, Graph, Node
from perijove.core.refs import Ref

CHUNK = 400
LARGEST = 2000
DEEPEST = 20


class Lineage:
    """Keeps nodes and edges, and answers what is around a ref."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.before_reading: Callable[[], object] = lambda: None

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        """Add nodes, or give known ones their new name and detail."""
        rows = {
            node.ref: {"ref": node.ref, "kind": node.kind, "name": node.name, "detail": node.detail} for node in nodes
        }
        self._upsert(tables.nodes, list(rows.values()), ("ref",), ("name", "detail"))

    def add_edges(self, edges: Iterable[Edge]) -> None:
        """Add edges, or give known ones their new time; ends that are no node yet become one named by their id."""
        found = {(edge.source, edge.target, edge.kind): edge for edge in edges}
        ends = {ref for edge in found.values() for ref in (edge.source, edge.target)}
        bare = [
            {"ref": ref, "kind": Ref.parse(ref).kind, "name": Ref.parse(ref).id, "detail": ""} for ref in sorted(ends)
        ]
        self._upsert(tables.nodes, bare, ("ref",), ())
        rows = [
            {"source": edge.source, "target": edge.target, "kind": edge.kind, "how": edge.how, "at": edge.at}
            for edge in found.values()
        ]
        self._upsert(tables.edges, rows, ("source", "target", "kind"), ("how", "at"))

    def around(self, ref: Ref, up: int = 3, down: int = 3) -> Graph:
        """The graph ``up`` hops towards the origins of a ref and ``down`` hops towards what depends on it."""
        if not (0 <= up <= DEEPEST and 0 <= down <= DEEPEST):
            raise Invalid(f"Hops go from 0 to {DEEPEST}.", hint="Ask for fewer hops, then go on from a node you find.")
        self.before_reading()
        start = str(ref)
        with self.database.begin() as connection:
            if connection.execute(select(tables.nodes.c.ref).where(tables.nodes.c.ref == start)).first() is None:
                raise NotFound(
                    f"Nothing is known of {start}.",
                    hint="It appears here once a cell has used it, or its source has been scanned.",
                )
            seen = {start}
            edges: dict[tuple[str, str, str], Edge] = {}
            for hops, near, far in ((up, "target", "source"), (down, "source", "target")):
                self._walk(connection, start, hops, (near, far), seen, edges)
            nodes = self._nodes(connection, sorted(seen))
        return Graph(nodes, sorted(edges.values(), key=lambda edge: (edge.source, edge.target, edge.kind)))

    def found_cells(self, q: str, limit: int) -> list[tuple[str, str, str]]:
        """Cells whose first line or notebook holds every word of a query, as (ref, title, snippet)."""
        self.before_reading()
        query = select(tables.nodes).where(tables.nodes.c.kind == "cell")
        for word in q.lower().split():
            text = func.lower(tables.nodes.c.name + " " + tables.nodes.c.detail)
            query = query.where(text.contains(word, autoescape=True))
        with self.database.begin() as connection:
            rows = connection.execute(query.order_by(tables.nodes.c.ref).limit(limit)).all()
        return [(row.ref, row.name, row.detail) for row in rows]

    def _walk(
        self,
        connection: Connection,
        start: str,
        hops: int,
        ends: tuple[str, str],
        seen: set[str],
        edges: dict[tuple[str, str, str], Edge],
    ) -> None:
        near, far = ends
        frontier, visited = [start], {start}
        for _ in range(hops):
            reached: set[str] = set()
            for row in self._edges(connection, near, frontier):
                edges[(row.source, row.target, row.kind)] = Edge(
                    row.source, row.target, row.kind, row.how, aware(row.at)
                )
                reached.add(getattr(row, far))
            frontier = sorted(reached - visited)
            visited |= reached
            seen |= reached
            if not frontier or len(seen) > LARGEST:
                return

    def _edges(self, connection: Connection, near: str, frontier: Sequence[str]) -> Iterable[Row[Any]]:
        for begin in range(0, len(frontier), CHUNK):
            part = frontier[begin : begin + CHUNK]
            yield from connection.execute(select(tables.edges).where(tables.edges.c[near].in_(part)).limit(LARGEST * 4))

    def _nodes(self, connection: Connection, refs: Sequence[str]) -> list[Node]:
        found = []
        for begin in range(0, len(refs), CHUNK):
            query = select(tables.nodes).where(tables.nodes.c.ref.in_(refs[begin : begin + CHUNK]))
            found += [Node(row.ref, row.kind, row.name, row.detail) for row in connection.execute(query)]
        return sorted(found, key=lambda node: node.ref)

    def _upsert(self, table: Any, rows: list[dict[str, Any]], keys: tuple[str, ...], changing: tuple[str, ...]) -> None:
        if not rows:
            return
        with self.database.begin() as connection:
            if connection.dialect.name == "postgresql":
                from sqlalchemy.dialects.postgresql import insert as pg_insert

                statement: Any = pg_insert(table)
            else:
                from sqlalchemy.dialects.sqlite import insert as sqlite_insert

                statement = sqlite_insert(table)
            if changing:
                new = {name: statement.excluded[name] for name in changing}
                statement = statement.on_conflict_do_update(index_elements=list(keys), set_=new)
            else:
                statement = statement.on_conflict_do_nothing(index_elements=list(keys))
            for begin in range(0, len(rows), 10_000):
                connection.execute(statement, rows[begin : begin + 10_000])


def aware(moment: datetime) -> datetime:
    """A time with its zone; SQLite gives it back without, and it was UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
