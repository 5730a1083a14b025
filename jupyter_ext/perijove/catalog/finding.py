"""Finds datasets for a person: what matches best among what they may read, and why it matched."""

from __future__ import annotations

import time

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from perijove.catalog.about import AboutStore
from perijove.catalog.access import AccessRules
from perijove.catalog.indexing import index, place
from perijove.catalog.model import Dataset, Facet, FacetValue, Hit, Hits
from perijove.catalog.search_index import Match, Narrow
from perijove.catalog.shapes import About
from perijove.catalog.snippets import why
from perijove.catalog.store import CatalogStore
from perijove.catalog.tables import marks
from perijove.catalog.words import is_identifier
from perijove.core import tables as core
from perijove.core.access import Person

USED = "used"
MOST_CELLS = 400


class Finder:
    """The search over datasets."""

    def __init__(self, store: CatalogStore, abouts: AboutStore, access: AccessRules) -> None:
        self.store = store
        self.abouts = abouts
        self.access = access

    def find(self, q: str, limit: int, who: Person, narrow: Narrow) -> Hits:
        """The best matches; without a question the most used datasets."""
        began = time.perf_counter()
        self.store.index_old()
        self.take_in_uses()
        found = self.store.search(q, limit, narrow, lambda connection: self.access.guards(connection, who))
        refs = [match.ref for match in found.best]
        known, said = self.store.many(refs), self.abouts.many(refs)
        open_to_all = not self.access.store.restricted()
        before = {} if open_to_all else self.access.store.before(refs)[1]
        hits = [
            _hit(match, known[match.ref], said.get(match.ref, About(match.ref)), q, match.ref in before)
            for match in found.best
            if match.ref in known
        ]
        if is_identifier(q):
            hits.sort(key=lambda hit: not _is_called(known[hit.ref], q.strip().lower()))
        facets = [
            Facet(name, [FacetValue(value, count) for value, count in values.items()])
            for name, values in found.facets.items()
            if values
        ]
        return Hits(hits, found.total, found.more, facets, round(1000 * (time.perf_counter() - began), 1))

    def take_in_uses(self) -> None:
        """Index the datasets that cells have used since anyone searched last, with the text of those cells."""
        with self.store.database.begin() as connection:
            newest = connection.execute(select(func.max(core.executions.c.seq))).scalar() or 0
            row = connection.execute(select(marks.c.value).where(marks.c.name == USED)).first()
            last = row.value if row is not None else 0
            if newest <= last:
                return
            index(connection, _used(connection, last))
            if row is None:
                connection.execute(marks.insert().values(name=USED, value=newest))
            else:
                connection.execute(marks.update().where(marks.c.name == USED).values(value=newest))


def _used(connection: Connection, after: int) -> list[str]:
    """The datasets that cells which ran after a moment read or wrote."""
    log, edges = core.executions.c, core.edges.c
    ran = connection.execute(select(log.notebook, log.cell).where(log.seq > after).distinct())
    cells = [f"cell:{row.notebook}#{row.cell}" for row in ran]
    found: set[str] = set()
    for begin in range(0, len(cells), MOST_CELLS):
        part = cells[begin : begin + MOST_CELLS]
        for near, far in ((edges.source, edges.target), (edges.target, edges.source)):
            found.update(connection.execute(select(near).where(far.in_(part), near.like("dataset:%"))).scalars())
    return sorted(found)


def _hit(match: Match, dataset: Dataset, said: About, q: str, restricted: bool) -> Hit:
    matched, snippet = why(dataset, said, q) if q.strip() else ("name", f"name {dataset.name}")
    folder = place(dataset.uri, dataset.name)
    return Hit(
        ref=match.ref,
        name=dataset.name,
        source=dataset.source,
        score=match.score,
        snippet=snippet,
        matched=matched,
        where=f"{dataset.source}{' · ' if folder else ''}{folder.replace(' ', '/')}",
        format=dataset.format,
        rows=dataset.rows,
        restricted=restricted,
        problem=dataset.problem,
    )


def _is_called(dataset: Dataset, identifier: str) -> bool:
    """Whether a dataset or a column of it has just this name."""
    return identifier == dataset.name.lower() or any(identifier == one.name.lower() for one in dataset.columns)


def told(dataset: Dataset, said: About) -> Dataset:
    """A dataset with what people say of it."""
    columns = [
        replace(column, description=said.columns.get(column.name, column.description)) for column in dataset.columns
    ]
    return replace(dataset, columns=columns, owners=said.owners, tags=said.tags, description=said.description)
