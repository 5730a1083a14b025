"""Keeps the names of data from people who may not see it: a cell's first line is its name, and often names its data.

A cell that uses a hidden dataset, or whose first line holds the name of one that its notebook uses, is left out of what
is searched, and shown by its id alone in the graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from sqlalchemy import Connection, func, literal, select

from perijove.core import tables
from perijove.core.graph import Reader, kind_of
from perijove.core.model import Node
from perijove.core.uris import name_of

Hides = Callable[[Collection[str]], Collection[str]]
MOST = 1000
MOST_LOOKS = 10
CHUNK = 400


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
    used, crowded = _used(connection, cells)
    beside = _beside(connection, cells)
    secret = set(hides(set().union(*used.values(), *beside.values())))
    if not secret:
        return set()
    words = {notebook: _pattern(refs & secret) for notebook, refs in beside.items() if refs & secret}
    return {
        cell
        for cell, name in cells.items()
        if cell in crowded
        or used.get(cell, set()) & secret
        or (_notebook(cell) in words and words[_notebook(cell)].search(name.lower()))
    }


def _notebook(cell: str) -> str:
    return cell.partition(":")[2].rpartition("#")[0]


def _beside(connection: Connection, cells: Iterable[str]) -> dict[str, set[str]]:
    """The datasets that each notebook of some cells uses, in any of its cells that ran."""
    log, edges = tables.executions.c, tables.edges
    found: dict[str, set[str]] = {}
    notebooks = sorted({_notebook(cell) for cell in cells})
    for begin in range(0, len(notebooks), CHUNK):
        held = log.notebook.in_(notebooks[begin : begin + CHUNK])
        ref = literal("cell:") + log.notebook + literal("#") + log.cell
        ran = select(log.notebook, ref.label("ref")).where(held).distinct().subquery()
        for near, far in ((edges.c.target, edges.c.source), (edges.c.source, edges.c.target)):
            query = select(ran.c.notebook, far).join(edges, near == ran.c.ref).where(far.like("dataset:%"))
            for notebook, dataset in connection.execute(query):
                found.setdefault(notebook, set()).add(dataset)
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
