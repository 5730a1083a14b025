"""Forgets flows that no longer hold: a cell ran again and wrote the same dataset from something else.

What a cell read stays, with its time; only the claim that a dataset *comes from* what it was overwritten with is the
newest one's. A write that only appends leaves the older flows, since their data is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, delete

from perijove.core import tables
from perijove.core.graph import Reader, kind_of
from perijove.core.one_ref import known_refs

MOST = 1000


def forget_older(connection: Connection, began: Mapping[str, datetime], appended: set[tuple[str, str]]) -> None:
    """Take out flows of cells that began anew since, into what they wrote again; ``appended`` are (cell, dataset)."""
    if not began:
        return
    known = known_refs(connection, {target for _, target in appended})
    appended = {(cell, known.get(target, target)) for cell, target in appended}
    reader = Reader(connection, MOST)
    written = {
        (edge.source, edge.target)
        for edge in reader.edges("source", began)
        if edge.kind == "wrote" and kind_of(edge.target) == "dataset" and edge.at >= began[edge.source]
    } - appended
    for row in reader.flows("via", {cell for cell, _ in written}):
        if (row.via, row.target) in written and row.at < began[row.via]:
            for table in (tables.flows, tables.fields):
                same = and_(table.c.via == row.via, table.c.source == row.source, table.c.target == row.target)
                connection.execute(delete(table).where(same))
