"""Sources, datasets, their columns and first rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Engine = Literal["pandas", "dask"]
SourceState = Literal["new", "scanning", "live", "failed"]


class Source(msgspec.Struct, frozen=True, rename="camel"):
    """A place that holds datasets. ``uri`` never carries a password; ``kind`` is the part that reads it."""

    name: str
    kind: str
    uri: str
    state: SourceState
    datasets: int
    problem: str
    scanned_at: datetime | None


class NewSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to add; without ``kind`` it is guessed from the URI."""

    name: str
    uri: str
    kind: str = ""


class Column(msgspec.Struct, frozen=True):
    """One column; ``min``, ``max`` and ``nulls`` where the file's own statistics or the database give them."""

    name: str
    type: str
    nullable: bool = True
    min: Any = None
    max: Any = None
    nulls: int | None = None


class Dataset(msgspec.Struct, frozen=True, rename="camel"):
    """A table or a file set. ``format`` is parquet, csv or sql; ``rows`` and ``bytes`` are null where unknown.

    ``problem`` is a sentence on why it cannot be read, empty where it can.
    """

    ref: str
    name: str
    source: str
    uri: str
    format: str
    rows: int | None
    bytes: int | None
    columns: list[Column]
    owners: list[str]
    tags: list[str]
    versions: list[str]
    modified_at: datetime | None
    problem: str = ""


class DatasetRow(msgspec.Struct, frozen=True, rename="camel"):
    """A dataset as a list shows it."""

    ref: str
    name: str
    source: str
    format: str
    rows: int | None
    column_count: int
    problem: str = ""


class DatasetPage(msgspec.Struct, frozen=True):
    """Some of the datasets of a source, in order of name."""

    datasets: list[DatasetRow]
    total: int


class Hit(msgspec.Struct, frozen=True):
    """A dataset that a search found; ``snippet`` says what matched."""

    ref: str
    name: str
    source: str
    score: float
    snippet: str


class Hits(msgspec.Struct, frozen=True):
    """What a search found, best first."""

    hits: list[Hit]
    total: int


class PreviewColumn(msgspec.Struct, frozen=True):
    """Name and type of a previewed column."""

    name: str
    type: str


class Preview(msgspec.Struct, frozen=True, rename="camel"):
    """The first rows. ``total_rows`` is null where counting would mean reading it all."""

    columns: list[PreviewColumn]
    rows: list[list[Any]]
    total_rows: int | None
    truncated: bool


class LoadCode(msgspec.Struct, frozen=True):
    """Python that loads a dataset."""

    code: str


class Reading(msgspec.Struct, frozen=True):
    """What a source reads of one dataset.

    ``options`` is what loading it needs to know: ``sep`` and ``encoding`` of a CSV file, ``schema``, ``table`` and
    ``index`` (a key that can part the rows) of a table. ``modified`` is a time in seconds since 1970, or null.
    """

    uri: str
    name: str
    format: str
    columns: list[Column] = []
    rows: int | None = None
    bytes: int | None = None
    modified: float | None = None
    version: str = ""
    options: dict[str, str] = {}
    problem: str = ""
