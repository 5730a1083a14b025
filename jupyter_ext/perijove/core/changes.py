"""Whether the data that a cell read has changed since: a newer version, or someone who wrote to it afterwards."""

from __future__ import annotations

from sqlalchemy import select

from perijove.core import tables
from perijove.core.access import Person
from perijove.core.errors import Invalid
from perijove.core.graph import Reader, kind_of
from perijove.core.lineage import CurrentVersion, Lineage
from perijove.core.model import Changed, ChangedCell, ChangedDataset, Edge
from perijove.core.refs import Ref

MOST_CELLS = 200
MOST_IN_NOTEBOOK = 500


def changed_since(lineage: Lineage, cell: Ref, who: Person | None = None) -> Changed:
    """The datasets that a cell read, itself or through the cells before it, and whether each is another by now."""
    if cell.kind not in ("cell", "job"):
        raise Invalid(f"{cell} is neither a cell nor a job.", hint="Ask for cell:<notebook>#<cell id>.")
    with lineage.reading(str(cell), who) as (reader, hidden, _):
        reads = _reads(reader, str(cell))
        out = set(hidden({edge.source for edge in reads}))
        reads = [edge for edge in reads if edge.source not in out]
        names = {node.ref: node.name for node in reader.nodes({edge.source for edge in reads})}
        writes = reader.edges("target", {edge.source for edge in reads})
    return Changed([_compared(edge, names[edge.source], writes, lineage.current_version) for edge in reads])


def changed_cells(lineage: Lineage, notebook: Ref, who: Person | None = None) -> list[ChangedCell]:
    """The cells of a notebook whose data has changed since they read it themselves, in order of id."""
    if notebook.kind != "notebook":
        raise Invalid(f"{notebook} is no notebook.", hint="Ask for notebook:<path>.")
    with lineage.looking(who) as (reader, hidden):
        log = tables.executions.c
        query = select(log.cell).where(log.notebook == notebook.id).distinct().order_by(log.cell)
        ids = reader.connection.execute(query.limit(MOST_IN_NOTEBOOK)).scalars()
        reads = reader.edges("target", [f"cell:{notebook.id}#{one}" for one in ids])
        reads = [edge for edge in reads if kind_of(edge.source) == "dataset"]
        out = set(hidden({edge.source for edge in reads}))
        reads = [edge for edge in reads if edge.source not in out]
        names = {node.ref: node.name for node in reader.nodes({edge.source for edge in reads})}
        writes = reader.edges("target", {edge.source for edge in reads})
    found: dict[str, list[ChangedDataset]] = {}
    for edge in reads:
        one = _compared(edge, names[edge.source], writes, lineage.current_version)
        if one.changed and (one.writers or not _wrote_it_too(edge, writes)):
            found.setdefault(edge.target.rpartition("#")[2], []).append(one)
    return [ChangedCell(cell, datasets) for cell, datasets in sorted(found.items())]


def _wrote_it_too(read: Edge, writes: list[Edge]) -> bool:
    """Whether a cell changed what it had read itself."""
    return any((edge.source, edge.target) == (read.target, read.source) and edge.at >= read.at for edge in writes)


def _compared(read: Edge, name: str, writes: list[Edge], current: CurrentVersion) -> ChangedDataset:
    later = [edge for edge in writes if edge.target == read.source and edge.at > read.at and edge.source != read.target]
    now = current(Ref.parse(read.source).id)
    changed: bool | None = None
    if now is not None and read.version and ("-" in now) == ("-" in read.version):  # told in the same way
        changed = now != read.version
    elif later:
        changed = True
    writers = [edge.source for edge in sorted(later, key=lambda edge: edge.at, reverse=True)]
    return ChangedDataset(read.source, name, read.version, read.at, read.target, now, changed, writers)


def _reads(reader: Reader, cell: str) -> list[Edge]:
    """The newest read of each dataset by a cell, or by those before it whose data came into it."""
    found: dict[str, Edge] = {}
    held: dict[str, set[str] | None] = {cell: None}  # what is looked for in a cell; None for all that it read
    level = [cell]
    while level and len(held) <= MOST_CELLS:
        passed: dict[tuple[str, str], set[str]] = {}
        for row in reader.flows("target", level):
            passed.setdefault((row.via, row.target), set()).add(row.source)
        before = []
        for edge in reader.edges("target", level):
            wanted = held[edge.target]
            if kind_of(edge.source) == "dataset":
                if wanted is None or edge.source in wanted:
                    found.setdefault(edge.source, edge)
            elif edge.kind == "fed" and edge.source not in held:
                sources = passed.get((edge.source, edge.target))
                held[edge.source] = sources if wanted is None or sources is None else sources & wanted
                if sources is None:
                    held[edge.source] = wanted
                before.append(edge.source)
        level = before
    return sorted(found.values(), key=lambda edge: edge.source)
