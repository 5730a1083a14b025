"""Says why a dataset was found: in which part of it the words of a question stand."""

from __future__ import annotations

from collections.abc import Sequence

from perijove.catalog.model import Dataset, Matched
from perijove.catalog.shapes import About
from perijove.catalog.stem import stem
from perijove.catalog.words import LONG, SHORT, asked, bones, pieces

LONGEST = 160
MOST_COLUMNS = 4


def why(dataset: Dataset, said: About, question: str) -> tuple[Matched, str]:
    """The part of a dataset that has most of the words, and a line that shows it."""
    wanted = asked(question)
    columns = {column.name: _count(column.name, wanted) for column in dataset.columns}
    told = {column.name: column.description for column in dataset.columns} | said.columns
    parts: list[tuple[int, Matched, str]] = [(_count(dataset.name, wanted), "name", f"name {dataset.name}")]
    best = max(columns.values(), default=0)
    together = _count(" ".join(columns), wanted)
    parts.append((together, "column", _columns([name for name, count in columns.items() if count == best and best])))
    parts += [(_count(tag, wanted), "tag", f"tag {tag}") for tag in said.tags]
    parts += [(_count(owner, wanted), "owner", f"owner {owner}") for owner in said.owners]
    parts.append((_count(said.description, wanted), "description", _around(said.description, wanted)))
    parts += [(_count(text, wanted), "description", f"{name}: {_around(text, wanted)}") for name, text in told.items()]
    count, matched, line = max(parts, key=lambda part: part[0])
    if count:
        return matched, line
    if _count(f"{dataset.source} {dataset.uri}", wanted):
        return "place", f"in {dataset.uri}"
    return "cell", "cells that used it"


def _columns(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_COLUMNS} more" if len(names) > MOST_COLUMNS else ""
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names[:MOST_COLUMNS])}{more}"


def _count(text: str, wanted: Sequence[str]) -> int:
    if not text:
        return 0
    inside = pieces(text)
    return sum(any(stands_for(word, piece) for piece in inside) for word in wanted)


def stands_for(word: str, piece: str) -> bool:
    """Whether a word of a question finds a word of a dataset."""
    if piece.startswith(word) or stem(piece) == stem(word):
        return True
    if piece in LONG.get(stem(word), ()) or (word in SHORT and stem(SHORT[word]) == stem(piece)):
        return True
    key = bones(word)
    return len(key) > 2 and bones(piece) == key and key in (word, piece)


def _around(text: str, wanted: Sequence[str]) -> str:
    """The part of a longer text with the first word that matches."""
    flat = " ".join(text.split())
    if len(flat) <= LONGEST:
        return flat
    words = flat.split(" ")
    at = next((index for index, word in enumerate(words) if _count(word, wanted)), 0)
    shown = " ".join(words[max(0, at - 8) : at + 16])[:LONGEST]
    return f"{'… ' if at > 8 else ''}{shown} …"
