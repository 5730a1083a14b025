"""Finds which cell is which where ids are missing: by equal content, then by likeness; an id that is there stays.

A text that was edited by a program which knows no ids has borders without them. Such a cell gets the id (and with it
the outputs) of the cell it was, if that cell's id is not in the text any more; a cell that is like none is a new cell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Cell = Mapping[str, Any]
SAME_PLACE = 0.35
"""How alike two cells between the same neighbours must be, from 0 to 1."""
ELSEWHERE = 0.5
"""How alike two cells must be if one was moved."""
MOST_PAIRS = 250_000
"""Beyond so many pairs only cells between the same neighbours are compared."""


def match(cells: Sequence[Cell], known: Sequence[Cell], anchors: Mapping[int, int]) -> dict[int, int]:
    """For each cell (by position) the known cell it was; ``anchors`` are those that their ids tell."""
    found = dict(anchors)
    taken = set(found.values())
    _equal(cells, known, found, taken)
    _alike(cells, known, found, taken)
    return {position: was for position, was in found.items() if position not in anchors}


def _key(cell: Cell) -> tuple[str, str]:
    source = cell.get("source", "")
    return str(cell.get("cell_type")), source if isinstance(source, str) else "".join(source)


def _equal(cells: Sequence[Cell], known: Sequence[Cell], found: dict[int, int], taken: set[int]) -> None:
    """Cells of the same content: the only ones first, then neighbours of what is found, then in order."""
    keys = [_key(cell) for cell in cells]
    old_keys = [_key(cell) for cell in known]
    olds: dict[tuple[str, str], list[int]] = defaultdict(list)
    news: dict[tuple[str, str], list[int]] = defaultdict(list)
    for was, key in enumerate(old_keys):
        if was not in taken:
            olds[key].append(was)
    for position, key in enumerate(keys):
        if position not in found:
            news[key].append(position)
    for key, positions in news.items():
        if len(positions) == len(olds.get(key, ())):
            for position, was in zip(positions, olds[key], strict=True):
                found[position] = was
                taken.add(was)
    for step in (1, -1):
        order = range(len(cells)) if step == 1 else range(len(cells) - 1, -1, -1)
        edges = {-1: -1, len(cells): len(known)}
        for position in order:
            beside = position - step
            was = found.get(beside, edges.get(beside, -2)) + step
            if position not in found and 0 <= was < len(known) and was not in taken and keys[position] == old_keys[was]:
                found[position] = was
                taken.add(was)
    for key, positions in news.items():
        free = iter([was for was in olds.get(key, ()) if was not in taken])
        for position in positions:
            if position not in found and (was := next(free, -1)) >= 0:
                found[position] = was
                taken.add(was)


def _alike(cells: Sequence[Cell], known: Sequence[Cell], found: dict[int, int], taken: set[int]) -> None:
    """Cells of like content, the most alike first; a cell that stayed between its neighbours needs less."""
    new = [position for position in range(len(cells)) if position not in found and _key(cells[position])[1].strip()]
    old = [was for was in range(len(known)) if was not in taken and _key(known[was])[1].strip()]
    places, old_places = _neighbours(found, len(cells)), _neighbours_of_known(found, len(known))
    grams = {position: _grams(_key(cells[position])[1]) for position in new}
    old_grams = {was: _grams(_key(known[was])[1]) for was in old}
    only = len(new) == len(old) == 1
    pairs = []
    for position, was in _pairs(new, old, places, old_places):
        stayed = only or bool(places[position] & old_places[was])
        score = _likeness(_key(cells[position]), _key(known[was]), grams[position], old_grams[was], stayed)
        if score >= (SAME_PLACE if stayed else ELSEWHERE):
            pairs.append((-score - 0.05 * stayed, abs(position - was), position, was))
    for _, _, position, was in sorted(pairs):
        if position not in found and was not in taken:
            found[position] = was
            taken.add(was)


def _pairs(
    new: list[int], old: list[int], places: list[set[tuple[str, int]]], old_places: list[set[tuple[str, int]]]
) -> Iterator[tuple[int, int]]:
    if len(new) * len(old) <= MOST_PAIRS:
        return ((position, was) for position in new for was in old)
    by_place: dict[tuple[str, int], list[int]] = defaultdict(list)
    for was in old:
        for place in old_places[was]:
            by_place[place].append(was)
    return ((position, was) for position in new for place in places[position] for was in by_place[place][:50])


def _neighbours(found: Mapping[int, int], count: int) -> list[set[tuple[str, int]]]:
    """For each position, the known cells nearest before and after it; -1 stands for the begin and the end."""
    places: list[set[tuple[str, int]]] = [set() for _ in range(count)]
    last = -1
    for position in range(count):
        places[position].add(("after", last))
        last = found.get(position, last)
    last = -1
    for position in range(count - 1, -1, -1):
        places[position].add(("before", last))
        last = found.get(position, last)
    return places


def _neighbours_of_known(found: Mapping[int, int], count: int) -> list[set[tuple[str, int]]]:
    return _neighbours({was: was for was in found.values()}, count)


def _grams(source: str) -> Counter[str]:
    """The pieces of three characters of a source, its begin and end marked."""
    padded = f"\x02\x02{source[:20000]}\x03\x03"
    return Counter(padded[index : index + 3] for index in range(len(padded) - 2))


def _likeness(
    new: tuple[str, str], old: tuple[str, str], grams: Counter[str], old_grams: Counter[str], stayed: bool
) -> float:
    """From 0 to 1: how many pieces two sources share, or how much of the shorter is the begin and end of the longer."""
    shared = (grams & old_grams).total()
    score = 2 * shared / (grams.total() + old_grams.total())
    shorter, longer = sorted((new[1].strip(), old[1].strip()), key=len)
    if shorter and (stayed or len(shorter) >= 8):
        score = max(score, 0.9 * _ends(shorter, longer) / len(shorter))
    return score if new[0] == old[0] else score * 0.7


def _ends(shorter: str, longer: str) -> int:
    """How many characters of the shorter text are the begin and the end of the longer one."""
    begin = 0
    while begin < len(shorter) and shorter[begin] == longer[begin]:
        begin += 1
    end = 0
    while end < len(shorter) - begin and shorter[-1 - end] == longer[-1 - end]:
        end += 1
    return begin + end
