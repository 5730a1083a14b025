"""The catalog's tables: sources, and their datasets with a text to search in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Row,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from perijove.catalog import model
from perijove.catalog.model import Dataset, DatasetPage, DatasetRow, Reading, Source, SourceState
from perijove.catalog.words import pieces, searchable
from perijove.core.database import Database
from perijove.core.lineage import aware
from perijove.core.tables import metadata

LONGEST_REF = 1000
LARGEST = 2**63 - 1

sources = Table(
    "catalog_sources",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("uri", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("problem", Text, nullable=False, default=""),
    Column("scanned_at", DateTime(timezone=True)),
)

datasets = Table(
    "catalog_datasets",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("ref", String(LONGEST_REF), primary_key=True),
    Column("name", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("format", String(40), nullable=False),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("columns", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("version", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("modified_at", DateTime(timezone=True)),
    Column("name_words", Text, nullable=False),
    Column("words", Text, nullable=False),
    Index("catalog_datasets_ref", "ref"),
)


class CatalogStore:
    """Keeps sources and datasets in the project's database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def sources(self) -> list[Source]:
        """All sources, in order of name."""
        with self.database.begin() as connection:
            rows = connection.execute(_with_counts().order_by(sources.c.name)).all()
        return [_source(row) for row in rows]

    def source(self, name: str) -> Source | None:
        """One source, or None."""
        with self.database.begin() as connection:
            row = connection.execute(_with_counts().where(sources.c.name == name)).first()
        return _source(row) if row else None

    def add_source(self, name: str, kind: str, uri: str) -> bool:
        """Add a source; False where the name is taken."""
        with self.database.begin() as connection:
            if connection.execute(select(sources.c.name).where(sources.c.name == name)).first():
                return False
            connection.execute(insert(sources).values(name=name, kind=kind, uri=uri, state="new", problem=""))
        return True

    def remove_source(self, name: str) -> bool:
        """Forget a source and its datasets; False where there is none."""
        with self.database.begin() as connection:
            connection.execute(delete(datasets).where(datasets.c.source == name))
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
            connection.execute(delete(datasets).where(datasets.c.source == name))
            if rows:
                connection.execute(insert(datasets), rows)
        return True

    def page(self, source: str, limit: int, offset: int) -> DatasetPage:
        """Some datasets of a source, in order of name."""
        query = select(datasets).where(datasets.c.source == source)
        total = select(func.count()).select_from(datasets).where(datasets.c.source == source)
        with self.database.begin() as connection:
            rows = connection.execute(query.order_by(datasets.c.name, datasets.c.ref).limit(limit).offset(offset)).all()
            count = connection.execute(total).scalar_one()
        return DatasetPage([_row(row) for row in rows], count)

    def dataset(self, ref: str) -> tuple[Dataset, dict[str, str]] | None:
        """One dataset and what loading it needs to know, or None."""
        with self.database.begin() as connection:
            query = select(datasets).where(datasets.c.ref == ref).order_by(datasets.c.source)
            row = connection.execute(query).first()
        return (_dataset(row), dict(row.options)) if row else None

    def named(self, name: str) -> list[str]:
        """The refs of the datasets that have exactly this name."""
        with self.database.begin() as connection:
            found = connection.execute(select(datasets.c.ref).where(datasets.c.name == name).distinct())
            return sorted(row.ref for row in found)

    def search(self, words: Sequence[str], limit: int) -> tuple[list[tuple[Dataset, float]], int]:
        """Datasets that have every word, best first, and how many there are in all."""
        score: ColumnElement[Any] = literal(0)
        query = select(datasets)
        for word in words:
            start = f"% {_escaped(word)}"
            in_name = datasets.c.name_words.like(f"{start}%", escape="\\")
            query = query.where(or_(in_name, datasets.c.words.like(f"{start}%", escape="\\")))
            whole = datasets.c.name_words.like(f"{start} %", escape="\\")
            score = score + case((whole, 3), (in_name, 2), else_=1)
        score = score.label("score")
        ordered = query.add_columns(score).order_by(score.desc(), func.length(datasets.c.name), datasets.c.name)
        with self.database.begin() as connection:
            rows = connection.execute(ordered.limit(limit)).all()
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        most = 3 * len(words)
        return [(_dataset(row), round(row.score / most, 3)) for row in rows], total


def _with_counts() -> Any:
    counted = select(func.count()).select_from(datasets).where(datasets.c.source == sources.c.name).scalar_subquery()
    return select(sources, counted.label("datasets"))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _dataset_values(source: str, reading: Reading) -> dict[str, Any]:
    names = [column.name for column in reading.columns]
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
        "name_words": searchable(reading.name),
        "words": searchable(*names),
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


def snippet(dataset: Dataset, words: Sequence[str]) -> str:
    """What of a dataset matched: its name where that has every word, else the columns that have the most."""
    if _matches(dataset.name, words) == len(words):
        return f"name {dataset.name}"
    matches = {column.name: _matches(column.name, words) for column in dataset.columns}
    most = max(matches.values(), default=0)
    hit = [name for name, count in matches.items() if count == most]
    if not most:
        return f"name {dataset.name}"
    more = f" and {len(hit) - 4} more" if len(hit) > 4 else ""
    return f"column{'s' if len(hit) > 1 else ''} {', '.join(hit[:4])}{more}"


def _matches(text: str, words: Sequence[str]) -> int:
    inside = searchable(text)
    return sum(f" {word}" in inside for word in words)


def query_words(query: str) -> list[str]:
    """The words of a query, identifiers split, each once."""
    return list(dict.fromkeys(pieces(query)))
