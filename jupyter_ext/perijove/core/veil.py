"""Keeps the names of data from people who may not see it: a cell's first line is its name, and often names its data.

A cell that uses a hidden dataset, or whose first line holds the name of one that its notebook uses, is left out of what
is searched, and shown by its id alone in the graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from perijove.core import tables
from perijove.core.graph import Reader, kind_of
from perijove.core.model import Node
from perijove.core.uris import name_of

Hides = Callable[[Collection[str]], Collection[str]]
MOST = 1000
MOST_LOOKS = 10


def nothing(_refs: Collection[str]) -> Collection[str]:
    """What is hidden from those who see everything."""
    return ()


def veiled(connection: Connection, hides: Hides, nodes: Sequence[Node]) -> list[Node]:
    """The same nodes; of cells that tell of hidden data only the id is left."""
    telling = _telling(connection, hides, {node.ref: node.name for node in nodes if node.kind == "cell"})
    return [
        msgspec.structs.replace(node, name=node.ref.rpartition("#")[2]) if node.ref in telling else node
        for node in nodes
    ]


def search_cells(connection: Connection, hides: Hides, q: str, limit: int) -> list[tuple[str, str, str]]:
    """Cells whose first line or notebook holds every word of a query, as (ref, title, snippet)."""
    node = tables.nodes.c
    query = select(tables.nodes).where(node.kind == "cell")
    for word in q.lower().split():
        query = query.where(func.lower(node.name + " " + node.detail).contains(word, autoescape=True))
    found: list[tuple[str, str, str]] = []
    after = ""
    for _ in range(MOST_LOOKS):
        rows = connection.execute(query.where(node.ref > after).order_by(node.ref).limit(limit)).all()
        telling = _telling(connection, hides, {row.ref: row.name for row in rows})
        found += [(row.ref, row.name, row.detail) for row in rows if row.ref not in telling]
        if len(rows) < limit or len(found) >= limit:
            break
        after = rows[-1].ref
    return found[:limit]


def _telling(connection: Connection, hides: Hides, cells: dict[str, str]) -> set[str]:
    """Those of some cells, given with their names, that tell of hidden data."""
    if hides is nothing or not cells:
        return set()
    used, crowded = _used(connection, {*cells, *_neighbours(connection, cells)})
    secret = set(hides(set().union(*used.values())))
    if not secret:
        return set()
    inside: dict[str, set[str]] = {}
    for cell, datasets in used.items():
        inside.setdefault(_notebook(cell), set()).update(datasets & secret)
    words = {notebook: _pattern(refs) for notebook, refs in inside.items() if refs}
    return {
        cell
        for cell, name in cells.items()
        if cell in crowded
        or used.get(cell, set()) & secret
        or (_notebook(cell) in words and words[_notebook(cell)].search(name.lower()))
    }


def _notebook(cell: str) -> str:
    return cell.partition(":")[2].rpartition("#")[0]


def _neighbours(connection: Connection, cells: Iterable[str]) -> set[str]:
    """All cells that ran in the notebooks of some cells."""
    log = tables.executions.c
    found: set[str] = set()
    for notebook in sorted({_notebook(cell) for cell in cells}):
        query = select(log.cell).where(log.notebook == notebook).distinct()
        found |= {f"cell:{notebook}#{id_}" for id_ in connection.execute(query).scalars()}
    return found


def _used(connection: Connection, cells: Collection[str]) -> tuple[dict[str, set[str]], set[str]]:
    """The datasets that each cell read or wrote, and the cells that have more than can be looked at."""
    reader = Reader(connection, MOST)
    found: dict[str, set[str]] = {}
    for edge in reader.edges("target", cells):
        if kind_of(edge.source) == "dataset":
            found.setdefault(edge.target, set()).add(edge.source)
    for edge in reader.edges("source", cells):
        if kind_of(edge.target) == "dataset":
            found.setdefault(edge.source, set()).add(edge.target)
    return found, reader.cut["target"] | reader.cut["source"]


def _pattern(refs: Iterable[str]) -> re.Pattern[str]:
    """The names of some datasets as code may write them, in small letters."""
    words: set[str] = set()
    for ref in refs:
        name = name_of(ref.partition(":")[2]).lower()
        words |= {name, name.rpartition(".")[2] if "#" in ref else name.partition(".")[0]}
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words - {""})))
