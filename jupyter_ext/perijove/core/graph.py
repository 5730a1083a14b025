"""Reads the graph's tables around many refs at once, at most so many rows of each ref, by indexed look-ups only.

SQLite answers a look-up in microseconds, so it gets one a ref; PostgreSQL gets one statement for all refs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from perijove.core.model import Edge, Flow, How, Node

Near = Literal["source", "target", "via"]
EDGE = "source, target, kind, how, at, version"
FLOW = "via, source, target, how, at"
FIELD = "via, source, source_column, target, target_column, kind"


class FlowRow(NamedTuple):
    """One flow as it is stored."""

    via: str
    source: str
    target: str
    how: How
    at: datetime

    def edge(self) -> Edge:
        """An edge that stands for the flow where no read of its source was seen."""
        return Edge(self.source, self.via, "flowed", self.how, self.at)


class FieldRow(NamedTuple):
    """One column within a flow, as it is stored."""

    via: str
    source: str
    source_column: str
    target: str
    target_column: str
    kind: Literal["direct", "indirect"]


class Reader:
    """Look-ups within one transaction; ``cut`` collects the refs that have more than ``most`` edges."""

    def __init__(self, connection: Connection, most: int) -> None:
        self.connection = connection
        self.most = most
        self.cut: dict[Near, set[str]] = {"source": set(), "target": set(), "via": set()}
        self._postgres = connection.dialect.name == "postgresql"

    def edges(self, near: Near, refs: Iterable[str], after: str = "") -> list[Edge]:
        """The edges that begin (source) or end (target) at refs, in order of their other end from ``after`` on."""
        far = "target" if near == "source" else "source"
        asked = sorted(refs)
        where = f"{far} > {self._mark} ORDER BY {far}, kind"
        rows = self._rows("lineage_edges", EDGE, near, asked, self.most + 1, where, (after,))
        found: list[Edge] = []
        counts = dict.fromkeys(asked, 0)
        place = 0 if near == "source" else 1
        for row in rows:
            counts[row[place]] += 1
            if counts[row[place]] > self.most:
                self.cut[near].add(row[place])
            else:
                found.append(Edge(row[0], row[1], row[2], row[3], moment(row[4]), row[5]))
        return found

    def flows(self, near: Near, refs: Iterable[str]) -> list[FlowRow]:
        """The flows that begin or end at refs, or go through them."""
        rows = self._rows("lineage_flows", FLOW, near, sorted(refs), self.most * 10)
        return [FlowRow(row[0], row[1], row[2], row[3], moment(row[4])) for row in rows]

    def fields(self, near: Near, refs: Iterable[str]) -> list[FieldRow]:
        """The columns within flows that begin or end at refs, or go through them."""
        rows = self._rows("lineage_fields", FIELD, near, sorted(refs), self.most * 50)
        return [FieldRow(*row) for row in rows]

    def carried(self, cell: str, most: int) -> set[str]:
        """The datasets that a cell, or one of the cells before it (so many at most), has read; in one statement."""
        edges, limit = "lineage_edges AS e ON e.target = before.ref", f"LIMIT {int(most)}"
        inner, outer = ("", limit) if self._postgres else (limit, "")
        query = (
            f"WITH RECURSIVE before(ref) AS (SELECT CAST({self._mark} AS VARCHAR) UNION"
            f" SELECT e.source FROM before JOIN {edges} WHERE e.kind = 'fed' {inner})"
            f" SELECT DISTINCT e.source FROM (SELECT ref FROM before {outer}) AS before JOIN {edges}"
            f" WHERE e.source LIKE {self._mark}"
        )
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(query, (cell, "dataset:%"))
            return {row[0] for row in cursor.fetchall()}
        finally:
            cursor.close()

    def having(self, near: Near, refs: Iterable[str]) -> set[str]:
        """The refs at which any edge begins (source) or ends (target)."""
        there = f"EXISTS (SELECT 1 FROM lineage_edges WHERE {near} = asked.value)"
        return {row[0] for row in self._all(f"SELECT asked.value FROM {{asked}} WHERE {there}", sorted(refs))}

    def nodes(self, refs: Iterable[str]) -> list[Node]:
        """The nodes that are known among refs, in order."""
        found = "SELECT ref, kind, name, detail FROM {asked} JOIN lineage_nodes ON ref = asked.value"
        rows = self._all(found, sorted(refs))
        return sorted((Node(*row) for row in rows), key=lambda node: node.ref)

    def _all(self, query: str, refs: Sequence[str]) -> list[Any]:
        """The rows of one statement over all refs, which stand in it as the table ``asked``."""
        if not refs:
            return []
        cursor = self.connection.connection.cursor()
        try:
            if self._postgres:
                cursor.execute(query.format(asked="unnest(%s::text[]) AS asked(value)"), (list(refs),))
            else:
                cursor.execute(query.format(asked="json_each(?) AS asked"), (json.dumps(refs),))
            return list(cursor.fetchall())
        finally:
            cursor.close()

    @property
    def _mark(self) -> str:
        return "%s" if self._postgres else "?"

    def _rows(
        self,
        table: str,
        columns: str,
        near: str,
        refs: Sequence[str],
        most: int,
        where: str = "",
        values: tuple[Any, ...] = (),
    ) -> list[Any]:
        """At most so many rows of a table for each ref; the names come from this file alone."""
        if not refs:
            return []
        tail = f"AND {where}" if where else ""
        cursor = self.connection.connection.cursor()
        try:
            if self._postgres:
                inner = f"SELECT {columns} FROM {table} WHERE {near} = asked.ref {tail} LIMIT {most}"
                cursor.execute(
                    f"SELECT found.* FROM unnest(%s::text[]) AS asked(ref) CROSS JOIN LATERAL ({inner}) AS found",
                    (list(refs), *values),
                )
                return list(cursor.fetchall())
            query = f"SELECT {columns} FROM {table} WHERE {near} = ? {tail} LIMIT {most}"
            rows: list[Any] = []
            for ref in refs:
                rows += cursor.execute(query, (ref, *values)).fetchall()
            return rows
        finally:
            cursor.close()


def moment(value: Any) -> datetime:
    """A stored time with its zone; SQLite keeps it as text without, and it was UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def kind_of(ref: str) -> str:
    """The kind of a ref that is known to be one."""
    return ref.partition(":")[0]


def as_flow(row: FlowRow) -> Flow:
    """A flow as it is shown."""
    return Flow(row.source, row.target, row.via, row.how, row.at)
