"""How many rows and bytes each version of a Delta table held, from the files that its log adds and removes.

No data is read. The log is replayed from its first commit, or from the state at the first commit that is still there;
a file whose statistics are not in the log makes the rows of the versions that held it unknown, not wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from perijove.catalog.sources.spots import Local, Spot

COMMITS_NEAR, COMMITS_FAR = 1_000, 32
MOST_BYTES = 32 * 2**20


class Vector(msgspec.Struct, rename="camel"):
    """Which rows of a file are deleted; ``cardinality`` is how many."""

    cardinality: int = 0


class File(msgspec.Struct, rename="camel"):
    """A file that a commit adds or removes; ``stats`` is JSON within the JSON."""

    path: str
    size: int | None = None
    stats: str | None = None
    deletion_vector: Vector | None = None


class Line(msgspec.Struct):
    """One action of a commit; those that change no files are passed over."""

    add: File | None = None
    remove: File | None = None


class Stats(msgspec.Struct, rename="camel"):
    """The part of a file's statistics that counts rows."""

    num_records: int | None = None


class Held(msgspec.Struct, frozen=True):
    """Rows and bytes, of a file or of a version; null where they are not known."""

    rows: int | None
    bytes: int | None


NOTHING = Held(None, None)
Base = Callable[[int], Mapping[str, Held]]


def held(place: Spot, newest: int, base: Base) -> dict[int, Held]:
    """Rows and bytes by version, of those whose commits are there; ``base`` gives the files at a version."""
    commits = _commits(place.child("_delta_log"), newest)
    if not commits:
        return {}
    first = commits[0][0]
    files = {} if first == 0 else dict(base(first))
    found: dict[int, Held] = {}
    for number, log in commits:
        if number != first or first == 0:
            _apply(files, log)
        found[number] = _sum(files)
    return found


def _commits(log: Spot, newest: int) -> list[tuple[int, list[Line]]]:
    """The commits that follow each other up to the newest, as many as are cheap to read."""
    named = {one.name: one for one in log.children()}
    left = MOST_BYTES
    found: list[tuple[int, list[Line]]] = []
    for number in range(newest, max(newest - (COMMITS_NEAR if isinstance(log, Local) else COMMITS_FAR), -1), -1):
        file = named.get(f"{number:020}.json")
        left -= file.size() if file is not None else 0
        if file is None or left < 0:
            break
        with file.open() as opened:
            raw = opened.read()
        found.append((number, [msgspec.json.decode(line, type=Line) for line in raw.splitlines() if line.strip()]))
    return found[::-1]


def _apply(files: dict[str, Held], log: Sequence[Line]) -> None:
    for one in log:
        if one.remove is not None:
            files.pop(unquote(one.remove.path), None)
    for one in log:
        if one.add is not None:
            files[unquote(one.add.path)] = _of(one.add)


def _of(file: File) -> Held:
    try:
        rows = msgspec.json.decode(file.stats, type=Stats).num_records if file.stats else None
    except msgspec.DecodeError:
        rows = None
    less = file.deletion_vector.cardinality if file.deletion_vector is not None else 0
    return Held(rows - less if rows is not None else None, file.size)


def _sum(files: Mapping[str, Held]) -> Held:
    rows: Any = [one.rows for one in files.values()]
    size: Any = [one.bytes for one in files.values()]
    return Held(None if None in rows else sum(rows), None if None in size else sum(size))
