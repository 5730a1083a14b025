"""How a cell is told apart from others: by the id in the text, and by the hash of its source where there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

SHORT = 8
"""How many hexadecimal digits an id has that is made from content."""


class Occurrence(NamedTuple):
    """One cell of a text: the id on its marker (None without one) and the cell's type and source."""

    id: str | None
    cell_type: str
    source: str


def source_hash(source: str) -> str:
    """Name a source by 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fresh_id(cell_type: str, source: str, taken: Collection[str]) -> str:
    """Make an id from content that is not taken; never from a position, so that all sides of a merge agree."""
    seed = f"{cell_type}\n{source}".encode("utf-8", "surrogatepass")
    made = hashlib.sha256(seed).hexdigest()[:SHORT]
    count = 1
    while made in taken:
        count += 1
        made = hashlib.sha256(seed + f"\n{count}".encode()).hexdigest()[:SHORT]
    return made


def synthetic_ids(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give every cell an id: its own, else one made from its type and source; repeated content is counted."""
    taken = {cell["id"] for cell in cells if isinstance(cell.get("id"), str)}
    ids = []
    for cell in cells:
        own = cell.get("id")
        if not isinstance(own, str):
            source = cell.get("source", "")
            own = fresh_id(str(cell.get("cell_type")), source if isinstance(source, str) else "".join(source), taken)
            taken.add(own)
        ids.append(own)
    return ids


def key(cell_id: str, nth: int) -> str:
    """Name the manifest entry of the nth cell (from 1) that has an id."""
    return cell_id if nth == 1 else f"{cell_id}~{nth}"


def keys(ids: Iterable[str]) -> list[str]:
    """Name the manifest entries of cells in order."""
    seen: dict[str, int] = {}
    names = []
    for cell_id in ids:
        seen[cell_id] = nth = seen.get(cell_id, 0) + 1
        names.append(key(cell_id, nth))
    return names


def resolve(cells: Sequence[Occurrence], entries: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Give each cell of a text its id and the key of its manifest entry.

    An id that is there once keeps its entry. Where an id is repeated, the entries go to the cells whose source they
    were made from, then in order; a cell that is left over was duplicated or copied in, and gets a fresh id.
    """
    groups: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        if cell.id is not None:
            groups.setdefault(cell.id, []).append(index)
    found: dict[int, tuple[str, str]] = {}
    for cell_id, members in groups.items():
        if len(members) == 1 and key(cell_id, 2) not in entries:
            found[members[0]] = (cell_id, cell_id)
        else:
            found |= {index: (cell_id, name) for index, name in _share(cell_id, members, cells, entries).items()}
    taken = set(groups)
    for index, cell in enumerate(cells):
        if index not in found:
            made = fresh_id(cell.cell_type, cell.source, taken)
            taken.add(made)
            found[index] = (made, made)
    return [found[index] for index in range(len(cells))]


def _share(
    cell_id: str, members: list[int], cells: Sequence[Occurrence], entries: Mapping[str, Mapping[str, Any]]
) -> dict[int, str]:
    """Share the entries of a repeated id among the cells that have it; the id itself always has an owner."""
    names = [cell_id]
    while (name := key(cell_id, len(names) + 1)) in entries:
        names.append(name)
    hashes = {index: source_hash(cells[index].source) for index in members}
    owners: dict[int, str] = {}
    for position, name in enumerate(names):
        wanted = entries.get(name, {}).get("source")
        near = sorted(members, key=lambda index: members.index(index) != position)
        match = next((index for index in near if index not in owners and hashes[index] == wanted), None)
        if match is not None:
            owners[match] = name
    left = [name for name in names if name not in owners.values()]
    for index in members:
        if index not in owners and left:
            owners[index] = left.pop(0)
    return owners
