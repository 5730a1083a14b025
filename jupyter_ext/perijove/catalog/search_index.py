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
from perijove.catalog.documents import BUCKET, Document, bucket, counted_of, impacts, surface, tokens
from perijove.catalog.expansion import Group, expanded
from perijove.catalog.postings import facet, token
from perijove.catalog.stem import stem
from perijove.catalog.tables import search, terms, words
from perijove.catalog.words import bones, says_nothing
from perijove.core.lineage import aware

CHUNK = 2_000
CANDIDATES = 80
RARE = 800
RARE_SHORT = 150
ENOUGH = 20
PAIRED = 4
SHORT_QUESTION = 3
USE_WEIGHT = 0.06
NAMED = 0.5
USUAL_NAME, NAME_SLOPE = 3, 0.7
Wanted = tuple[float, float, list[tuple[str, int, float]]]
BYTES = {f"{value:02x}": value for value in range(256)}


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
    ids = _ids(connection, [document for document, _ in fresh.values()], known)  # before the old ones are free again
    _forget(connection, [known[ref] for ref in fresh if ref in known])
    connection.execute(
        insert(search), [{"id": ids[ref], **_values(document, weighed)} for ref, (document, weighed) in fresh.items()]
    )
    postings.add(connection, [(ids[ref], _tokens(document, weighed)) for ref, (document, weighed) in fresh.items()])
    _count(connection, Counter(term for _, weighed in fresh.values() for term in counted_of(weighed)), len(fresh))
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
    kept["modified_at"] = aware(row.modified_at) if row.modified_at else None
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
    return Counter(term for row in rows for term in counted_of(row.impacts))


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
    """The best matches among what a person may read: datasets whose guard is in ``guards``, or all with None.

    Without a question that is the most used; a question without a letter or digit finds nothing.
    """
    if says_nothing(question):
        return Matches([], 0, False, {})
    held = narrow or Narrow()
    groups, everything = expanded(connection, question)
    rows, more = _candidates(connection, groups, held, guards)
    wanted = _wanted(groups, everything)
    scored = [(_score(row[9], row[8], wanted), row) for row in rows]
    if groups:
        scored = [pair for pair in scored if pair[0] > 0]
    scored.sort(key=lambda pair: (-pair[0], pair[1][0]))
    best = [Match(row[1], round(score, 4)) for score, row in scored[:limit]]
    return Matches(best, len(scored), more, _facets([row for _, row in scored]))


class _Candidates:
    """Collects datasets worth scoring: those that seem best first, a few hundred at most."""

    def __init__(self, connection: Connection, held: Narrow, guards: Sequence[int] | None) -> None:
        self.connection = connection
        self.base = held.tokens()
        self.where, self.values = _condition(held, guards)
        self.found: dict[int, Any] = {}  # rows of postings.COLUMNS, read by place
        self.cut = False

    def take(self, wanted: Sequence[Sequence[str]], most: int) -> int:
        """Take the first that have what is wanted."""
        rows = postings.first(self.connection, [*wanted, *self.base], most, self.where, self.values)
        self.found.update((row[0], row) for row in rows)
        self.cut = self.cut or len(rows) == most
        return len(rows)

    def all_words(self, groups: Sequence[list[str]]) -> bool:
        """Those that have all words; of too many, those with one in their name too. False where there is none."""
        if self.take(groups, CANDIDATES) == CANDIDATES:
            named = [f"n~{one}" for group in groups for one in group]
            self.take([named, *groups] if len(groups) > 1 else [named], CANDIDATES)  # a name's word is a word of it too
        return bool(self.found)

    def some_words(self, groups: Sequence[Group], room: int) -> None:
        """The rarest words as far as there is room, then pairs of the next, and names."""
        rare: list[str] = []
        common: list[Group] = []
        left = room
        for group in groups:
            if group.documents <= left:
                rare += group.tokens()
                left -= group.documents
            else:
                common.append(group)
        if rare:
            self.take([rare], RARE + 1)
        if not common or (room == RARE_SHORT and len(self.found) >= ENOUGH):
            return
        for index, group in enumerate(common[:PAIRED]):
            for other in common[index + 1 : PAIRED]:
                self.take([group.tokens(), other.tokens()], CANDIDATES // 2)
            self.take([[f"n~{one}" for one in group.tokens()]], CANDIDATES // 2)
        if not rare:
            self.take([common[0].tokens()], CANDIDATES)


def _candidates(
    connection: Connection, groups: Sequence[Group], held: Narrow, guards: Sequence[int] | None
) -> tuple[list[Any], bool]:
    found = _Candidates(connection, held, guards)
    known = sorted((group for group in groups if group.documents), key=lambda group: group.documents)
    if not groups:
        found.take([], CANDIDATES)
    elif len(groups) > SHORT_QUESTION or len(known) < len(groups) or not found.all_words([g.tokens() for g in groups]):
        found.some_words(known, RARE if len(groups) > SHORT_QUESTION else RARE_SHORT)
    return list(found.found.values()), found.cut


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


def _score(written: str, prior: int, wanted: Sequence[Wanted]) -> float:
    """The impacts of a question's words times their rarity, with more for a name, lifted a little by use."""
    total = called = 0.0
    for rarity, naming, forms in wanted:
        best = named = 0.0
        for mark, length, weight in forms:
            at = written.find(mark)
            if at >= 0:
                at += length
                value = weight * BYTES[written[at : at + 2]]
                if value > best:  # max() takes twice as long, and this is each word of each row
                    best = value
                if weight > named and written[at + 2] == "*":
                    named = weight
        total += rarity * best
        called += naming * named
    if called:
        total += called / (1 - NAME_SLOPE + NAME_SLOPE * written.count("*") / USUAL_NAME)
    return total * (1 + USE_WEIGHT * math.log2(1 + prior)) if prior else total


def _wanted(groups: Sequence[Group], everything: int) -> list[Wanted]:
    """For each word its rarity, that in names, and the marks to look for in impacts with lengths and weights."""
    return [
        (
            _rarity(group.documents, everything) / 255,
            NAMED * _rarity(group.named, everything) if group.named else 0.0,
            [(f" {term}=", len(term) + 2, weight) for term, weight in group.terms.items()],
        )
        for group in groups
        if group.documents
    ]


def _rarity(documents: int, everything: int) -> float:
    return math.log(1 + (everything - documents + 0.5) / (documents + 0.5))


def _facets(rows: Sequence[Any]) -> dict[str, dict[str, int]]:
    counts = {
        "source": Counter([row[2] for row in rows]),
        "format": Counter([row[3] for row in rows]),
        "owner": _listed([row[6] for row in rows]),
        "tag": _listed([row[7] for row in rows]),
        "problem": Counter(["yes" if row[4] else "no" for row in rows]),
    }
    return {name: dict(count.most_common(20)) for name, count in counts.items() if count}


def _listed(values: Sequence[Any]) -> Counter[str]:
    """How often each text stands in lists that are kept as JSON."""
    found: Counter[str] = Counter()
    for value in values:
        if value and value != "[]":
            found.update(msgspec.json.decode(value, type=list[str]) if isinstance(value, str) else value)
    return found


def set_guards(connection: Connection, guards: dict[str, int]) -> None:
    """Say who may see datasets that are in the index already."""
    for ref, guard in guards.items():
        connection.execute(update(search).where(search.c.ref == ref).values(guard=guard))


__all__ = ["Match", "Matches", "Narrow", "drop", "find", "put", "set_guards", "terms", "token", "words"]
