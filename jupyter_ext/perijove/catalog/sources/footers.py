"""Least, greatest and missing values of parquet columns, from the footers alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from perijove.catalog.model import Column
from perijove.catalog.plain import plain
from perijove.catalog.rows import scalar

MOST_STATISTICS = 200_000
HALF = struct.Struct("<e")


def columns(footers: Sequence[Any], schema: Any) -> list[Column]:
    """The columns of one or more files with the same schema, with least, greatest and nulls from the footers."""
    try:
        leaves = _leaves(footers)
    except UnicodeDecodeError:
        leaves = {}  # a damaged name in the footer: what it says of that column is of no known one
    rows = sum(footer.num_rows for footer in footers)
    nothing = {field.name: (None, None, rows if str(field.type) == "null" else None) for field in schema}
    leaves = nothing | {name: found for name, found in leaves.items() if found != (None, None, None)}
    return [Column(field.name, str(field.type), bool(field.nullable), *_shown(field, leaves)) for field in schema]


def _shown(field: Any, leaves: dict[str, tuple[Any, Any, int | None]]) -> tuple[Any, Any, int | None]:
    """The figures of a column; parquet has no durations, so their least and greatest are numbers in the footer."""
    import pyarrow as pa

    low, high, nulls = leaves[field.name]
    if pa.types.is_duration(field.type) and low is not None and high is not None:
        low, high = (scalar(pa.scalar(int(one), pa.int64()).cast(field.type)) for one in (low, high))
    return low, high, nulls


def _leaves(footers: Sequence[Any]) -> dict[str, tuple[Any, Any, int | None]]:
    chunks = sum(footer.num_row_groups * footer.num_columns for footer in footers)
    if not chunks or chunks > MOST_STATISTICS:
        return {}
    found: dict[str, list[Any]] = {}
    for footer in footers:
        for group in range(footer.num_row_groups):
            row_group = footer.row_group(group)
            for index in range(row_group.num_columns):
                chunk = row_group.column(index)
                found.setdefault(chunk.path_in_schema, []).append(_statistics(chunk))
    groups = sum(footer.num_row_groups for footer in footers)
    return {name: _merge(parts) for name, parts in found.items() if len(parts) == groups}


def _statistics(chunk: Any) -> tuple[Any, Any, int | None, bool]:
    """Least, greatest, nulls, and whether every value is null (so that there is no least)."""
    nulls: int | None = None
    try:
        statistics = chunk.statistics if chunk.is_stats_set else None
        if statistics is None:
            return None, None, None, False
        nulls = statistics.null_count if statistics.has_null_count else None
        if not statistics.has_min_max:
            return None, None, nulls, nulls is not None and nulls == chunk.num_values
        least, greatest = statistics.min, statistics.max
        if chunk.physical_type == "FIXED_LEN_BYTE_ARRAY" and statistics.logical_type.type == "FLOAT16":
            least, greatest = HALF.unpack(least)[0], HALF.unpack(greatest)[0]  # Arrow gives the bytes as they are
        return least, greatest, nulls, False
    except (ValueError, OverflowError, NotImplementedError, UnicodeDecodeError, struct.error):
        return None, None, nulls, False  # statistics of a type that Python has no value for


def _merge(parts: Sequence[tuple[Any, Any, int | None, bool]]) -> tuple[Any, Any, int | None]:
    counted = [part[2] for part in parts]
    nulls = None if None in counted else sum(number for number in counted if number is not None)
    valued = [part for part in parts if not part[3]]
    if not valued or any(part[0] is None or part[1] is None for part in valued):
        return None, None, nulls
    try:
        return plain(min(part[0] for part in valued)), plain(max(part[1] for part in valued)), nulls
    except TypeError:
        return None, None, nulls
