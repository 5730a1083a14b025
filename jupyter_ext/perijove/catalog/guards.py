"""Which restrictions stand before a dataset, so that a search leaves out what a person may not read before it ranks.

Vocabulary
  rule    a restriction of a dataset or a source; it covers what lies in its place
  before  the rules a person must pass to read a dataset: its own alone if it has one, else the nearest of a source
          above it and those of sources that list it; and every rule of something inside it
  guard   a set of rules and, where someone may read this one dataset on their own account, its ref; numbered, 0 is none
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, insert, select

from perijove.catalog.tables import about, datasets, guards, readers, rules

CHUNK = 400


class Cover(msgspec.Struct, frozen=True):
    """One rule: ``uri`` is the place it covers."""

    id: int
    ref: str
    uri: str

    def holds(self, uri: str) -> bool:
        """Whether a dataset lies in the place."""
        return inside(uri, self.uri)


def inside(uri: str, place: str) -> bool:
    """Whether a URI is a place or lies in it."""
    return bool(place) and (uri == place or uri.startswith((f"{place.rstrip('/')}/", f"{place}#", f"{place}.")))


def covers(connection: Connection) -> list[Cover]:
    """All rules."""
    return [Cover(row.id, row.ref, row.uri) for row in connection.execute(select(rules.c.id, rules.c.ref, rules.c.uri))]


def before(connection: Connection, refs: Iterable[str], found: Sequence[Cover]) -> dict[str, list[Cover]]:
    """The rules before each dataset; one that has none is left out."""
    listed = list(refs)
    if not found or not listed:
        return {}
    by_ref = {rule.ref: rule for rule in found}
    holding = _sources_of(connection, listed) if any(rule.ref.startswith("source:") for rule in found) else {}
    answer = {}
    for ref in listed:
        if rules_of := _before(ref, found, by_ref, holding.get(ref, [])):
            answer[ref] = rules_of
    return answer


def _before(ref: str, found: Sequence[Cover], by_ref: dict[str, Cover], sources: Sequence[str]) -> list[Cover]:
    uri = ref.partition(":")[2]
    chosen = {rule.id: rule for rule in found if rule.ref != ref and inside(rule.uri, uri) and rule.uri != uri}
    if ref in by_ref:
        chosen[by_ref[ref].id] = by_ref[ref]
    else:
        above = [rule for rule in found if rule.holds(uri)]
        if above:
            nearest = max(above, key=lambda rule: len(rule.uri))
            chosen[nearest.id] = nearest
        for source in sources:
            if rule := by_ref.get(f"source:{source}"):
                chosen[rule.id] = rule
    return [chosen[id] for id in sorted(chosen)]


def _sources_of(connection: Connection, refs: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for begin in range(0, len(refs), CHUNK):
        query = select(datasets.c.ref, datasets.c.source).where(datasets.c.ref.in_(refs[begin : begin + CHUNK]))
        for row in connection.execute(query):
            found.setdefault(row.ref, []).append(row.source)
    return found


def of(connection: Connection, refs: Sequence[str]) -> dict[str, int]:
    """The guard of each dataset; one that is open is left out."""
    found = before(connection, refs, covers(connection))
    if not found:
        return {}
    own = _own_account(connection, list(found))
    keys = {
        ref: f"{','.join(str(rule.id) for rule in chosen)}|{ref if ref in own else ''}" for ref, chosen in found.items()
    }
    numbers = _numbers(connection, sorted(set(keys.values())))
    return {ref: numbers[key] for ref, key in keys.items()}


def _own_account(connection: Connection, refs: Sequence[str]) -> set[str]:
    """The datasets that have readers or owners of their own."""
    own: set[str] = set()
    for begin in range(0, len(refs), CHUNK):
        part = refs[begin : begin + CHUNK]
        own.update(connection.execute(select(readers.c.ref).where(readers.c.ref.in_(part))).scalars())
        query = select(about.c.ref, about.c.owners).where(about.c.ref.in_(part))
        own.update(row.ref for row in connection.execute(query) if row.owners)
    return own


def _numbers(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in keys:
        number = connection.execute(select(guards.c.id).where(guards.c.rules == key)).scalar()
        if number is None:
            made = connection.execute(insert(guards).values(rules=key)).inserted_primary_key
            assert made is not None
            number = made[0]
        found[key] = int(number)
    return found


def all_guards(connection: Connection) -> dict[int, tuple[list[int], str]]:
    """Each guard with its rules and its dataset."""
    answer = {}
    for row in connection.execute(select(guards)):
        numbers, _, ref = row.rules.partition("|")
        answer[int(row.id)] = ([int(number) for number in numbers.split(",")], ref)
    return answer
