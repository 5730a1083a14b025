"""The dataframes that live in this kernel: which there are, some of their rows, and figures of their columns.

pandas, polars, Arrow and Dask are seen through narwhals; answers are plain JSON in the words of the server's models. A
lazy frame is looked at by its first rows only, and the answer says so.
"""

from __future__ import annotations

import math
import sys
import time
from datetime import date, datetime
from datetime import time as clock
from typing import Any

MOST = 100_000
MOST_COLUMNS = 500
BINS = 20
COMMON = 10
LONGEST = 2_000
_LIBRARIES = ("pandas", "polars", "pyarrow", "dask", "dask_expr", "modin", "cudf")
Plain = dict[str, Any]


def listing() -> list[Plain]:
    """Every dataframe in the kernel's variables, by name; nothing is computed for it."""
    found = []
    for name, value in sorted(_space().items()):
        if name.startswith("_") or type(value).__module__.partition(".")[0] not in _LIBRARIES:
            continue
        frame = _wrapped(value)
        if frame is not None:
            eager = hasattr(frame, "shape")
            found.append(
                {
                    "name": name,
                    "kind": type(value).__module__.partition(".")[0],
                    "rows": int(frame.shape[0]) if eager else None,
                    "columns": len(frame.collect_schema().names()),
                    "bytes": _bytes(value),
                }
            )
    return found


def head(name: str, window: Plain | None = None) -> Plain:
    """Some rows of a dataframe, filtered and sorted as a window asks, as the server's ``Preview``."""
    asked = {"rows": 50, "offset": 0, "sort": [], "where": [], "columns": [], **(window or {})}
    frame, basis = _at_hand(_named(name))
    total = frame.shape[0]
    for one in asked["where"]:
        frame = frame.filter(_condition(one["column"], one["op"], one.get("value"), frame))
    if asked["sort"]:
        by = [one["column"] for one in asked["sort"]]
        frame = frame.sort(by, descending=[bool(one.get("descending")) for one in asked["sort"]], nulls_last=True)
    matched = frame.shape[0]
    if asked["columns"]:
        frame = frame.select(asked["columns"])
    begin, end = int(asked["offset"]), int(asked["offset"]) + int(asked["rows"])
    page = frame[begin:end]
    whole = basis["share"] == 1.0
    return {
        "columns": [{"name": str(column), "type": str(kind)} for column, kind in page.schema.items()],
        "rows": [[_plain(value) for value in row] for row in page.rows()],
        "totalRows": matched if whole else None,
        "truncated": matched > end or not whole,
        "basis": basis,
        "note": "" if whole else f"Only the first {total:,} rows were looked at, because the frame is lazy.",
    }


def describe(name: str) -> Plain:
    """Figures of every column of a dataframe, as the server's ``Profile``."""
    begun = time.monotonic()
    frame, basis = _at_hand(_named(name))
    columns = [_column(frame[column], str(column), basis) for column in frame.columns[:MOST_COLUMNS]]
    whole = basis["share"] == 1.0
    return {
        "level": "full" if whole else "sample",
        "basis": basis,
        "columns": columns,
        "rows": basis["rows"],
        "bytes": _bytes(_named(name)),
        "version": "",
        "seconds": round(time.monotonic() - begun, 3),
    }


def _space() -> Plain:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return dict(shell.user_ns if shell is not None else vars(sys.modules["__main__"]))


def _named(name: str) -> Any:
    value = _space().get(name)
    if value is None or _wrapped(value) is None:
        raise NameError(f"There is no dataframe {name} in this kernel.")
    return value


def _wrapped(value: Any) -> Any:
    import narwhals as nw

    try:
        frame = nw.from_native(value, pass_through=True)
    except Exception:  # noqa: BLE001 - an object that only looks like a frame is none
        return None
    return frame if isinstance(frame, nw.DataFrame | nw.LazyFrame) else None


def _at_hand(value: Any) -> tuple[Any, Plain]:
    """A frame in memory, and what its rows are of the whole."""
    frame = _wrapped(value)
    if hasattr(frame, "shape"):
        rows = int(frame.shape[0])
        return frame, {"method": "all rows", "rowsRead": rows, "rows": rows, "share": 1.0, "error": None}
    if hasattr(value, "npartitions"):  # Dask: its own head reads as many partitions as it needs
        collected = _wrapped(value.head(MOST, npartitions=-1, compute=True))
    else:
        collected = frame.head(MOST).collect()
    rows = int(collected.shape[0])
    known = rows if rows < MOST else None
    share = 1.0 if known is not None else None
    method = "all rows" if known is not None else "first rows"
    return collected, {"method": method, "rowsRead": rows, "rows": known, "share": share, "error": None}


def _bytes(value: Any) -> int | None:
    try:
        if hasattr(value, "memory_usage") and not hasattr(value, "npartitions"):
            return int(value.memory_usage(index=False).sum())
        if hasattr(value, "estimated_size"):
            return int(value.estimated_size())
        return int(value.nbytes) if isinstance(getattr(value, "nbytes", None), int) else None
    except Exception:  # noqa: BLE001 - a size that is not known is left out
        return None


def _condition(column: str, op: str, value: Any, frame: Any) -> Any:
    import narwhals as nw

    this = nw.col(column)
    if op in ("null", "not null"):
        return this.is_null() if op == "null" else ~this.is_null()
    if op in ("contains", "starts"):
        text = this.cast(nw.String).str.to_lowercase()
        wanted = str(value).lower()
        return text.str.contains(wanted, literal=True) if op == "contains" else text.str.starts_with(wanted)
    if isinstance(value, str) and frame.schema[column].is_temporal():
        value = datetime.fromisoformat(value)
    compared = {
        "=": this.__eq__,
        "!=": this.__ne__,
        "<": this.__lt__,
        "<=": this.__le__,
        ">": this.__gt__,
        ">=": this.__ge__,
    }
    return compared[op](value)


def _column(series: Any, name: str, basis: Plain) -> Plain:
    kind = series.dtype
    nulls = int(series.null_count())
    if kind.is_float():
        nulls = int((series.is_null() | series.is_nan().fill_null(False)).sum()) if len(series) else 0
    rows = len(series)
    found: Plain = {
        "name": name,
        "type": str(kind),
        "basis": basis,
        "count": rows - min(nulls, rows),
        "nulls": min(nulls, rows),
        "nullShare": min(nulls, rows) / rows if rows else None,
    }
    try:
        found |= _figures(series.drop_nulls(), kind)
    except Exception as error:  # noqa: BLE001 - one column without figures leaves the others theirs
        found["problem"] = f"No figures: {type(error).__name__}: {error}"[:300]
    return found


def _figures(series: Any, kind: Any) -> Plain:
    if kind.is_float():
        series = series.filter(series.is_finite())
    if not len(series) or kind.is_nested():
        return {}
    found: Plain = {"distinct": int(series.n_unique())}
    if kind.is_numeric() or kind.is_temporal():
        found |= {"min": _plain(series.min()), "max": _plain(series.max())}
    if kind.is_numeric():
        spread = float(series.std()) if len(series) > 1 else None
        found |= {"mean": float(series.mean()), "std": spread if spread is None or math.isfinite(spread) else None}
        shares = (0.05, 0.25, 0.5, 0.75, 0.95)
        found["quantiles"] = {str(one): _plain(series.quantile(one, interpolation="linear")) for one in shares}
        found["bins"] = _bins(series)
    counted = series.value_counts(sort=True, name="count").head(COMMON)
    found["common"] = [{"value": _plain(value), "count": int(count)} for value, count in counted.rows()]
    return found


def _bins(series: Any) -> list[Plain]:
    low, high = float(series.min()), float(series.max())
    if low == high:
        return [{"low": low, "high": high, "count": len(series)}]
    counted = series.hist(bin_count=BINS, include_breakpoint=True)
    edges = [float(one) for one in counted["breakpoint"].to_list()]
    counts = [int(one) for one in counted["count"].to_list()]
    lows = [low, *edges[:-1]]
    return [{"low": one, "high": other, "count": count} for one, other, count in zip(lows, edges, counts, strict=True)]


def _plain(value: Any) -> Any:
    """A value as JSON can carry it: NaN is null, times ISO 8601, integers beyond 2^53 text, bytes hex."""
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item() if getattr(value, "ndim", 0) == 0 else list(value)
    elif hasattr(value, "as_py"):
        value = value.as_py()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | clock):
        return None if str(value) == "NaT" else value.isoformat()
    if isinstance(value, bytes):
        return value[:64].hex()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:100]]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in list(value.items())[:100]}
    return str(value)[:LONGEST]
