"""Data as readers give it: Arrow batches, in parts that can be read one by one.

Vocabulary
  table   something with a schema that is read in parts; every kind of source gives one
  part    the smallest piece that is read by itself: a row group, a stripe, a block of lines, a file
  apart   whether a part can be read without those before it, so that parts may be drawn by chance
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from perijove.catalog.model import Method, Preview, PreviewColumn
from perijove.catalog.plain import plain, plain_all

BATCH = 65_536


@dataclass(frozen=True)
class Part:
    """A piece of a table: what its reader needs to find it, and its rows where they are known."""

    where: Any
    rows: int | None = None


class Table(Protocol):
    """What previews and profiles read. ``rows`` is None where counting would mean reading it all."""

    schema: Any
    rows: int | None
    apart: bool
    method: Method

    def parts(self) -> Sequence[Part]:
        """Its parts, in order."""
        ...

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The record batches of a part, with only these columns, in this order."""
        ...


class Held:
    """An Arrow table that is in memory already."""

    apart = True
    method: Method = "all rows"

    def __init__(self, table: Any) -> None:
        self.table = table
        self.schema = table.schema
        self.rows: int | None = table.num_rows

    def parts(self) -> Sequence[Part]:
        """One part."""
        return [Part(0, self.rows)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """Its batches."""
        yield from chosen(self.table, columns).to_batches(max_chunksize=batch)


def chosen(batch: Any, columns: Sequence[str]) -> Any:
    """A batch with these columns; left as it is where they are all (two may have one name)."""
    return batch if batch.schema.names == list(columns) else batch.select(list(columns))


def heads(schema: Any) -> list[PreviewColumn]:
    """Name and type of each column."""
    return [PreviewColumn(field.name, str(field.type)) for field in schema]


def records(batch: Any) -> list[list[Any]]:
    """A batch of Arrow data as rows of plain values."""
    listed = [_values(column) for column in batch.columns]
    return [list(row) for row in zip(*listed, strict=True)] if listed else []


def _values(column: Any) -> list[Any]:
    try:
        return plain_all(column.to_pylist())
    except (ValueError, OverflowError, UnicodeDecodeError, KeyError):
        return [scalar(value) for value in column]


def scalar(value: Any) -> Any:
    """An Arrow value as a plain one; a nanosecond or a year that Python's types cannot hold is text."""
    try:
        return plain(value.as_py())
    except (ValueError, OverflowError, UnicodeDecodeError, KeyError):
        return _as_text(value)


def _as_text(value: Any) -> str:
    import pyarrow as pa

    for kind in (pa.string(), pa.binary()):
        try:
            return str(plain(value.cast(kind).as_py()))
        except (pa.ArrowException, ValueError, OverflowError):
            continue
    try:
        return f"{value.value} ({value.type})"
    except (AttributeError, ValueError, OverflowError):
        return f"({value.type})"


def without_pandas() -> None:
    """Keep Arrow from importing pandas (most of a second) for values that it can make by itself."""
    import sys

    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas())
    try:
        pa.array([0])
    finally:
        sys.meta_path.pop(0)


class _NoPandas:
    """Says to importlib that there is no pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise for pandas, know nothing of the rest."""
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError("Arrow works without pandas here.", name=name)


def first(table: Table, rows: int) -> Preview:
    """The first rows of a table, and how many there are in all where that is known."""
    names = [field.name for field in table.schema]
    taken: list[list[Any]] = []
    for part in table.parts():
        for batch in table.read(part, names, min(rows + 1, BATCH)):
            taken += records(batch.slice(0, rows + 1 - len(taken)))
            if len(taken) > rows:
                break
        if len(taken) > rows:
            break
    more = len(taken) > rows
    total = table.rows if more else len(taken)
    return Preview(heads(table.schema), taken[:rows], total, more)
