"""What two sequences share, and two texts compared line by line, with the characters that differ in a line.

Only lines that are unique on both sides anchor a comparison at first (as in a patience diff); what lies between two
anchors is compared in full while it is small, so that no pair of texts costs the square of its length.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

from perijove.storage.model import Line

Block = tuple[int, int, int]
"""Equal stretches: where it begins before, where it begins after, how long it is."""

SMALL = 40_000
"""The most comparisons made in full between two anchors; above it, frequent items do not count."""
LARGE = 1_000_000
"""Above this many comparisons without any anchor, the stretch counts as replaced."""
LONG_LINE = 2_000
"""Longer lines are compared by their beginning and end only."""
PAIRED = 900
"""The most pairs tried to find which removed line became which added one."""
ALIKE = 0.4
"""From this share of common words on, a line counts as changed and not as another one."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def matching(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Block]:
    """The stretches that both sequences share, in order, none touching the next."""
    found: list[Block] = []
    waiting = [(0, len(before), 0, len(after))]
    while waiting:
        low_b, high_b, low_a, high_a = waiting.pop()
        start = 0
        while low_b + start < high_b and low_a + start < high_a and before[low_b + start] == after[low_a + start]:
            start += 1
        if start:
            found.append((low_b, low_a, start))
        low_b, low_a = low_b + start, low_a + start
        end = 0
        while high_b - end > low_b and high_a - end > low_a and before[high_b - end - 1] == after[high_a - end - 1]:
            end += 1
        if end:
            found.append((high_b - end, high_a - end, end))
        high_b, high_a = high_b - end, high_a - end
        if low_b == high_b or low_a == high_a:
            continue
        anchors = _anchors(before, after, (low_b, high_b, low_a, high_a))
        if not anchors:
            found += _in_full(before, after, (low_b, high_b, low_a, high_a))
            continue
        for at_b, at_a in anchors:
            waiting.append((low_b, at_b, low_a, at_a))
            found.append((at_b, at_a, 1))
            low_b, low_a = at_b + 1, at_a + 1
        waiting.append((low_b, high_b, low_a, high_a))
    return _joined(sorted(found))


def changes(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int, int, int]]:
    """What is not shared: [start, end) before and [start, end) after, in order."""
    found = []
    at_b = at_a = 0
    for start_b, start_a, size in [*matching(before, after), (len(before), len(after), 0)]:
        if start_b > at_b or start_a > at_a:
            found.append((at_b, start_b, at_a, start_a))
        at_b, at_a = start_b + size, start_a + size
    return found


def rising(values: Sequence[int]) -> list[int]:
    """The positions of a longest strictly rising subsequence."""
    tops: list[int] = []
    tails: list[int] = []
    previous: list[int] = []
    for position, value in enumerate(values):
        place = bisect_left(tops, value)
        previous.append(tails[place - 1] if place else -1)
        if place == len(tops):
            tops.append(value)
            tails.append(position)
        else:
            tops[place], tails[place] = value, position
    chain = []
    at = tails[-1] if tails else -1
    while at >= 0:
        chain.append(at)
        at = previous[at]
    return chain[::-1]


def _anchors(
    before: Sequence[Hashable], after: Sequence[Hashable], within: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    low_b, high_b, low_a, high_a = within
    times_b, times_a = Counter(before[low_b:high_b]), Counter(after[low_a:high_a])
    where = {after[at]: at for at in range(low_a, high_a) if times_a[after[at]] == 1}
    pairs = [(at, where[before[at]]) for at in range(low_b, high_b) if times_b[before[at]] == 1 and before[at] in where]
    return [pairs[at] for at in rising([pair[1] for pair in pairs])]


def _in_full(before: Sequence[Hashable], after: Sequence[Hashable], within: tuple[int, int, int, int]) -> list[Block]:
    low_b, high_b, low_a, high_a = within
    cost = (high_b - low_b) * (high_a - low_a)
    if cost > LARGE:
        return []
    matcher = SequenceMatcher(None, before[low_b:high_b], after[low_a:high_a], autojunk=cost > SMALL)
    return [(low_b + b, low_a + a, size) for b, a, size in matcher.get_matching_blocks() if size]


def _joined(blocks: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for b, a, size in blocks:
        if joined and joined[-1][0] + joined[-1][2] == b and joined[-1][1] + joined[-1][2] == a:
            last = joined.pop()
            joined.append((last[0], last[1], last[2] + size))
        else:
            joined.append((b, a, size))
    return joined


def split(text: str) -> list[str]:
    """The lines of a source, broken at line feeds only; no text has no lines."""
    return text.split("\n") if text else []


def compare(before: str, after: str) -> list[Line]:
    """All lines of both texts in order, the changed ones with the characters that differ."""
    old, new = split(before), split(after)
    rows: list[Line] = []
    at_b = at_a = 0
    for start_b, start_a, size in [*matching(old, new), (len(old), len(new), 0)]:
        rows += _replaced(old, new, (at_b, start_b, at_a, start_a))
        for step in range(size):
            b, a = start_b + step, start_a + step
            rows.append(Line("same", b + 1, a + 1, old[b], new[a]))
        at_b, at_a = start_b + size, start_a + size
    return rows


def _replaced(old: list[str], new: list[str], within: tuple[int, int, int, int]) -> Iterator[Line]:
    low_b, high_b, low_a, high_a = within
    for b, a in [*_partners(old[low_b:high_b], new[low_a:high_a]), (high_b - low_b, high_a - low_a)]:
        for at in range(low_b, within[0] + b):
            yield Line("removed", at + 1, None, old[at])
        for at in range(low_a, within[2] + a):
            yield Line("added", None, at + 1, "", new[at])
        low_b, low_a = within[0] + b, within[2] + a
        if low_b < high_b and low_a < high_a:
            marks_b, marks_a = spans(old[low_b], new[low_a])
            yield Line("changed", low_b + 1, low_a + 1, old[low_b], new[low_a], marks_b, marks_a)
            low_b, low_a = low_b + 1, low_a + 1


def _partners(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Which removed line became which added one, in order."""
    if not old or not new:
        return []
    if len(old) * len(new) > PAIRED:
        return []
    words_old, words_new = [_words(line) for line in old], [_words(line) for line in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for b in range(len(old) - 1, -1, -1):
        for a in range(len(new) - 1, -1, -1):
            taken = best[b + 1][a + 1] + likeness(words_old[b], words_new[a])
            best[b][a] = max(best[b + 1][a], best[b][a + 1], taken)
    pairs, b, a = [], 0, 0
    while b < len(old) and a < len(new):
        alike = likeness(words_old[b], words_new[a])
        if alike and best[b][a] == best[b + 1][a + 1] + alike:
            pairs.append((b, a))
            b, a = b + 1, a + 1
        elif best[b][a] == best[b + 1][a]:
            b += 1
        else:
            a += 1
    return pairs


def _words(line: str) -> Counter[str]:
    return Counter(word for word in _WORD.findall(line[:LONG_LINE]) if not word.isspace())


def likeness(before: Counter[str], after: Counter[str]) -> float:
    """The share of words that two lines have in common, 0 where it is too small to speak of a change."""
    total = before.total() + after.total()
    share = 2 * (before & after).total() / total if total else 0.0
    return share if share >= ALIKE else 0.0


def spans(before: str, after: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The characters that differ between two lines, as [start, end) pairs on each side."""
    if max(len(before), len(after)) > LONG_LINE:
        return _middle(before, after)
    old, new = _WORD.findall(before), _WORD.findall(after)
    places_old, places_new = _places(old), _places(new)
    marks_old, marks_new = [], []
    for low_b, high_b, low_a, high_a in changes(old, new):
        if high_b > low_b:
            marks_old.append((places_old[low_b], places_old[high_b]))
        if high_a > low_a:
            marks_new.append((places_new[low_a], places_new[high_a]))
    return marks_old, marks_new


def _places(words: list[str]) -> list[int]:
    places = [0]
    for word in words:
        places.append(places[-1] + len(word))
    return places


def _middle(before: str, after: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    least = min(len(before), len(after))
    start = next((at for at in range(least) if before[at] != after[at]), least)
    end = next((at for at in range(least - start) if before[-1 - at] != after[-1 - at]), least - start)
    old, new = (start, len(before) - end), (start, len(after) - end)
    return ([old] if old[1] > old[0] else []), ([new] if new[1] > new[0] else [])
