"""Parquet files and folders of them: everything from the footers, and rows only for a preview.

A footer is small and cheap to read, and it tells what decoding would cost. A file that declares far more data than its
bytes could honestly hold is refused before any page of it is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perijove.catalog.model import Column, Preview, PreviewColumn
from perijove.catalog.places import text_of
from perijove.catalog.plain import plain
from perijove.core.errors import Invalid, NotFound

SUSPECT_BYTES = 256 * 1024 * 1024
SUSPECT_RATIO = 1_000
MOST_STATISTICS = 200_000
BUFFER = 1024 * 1024  # reads pages as they are needed instead of whole column chunks


def open_file(path: Path) -> Any:
    """A parquet file with its footer read; raises NotFound or Invalid with what is wrong."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(source(path), memory_map=False, pre_buffer=False, buffer_size=BUFFER)
    except MemoryError:
        raise
    except FileNotFoundError as error:
        raise NotFound(f"There is no {text_of(path)} any more.", hint="Scan its source again.") from error
    except PermissionError as error:
        raise Invalid(f"{text_of(path.name)} may not be read.", hint="Check the permissions of the file.") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise broken(path, error) from error


def source(path: Path) -> Any:
    """A path as Arrow can open it: one whose name is not UTF-8 is opened here."""
    import pyarrow as pa

    try:
        return str(path).encode("utf-8").decode("utf-8")
    except UnicodeEncodeError:
        return pa.PythonFile(path.open("rb"), mode="r")


def broken(path: Path, error: Exception) -> Invalid:
    """The error for a parquet file that cannot be read, with the reader's own reason."""
    reason = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
    if path.exists() and path.stat().st_size == 0:
        reason = "it is empty"
    return Invalid(
        f"{text_of(path.name)} is not a readable parquet file: {reason}.", hint="Write it again, or remove it."
    )


def refuse_bomb(path: Path, footer: Any) -> None:
    """Raise Invalid where the footer declares data out of all proportion to the file."""
    size = path.stat().st_size
    for group in range(footer.num_row_groups):
        row_group = footer.row_group(group)
        for index in range(row_group.num_columns):
            chunk = row_group.column(index)
            unpacked = chunk.total_uncompressed_size
            packed = min(max(chunk.total_compressed_size, 1), size)
            if unpacked < 0 or (unpacked > SUSPECT_BYTES and unpacked / packed > SUSPECT_RATIO):
                raise Invalid(
                    f"{text_of(path.name)} is refused: column “{chunk.path_in_schema}” declares "
                    f"{unpacked / 1e9:.1f} GB of data in {packed:,} bytes.",
                    hint="The file is damaged or made to exhaust memory; get it again from where it came.",
                )


def columns(footers: Sequence[Any], schema: Any) -> list[Column]:
    """The columns of one or more files with the same schema, with least, greatest and nulls from the footers."""
    leaves = _leaves(footers)
    rows = sum(footer.num_rows for footer in footers)
    nothing = {field.name: (None, None, rows if str(field.type) == "null" else None) for field in schema}
    leaves = nothing | {name: found for name, found in leaves.items() if found != (None, None, None)}
    return [Column(field.name, str(field.type), bool(field.nullable), *leaves[field.name]) for field in schema]


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
    return {name: _merge(parts) for name, parts in found.items()}


def _statistics(chunk: Any) -> tuple[Any, Any, int | None, bool]:
    """Least, greatest, nulls, and whether every value is null (so that there is no least)."""
    try:
        statistics = chunk.statistics if chunk.is_stats_set else None
        if statistics is None:
            return None, None, None, False
        nulls = statistics.null_count if statistics.has_null_count else None
        if not statistics.has_min_max:
            return None, None, nulls, nulls is not None and nulls == chunk.num_values
        return statistics.min, statistics.max, nulls, False
    except (ValueError, OverflowError, NotImplementedError, UnicodeDecodeError):
        return None, None, None, False  # statistics of a type that Python has no value for


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


def preview(files: Sequence[Path], rows: int) -> Preview:
    """The first rows of files with the same schema, and how many there are in all."""
    import pyarrow as pa

    taken: list[list[Any]] = []
    total = 0
    heads: list[PreviewColumn] = []
    for path in files:
        file = open_file(path)
        refuse_bomb(path, file.metadata)
        total += file.metadata.num_rows
        heads = heads or [PreviewColumn(field.name, str(field.type)) for field in file.schema_arrow]
        if len(taken) < rows:
            try:
                taken += _head(file, rows - len(taken), [head.name for head in heads])
            except MemoryError:
                raise  # Arrow's own is an ArrowException too, but says nothing of the file being broken
            except (pa.ArrowException, OSError, ValueError) as error:
                raise broken(path, error) from error
    return Preview(heads, taken, total, total > len(taken))


def _head(file: Any, rows: int, names: Sequence[str]) -> list[list[Any]]:
    taken: list[list[Any]] = []
    for batch in file.iter_batches(batch_size=rows, use_threads=False):
        taken += records(batch)
        if len(taken) >= rows:
            break
    return taken[:rows]


def records(batch: Any) -> list[list[Any]]:
    """A batch of Arrow data as rows of plain values."""
    listed = [[_scalar(value) for value in column] for column in batch.columns]
    return [list(row) for row in zip(*listed, strict=True)] if listed else []


def _scalar(value: Any) -> Any:
    try:
        return plain(value.as_py())
    except (ValueError, OverflowError, UnicodeDecodeError):
        return str(value)  # a nanosecond or a year that Python's own types cannot hold
