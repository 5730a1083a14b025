"""What of a dataset can be searched, weighed before anyone asks: the document side of BM25F.

Vocabulary
  field   a part of a dataset that words stand in: its name, place, columns, what is said of it, cells that used it
  impact  how much a term says about a dataset, 0 to 255: its weighted frequency over all fields, saturated, so that a
          query only adds up impacts times the rarity of each term
``impacts`` is a text like `` order=c2* custom=7f ``; a star marks a term of the name.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from perijove.catalog.postings import facet, token
from perijove.catalog.stem import stem
from perijove.catalog.words import pieces, terms

# For each field: its weight, its usual length in terms, and how much a longer one counts less (0 to 1).
FIELDS: dict[str, tuple[float, float, float]] = {
    "name": (5.0, 3.0, 0.3),
    "place": (2.0, 5.0, 0.3),
    "columns": (1.6, 40.0, 0.6),
    "text": (1.2, 60.0, 0.6),
    "cells": (0.6, 80.0, 0.6),
}
WHOLE = ("name", "columns")  # a table may be called “one”; elsewhere such words say nothing
SATURATION = 1.4
MOST_TERMS = 500
MOST_IDENTIFIERS = 10_000
BUCKET = 2**40
BUCKETS = 60


class Document(msgspec.Struct, frozen=True):
    """The searchable side of a dataset; ``prior`` is how often cells used it, ``guard`` who may see it."""

    ref: str
    source: str
    format: str
    name: str
    place: str = ""
    columns: Sequence[str] = ()
    text: str = ""
    cells: str = ""
    owners: Sequence[str] = ()
    tags: Sequence[str] = ()
    problem: bool = False
    modified_at: datetime | None = None
    prior: int = 0
    guard: int = 0

    def fields(self) -> dict[str, str]:
        """The text of each field."""
        said = " ".join((self.text, *self.owners, *self.tags))
        return {
            "name": self.name,
            "place": self.place,
            "columns": " ".join(self.columns),
            "text": said,
            "cells": self.cells,
        }


def impacts(document: Document) -> str:
    """The weighed terms of a document; of a very wide one those that say most, and those of its columns.

    A column is looked for by its name, so each of thousands must be found by it.
    """
    weights: Counter[str] = Counter()
    named: set[str] = set()
    columns: dict[str, None] = {}
    for field, written in document.fields().items():
        if not written:
            continue
        found = [stem(piece) for piece in pieces(written)] if field in WHOLE else terms(written)
        weight, usual, slope = FIELDS[field]
        share = weight / (1 - slope + slope * len(found) / usual)
        for term, count in Counter(found).items():
            weights[term] += share * count  # type: ignore[assignment]  # a Counter may hold fractions
        if field == "name":
            named = set(found)
        if field == "columns":
            columns = dict.fromkeys(found[:MOST_IDENTIFIERS])
    kept = weights.most_common(MOST_TERMS)
    if len(weights) > len(kept):
        held = {term for term, _ in kept}
        kept += [(term, weights[term]) for term in columns if term not in held]
    parts = [f"{term}={_byte(weight)}{'*' if term in named else ''}" for term, weight in kept]
    return f" {' '.join(parts)} " if parts else " "


def _byte(weight: float) -> str:
    return f"{max(1, round(255 * weight / (SATURATION + weight))):02x}"


def impact(written: str, term: str) -> int:
    """How much a term says, 0 where it is not there."""
    start = written.find(f" {term}=")
    if start < 0:
        return 0
    at = start + len(term) + 2
    return int(written[at : at + 2], 16)


def surface(document: Document) -> Iterator[str]:
    """The words as they are written, for completion and for words that leave out vowels."""
    for written in document.fields().values():
        yield from pieces(written)


def tokens(written: str, source: str, format: str, owners: Sequence[str], tags: Sequence[str], bad: bool) -> list[str]:
    """All that a document is indexed by."""
    found = [facet("s", source), facet("f", format)]
    found += [facet("o", owner) for owner in owners] + [facet("t", tag) for tag in tags]
    found.append(facet("p", "yes" if bad else "no"))
    for part in written.split():
        term, _, rest = part.partition("=")
        found.append(token(term))
        if rest.endswith("*"):
            found.append(f"n~{token(term)}")
    return found


def counted_of(written: str) -> list[str]:
    """The terms of an ``impacts`` text, and ``n~term`` for those of the name: what is rare there may be common else."""
    found = []
    for part in written.split():
        term, _, rest = part.partition("=")
        found.append(term)
        if rest.endswith("*"):
            found.append(f"n~{term}")
    return found


def bucket(prior: int) -> int:
    """The range of ids for datasets that are used so often; the most used come first."""
    return (BUCKETS - min(BUCKETS, round(2 * math.log2(1 + max(0, prior))))) * BUCKET
