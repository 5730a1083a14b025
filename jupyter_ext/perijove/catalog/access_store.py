"""Keeps restrictions, their readers and the requests of people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from perijove.catalog import guards, search_index
from perijove.catalog.guards import Cover
from perijove.catalog.indexing import beside, index
from perijove.catalog.shapes import Reader, ReaderKind, Request, RequestState
from perijove.catalog.tables import about, datasets, readers, requests, rules
from perijove.core.database import Database
from perijove.core.lineage import aware

CHUNK = 400


class Book:
    """All restrictions as they stood at one moment, and who may pass them."""

    def __init__(
        self, covers: Sequence[Cover], granted: set[tuple[str, str, str]], owners: dict[str, list[str]]
    ) -> None:
        self.covers = covers
        self.names = {rule.id: rule.ref for rule in covers}
        self.granted = granted
        self.owners = owners

    def grants(self, ref: str, person: str, roles: Iterable[str]) -> bool:
        """Whether a person is among the readers of a dataset or source, by name or by role."""
        if (ref, "person", person) in self.granted or person in self.owners.get(ref, ()):
            return True
        return any((ref, "role", role) in self.granted for role in roles)


class AccessStore:
    """The tables of access."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def restricted(self) -> bool:
        """Whether anything is restricted at all."""
        with self.database.read() as connection:
            return connection.execute(select(rules.c.id).limit(1)).first() is not None

    def book(self, connection: Connection, refs: Sequence[str] = ()) -> Book:
        """The restrictions, with the owners of some datasets and of those that have a guard of their own."""
        granted = {(row.ref, row.kind, row.name) for row in connection.execute(select(readers))}
        wanted = {*refs, *(ref for _, ref in guards.all_guards(connection).values() if ref)}
        return Book(guards.covers(connection), granted, _owners(connection, sorted(wanted)))

    def guards(self, connection: Connection) -> dict[int, tuple[list[int], str]]:
        """Each guard with its rules and its dataset."""
        return guards.all_guards(connection)

    def before(self, refs: Sequence[str]) -> tuple[Book, dict[str, list[Cover]]]:
        """The restrictions, and those before each dataset."""
        with self.database.read() as connection:
            book = self.book(connection, refs)
            return book, guards.before(connection, refs, book.covers)

    def rule(self, ref: str) -> Row[Any] | None:
        """The restriction of a dataset or source itself."""
        with self.database.read() as connection:
            return connection.execute(select(rules).where(rules.c.ref == ref)).first()

    def rules(self) -> list[Row[Any]]:
        """All restrictions, in order of ref."""
        with self.database.read() as connection:
            return list(connection.execute(select(rules).order_by(rules.c.ref)))

    def restrict(self, ref: str, uri: str, reason: str, by: str) -> bool:
        """Restrict a dataset or source; False where it is already."""
        with self.database.begin() as connection:
            if connection.execute(select(rules.c.id).where(rules.c.ref == ref)).first():
                return False
            values = {"ref": ref, "uri": uri, "reason": reason, "by": by, "since": datetime.now(UTC)}
            connection.execute(insert(rules).values(**values))
            self._guard(connection, ref, uri)
        return True

    def open(self, ref: str, uri: str) -> bool:
        """Take a restriction away; False where there is none."""
        with self.database.begin() as connection:
            if not connection.execute(delete(rules).where(rules.c.ref == ref)).rowcount:
                return False
            self._guard(connection, ref, uri)
        return True

    def guard(self, ref: str) -> None:
        """Work out anew who may see a dataset."""
        with self.database.begin() as connection:
            self._guard(connection, ref, ref.partition(":")[2])

    def _guard(self, connection: Connection, ref: str, uri: str) -> None:
        """Set the guard of all that a rule of this ref covers."""
        held = or_(
            datasets.c.ref == ref,
            datasets.c.source == ref.partition(":")[2] if ref.startswith("source:") else datasets.c.ref == ref,
            datasets.c.uri.startswith(uri, autoescape=True),
        )
        above = [part for part in _above(uri) if part]
        query = select(datasets.c.ref).where(or_(held, datasets.c.uri.in_(above))).distinct()
        refs = list(connection.execute(query).scalars())
        found = guards.of(connection, refs)
        search_index.set_guards(connection, {one: found.get(one, 0) for one in refs})
        index(connection, beside(connection, refs))

    def grant(self, ref: str, kind: ReaderKind, name: str, why: str, by: str) -> None:
        """Let a person or role read."""
        with self.database.begin() as connection:
            _revoke(connection, ref, kind, name)
            values = {"ref": ref, "kind": kind, "name": name, "why": why, "by": by, "since": datetime.now(UTC)}
            connection.execute(insert(readers).values(**values))
            self._guard(connection, ref, ref.partition(":")[2])

    def revoke(self, ref: str, kind: ReaderKind, name: str) -> bool:
        """Let them read no longer; False where they were no reader."""
        with self.database.begin() as connection:
            return _revoke(connection, ref, kind, name)

    def readers(self, refs: Sequence[str]) -> list[Reader]:
        """The readers of datasets and sources, in order of name."""
        with self.database.begin() as connection:
            query = select(readers).where(readers.c.ref.in_(refs)).order_by(readers.c.kind, readers.c.name)
            return [
                Reader(row.name, row.kind, row.why, row.by, aware(row.since), row.ref)
                for row in connection.execute(query)
            ]

    def owners(self, ref: str) -> list[str]:
        """The owners of a dataset."""
        with self.database.begin() as connection:
            return _owners(connection, [ref]).get(ref, [])

    def ask(self, ref: str, person: str, why: str) -> str:
        """Keep a request and give its id."""
        made = uuid.uuid4().hex[:12]
        values = {"id": made, "ref": ref, "person": person, "why": why, "state": "open", "asked_at": datetime.now(UTC)}
        with self.database.begin() as connection:
            connection.execute(insert(requests).values(**values, decided_by="", reason=""))
        return made

    def requests(self, ref: str = "", person: str = "", state: str = "", id: str = "") -> list[Request]:
        """Requests, the newest first."""
        query = select(requests).order_by(requests.c.asked_at.desc()).limit(1000)
        asked = ((requests.c.ref, ref), (requests.c.person, person), (requests.c.state, state), (requests.c.id, id))
        for column, value in asked:
            if value:
                query = query.where(column == value)
        with self.database.begin() as connection:
            return [_request(row) for row in connection.execute(query)]

    def decide(self, id: str, state: RequestState, by: str, reason: str) -> bool:
        """End an open request; False where it is not open any more."""
        values = {"state": state, "decided_by": by, "decided_at": datetime.now(UTC), "reason": reason}
        statement = update(requests).where(requests.c.id == id, requests.c.state == "open").values(**values)
        with self.database.begin() as connection:
            return connection.execute(statement).rowcount > 0


def _revoke(connection: Connection, ref: str, kind: str, name: str) -> bool:
    same = (readers.c.ref == ref) & (readers.c.kind == kind) & (readers.c.name == name)
    return connection.execute(delete(readers).where(same)).rowcount > 0


def _owners(connection: Connection, refs: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for begin in range(0, len(refs), CHUNK):
        query = select(about.c.ref, about.c.owners).where(about.c.ref.in_(refs[begin : begin + CHUNK]))
        found.update((row.ref, list(row.owners)) for row in connection.execute(query))
    return found


def _above(uri: str) -> list[str]:
    """The places that a file lies in, which may be datasets of their own."""
    if "://" not in uri or "#" in uri:
        return []
    parts = uri.split("/")
    return ["/".join(parts[:end]) for end in range(4, len(parts))]


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        ref=row.ref,
        name=row.ref.rpartition("/")[2].rpartition("#")[2],
        who=row.person,
        reason=row.why,
        state=row.state,
        at=aware(row.asked_at),
        decided_by=row.decided_by,
        decided_at=aware(row.decided_at) if row.decided_at else None,
        answer=row.reason,
    )
