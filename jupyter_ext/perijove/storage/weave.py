"""Three-way merges of lines, of metadata and of order: what both sides made of a base.

Vocabulary
  hunk   a stretch of base lines and what one side put in its place
  piece  a stretch of the result: lines, or three versions of them where both sides changed the same place
Two changed lines, one below the other, are no conflict: both stand. Lines put in where the other side put in or changed
something are one, for nobody knows in which order they belong.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from perijove.storage.lines import changes, rising
from perijove.storage.model import CONFLICT_KEY

WHOLE = frozenset({CONFLICT_KEY, "kernelspec", "language_info", "execution", "papermill"})
"""Metadata that makes sense only as one side wrote it."""

_NOTHING = object()
Thing = TypeVar("Thing", bound=Hashable)


class Piece(NamedTuple):
    """A stretch of a merge; ``lines`` is None where ``ours``, ``base`` and ``theirs`` are all there is to say."""

    lines: list[str] | None
    ours: list[str]
    base: list[str]
    theirs: list[str]


class _Hunk(NamedTuple):
    start: int
    end: int
    lines: list[str]


def weave(base: str, ours: str, theirs: str) -> list[Piece]:
    """Merge three sources by lines."""
    old, mine, yours = base.split("\n"), ours.split("\n"), theirs.split("\n")
    left, right = _hunks(old, mine), _hunks(old, yours)
    pieces: list[Piece] = []
    at = 0
    while left or right:
        group_left, group_right, start, end = _group(left, right)
        left, right = left[len(group_left) :], right[len(group_right) :]
        if start > at:
            pieces.append(Piece(old[at:start], [], [], []))
        at = end
        pieces += _settle(old[start:end], *(_applied(old, group, start, end) for group in (group_left, group_right)))
    if at < len(old):
        pieces.append(Piece(old[at:], [], [], []))
    return pieces


def woven(pieces: Sequence[Piece]) -> str | None:
    """The merged source, None if there is a conflict."""
    lines: list[str] = []
    for piece in pieces:
        if piece.lines is None:
            return None
        lines += piece.lines
    return "\n".join(lines)


def _hunks(base: list[str], side: list[str]) -> list[_Hunk]:
    found: list[_Hunk] = []
    for low, high, first, last in reversed(changes(base, side)):
        limit = found[-1].start - 1 if found else len(base)
        found.append(_slid(base, _Hunk(low, high, side[first:last]), limit))
    return found[::-1]


def _slid(base: list[str], hunk: _Hunk, limit: int) -> _Hunk:
    """Move what was only put in or taken out as far down as it says the same, so that both sides agree where it is."""
    start, end, lines = hunk
    if start == end:
        while end < limit and base[end] == lines[0]:
            lines = [*lines[1:], lines[0]]
            end += 1
        return _Hunk(end, end, lines)
    while not lines and end < limit and base[start] == base[end]:
        start, end = start + 1, end + 1
    return _Hunk(start, end, lines)


def _group(left: list[_Hunk], right: list[_Hunk]) -> tuple[list[_Hunk], list[_Hunk], int, int]:
    """The first hunks that have to be decided together: a single one, or those of both sides that overlap."""
    taken: tuple[list[_Hunk], list[_Hunk]] = ([], [])
    if right and (not left or (right[0].start, right[0].end) < (left[0].start, left[0].end)):
        first = right[0]
        taken[1].append(first)
    else:
        first = left[0]
        taken[0].append(first)
    start, end = first.start, first.end
    grown = True
    while grown:
        grown = False
        for side, hunks in enumerate((left, right)):
            for hunk in hunks[len(taken[side]) :]:
                if not any(_overlap(hunk, other) for other in taken[1 - side]):
                    break
                taken[side].append(hunk)
                end, grown = max(end, hunk.end), True
    return taken[0], taken[1], start, end


def _overlap(one: _Hunk, other: _Hunk) -> bool:
    """Whether two hunks concern the same place; what is only put in at the border of the other has no sure order."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _applied(base: list[str], hunks: list[_Hunk], start: int, end: int) -> list[str]:
    lines: list[str] = []
    at = start
    for hunk in hunks:
        lines += base[at : hunk.start] + hunk.lines
        at = hunk.end
    return lines + base[at:end]


def _settle(base: list[str], ours: list[str], theirs: list[str]) -> list[Piece]:
    """Decide one stretch: the side that changed it, both where they agree, else a conflict without common ends."""
    if ours == theirs or theirs == base:
        return [Piece(ours, [], [], [])]
    if ours == base:
        return [Piece(theirs, [], [], [])]
    least = min(len(ours), len(theirs))
    head = next((at for at in range(least) if ours[at] != theirs[at]), least)
    tail = next((at for at in range(least - head) if ours[-1 - at] != theirs[-1 - at]), least - head)
    middle = Piece(None, ours[head : len(ours) - tail], base, theirs[head : len(theirs) - tail])
    ends = (Piece(ours[:head], [], [], []), Piece(ours[len(ours) - tail :], [], [], []))
    return [*([ends[0]] if head else []), middle, *([ends[1]] if tail else [])]


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values say the same: 1 is not 1.0 nor true, and NaN is NaN; split strings count as joined."""
    if one is other:
        return True
    if type(one) is str and type(other) is str:
        return one == other
    if (type(one) is dict and type(other) is dict) or (isinstance(one, Mapping) and isinstance(other, Mapping)):
        if len(one) != len(other):
            return False
        for key, value in one.items():  # noqa: SIM110 - called for every output of a notebook, a loop is faster
            if key not in other or not same(value, other[key]):
                return False
        return True
    if type(one) is int and type(other) is int:
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return _same_items(one, other) or _same_text(one, other)
    if isinstance(one, list | str) and isinstance(other, list | str):
        return _same_text(one, other)
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and bool(one == other)


def _same_items(one: list[Any], other: list[Any]) -> bool:
    if len(one) != len(other):
        return False
    for a, b in zip(one, other, strict=True):  # noqa: SIM110
        if not same(a, b):
            return False
    return True


def _same_text(one: Any, other: Any) -> bool:
    texts = []
    for value in (one, other):
        if isinstance(value, list) and (not value or not all(isinstance(part, str) for part in value)):
            return False
        texts.append("".join(value))
    return texts[0] == texts[1]


def choose(base: Any, ours: Any, theirs: Any) -> Any:
    """One of three values: what a side changed; ours where both did."""
    return theirs if same(base, ours) and not same(base, theirs) else ours


def keywise(base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Merge mappings key by key, lists of words as sets; ours where both changed the same thing, never by loss."""
    merged: dict[str, Any] = {}
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        values = [side.get(key, _NOTHING) for side in (base, ours, theirs)]
        value = choose(*values) if key in WHOLE else _value(*values)
        if value is not _NOTHING:
            merged[key] = value
    return merged


def _value(base: Any, ours: Any, theirs: Any) -> Any:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        if same(ours, theirs):
            return ours
        return keywise(base if isinstance(base, Mapping) else {}, ours, theirs)
    if same(ours, theirs) or same(base, theirs):
        return ours
    if same(base, ours) or ours is _NOTHING:
        return theirs
    if theirs is not _NOTHING and _words(ours) and _words(theirs) and (base is _NOTHING or _words(base)):
        before = [] if base is _NOTHING else base
        kept = [word for word in ours if word in theirs or word not in before]
        return kept + [word for word in theirs if word not in ours and word not in before]
    return ours


def _words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def order(base: Sequence[Thing], ours: Sequence[Thing], theirs: Sequence[Thing]) -> list[Thing]:
    """Merge three orders of unique things; a thing is in the result if it is in ours or theirs.

    The order is ours, but for what only theirs moved or added: it goes behind what stood before it there, and behind
    what ours put in the same place.
    """
    moved_ours, moved_theirs = _moved(base, ours), _moved(base, theirs)
    in_ours, in_theirs, known = set(ours), set(theirs), set(base)
    following = (moved_theirs - moved_ours) | (in_theirs - in_ours)
    placed = [thing for thing in ours if thing not in following]
    after: dict[Thing | None, Thing | None] = dict(zip([None, *placed], [*placed, None], strict=True))
    last: Thing | None = None
    for thing in theirs:
        if thing in following:
            spot = last
            while (behind := after[spot]) is not None and behind not in known and behind not in in_theirs:
                spot = behind
            after[thing], after[spot] = after[spot], thing
        elif thing not in after:
            continue
        last = thing
    found, at = [], after[None]
    while at is not None:
        found.append(at)
        at = after[at]
    return found


def _moved(base: Sequence[Thing], side: Sequence[Thing]) -> set[Thing]:
    places = {thing: at for at, thing in enumerate(base)}
    shared = [thing for thing in side if thing in places]
    kept = {shared[at] for at in rising([places[thing] for thing in shared])}
    return {thing for thing in shared if thing not in kept}
