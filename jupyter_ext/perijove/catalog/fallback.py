"""Sort, filter and profile for sources that have no such verbs themselves: over their first rows, and it says so."""

from __future__ import annotations

from typing import Any

import msgspec

from perijove.catalog import profile as profiles
from perijove.catalog import window as windows
from perijove.catalog.model import Basis, Level, Preview, Profile, Window
from perijove.catalog.ports import CatalogSource
from perijove.catalog.rows import Held
from perijove.core.errors import Invalid

FIRST_ROWS = 100_000


def look(source: CatalogSource, uri: str, window: Window, options: dict[str, str]) -> Preview:
    """A window of the first rows that a source gives."""
    if window.version:
        raise Invalid(f"{source.label} keeps no versions of its data.", hint="Look at the present state.")
    if not window.sort and not window.where and not window.columns:
        found = source.preview(uri, window.offset + window.rows, options)
        return msgspec.structs.replace(found, rows=found.rows[window.offset :])
    read = source.preview(uri, FIRST_ROWS, options)
    seen = windows.look(Held(arrow(read)), window)
    if not read.truncated:
        return seen
    share = len(read.rows) / read.total_rows if read.total_rows else None
    basis = Basis("first rows", len(read.rows), read.total_rows, share, None)
    of = f" of {read.total_rows:,}" if read.total_rows else ""
    note = f"Only the first {len(read.rows):,}{of} rows were looked at."
    return msgspec.structs.replace(seen, total_rows=None, truncated=True, basis=basis, note=note)


def profile(source: CatalogSource, uri: str, level: Level, options: dict[str, str]) -> Profile:
    """Figures of the first rows that a source gives."""
    if level == "footer":
        return profiles.of_footer(source.describe(uri))
    read = source.preview(uri, FIRST_ROWS, options)
    if read.truncated and level == "full":
        raise Invalid(f"{source.label} cannot profile all rows.", hint="Take the sample, or load it in a kernel.")
    found = profiles.of_all(Held(arrow(read)), lambda share: None)
    if not read.truncated:
        return msgspec.structs.replace(found, level=level)
    share = len(read.rows) / read.total_rows if read.total_rows else None
    basis = Basis("first rows", len(read.rows), read.total_rows, share, None)
    columns = [msgspec.structs.replace(one, basis=basis) for one in found.columns]
    return msgspec.structs.replace(found, level=level, basis=basis, columns=columns, rows=read.total_rows)


def arrow(read: Preview) -> Any:
    """Plain rows as an Arrow table; a column whose values are of several types becomes text."""
    import pyarrow as pa

    columns = list(zip(*read.rows, strict=True)) if read.rows else [()] * len(read.columns)
    return pa.table([_array(values) for values in columns], names=[one.name for one in read.columns])


def _array(values: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
