"""Rows of a database: windows as statements, samples where the database draws them, batches of Arrow.

PostgreSQL draws pages (``TABLESAMPLE SYSTEM``); rows of one page are a cluster. SQLite has no such thing, but a row can
be found by its number, so numbers are drawn. Other databases give their first rows, and no error is stated.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from perijove.catalog import profile as profiles
from perijove.catalog.model import Filter, Method, Profile, Window
from perijove.catalog.rows import BATCH, Part
from perijove.core.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select, TableClause

SAMPLED = 50_000
FEW = 60_000
DRAWS = 20
STEP = 5_000
PAGE = "pj_page"


def place(schema: str, name: str, columns: Sequence[str]) -> TableClause:
    """A table as statements name it, its names quoted as they are."""
    from sqlalchemy import column, quoted_name, table

    listed: list[Any] = [column(quoted_name(one, True)) for one in columns]
    return table(quoted_name(name, True), *listed, schema=quoted_name(schema, True) if schema else None)


def window(table: TableClause, asked: Window, kinds: dict[str, Any], dialect: str) -> Select[Any]:
    """The statement for the rows of a window, and one more."""
    from sqlalchemy import select

    for one in [*asked.columns, *(sort.column for sort in asked.sort), *(test.column for test in asked.where)]:
        if one not in table.c:
            raise Invalid(f"There is no column “{one}”.", hint=f"Columns: {', '.join(table.c.keys()[:20])}.")
    statement = select(*(table.c[name] for name in asked.columns or table.c.keys()))
    statement = statement.where(*conditions(table, asked.where, kinds, dialect))
    for sort in asked.sort:
        order = table.c[sort.column].desc() if sort.descending else table.c[sort.column].asc()
        statement = statement.order_by(order.nulls_last() if dialect in ("postgresql", "sqlite", "oracle") else order)
    return statement.limit(asked.rows + 1).offset(asked.offset or None)


def conditions(
    table: TableClause, filters: Sequence[Filter], kinds: dict[str, Any], dialect: str
) -> list[ColumnElement[bool]]:
    """The filters of a window."""
    from sqlalchemy import String, cast, func

    found: list[ColumnElement[bool]] = []
    for one in filters:
        column: Any = table.c[one.column]
        if one.op in ("null", "not null"):
            found.append(column.is_(None) if one.op == "null" else column.is_not(None))
        elif one.op in ("contains", "starts"):
            text, value = func.lower(cast(column, String)), str(one.value).lower()
            match = text.contains if one.op == "contains" else text.startswith
            found.append(match(value, autoescape=True))
        else:
            found.append(column.op(one.op if one.op != "!=" else "<>")(_value(one, kinds.get(one.column), dialect)))
    return found


def _value(one: Filter, kind: Any, dialect: str) -> Any:
    """The value of a filter, in the type of its column where a database wants that."""
    from sqlalchemy import Numeric, String, cast, literal

    if isinstance(kind, Numeric) or "INT" in str(kind).upper():
        try:
            return one.value if isinstance(one.value, int | float) else float(str(one.value))
        except ValueError as error:
            raise Invalid(f"“{one.value}” is no value of “{one.column}” ({kind}).", hint="Write one.") from error
    if dialect == "sqlite" or kind is None or isinstance(kind, String) or isinstance(one.value, bool):
        return one.value
    return cast(literal(str(one.value)), kind)


class SqlRows:
    """The rows of a table or view as they come."""

    apart = False
    method: Method = "first rows"

    def __init__(self, connection: Connection, table: TableClause, rows: int | None) -> None:
        self.connection = connection
        self.table = table
        self.rows = rows
        first = next(self._stream(list(table.c.keys()), FEW), None)
        import pyarrow as pa

        empty: list[tuple[str, Any]] = [(name, pa.null()) for name in _names(table)]
        self.schema = first.schema if first is not None else pa.schema(empty)

    def parts(self) -> Sequence[Part]:
        """All of it."""
        return [Part(None, self.rows)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows with some columns; values that do not fit the type of the first ones are text that is null."""
        for found in self._stream(columns, None):
            yield fitted(found, self.schema, columns)

    def _stream(self, columns: Sequence[str], most: int | None) -> Iterator[Any]:
        from sqlalchemy import select

        statement = select(*(self.table.c[name] for name in columns)).limit(most)
        result = self.connection.execution_options(stream_results=True, max_row_buffer=STEP).execute(statement)
        while rows := result.fetchmany(most or STEP):
            yield batch_of(rows, columns)


def _names(table: TableClause) -> list[str]:
    return [str(name) for name in list(table.c.keys())]


def batch_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> Any:
    """Rows of a database as a batch; a column of several types is text."""
    import pyarrow as pa

    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    return pa.record_batch([_array(list(values)) for values in columns], names=list(names))


def _array(values: list[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def fitted(batch: Any, schema: Any, columns: Sequence[str]) -> Any:
    """A batch in the types of a schema."""
    import pyarrow as pa

    arrays = []
    for name in columns:
        array, kind = batch.column(name), schema.field(name).type
        if not array.type.equals(kind):
            try:
                array = array.cast(kind)
            except pa.ArrowException as error:
                raise Invalid(
                    f"Column “{name}” has values of several types ({array.type}, first {kind}).",
                    hint="Take the sample, or cast the column in a view.",
                ) from error
        arrays.append(array)
    return pa.record_batch(arrays, names=list(columns))


def sample(connection: Connection, table: TableClause, rows: int | None, index: str, seed: str) -> Profile | None:
    """Figures of rows that the database draws; None where it cannot, or where all may as well be read."""
    if rows is None or rows <= FEW:
        return None
    begin = time.monotonic()
    if connection.dialect.name == "postgresql":
        return _pages(connection, table, rows, begin)
    if connection.dialect.name == "sqlite":
        return _numbers(connection, table, rows, index, random.Random(seed), begin)
    return None


def _pages(connection: Connection, table: TableClause, rows: int, begin: float) -> Profile:
    from itertools import groupby

    from sqlalchemy import func, literal_column, select, tablesample

    names = list(table.c.keys())
    drawn = tablesample(table, func.system(max(100 * SAMPLED / rows, 0.001)), name=PAGE)
    page: ColumnElement[Any] = literal_column(f"({PAGE}.ctid::text::point)[0]").label(f"{PAGE}_number")
    found = connection.execute(select(page, *(drawn.c[name] for name in names)).limit(4 * SAMPLED)).fetchall()
    whole = batch_of([row[1:] for row in found], names)
    clusters, at = [], 0
    for _, group in groupby(found, key=lambda row: row[0]):
        count = sum(1 for _ in group)
        clusters.append([whole.slice(at, count)])
        at += count
    pages = round(len(clusters) * rows / max(at, 1))
    return profiles.of_clusters(whole.schema, clusters, "database", rows, pages, begin)


def _numbers(
    connection: Connection, table: TableClause, rows: int, index: str, chance: random.Random, begin: float
) -> Profile | None:
    from sqlalchemy import func, literal_column, select
    from sqlalchemy.exc import DBAPIError

    names = list(table.c.keys())
    number: ColumnElement[Any] = literal_column("rowid")
    try:
        low, high = connection.execute(select(func.min(number), func.max(number)).select_from(table)).one()
        if not isinstance(low, int) or not isinstance(high, int):
            return None
        groups: list[list[Any]] = []
        for _ in range(DRAWS):
            wanted = [chance.randint(low, high) for _ in range(min(SAMPLED // DRAWS, 900))]
            statement = select(*(table.c[name] for name in names)).where(number.in_(wanted))
            groups.append(list(connection.execute(statement).fetchall()))
    except DBAPIError:
        return None  # a view, or a table without row numbers
    whole = batch_of([row for group in groups for row in group], names)
    clusters, at = [], 0
    for group in groups:
        clusters.append([whole.slice(at, len(group))] if group else [])
        at += len(group)
    kept = [cluster for cluster in clusters if cluster]
    return profiles.of_clusters(whole.schema, kept, "database", rows, max(rows // 900, len(kept)), begin)
