"""What people say of datasets: a description, owners, tags, a sentence for a column. Every change is an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from perijove.catalog.access import AccessRules
from perijove.catalog.indexing import index
from perijove.catalog.shapes import About, NewAbout
from perijove.catalog.tables import about
from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.errors import Invalid, NotAllowed
from perijove.core.events import Events, Happened
from perijove.core.lineage import aware
from perijove.core.refs import Ref

LONGEST_DESCRIPTION = 100_000
LONGEST_WORD = 200
MOST = 100
CHUNK = 400


class AboutStore:
    """Keeps what is said; each change is in the index of words when it returns."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, ref: str) -> About:
        """What is said of a dataset, empty where nothing is."""
        return self.many([ref]).get(ref, About(ref))

    def many(self, refs: Sequence[str]) -> dict[str, About]:
        """What is said of several datasets."""
        found: dict[str, About] = {}
        with self.database.begin() as connection:
            for begin in range(0, len(refs), CHUNK):
                query = select(about).where(about.c.ref.in_(refs[begin : begin + CHUNK]))
                found.update((row.ref, _about(row)) for row in connection.execute(query))
        return found

    def put(self, entries: Iterable[About]) -> None:
        """Keep what is said, in place of what was."""
        with self.database.begin() as connection:
            put(connection, entries)


def put(connection: Connection, entries: Iterable[About]) -> None:
    """Keep what is said, and index its words."""
    rows = {entry.ref: msgspec.structs.asdict(entry) for entry in entries}
    refs = list(rows)
    for begin in range(0, len(refs), CHUNK):
        part = refs[begin : begin + CHUNK]
        connection.execute(delete(about).where(about.c.ref.in_(part)))
        connection.execute(insert(about), [rows[ref] for ref in part])
    index(connection, refs)


class Abouts:
    """Reads and changes what people say of datasets."""

    def __init__(self, store: AboutStore, access: AccessRules, events: Events) -> None:
        self.store = store
        self.access = access
        self.events = events

    def get(self, ref: str, who: Person) -> About:
        """What is said of a dataset."""
        self.access.require(who, ref)
        return self.store.get(ref)

    def change(self, body: NewAbout, who: Person) -> About:
        """Change parts of what is said; owners of a restricted dataset are named by those who decide over it."""
        old = self.get(body.ref, who)
        new = msgspec.structs.replace(
            old,
            description=old.description if body.description is None else _text(body.description),
            owners=old.owners if body.owners is None else _words("owner", body.owners),
            tags=old.tags if body.tags is None else _words("tag", body.tags),
            columns=old.columns if body.columns is None else _columns(old.columns, body.columns),
            edited_by=who.name,
            edited_at=datetime.now(UTC),
        )
        if new.owners != old.owners:
            self._check_owners(body.ref, old.owners, who)
        self.store.put([new])
        if new.owners != old.owners:
            self.access.store.guard(body.ref)
        changed = [name for name in ("description", "owners", "tags", "columns") if _differ(old, new, name)]
        self.events.publish(
            Happened(
                "catalog.about.changed",
                Ref.parse(body.ref),
                who.name,
                old={name: getattr(old, name) for name in changed},
                new={name: getattr(new, name) for name in changed},
            )
        )
        return new

    def _check_owners(self, ref: str, old: Sequence[str], who: Person) -> None:
        """Owners decide over access, so nobody becomes one of an owned or restricted dataset by their own word."""
        restricted = not self.access.show(Ref.parse(ref), who).open
        if (old or restricted) and not self.access.decides(who, ref):
            raise NotAllowed(
                "The owners of this dataset are named by its owners.", hint="Ask one of them, or an admin."
            )


def _differ(old: About, new: About, name: str) -> bool:
    return bool(getattr(old, name) != getattr(new, name))


def _text(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid(f"The description is longer than {LONGEST_DESCRIPTION:,} letters.", hint="Shorten it.")
    return text.replace("\0", "")


def _words(what: str, given: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(word.strip() for word in given if word.strip()))
    if len(found) > MOST or any(len(word) > LONGEST_WORD or "\0" in word for word in found):
        raise Invalid(
            f"These are too many {what}s, or one is too long.",
            hint=f"At most {MOST}, each of at most {LONGEST_WORD} letters.",
        )
    return found


def _columns(old: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    merged = {**old, **{name: _text(text) for name, text in given.items()}}
    return {name: text for name, text in merged.items() if text}


def _about(row: Row[Any]) -> About:
    moment = aware(row.edited_at) if row.edited_at else None
    return About(row.ref, row.description, row.owners, row.tags, row.columns, row.origin, row.edited_by, moment)
