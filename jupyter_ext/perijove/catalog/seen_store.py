"""Keeps the versions of datasets that scans and cells have seen, with what was known of them then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update

from perijove.catalog.model import Column, Profile, Reading
from perijove.catalog.tables import seen
from perijove.core import tables as core
from perijove.core.database import Database
from perijove.core.lineage import aware

CHUNK = 400
LONGEST_VERSION = 200


class Seen(msgspec.Struct, frozen=True):
    """A version as it was seen; ``hash`` is the SHA-256 of its content where that was taken."""

    version: str
    at: datetime
    hash: str
    rows: int | None
    bytes: int | None
    columns: list[Column]
    profile: Profile | None


class Used(msgspec.Struct, frozen=True):
    """A version that a cell read or wrote."""

    version: str
    at: datetime
    kind: str
    cell: str


class SeenStore:
    """The table of versions."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def versions(self, ref: str) -> list[Seen]:
        """The versions of a dataset, newest first."""
        query = select(seen).where(seen.c.ref == ref).order_by(seen.c.at.desc())
        with self.database.begin() as connection:
            return [_seen(row) for row in connection.execute(query)]

    def known(self, refs: Sequence[str]) -> set[tuple[str, str]]:
        """The pairs of ref and version that are kept already."""
        found: set[tuple[str, str]] = set()
        with self.database.begin() as connection:
            for begin in range(0, len(refs), CHUNK):
                query = select(seen.c.ref, seen.c.version).where(seen.c.ref.in_(refs[begin : begin + CHUNK]))
                found.update((row.ref, row.version) for row in connection.execute(query))
        return found

    def add(self, entries: Sequence[tuple[Reading, str]]) -> None:
        """Keep versions with their hashes; those that are kept already stay."""
        known = self.known([f"dataset:{reading.uri}" for reading, _ in entries])
        rows = [_values(reading, digest) for reading, digest in entries]
        fresh = {(row["ref"], row["version"]): row for row in rows if (row["ref"], row["version"]) not in known}
        if fresh:
            with self.database.begin() as connection:
                connection.execute(insert(seen), list(fresh.values()))

    def keep_profile(self, ref: str, version: str, found: Profile, columns: Sequence[Column]) -> None:
        """Keep the figures of a version."""
        values = {"profile": msgspec.to_builtins(found)}
        where = (seen.c.ref == ref) & (seen.c.version == version[:LONGEST_VERSION])
        with self.database.begin() as connection:
            if connection.execute(update(seen).where(where).values(**values)).rowcount:
                return
            row = {"ref": ref, "version": version[:LONGEST_VERSION], "at": datetime.now(UTC), "hash": ""}
            kept = {"rows": found.rows, "bytes": found.bytes, "columns": msgspec.to_builtins(list(columns))}
            connection.execute(insert(seen).values(**row, **kept, **values))

    def used(self, ref: str) -> list[Used]:
        """The versions that cells read and wrote, newest first."""
        edges = core.edges.c
        found: list[Used] = []
        with self.database.begin() as connection:
            for near, far in ((edges.source, edges.target), (edges.target, edges.source)):
                query = select(far.label("cell"), edges.version, edges.at, edges.kind).where(
                    near == ref, edges.version != "", edges.kind.in_(["read", "wrote"])
                )
                found += [Used(row.version, aware(row.at), row.kind, row.cell) for row in connection.execute(query)]
        return sorted(found, key=lambda use: use.at, reverse=True)


def _values(reading: Reading, digest: str) -> dict[str, Any]:
    return {
        "ref": f"dataset:{reading.uri}",
        "version": reading.version[:LONGEST_VERSION],
        "at": datetime.fromtimestamp(reading.modified, UTC) if reading.modified is not None else datetime.now(UTC),
        "hash": digest,
        "rows": reading.rows,
        "bytes": reading.bytes,
        "columns": msgspec.to_builtins(reading.columns),
    }


def _seen(row: Row[Any]) -> Seen:
    profile = msgspec.convert(row.profile, type=Profile) if row.profile else None
    columns = msgspec.convert(row.columns, type=list[Column])
    return Seen(row.version, aware(row.at), row.hash, row.rows, row.bytes, columns, profile)
