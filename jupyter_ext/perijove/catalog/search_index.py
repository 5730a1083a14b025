"""Keeps the index of words and answers what matches best, with what a person may not read left out before ranking.

A short question wants all its words, a long one the rarest of them. Candidates come from the postings, the most used
first and no more than a few hundred, however common the words; only they are scored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from perijove.catalog import postings
from perijove.catalog.documents import BUCKET, Document, bucket, impact, impacts, surface, terms_of, tokens
from perijove.catalog.expansion import Group, expanded
from perijove.catalog.postings import facet, token
from perijove.catalog.stem import stem
from perijove.catalog.tables import search, terms, words
from perijove.catalog.words import bones

CHUNK = 2_000
CANDIDATES = 600
RARE = 2_500
SHORT_QUESTION = 3
USE_WEIGHT = 0.06


class Narrow(msgspec.Struct, frozen=True):
    """What a search is held to; empty is anything. ``since`` is when the data changed last, at the earliest."""

    source: str = ""
    format: str = ""
    owner: str = ""
    tag: str = ""
    problem: bool | None = None
    since: datetime | None = None

    def tokens(self) -> list[list[str]]:
        """The tokens a dataset must have."""
        kinds = (("s", self.source), ("f", self.format), ("o", self.owner), ("t", self.tag))
        found = [[facet(kind, value)] for kind, value in kinds if value]
        if self.problem is not None:
            found.append([facet("p", "yes" if self.problem else "no")])
        return found


class Match(msgspec.Struct, frozen=True):
    """One dataset that matches."""

    ref: str
    score: float


class Matches(msgspec.Struct, frozen=True):
    """The best matches; ``total`` counts candidates, and ``more`` says that there are others beyond them."""

    best: list[Match]
    total: int
    more: bool
    facets: dict[str, dict[str, int]]


def put(connection: Connection, documents: Iterable[Document]) -> int:
    """Index datasets, new or changed; gives how many had to be written."""
    written = 0
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == CHUNK:
            written += _put(connection, batch)
            batch = []
    return written + _put(connection, batch)


def _put(connection: Connection, batch: Sequence[Document]) -> int:
    known = _rows(connection, [document.ref for document in batch])
    fresh: dict[str, tuple[Document, str]] = {}
    for document in batch:
        weighed = impacts(document)
        row = known.get(document.ref)
        if row is None or _values(document, weighed) != _kept(row):
            fresh[document.ref] = (document, weighed)
    if not fresh:
        return 0
    _forget(connection, [known[ref] for ref in fresh if ref in known])
    ids = _ids(connection, [document for document, _ in fresh.values()], known)
    connection.execute(
        insert(search), [{"id": ids[ref], **_values(document, weighed)} for ref, (document, weighed) in fresh.items()]
    )
    postings.add(connection, [(ids[ref], _tokens(document, weighed)) for ref, (document, weighed) in fresh.items()])
    _count(connection, Counter(term for _, weighed in fresh.values() for term in terms_of(weighed)), len(fresh))
    _learn(connection, (document for document, _ in fresh.values()))
    return len(fresh)


def _values(document: Document, weighed: str) -> dict[str, Any]:
    return {
        "ref": document.ref,
        "source": document.source,
        "format": document.format,
        "guard": document.guard,
        "problem": document.problem,
        "modified_at": document.modified_at,
        "owners": list(document.owners),
        "tags": list(document.tags),
        "prior": document.prior,
        "impacts": weighed,
    }


def _kept(row: Row[Any]) -> dict[str, Any]:
    kept = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    kept.pop("id")
    return kept


def _tokens(document: Document, weighed: str) -> list[str]:
    return tokens(weighed, document.source, document.format, document.owners, document.tags, document.problem)


def _rows(connection: Connection, refs: Sequence[str]) -> dict[str, Row[Any]]:
    return {row.ref: row for row in connection.execute(select(search).where(search.c.ref.in_(refs)))}


def drop(connection: Connection, refs: Iterable[str]) -> None:
    """Take datasets out of the index."""
    gone = list(refs)
    for begin in range(0, len(gone), CHUNK):
        _forget(connection, list(_rows(connection, gone[begin : begin + CHUNK]).values()))


def _forget(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    if not rows:
        return
    old = [(row.id, tokens(row.impacts, row.source, row.format, row.owners, row.tags, row.problem)) for row in rows]
    postings.remove(connection, old)
    _count(connection, Counter({term: -n for term, n in _terms(rows).items()}), -len(rows))
    connection.execute(delete(search).where(search.c.id.in_([row.id for row in rows])))


def _terms(rows: Sequence[Row[Any]]) -> Counter[str]:
    return Counter(term for row in rows for term in terms_of(row.impacts))


def _ids(connection: Connection, documents: Sequence[Document], known: dict[str, Row[Any]]) -> dict[str, int]:
    """An id for each: the old one where its use did not change much, else the next in its range."""
    following: dict[int, int] = {}
    found = {}
    for document in documents:
        low = bucket(document.prior)
        old = known.get(document.ref)
        if old is not None and low <= old.id < low + BUCKET:
            found[document.ref] = int(old.id)
            continue
        if low not in following:
            query = select(func.max(search.c.id)).where(search.c.id >= low, search.c.id < low + BUCKET)
            following[low] = (connection.execute(query).scalar() or low) + 1
        found[document.ref] = following[low]
        following[low] += 1
    return found


def _count(connection: Connection, changes: Counter[str], documents: int) -> None:
    """Add to the number of datasets that have each term; the empty term counts all."""
    statement = text(
        "INSERT INTO catalog_terms (term, documents) VALUES (:term, :change)"
        " ON CONFLICT (term) DO UPDATE SET documents = catalog_terms.documents + :change"
    )
    rows = [{"term": term[:80], "change": change} for term, change in sorted(changes.items())]
    connection.execute(statement, [*rows, {"term": "", "change": documents}])


def _learn(connection: Connection, documents: Iterable[Document]) -> None:
    found = sorted({word for document in documents for word in surface(document)})
    statement = text(
        "INSERT INTO catalog_words (word, term, bones) VALUES (:word, :term, :bones) ON CONFLICT (word) DO NOTHING"
    )
    if found:
        connection.execute(statement, [{"word": word, "term": stem(word), "bones": bones(word)} for word in found])


def find(
    connection: Connection, question: str, limit: int, guards: Sequence[int] | None = None, narrow: Narrow | None = None
) -> Matches:
    """The best matches among what a person may read: datasets whose guard is in ``guards``, or all with None."""
    held = narrow or Narrow()
    groups, everything = expanded(connection, question)
    rows, more = _candidates(connection, groups, held, guards)
    scored = [(_score(row, groups, everything), row) for row in rows]
    scored = [pair for pair in scored if pair[0] > 0 or not groups]
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    best = [Match(row.ref, round(score, 4)) for score, row in scored[:limit]]
    return Matches(best, len(scored), more, _facets([row for _, row in scored]))


def _candidates(
    connection: Connection, groups: Sequence[Group], held: Narrow, guards: Sequence[int] | None
) -> tuple[list[Row[Any]], bool]:
    where, values = _condition(held, guards)
    base = held.tokens()
    found: dict[int, Row[Any]] = {}
    cut = False

    def take(wanted: list[list[str]], most: int = CANDIDATES) -> int:
        nonlocal cut
        rows = postings.first(connection, [*wanted, *base], most, where, values)
        found.update((row.id, row) for row in rows)
        cut = cut or len(rows) == most
        return len(rows)

    known = [group for group in groups if group.documents]
    if not known:
        if not groups:
            take([])
        return list(found.values()), cut
    every = [group.tokens() for group in groups]
    if len(groups) <= SHORT_QUESTION and len(known) == len(groups) and take(every):
        if cut:
            take([[f"n~{one}" for one in group] for group in every])
        return list(found.values()), cut
    _take_some(take, sorted(known, key=lambda group: group.documents))
    return list(found.values()), cut


def _take_some(take: Any, groups: Sequence[Group]) -> None:
    """The rarest words as far as they go, then pairs of the next, and names."""
    rare: list[str] = []
    room = RARE
    common: list[Group] = []
    for group in groups:
        if group.documents <= room:
            rare += group.tokens()
            room -= group.documents
        else:
            common.append(group)
    if rare:
        take([rare], RARE + 1)
    for index, group in enumerate(common[:3]):
        for other in common[index + 1 : 4]:
            take([group.tokens(), other.tokens()], CANDIDATES // 4)
        take([[f"n~{one}" for one in group.tokens()]], CANDIDATES // 4)
        if not rare:
            take([group.tokens()], CANDIDATES // 2)


def _condition(held: Narrow, guards: Sequence[int] | None) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    values: dict[str, Any] = {}
    if guards is not None:
        names = [f"guard{index}" for index in range(len(guards))]
        parts.append(f"s.guard IN ({', '.join(f':{name}' for name in names)})")
        values.update(zip(names, guards, strict=True))
    if held.since is not None:
        parts.append("s.modified_at >= :since")
        values["since"] = held.since
    return " AND ".join(parts), values


def _score(row: Row[Any], groups: Sequence[Group], everything: int) -> float:
    written = row.impacts
    total = 0.0
    for group in groups:
        most = max((weight * impact(written, term) for term, weight in group.terms.items()), default=0.0)
        if most:
            rarity = math.log(1 + (everything - group.documents + 0.5) / (group.documents + 0.5))
            total += rarity * most / 255 * group.weight
    return total * (1 + USE_WEIGHT * math.log2(1 + row.prior))


def _facets(rows: Sequence[Row[Any]]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("source", "format", "owner", "tag", "problem")}
    for row in rows:
        counts["source"][row.source] += 1
        counts["format"][row.format] += 1
        counts["owner"].update(_list(row.owners))
        counts["tag"].update(_list(row.tags))
        counts["problem"]["yes" if row.problem else "no"] += 1
    return {name: dict(count.most_common(20)) for name, count in counts.items() if count}


def _list(value: Any) -> list[str]:
    """A JSON list as a text query gives it: text in SQLite, a list in PostgreSQL."""
    if isinstance(value, str):
        return [] if value == "[]" else msgspec.json.decode(value, type=list[str])
    return list(value or [])


def set_guards(connection: Connection, guards: dict[str, int]) -> None:
    """Say who may see datasets that are in the index already."""
    for ref, guard in guards.items():
        connection.execute(update(search).where(search.c.ref == ref).values(guard=guard))


__all__ = ["Match", "Matches", "Narrow", "drop", "find", "put", "set_guards", "terms", "token", "words"]
