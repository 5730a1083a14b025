"""The audit log: every event once, in order, and a chain that shows tampering."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import delete, update

from perijove.core import tables
from perijove.core.audit import Audit, Chain
from perijove.core.database import Database
from perijove.core.events import Events, Happened
from perijove.core.refs import Ref


def fill(database: Database, count: int) -> Audit:
    audit, events = Audit(database), Events()
    events.listen(audit.hear)
    with ThreadPoolExecutor(4) as pool:
        for number in range(count):
            pool.submit(events.publish, Happened("test.thing.done", Ref("user", "ana"), "ana", new={"n": number}))
    return audit


def test_events_are_kept_and_the_chain_holds(database: Database) -> None:
    audit = fill(database, 20)
    assert audit.verify() == Chain(True, 20, None)
    assert sorted(entry.new["n"] for entry in audit.entries().events) == list(range(20))


def test_an_entry_says_through_which_door_it_came(database: Database) -> None:
    audit = Audit(database)
    for door in ("web", "cli"):
        events = Events(door)
        events.listen(audit.hear)
        events.publish(Happened("test.thing.done", Ref("user", "ana"), "ana"))
    assert [entry.door for entry in audit.entries().events] == ["cli", "web"]


def test_a_changed_entry_breaks_the_chain(database: Database) -> None:
    audit = fill(database, 5)
    with database.begin() as connection:
        connection.execute(update(tables.audit).where(tables.audit.c.seq == 3).values(actor="eve"))
    assert audit.verify() == Chain(False, 2, 3)


def test_a_removed_entry_breaks_the_chain(database: Database) -> None:
    audit = fill(database, 5)
    with database.begin() as connection:
        connection.execute(delete(tables.audit).where(tables.audit.c.seq == 2))
    assert audit.verify() == Chain(False, 1, 3)


def test_a_listener_that_fails_stops_nobody(database: Database) -> None:
    audit, events = Audit(database), Events()

    def broken(happened: Happened) -> None:
        raise RuntimeError("broken")

    events.listen(broken)
    events.listen(audit.hear)
    events.publish(Happened("test.thing.done", Ref("user", "ana"), "ana"))
    assert audit.verify() == Chain(True, 1, None)
