"""What else a word of a question may stand for: its other forms, its abbreviations, what it begins."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from perijove.catalog.postings import among, listed, rows, token
from perijove.catalog.stem import stem
from perijove.catalog.tables import words
from perijove.catalog.words import LONG, SHORT, asked, bones

BEGUN = 0.7
ABBREVIATED = 0.8
BONES = 0.7
MOST_BEGUN = 12
LEAST_BONES = 3
LEAST_PART = 3
MOST_WORDS = 60
MOST_TYPED = 4

BEGINNING = (
    "SELECT t.term, t.documents FROM catalog_words w JOIN catalog_terms t ON w.term = t.term"
    " WHERE w.word >= :first AND w.word < :last AND t.documents > 0 LIMIT 200"
)


class Group(msgspec.Struct):
    """One word of a question: the terms it may stand for with their weight; how many datasets hold or are named one."""

    word: str
    terms: dict[str, float]
    documents: int = 0
    named: int = 0

    def tokens(self) -> list[str]:
        """The terms as they are indexed."""
        return [token(term) for term in self.terms]


def expanded(connection: Connection, question: str) -> tuple[list[Group], int]:
    """The words of a question with what they may stand for, and how many datasets there are."""
    groups = [Group(word, _known(word)) for word in asked(question)[:MOST_WORDS]]
    counts = _grouped(connection, groups)
    if any(_missing(group, counts) for group in groups):
        parted = [part for group in groups for part in _parted(connection, group, counts)]
        if parted != [group.word for group in groups]:
            groups = [Group(word, _known(word)) for word in dict.fromkeys(parted)]
            counts = _grouped(connection, groups)
    everything = counts.get("", 0)
    for index, group in enumerate(groups):
        if (index == len(groups) - 1 and len(groups) <= MOST_TYPED) or _missing(group, counts):
            _add_begun(connection, group, counts)
        group.terms = {term: weight for term, weight in group.terms.items() if counts.get(term)}
        group.documents = min(everything, sum(counts[term] for term in group.terms))
        group.named = min(everything, sum(counts.get(f"n~{term}", 0) for term in group.terms))
    return groups, everything


def _grouped(connection: Connection, groups: Sequence[Group]) -> dict[str, int]:
    _add_bones(connection, groups)
    return _counts(connection, [term for group in groups for term in group.terms])


def _missing(group: Group, counts: dict[str, int]) -> bool:
    return not any(counts.get(term) for term in group.terms)


def _parted(connection: Connection, group: Group, counts: dict[str, int]) -> list[str]:
    """A word that nothing has, as two that something has: “custorders” as cust and orders."""
    word = group.word
    if not _missing(group, counts) or len(word) < 2 * LEAST_PART or not word.isalpha():
        return [word]
    last = word[:-1] + chr(ord(word[-1]) + 1)
    if connection.execute(select(words.c.word).where(words.c.word >= word, words.c.word < last).limit(1)).first():
        return [word]
    pairs = [(word[:cut], word[cut:]) for cut in range(LEAST_PART, len(word) - LEAST_PART + 1)]
    both = {part for pair in pairs for part in pair}
    known: set[str] = set(connection.execute(select(words.c.word).where(words.c.word.in_(both))).scalars())
    whole = [pair for pair in pairs if pair[0] in known and pair[1] in known]
    return [*max(whole, key=lambda pair: min(len(pair[0]), len(pair[1])))] if whole else [word]


def _known(word: str) -> dict[str, float]:
    own = stem(word)
    found = {own: 1.0}
    if word in SHORT:
        found.setdefault(stem(SHORT[word]), ABBREVIATED)
    for short in LONG.get(own, []):
        found.setdefault(stem(short), ABBREVIATED)
    return found


def _add_bones(connection: Connection, groups: Sequence[Group]) -> None:
    """Words that leave out the vowels: daily and dly; one of the two must be without any."""
    wanted: dict[str, list[Group]] = {}
    for group in groups:
        key = bones(group.word)
        if len(key) >= LEAST_BONES and group.word.isascii() and group.word.isalpha():
            wanted.setdefault(key, []).append(group)
    if not wanted:
        return
    query = f"SELECT word, term, bones FROM catalog_words WHERE {among(connection, 'bones', 'bones')}"
    for word, term, key in rows(connection, query, {"bones": listed(connection, list(wanted))}):
        for group in wanted[key]:
            if key in (word, group.word):
                group.terms.setdefault(term, BONES)


def _counts(connection: Connection, wanted: Sequence[str]) -> dict[str, int]:
    both = [*wanted, *(f"n~{term}" for term in wanted), ""]
    query = f"SELECT term, documents FROM catalog_terms WHERE {among(connection, 'term', 'terms')} AND documents > 0"
    return {row[0]: row[1] for row in rows(connection, query, {"terms": listed(connection, both)})}


def _add_begun(connection: Connection, group: Group, counts: dict[str, int]) -> None:
    """Words that begin with this one, for what is still being typed."""
    if len(group.word) < 2:
        return
    last = group.word[:-1] + chr(ord(group.word[-1]) + 1)
    found = rows(connection, BEGINNING, {"first": group.word, "last": last})
    more = {row[0]: row[1] for row in found if row[0] not in group.terms}
    best = sorted(more, key=lambda term: -more[term])[:MOST_BEGUN]
    group.terms.update(dict.fromkeys(best, BEGUN))
    counts.update(_counts(connection, best))
