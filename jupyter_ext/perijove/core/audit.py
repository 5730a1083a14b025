"""The audit log: what happened, who did it and through which door; append-only and chained by hash.

Each entry's hash is SHA-256 over the hash before it and the entry's own fields as canonical JSON, so that a changed
or removed line breaks the chain from there on.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from perijove.core import tables
from perijove.core.database import Database
from perijove.core.events import Happened
from perijove.core.model import AuditEntry, AuditLog
from perijove.core.ranges import within

START = "0" * 64
MOST_ENTRIES = 100_000


class Chain(msgspec.Struct, frozen=True, rename="camel"):
    """Whether the log is whole: how many entries, and the number of the first that does not fit."""

    ok: bool
    entries: int
    first_broken: int | None


class Audit:
    """Keeps what happened and answers who did what."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()

    def hear(self, happened: Happened) -> None:
        """Write one line; the listener that wiring connects to the events."""
        fields = {
            "at": happened.at.isoformat(),
            "actor": happened.actor,
            "door": happened.door,
            "what": happened.what,
            "ref": str(happened.ref),
            "old": _json(happened.old),
            "new": _json(happened.new),
        }
        with self._lock, self.database.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE core_audit IN EXCLUSIVE MODE")
            connection.execute(insert(tables.audit).values(**fields, hash=_hash(_last(connection), fields)))

    def entries(self, limit: int = 100) -> AuditLog:
        """The newest lines, newest first."""
        within("limit", limit, 1, MOST_ENTRIES)
        query = select(tables.audit).order_by(tables.audit.c.seq.desc()).limit(limit)
        with self.database.begin() as connection:
            rows = connection.execute(query).mappings().all()
        return AuditLog(
            [
                AuditEntry(
                    seq=row["seq"],
                    at=datetime.fromisoformat(row["at"]),
                    actor=row["actor"],
                    door=row["door"],
                    what=row["what"],
                    ref=row["ref"],
                    old=msgspec.json.decode(row["old"]),
                    new=msgspec.json.decode(row["new"]),
                    hash=row["hash"],
                )
                for row in rows
            ]
        )

    def verify(self) -> Chain:
        """Follow the chain from its start."""
        before, count = START, 0
        with self.database.begin() as connection:
            for row in connection.execute(select(tables.audit).order_by(tables.audit.c.seq)).mappings():
                fields = {name: row[name] for name in ("at", "actor", "door", "what", "ref", "old", "new")}
                if _hash(before, fields) != row["hash"]:
                    return Chain(False, count, int(row["seq"]))
                before, count = row["hash"], count + 1
        return Chain(True, count, None)


def _last(connection: Connection) -> str:
    query = select(tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)
    return str(connection.execute(query).scalar() or START)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _hash(before: str, fields: dict[str, Any]) -> str:
    return hashlib.sha256(before.encode() + msgspec.json.encode(fields, order="sorted")).hexdigest()
