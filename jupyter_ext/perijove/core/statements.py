"""SQL that cells ran: kept until its columns are worked out, each statement of a cell once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from perijove.core import tables
from perijove.core.database import upsert
from perijove.core.lineage_store import digest


@dataclass
class Statement:
    """One statement: the cell that ran it, and the datasets that were seen to be read and written by it."""

    via: str
    sql: str
    dialect: str
    at: datetime
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)


def keep(connection: Connection, statements: Mapping[tuple[str, str], Statement]) -> None:
    """Remember statements whose columns are to be worked out; known ones are left as they are."""
    rows = [
        {
            **{"key": digest(one.via, one.sql), "via": one.via, "sql": one.sql, "dialect": one.dialect, "at": one.at},
            **{"reads": sorted(set(one.reads)), "writes": sorted(set(one.writes)), "state": "new", "problem": ""},
        }
        for one in statements.values()
    ]
    upsert(connection, tables.statements, rows, ("key",), ())
