"""Sources, datasets, their columns and first rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Engine = Literal["pandas", "polars", "pyarrow", "duckdb", "dask", "cudf", "sqlalchemy"]
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
    """One column; ``min``, ``max`` and ``nulls`` where the file's own statistics or the database give them.

    ``description`` is what the data itself or people say of it.
    """

    name: str
    type: str
    nullable: bool = True
    min: Any = None
    max: Any = None
    nulls: int | None = None
    description: str = ""


class Dataset(msgspec.Struct, frozen=True, rename="camel"):
    """A table or a file set; ``rows`` and ``bytes`` are null where unknown.

    ``format`` is parquet, csv, json, arrow, orc, excel, delta, iceberg, sql, duckdb or mlflow; “other” is one that
    another catalog told of and that no source here holds. ``description`` is Markdown.

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
    description: str = ""


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


Matched = Literal["name", "column", "description", "owner", "tag", "place", "cell"]


class FacetValue(msgspec.Struct, frozen=True):
    """A value to narrow a search by, and how many of the candidates have it."""

    value: str
    count: int


class Facet(msgspec.Struct, frozen=True):
    """One way to narrow a search: source, format, owner, tag or problem."""

    name: str
    values: list[FacetValue]


class Hit(msgspec.Struct, frozen=True):
    """A dataset that a search found; ``snippet`` says what matched, ``matched`` in which part of it.

    ``where`` is its source and folder, for people.
    """

    ref: str
    name: str
    source: str
    score: float
    snippet: str
    matched: Matched = "name"
    where: str = ""
    format: str = ""
    rows: int | None = None
    restricted: bool = False
    problem: str = ""


class Hits(msgspec.Struct, frozen=True):
    """What a search found, best first.

    ``total`` counts the candidates that were weighed; with ``more`` there are others beyond them, less used. ``facets``
    counts candidates. ``ms`` is the time it took.
    """

    hits: list[Hit]
    total: int
    more: bool = False
    facets: list[Facet] = []
    ms: float = 0.0


Method = Literal["footer", "first rows", "row groups", "blocks", "all rows", "database"]
Level = Literal["footer", "sample", "full"]


class Basis(msgspec.Struct, frozen=True, rename="camel"):
    """What numbers rest on: how rows were chosen, how many of how many, and the error that leaves.

    ``share`` is between 0 and 1. ``error`` is the half width of a 95 % interval, for shares and for the rank of a
    quantile, between 0 and 1; null where there is none (all rows, or what a footer says).
    """

    method: Method
    rows_read: int | None = None
    rows: int | None = None
    share: float | None = None
    error: float | None = None


class PreviewColumn(msgspec.Struct, frozen=True):
    """Name and type of a previewed column."""

    name: str
    type: str


class Preview(msgspec.Struct, frozen=True, rename="camel"):
    """Some rows. ``total_rows`` is null where counting would mean reading it all.

    ``note`` is a sentence where order and filter looked at part of the rows only, and ``basis`` says which.
    """

    columns: list[PreviewColumn]
    rows: list[list[Any]]
    total_rows: int | None
    truncated: bool
    basis: Basis | None = None
    note: str = ""


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


class Bin(msgspec.Struct, frozen=True):
    """A bar of a histogram: values from ``low`` up to ``high``, and how many; times are ISO 8601."""

    low: Any
    high: Any
    count: int


class Common(msgspec.Struct, frozen=True):
    """A value and how often it is there."""

    value: Any
    count: int


class ColumnProfile(msgspec.Struct, frozen=True, rename="camel"):
    """Figures of one column; ``quantiles`` by share ("0.25"). What is unknown at this level is null or empty."""

    name: str
    type: str
    basis: Basis
    count: int | None = None
    nulls: int | None = None
    null_share: float | None = None
    distinct: int | None = None
    min: Any = None
    max: Any = None
    mean: float | None = None
    std: float | None = None
    quantiles: dict[str, Any] = {}
    bins: list[Bin] = []
    common: list[Common] = []
    problem: str = ""


class Profile(msgspec.Struct, frozen=True):
    """Figures of a dataset at one level: what its footer says, of a sample, or of all rows."""

    level: Level
    basis: Basis
    columns: list[ColumnProfile]
    rows: int | None = None
    bytes: int | None = None
    version: str = ""
    seconds: float = 0.0


class Sort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Order by a column."""

    column: str
    descending: bool = False


Operator = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts", "null", "not null"]


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep rows whose column compares so with a value; text compares without regard to case in contains and starts."""

    column: str
    op: Operator
    value: Any = None


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows to look at: after filter and order, ``rows`` from ``offset``; of a version, else the present one."""

    rows: int = 50
    offset: int = 0
    sort: list[Sort] = []
    where: list[Filter] = []
    columns: list[str] = []
    version: str = ""


class Version(msgspec.Struct, frozen=True):
    """A version of a dataset, newest first in lists; ``id`` pins it in load code. What is unknown is null or empty."""

    id: str
    at: datetime | None = None
    rows: int | None = None
    bytes: int | None = None
    operation: str = ""
    who: str = ""
    detail: str = ""
    current: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One thing in a place that is browsed; ``opens`` says whether it has entries of its own."""

    uri: str
    name: str
    kind: Literal["folder", "file", "schema", "dataset"]
    format: str = ""
    bytes: int | None = None
    modified: float | None = None
    opens: bool = False


class Listing(msgspec.Struct, frozen=True):
    """Some entries of a place in order of name; ``more`` asks for those after them, empty at the end."""

    entries: list[Entry]
    more: str = ""
