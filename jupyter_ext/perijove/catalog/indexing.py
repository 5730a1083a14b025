"""Gathers what can be searched of datasets: their schema, what people say of them, and the cells that used them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from perijove.catalog import guards, search_index
from perijove.catalog.documents import Document
from perijove.catalog.tables import about, datasets
from perijove.core import tables as core
from perijove.core.lineage import aware

CHUNK = 400
MOST_CELLS = 20
LONGEST_CELL = 2_000


def index(connection: Connection, refs: Sequence[str]) -> None:
    """Bring the index up to date for datasets, also for those that are gone."""
    for part in _parts(refs):
        found = list(_documents(connection, part))
        search_index.drop(connection, set(part) - {document.ref for document in found})
        search_index.put(connection, found)


def _documents(connection: Connection, refs: Sequence[str]) -> Iterator[Document]:
    rows: dict[str, Row[Any]] = {}
    query = select(datasets).where(datasets.c.ref.in_(refs)).order_by(datasets.c.source.desc())
    for row in connection.execute(query):
        rows[row.ref] = row  # of several sources the first by name is shown
    said = {row.ref: row for row in connection.execute(select(about).where(about.c.ref.in_(refs)))}
    cells = used_in(connection, refs)
    newest = {ref: found[:MOST_CELLS] for ref, found in cells.items()}
    shown = sorted({cell for found in newest.values() for cell in found})
    texts = cell_texts(connection, shown)
    beside = used_by(connection, shown)
    kept = guards.of(connection, sorted({*rows, *(ref for found in beside.values() for ref in found)}))
    for ref, row in rows.items():
        guard = kept.get(ref, 0)
        told = [one for one in newest.get(ref, ()) if all(kept.get(other, 0) in (0, guard) for other in beside[one])]
        text = " ".join(texts.get(cell, "") for cell in told)
        yield _document(row, said.get(ref), text, len(cells.get(ref, ())), guard)


def _document(row: Row[Any], said: Row[Any] | None, cells: str, used: int, guard: int) -> Document:
    names = [str(column["name"]) for column in row.columns]
    own = [str(column.get("description") or "") for column in row.columns]
    parts = [str(row.options.get("description", "")), *own]
    if said is not None:
        parts += [said.description, *said.columns.values()]
    return Document(
        ref=row.ref,
        source=row.source,
        format=row.format,
        name=row.name,
        place=f"{row.source} {place(row.uri, row.name)}",
        columns=names,
        text=" ".join(part for part in parts if part),
        cells=cells,
        owners=said.owners if said is not None else [],
        tags=said.tags if said is not None else [],
        problem=bool(row.problem),
        modified_at=aware(row.modified_at) if row.modified_at else None,
        prior=used,
        guard=guard,
    )


def place(uri: str, name: str) -> str:
    """The folders or the database that a dataset lies in, its two nearest, without its own name."""
    path, _, table = uri.partition("#")
    parts = [part for part in path.partition("://")[2].split("/") if part]
    above = parts[-2:] if table else parts[-3:-1]
    schema = table.rpartition(".")[0]
    return " ".join(part for part in (*above, schema) if part and part != name)


def used_in(connection: Connection, refs: Sequence[str]) -> dict[str, list[str]]:
    """The cells that read or wrote each dataset, the newest first."""
    found: dict[str, list[str]] = {}
    for near, far in (("source", "target"), ("target", "source")):
        edges = core.edges.c
        query = select(edges[near].label("ref"), edges[far].label("cell")).where(
            edges[near].in_(refs), edges.kind.in_(["read", "wrote"]), edges[far].like("cell:%")
        )
        for row in connection.execute(query.order_by(edges.at.desc())):
            cells = found.setdefault(row.ref, [])
            if row.cell not in cells:
                cells.append(row.cell)
    return found


def used_by(connection: Connection, cells: Sequence[str]) -> dict[str, set[str]]:
    """The datasets that each cell read or wrote: what a cell says of a closed one is found by its readers alone."""
    found: dict[str, set[str]] = {cell: set() for cell in cells}
    for begin in range(0, len(cells), CHUNK):
        part = cells[begin : begin + CHUNK]
        for near, far in (("target", "source"), ("source", "target")):
            edges = core.edges.c
            query = select(edges[near], edges[far]).where(edges[near].in_(part), edges.kind.in_(["read", "wrote"]))
            for cell, ref in connection.execute(query):
                found[cell].add(ref)
    return found


def beside(connection: Connection, refs: Sequence[str]) -> list[str]:
    """Datasets that cells used together with some others: what is found by those cells changes with them."""
    cells = sorted({cell for part in _parts(refs) for found in used_in(connection, part).values() for cell in found})
    return sorted({ref for found in used_by(connection, cells).values() for ref in found})


def cell_texts(connection: Connection, cells: Sequence[str]) -> dict[str, str]:
    """The newest source of each cell as it ran."""
    found: dict[str, str] = {}
    log = core.executions.c
    for cell in cells:
        notebook, _, id = cell.partition(":")[2].rpartition("#")
        query = select(log.source).where(log.notebook == notebook, log.cell == id).order_by(log.seq.desc()).limit(1)
        found[cell] = str(connection.execute(query).scalar() or "")[:LONGEST_CELL]
    return found


def _parts(refs: Sequence[str]) -> Iterator[list[str]]:
    for begin in range(0, len(refs), CHUNK):
        yield list(refs[begin : begin + CHUNK])
