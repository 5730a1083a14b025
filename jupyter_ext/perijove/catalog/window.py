"""Sort, filter and page any table without holding it: positions first, then only the rows that are shown.

Vocabulary
  key       the sorted columns of a row that passed the filter, and where the row is
  position  the number of a part and of a row in it
The columns of the filter and the order are read through once; the rest is read only where rows are shown. If time runs
out first, the answer says how many rows were looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from perijove.catalog.model import Basis, Filter, Preview, Sort, Window
from perijove.catalog.rows import Part, Table, heads, records
from perijove.catalog.values_in import comparable, texts, value_of
from perijove.catalog.views import unviewed
from perijove.core.errors import Invalid

SECONDS = 5.0
MOST_ROWS = 10_000
PART, ROW = "__part", "__row"


def look(table: Table, window: Window, seconds: float = SECONDS) -> Preview:
    """The rows of a window."""
    import pyarrow as pa

    names = window.columns or list(table.schema.names)
    _known(table, [*names, *(one.column for one in window.sort), *(one.column for one in window.where)])
    until = time.monotonic() + seconds
    schema = table.schema if not window.columns else pa.schema([table.schema.field(name) for name in names])
    if not window.sort and not window.where:
        rows, more = _page(table, window, names)
        total = table.rows if table.rows is not None else (None if more else window.offset + len(rows))
        return Preview(heads(schema), rows, total, more)
    found, seen, matched, whole = _positions(table, window, until)
    places = found.slice(window.offset, window.rows)
    rows = _take(table, places, names)
    basis = Basis("all rows" if whole else "first rows", seen, table.rows, 1.0 if whole else _share(seen, table.rows))
    return Preview(
        heads(schema),
        rows,
        matched if whole else None,
        matched > window.offset + len(rows) or not whole,
        basis=basis,
        note="" if whole else _partly(seen, table.rows),
    )


def _known(table: Table, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.schema.names:
            raise Invalid(f"There is no column “{name}”.", hint=f"Columns: {', '.join(table.schema.names[:20])}.")


def _share(seen: int, rows: int | None) -> float | None:
    return seen / rows if rows else None


def _partly(seen: int, rows: int | None) -> str:
    of = f" of {rows:,}" if rows is not None else ""
    return f"Only the first {seen:,}{of} rows were looked at: reading on would take too long here."


def _page(table: Table, window: Window, names: Sequence[str]) -> tuple[list[list[Any]], bool]:
    """Rows from an offset, in the order in which they are stored; parts before it are passed over unread."""
    skip, wanted = window.offset, window.rows + 1
    taken: list[list[Any]] = []
    for part in table.parts():
        if part.rows is not None and part.rows <= skip:
            skip -= part.rows
            continue
        for batch in table.read(part, names, max(min(skip + wanted, 65_536), 1)):
            if batch.num_rows <= skip:
                skip -= batch.num_rows
                continue
            taken += records(batch.slice(skip, wanted - len(taken)))
            skip = 0
            if len(taken) >= wanted:
                return taken[: window.rows], True
    return taken, False


def _positions(table: Table, window: Window, until: float) -> tuple[Any, int, int, bool]:
    """Where the rows of the window are, how many rows were seen and matched, and whether all were seen."""
    import pyarrow as pa

    wanted = window.offset + window.rows
    needed = list(dict.fromkeys([*(one.column for one in window.where), *(one.column for one in window.sort)]))
    keep = conditions(table.schema, window.where)
    kept: list[Any] = []
    held = seen = matched = 0
    for number, part, batch, start in _batches(table, needed):
        seen += batch.num_rows
        keys = _keys(batch, number, start, window.sort, keep)
        matched += keys.num_rows
        if keys.num_rows:
            kept.append(keys)
            held += keys.num_rows
        if held > max(4 * wanted, 200_000):
            kept = [_best(kept, window.sort, wanted)]
            held = kept[0].num_rows
        if time.monotonic() > until:
            return _best(kept, window.sort, wanted) if kept else pa.table({}), seen, matched, False
        if not window.sort and matched > wanted and part.rows is not None and table.rows is None:
            break
    return (_best(kept, window.sort, wanted) if kept else pa.table({PART: [], ROW: []})), seen, matched, True


def _batches(table: Table, columns: Sequence[str]) -> Iterator[tuple[int, Part, Any, int]]:
    for number, part in enumerate(table.parts()):
        start = 0
        for batch in table.read(part, columns):
            yield number, part, batch, start
            start += batch.num_rows


def _keys(batch: Any, number: int, start: int, sort: Sequence[Sort], keep: Callable[[Any], Any]) -> Any:
    import numpy as np
    import pyarrow as pa

    rows = pa.array(np.arange(start, start + batch.num_rows, dtype=np.int64))
    columns = {f"k{index}": sortable(batch.column(one.column), one.column) for index, one in enumerate(sort)}
    keys = pa.table({**columns, PART: pa.array(np.full(batch.num_rows, number, dtype=np.int64)), ROW: rows})
    mask = keep(batch)
    return keys if mask is None else keys.filter(mask)


def sortable(column: Any, name: str) -> Any:
    """A column in a type that has an order; raises Invalid for one that has none."""
    import pyarrow as pa

    if pa.types.is_nested(column.type):
        raise Invalid(f"Column “{name}” ({column.type}) has no order.", hint="Sort by another column.")
    return comparable(column)


def _best(kept: Sequence[Any], sort: Sequence[Sort], wanted: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.concat_tables(kept, promote_options="permissive") if len(kept) > 1 else kept[0]
    if not sort:
        return table.slice(0, wanted)
    keys = [(f"k{index}", "descending" if one.descending else "ascending") for index, one in enumerate(sort)]
    try:
        order = pc.sort_indices(table, sort_keys=[*keys, (PART, "ascending"), (ROW, "ascending")])
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise Invalid("These columns have no order.", hint="Sort by others.") from error
    return table.take(order.slice(0, wanted))


def _take(table: Table, places: Any, names: Sequence[str]) -> list[list[Any]]:
    """The rows at positions, in that order; each part is read only up to the last row that is wanted."""
    if not places.num_rows:
        return []
    where = list(zip(places.column(PART).to_pylist(), places.column(ROW).to_pylist(), strict=True))
    parts = list(table.parts())
    found: dict[tuple[int, int], list[Any]] = {}
    for number in sorted({part for part, _ in where}):
        found |= _rows_of(table, parts[number], number, sorted(row for part, row in where if part == number), names)
    return [found[place] for place in where if place in found]


def _rows_of(
    table: Table, part: Part, number: int, rows: Sequence[int], names: Sequence[str]
) -> dict[tuple[int, int], list[Any]]:
    found: dict[tuple[int, int], list[Any]] = {}
    start, left = 0, list(rows)
    for batch in table.read(part, names):
        end = start + batch.num_rows
        here = [row for row in left if row < end]
        if here:
            taken = records(unviewed(batch).take([row - start for row in here]))
            found |= {(number, row): values for row, values in zip(here, taken, strict=True)}
            left = left[len(here) :]
        if not left:
            break
        start = end
    return found


def conditions(schema: Any, where: Sequence[Filter]) -> Callable[[Any], Any]:
    """A function from a batch to the mask of the rows that pass every filter, or to None where all do."""
    import pyarrow.compute as pc

    tests = [(one, value_of(schema.field(one.column), one)) for one in where]

    def keep(batch: Any) -> Any:
        mask = None
        for one, value in tests:
            passed = _passes(batch.column(one.column), one, value)
            mask = passed if mask is None else pc.and_(mask, passed)
        return mask

    return keep


def _passes(column: Any, one: Filter, value: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if one.op == "null":
        return pc.is_null(column)
    if one.op == "not null":
        return pc.is_valid(column)
    column = comparable(column)
    if one.op in ("contains", "starts"):
        match = pc.match_substring if one.op == "contains" else pc.starts_with
        return pc.fill_null(match(texts(column, value), value, ignore_case=True), False)
    compare = {
        "=": pc.equal,
        "!=": pc.not_equal,
        "<": pc.less,
        "<=": pc.less_equal,
        ">": pc.greater,
        ">=": pc.greater_equal,
    }[one.op]
    try:
        return pc.fill_null(compare(column, value), False)
    except pa.ArrowNotImplementedError as error:
        raise Invalid(
            f"Column “{one.column}” ({column.type}) cannot be compared.", hint="Filter by null, or another column."
        ) from error
