"""Keeps sources and their datasets; every change is in the index of words when it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from perijove.catalog import model, search_index
from perijove.catalog.indexing import index
from perijove.catalog.model import Dataset, DatasetPage, DatasetRow, Reading, Source, SourceState
from perijove.catalog.search_index import Matches, Narrow
from perijove.catalog.tables import datasets, sources, terms
from perijove.core.database import Database
from perijove.core.lineage import aware

LARGEST = 2**63 - 1
CHUNK = 400


class Origin(NamedTuple):
    """The kind of a source, which is the part that reads it, and its place."""

    kind: str
    uri: str


class Readable(NamedTuple):
    """What reading a dataset needs to know of it, in one light statement: a person waits for its rows."""

    name: str
    uri: str
    options: dict[str, str]
    rows: int | None
    source: str
    kind: str
    source_uri: str


_READABLE = (
    select(
        datasets.c.name,
        datasets.c.uri,
        datasets.c.options,
        datasets.c.rows,
        sources.c.name,
        sources.c.kind,
        sources.c.uri,
    )
    .join(sources, sources.c.name == datasets.c.source)
    .where(datasets.c.ref == bindparam("ref"))
    .order_by(datasets.c.source)
    .limit(1)
)


class CatalogStore:
    """Keeps sources and datasets in the project's database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def sources(self) -> list[Source]:
        """All sources, in order of name."""
        with self.database.read() as connection:
            rows = connection.execute(_with_counts().order_by(sources.c.name)).all()
        return [_source(row) for row in rows]

    def source(self, name: str) -> Source | None:
        """One source, or None."""
        with self.database.read() as connection:
            row = connection.execute(_with_counts().where(sources.c.name == name)).first()
        return _source(row) if row else None

    def origin(self, name: str) -> Origin | None:
        """What reads the datasets of a source, and where; its datasets are not counted for that."""
        with self.database.read() as connection:
            row = connection.execute(select(sources.c.kind, sources.c.uri).where(sources.c.name == name)).first()
        return Origin(row.kind, row.uri) if row else None

    def add_source(self, name: str, kind: str, uri: str) -> bool:
        """Add a source; False where the name is taken."""
        with self.database.begin() as connection:
            if connection.execute(select(sources.c.name).where(sources.c.name == name)).first():
                return False
            connection.execute(insert(sources).values(name=name, kind=kind, uri=uri, state="new", problem=""))
        return True

    def kind(self, name: str) -> str:
        """The kind of a source, empty where there is none."""
        with self.database.read() as connection:
            return str(connection.execute(select(sources.c.kind).where(sources.c.name == name)).scalar() or "")

    def add_datasets(self, source: str, found: Sequence[Reading]) -> None:
        """Add datasets to a source, or replace those of the same URI; the others stay."""
        rows = {reading.uri: _dataset_values(source, reading) for reading in found}
        refs = [row["ref"] for row in rows.values()]
        with self.database.begin() as connection:
            for begin in range(0, len(refs), CHUNK):
                part = refs[begin : begin + CHUNK]
                connection.execute(delete(datasets).where(datasets.c.source == source, datasets.c.ref.in_(part)))
            connection.execute(insert(datasets), list(rows.values()))
            live = {"state": "live", "problem": "", "scanned_at": datetime.now(UTC)}
            connection.execute(update(sources).where(sources.c.name == source).values(**live))
            index(connection, refs)

    def named_in(self, source: str, name: str) -> list[str]:
        """The refs of the datasets of this name in a source, or anywhere where the source is not here."""
        query = select(datasets.c.ref).where(datasets.c.name == name)
        if source and self.kind(source):
            query = query.where(datasets.c.source == source)
        with self.database.begin() as connection:
            return sorted(set(connection.execute(query).scalars()))

    def remove_source(self, name: str) -> bool:
        """Forget a source and its datasets; False where there is none."""
        with self.database.begin() as connection:
            gone = list(connection.execute(select(datasets.c.ref).where(datasets.c.source == name)).scalars())
            connection.execute(delete(datasets).where(datasets.c.source == name))
            index(connection, gone)
            return connection.execute(delete(sources).where(sources.c.name == name)).rowcount > 0

    def set_state(self, name: str, state: SourceState, problem: str = "") -> None:
        """Say how a source is."""
        with self.database.begin() as connection:
            connection.execute(update(sources).where(sources.c.name == name).values(state=state, problem=problem))

    def replace_datasets(self, name: str, found: Sequence[Reading]) -> bool:
        """Put what a scan found in the place of what was known; False where the source is gone meanwhile."""
        rows = [_dataset_values(name, reading) for reading in {reading.uri: reading for reading in found}.values()]
        with self.database.begin() as connection:
            changed = connection.execute(
                update(sources)
                .where(sources.c.name == name)
                .values(state="live", problem="", scanned_at=datetime.now(UTC))
            )
            if not changed.rowcount:
                return False
            old = connection.execute(select(datasets.c.ref).where(datasets.c.source == name)).scalars()
            refs = {*old, *(row["ref"] for row in rows)}
            connection.execute(delete(datasets).where(datasets.c.source == name))
            if rows:
                connection.execute(insert(datasets), rows)
            index(connection, sorted(refs))
        return True

    def page(self, source: str, limit: int, offset: int) -> DatasetPage:
        """Some datasets of a source, in order of name."""
        query = select(datasets).where(datasets.c.source == source)
        total = select(func.count()).select_from(datasets).where(datasets.c.source == source)
        with self.database.begin() as connection:
            rows = connection.execute(query.order_by(datasets.c.name, datasets.c.ref).limit(limit).offset(offset)).all()
            count = connection.execute(total).scalar_one()
        return DatasetPage([_row(row) for row in rows], count)

    def page_of(self, source: str, refs: Sequence[str], limit: int, offset: int) -> DatasetPage:
        """The same of only some of them, given in order."""
        wanted = list(refs[offset : offset + limit])
        query = select(datasets).where(datasets.c.source == source, datasets.c.ref.in_(wanted))
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(datasets.c.name, datasets.c.ref)).all()
        return DatasetPage([_row(row) for row in rows], len(refs))

    def dataset(self, ref: str) -> tuple[Dataset, dict[str, str]] | None:
        """One dataset and what loading it needs to know, or None."""
        with self.database.read() as connection:
            query = select(datasets).where(datasets.c.ref == ref).order_by(datasets.c.source)
            row = connection.execute(query).first()
        return (_dataset(row), dict(row.options)) if row else None

    def readable(self, ref: str) -> Readable | None:
        """What reading a dataset needs to know, or None."""
        with self.database.read() as connection:
            row = connection.execute(_READABLE, {"ref": ref}).first()
        return Readable(*row) if row else None

    def named(self, name: str) -> list[str]:
        """The refs of the datasets that have exactly this name."""
        with self.database.read() as connection:
            found = connection.execute(select(datasets.c.ref).where(datasets.c.name == name).distinct())
            return sorted(row.ref for row in found)

    def many(self, refs: Sequence[str]) -> dict[str, Dataset]:
        """Several datasets."""
        found: dict[str, Dataset] = {}
        with self.database.read() as connection:
            for begin in range(0, len(refs), CHUNK):
                query = select(datasets).where(datasets.c.ref.in_(refs[begin : begin + CHUNK]))
                for row in connection.execute(query.order_by(datasets.c.source.desc())):
                    found[row.ref] = _dataset(row)
        return found

    def refs(self, source: str) -> list[str]:
        """The refs of the datasets of a source."""
        with self.database.read() as connection:
            query = select(datasets.c.ref).where(datasets.c.source == source).order_by(datasets.c.name, datasets.c.ref)
            return list(connection.execute(query).scalars())

    def search(
        self, question: str, limit: int, narrow: Narrow, guards: Callable[[Connection], list[int] | None]
    ) -> Matches:
        """The best matches; ``guards`` says which restrictions the person passes, in the same transaction."""
        with self.database.begin() as connection:
            return search_index.find(connection, question, limit, guards(connection), narrow)

    def index(self, refs: Sequence[str]) -> None:
        """Index datasets anew, for instance those that cells have just used."""
        with self.database.begin() as connection:
            index(connection, refs)

    def index_old(self) -> None:
        """Index everything where nothing is indexed yet: a catalog of an earlier version."""
        with self.database.begin() as connection:
            if connection.execute(select(terms.c.term).where(terms.c.term == "")).first() is None:
                index(connection, list(connection.execute(select(datasets.c.ref).distinct()).scalars()))


def _with_counts() -> Any:
    counted = select(func.count()).select_from(datasets).where(datasets.c.source == sources.c.name).scalar_subquery()
    return select(sources, counted.label("datasets"))


def _dataset_values(source: str, reading: Reading) -> dict[str, Any]:
    moment = datetime.fromtimestamp(reading.modified, UTC) if reading.modified is not None else None
    return {
        "source": source,
        "ref": f"dataset:{reading.uri}",
        "name": reading.name,
        "uri": reading.uri,
        "format": reading.format,
        "rows": _fits(reading.rows),
        "bytes": _fits(reading.bytes),
        "columns": msgspec.to_builtins(reading.columns),
        "options": reading.options,
        "version": reading.version,
        "problem": reading.problem,
        "modified_at": moment,
    }


def _fits(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= LARGEST else None


def _source(row: Row[Any]) -> Source:
    moment = aware(row.scanned_at) if row.scanned_at else None
    return Source(row.name, row.kind, row.uri, row.state, row.datasets, row.problem, moment)


def _row(row: Row[Any]) -> DatasetRow:
    return DatasetRow(row.ref, row.name, row.source, row.format, row.rows, len(row.columns), row.problem)


def _dataset(row: Row[Any]) -> Dataset:
    return Dataset(
        ref=row.ref,
        name=row.name,
        source=row.source,
        uri=row.uri,
        format=row.format,
        rows=row.rows,
        bytes=row.bytes,
        columns=msgspec.convert(row.columns, type=list[model.Column]),
        owners=[],
        tags=[],
        versions=[row.version] if row.version else [],
        modified_at=aware(row.modified_at) if row.modified_at else None,
        problem=row.problem,
    )


def read_alone(reading: Reading) -> Dataset:
    """A dataset that is in no source, as it was just read."""
    moment = datetime.fromtimestamp(reading.modified, UTC) if reading.modified is not None else None
    return Dataset(
        ref=f"dataset:{reading.uri}",
        name=reading.name,
        source="",
        uri=reading.uri,
        format=reading.format,
        rows=reading.rows,
        bytes=reading.bytes,
        columns=reading.columns,
        owners=[],
        tags=[],
        versions=[reading.version] if reading.version else [],
        modified_at=moment,
        problem=reading.problem,
    )
