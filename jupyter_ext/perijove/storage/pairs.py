"""Which cell of one notebook is which cell of another.

Ids decide. Cells whose id is on one side only are matched by equal content, then by how many of their rarer words
they share, looked up in an index so that the work grows with the size of the notebooks and not with its square.
Ids that are mere positions (some tools write them so, and inserting a cell shifts them all) are noticed and ignored.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from perijove.storage.lines import matching, rising

Pairs = list[tuple[int, int]]

NEAR = 0.3
"""The least share of common words for two cells between the same neighbours to be one."""
FAR = 0.6
"""The least share for two cells that have moved apart."""
FREQUENT = 12
"""Words in more cells than this tell nothing and are not looked up."""
TRIED = 6
"""How many of the best candidates are compared for a cell."""
LONG = 20_000
"""Characters of a source that count for likeness."""

_WORD = re.compile(r"\w+")


class Body(NamedTuple):
    """What tells a cell from others: its id, type and source."""

    id: str | None
    cell_type: str
    source: str


def joined(text: Any) -> str:
    """A multi-line string of nbformat as one string."""
    return text if isinstance(text, str) else "".join(text or ())


def bodies(cells: Sequence[Mapping[str, Any]]) -> list[Body]:
    """The bodies of cells."""
    return [Body(cell.get("id"), str(cell.get("cell_type")), joined(cell.get("source"))) for cell in cells]


def pair(before: Sequence[Body], after: Sequence[Body]) -> Pairs:
    """Which cell before is which cell after, by position, in the order before; the others have no partner."""
    found = _by_id(before, after)
    left_b = [at for at in range(len(before)) if at not in found]
    taken = set(found.values())
    left_a = [at for at in range(len(after)) if at not in taken]
    if left_b and left_a:
        _by_content(before, after, left_b, left_a, found)
        _by_likeness(before, after, found)
    return sorted(found.items())


def _by_id(before: Sequence[Body], after: Sequence[Body]) -> dict[int, int]:
    where = {key: at for at, key in enumerate(_keys(after)) if key is not None}
    found = {at: where[key] for at, key in enumerate(_keys(before)) if key is not None and key in where}
    changed = {b: a for b, a in found.items() if before[b][1:] != after[a][1:]}
    if not changed:
        return found
    elsewhere = {after[a][1:] for a in changed.values()}
    shifted = sum(before[b][1:] in elsewhere and len(before[b].source) > 10 for b in changed)
    return {} if shifted > len(found) - len(changed) and shifted > 1 else found


def _keys(cells: Sequence[Body]) -> list[tuple[str, int] | None]:
    seen: Counter[str] = Counter()
    keys: list[tuple[str, int] | None] = []
    for cell in cells:
        if cell.id is not None:
            seen[cell.id] += 1
        keys.append(None if cell.id is None else (cell.id, seen[cell.id]))
    return keys


def _by_content(
    before: Sequence[Body], after: Sequence[Body], left_b: list[int], left_a: list[int], found: dict[int, int]
) -> None:
    """Match equal cells: first in order, then those that are unique among what is left."""
    contents_b, contents_a = [before[at][1:] for at in left_b], [after[at][1:] for at in left_a]
    for start_b, start_a, size in matching(contents_b, contents_a):
        for step in range(size):
            found[left_b[start_b + step]] = left_a[start_a + step]
    taken = set(found.values())
    rest_b = [at for at in left_b if at not in found]
    rest_a = [at for at in left_a if at not in taken]
    once = Counter(after[at][1:] for at in rest_a)
    where = {after[at][1:]: at for at in rest_a if once[after[at][1:]] == 1 and after[at].source.strip()}
    times = Counter(before[at][1:] for at in rest_b)
    for at in rest_b:
        if times[before[at][1:]] == 1 and before[at][1:] in where:
            found[at] = where[before[at][1:]]


def _by_likeness(before: Sequence[Body], after: Sequence[Body], found: dict[int, int]) -> None:
    taken = set(found.values())
    rest_b = [at for at in range(len(before)) if at not in found]
    rest_a = [at for at in range(len(after)) if at not in taken]
    if not rest_b or not rest_a:
        return
    gaps_b, gaps_a = _gaps(found, len(before), len(after))
    words_b = {at: words(before[at].source) for at in rest_b}
    words_a = {at: words(after[at].source) for at in rest_a}
    scored = []
    for b, a in _candidates(words_b, words_a, gaps_b, gaps_a):
        near = gaps_b[b] == gaps_a[a]
        share = alike(words_b[b], words_a[a]) * (1.0 if before[b].cell_type == after[a].cell_type else 0.7)
        if share >= (NEAR if near else FAR):
            scored.append((share + (0.2 if near else 0.0), -abs(b - a), b, a))
    for _, _, b, a in sorted(scored, reverse=True):
        if b not in found and a not in taken:
            found[b] = a
            taken.add(a)


def _gaps(found: Mapping[int, int], size_b: int, size_a: int) -> tuple[list[int], list[int]]:
    """Number the gap that each cell lies in, between the matched cells that kept their order."""
    kept = sorted(found.items())
    kept = [kept[at] for at in rising([a for _, a in kept])]
    gaps_b, gaps_a = [0] * size_b, [0] * size_a
    for numbers, stops in ((gaps_b, [b for b, _ in kept]), (gaps_a, [a for _, a in kept])):
        borders = set(stops)
        gap = 0
        for at in range(len(numbers)):
            gap += at in borders
            numbers[at] = gap
    return gaps_b, gaps_a


def _candidates(
    words_b: Mapping[int, Counter[str]], words_a: Mapping[int, Counter[str]], gaps_b: list[int], gaps_a: list[int]
) -> set[tuple[int, int]]:
    """The pairs worth comparing: cells that share rare words, and the few that share a gap."""
    index: dict[str, list[int]] = defaultdict(list)
    for at, counted in words_a.items():
        for word in counted:
            index[word].append(at)
    in_gap: dict[int, list[int]] = defaultdict(list)
    for at in words_a:
        in_gap[gaps_a[at]].append(at)
    pairs: set[tuple[int, int]] = set()
    for at, counted in words_b.items():
        votes: Counter[int] = Counter()
        for word in counted:
            where = index.get(word, ())
            if len(where) <= FREQUENT:
                for other in where:
                    votes[other] += 1
        pairs.update((at, other) for other, _ in votes.most_common(TRIED))
        beside = in_gap[gaps_b[at]]
        if len(beside) <= FREQUENT:
            pairs.update((at, other) for other in beside)
    return pairs


def words(source: str) -> Counter[str]:
    """The words of a source, counted."""
    return Counter(_WORD.findall(source[:LONG]))


def alike(before: Counter[str], after: Counter[str]) -> float:
    """The share of words that two sources have in common, from 0 to 1."""
    total = before.total() + after.total()
    return 2 * (before & after).total() / total if total else 1.0
