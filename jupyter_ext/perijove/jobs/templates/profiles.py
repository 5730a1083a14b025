"""Writes down what a run read and what it answered, column by column, so that drift can be seen later.

A profile holds for each column its kind, the share of nulls and either quantiles or the shares of its values. Those
of text are kept only where there are few that recur. ``python profiles.py FILE…`` prints the profile of files.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

contract = importlib.import_module(f"{__package__}.contract" if __package__ else "contract")

ROWS = 10_000
CELLS = 2_000_000
POINTS = 201
FEW = 20  # numbers of which no more differ are kept by value
MOST = 50  # texts of which no more differ are kept by value
HELD = 20
KEPT = 200  # profiles of earlier runs
Summary = dict[str, Any]
seen: list[Any] = []  # samples of tables that passed between steps
_marks: set[Any] = set()


def see(given: Iterable[Any]) -> None:
    """Keep samples of the tables that pass between steps: the model may have learnt from one of them."""
    for value in given:
        shape = tuple(getattr(value, "shape", ()))
        if len(shape) == 2 and _is_table(value) and len(seen) < HELD and 0 not in shape:
            mark = (id(value), shape, tuple(getattr(value, "columns", ())))
            if mark not in _marks:
                _marks.add(mark)
                seen.append(sample(value))


def _is_table(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in ("pandas", "numpy") and hasattr(value, "shape")


def sample(table: Any) -> Any:
    """Rows of a table at even distances."""
    every = -(-len(table) // ROWS)
    part = table.iloc[::every] if hasattr(table, "iloc") else table[::every]
    return part.copy()


# -- summaries


def summary(values: Sequence[Any]) -> Summary:
    """What a column looks like: kind, rows, share of nulls, and quantiles or the shares of its values."""
    rows = len(values)
    given = [value for value in values if not _is_null(value)]
    found: Summary = {"kind": "empty", "rows": rows, "nulls": round(1 - len(given) / rows, 6) if rows else 0.0}
    if not given:
        return found
    if all(isinstance(one, bool) for one in given):
        return {**found, "kind": "boolean", **_shares([str(one) for one in given], 2)}
    if all(isinstance(one, int | float) for one in given):
        return {**found, "kind": "number", **_numbers([float(one) for one in given])}
    if all(isinstance(one, date) for one in given):
        return {**found, "kind": "date", **_numbers([_seconds(one) for one in given])}
    texts = [str(one) for one in given]
    return {**found, "kind": "text", **_shares(texts, MOST)}


def _is_null(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _seconds(value: date) -> float:
    when = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _numbers(values: list[float]) -> Summary:
    """Quantiles of numbers, or the share of each where few differ. Infinite ones count as the largest of floats."""
    most = sys.float_info.max
    ordered = sorted(max(-most, min(most, one)) for one in values)
    distinct = set(ordered[:: max(1, len(ordered) // 1000)])
    if len(distinct) <= FEW and len(distinct := set(ordered)) <= FEW:
        counted = Counter(ordered)
        return {"values": [[one, round(counted[one] / len(ordered), 6)] for one in sorted(counted)]}
    last = len(ordered) - 1
    return {"quantiles": [ordered[round(at * last / (POINTS - 1))] for at in range(POINTS)]}


def _shares(texts: list[str], most: int) -> Summary:
    """The share of each text, or how many there are where they hardly recur: those may be names of people."""
    counted = Counter(texts)
    if len(counted) > most or (len(counted) > 2 and len(counted) * 5 > len(texts)):
        return {"distinct": len(counted)}
    return {"values": [[text, round(counted[text] / len(texts), 6)] for text in sorted(counted)]}


def table_profile(table: Any, names: Sequence[str] = ()) -> dict[str, Summary]:
    """A summary of each column of a frame, of an array (``names`` or x0, x1, …), or of a list."""
    if hasattr(table, "columns") and hasattr(table, "iloc"):
        count = table.shape[1]
        part = table.iloc[:: _every(len(table), count)]
        return {str(name): summary(part.iloc[:, at].astype(object).tolist()) for at, name in enumerate(table.columns)}
    if len(getattr(table, "shape", ())) == 2:
        count = table.shape[1]
        called = list(names) if len(names) == count else [f"x{at}" for at in range(count)]
        part = table[:: _every(len(table), count)]
        return {called[at]: summary(part[:, at].tolist()) for at in range(count)}
    plain = table.tolist() if hasattr(table, "tolist") else list(table)
    return {(names[0] if names else "value"): summary(plain[:: _every(len(plain), 1)])}


def _every(rows: int, columns: int) -> int:
    return max(1, -(-rows // max(1, min(ROWS, CELLS // max(1, columns)))))


# -- inputs


def inputs(root: Path, paths: Mapping[str, str]) -> dict[str, dict[str, Summary]]:
    """The profile of each input that is Parquet or CSV, by the name that it had at the export."""
    found = {}
    for name, path in paths.items():
        if "://" in path:
            continue
        files = [one for one in contract.files(root, path) if one.is_file() and not one.name.startswith((".", "_"))]
        kinds = {contract._format(one) for one in files}
        if kinds == {"parquet"}:
            found[name] = _parquet(files)
        elif kinds == {"csv"}:
            found[name] = _csv(files[0])
    return {name: columns for name, columns in found.items() if columns}


def _parquet(files: Sequence[Path]) -> dict[str, Summary]:
    """Columns of Parquet files by rows at even distances, read from the first, middle and last row groups."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return {}
    parts = []
    for path in [files[at] for at in sorted({0, len(files) // 2, len(files) - 1})]:
        with parquet.ParquetFile(path) as file:
            groups = file.metadata.num_row_groups
            if groups:
                table = file.read_row_groups(sorted({0, groups // 2, groups - 1}), use_threads=False)
                parts.append(table.take(pyarrow.array(range(0, len(table), _every(len(table), table.num_columns)))))
    if not parts:
        return {}
    try:
        whole = pyarrow.concat_tables(parts, promote_options="permissive")
    except pyarrow.ArrowInvalid:
        whole = parts[0]
    return {name: summary(_plain(whole.column(at))) for at, name in enumerate(whole.column_names)}


def _plain(column: Any) -> list[Any]:
    return [float(one) if type(one).__name__ == "Decimal" else one for one in column.to_pylist()]


def _csv(path: Path) -> dict[str, Summary]:
    """Columns of a CSV file with a header, by its first rows."""
    kinds = contract._csv(path)
    if not kinds:
        return {}
    with contract.csv_rows(path) as rows:
        header = next(rows)
        most = max(1, min(ROWS, CELLS // len(header)))
        cells = [row for _, row in zip(range(most), rows, strict=False) if row]
    return {
        name: summary([_read(row[at].strip(), kinds[name]["kind"]) if at < len(row) else None for row in cells])
        for at, name in enumerate(header)
    }


def _read(text: str, kind: str) -> Any:
    if text in contract._NULL:
        return None
    if kind in ("integer", "number"):
        return contract._number(text)
    if kind == "boolean":
        return text.lower() == "true"
    return datetime.fromisoformat(text) if kind == "date" and contract._is_date(text) else text


# -- profiles of runs


def record(out: Path, source: str, **found: Any) -> Path:
    """Write ``profile.json`` and keep it among those of earlier runs; gives the file that is kept."""
    now = datetime.now(UTC)
    folder = out / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    known = {"format": 1, "at": now.isoformat(), "source": source, **found}
    text = json.dumps(known, indent=1, sort_keys=True, default=str) + "\n"
    kept = folder / f"{now:%Y%m%dT%H%M%S%fZ}-{source}.json"
    for path in (kept, out / "profile.json"):
        making = path.with_name(f".{path.name}.{os.getpid()}")
        making.write_text(text, "utf-8")
        making.replace(path)
    for old in sorted(folder.glob("2*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return kept


def predictions(listed: Mapping[str, Any]) -> dict[str, Summary]:
    """Summaries of the outputs that are columns of numbers or frames: what a job without a model answers."""
    found: dict[str, Summary] = {}
    for name, value in listed.items():
        shape = getattr(value, "shape", ())
        if not _is_table(value) or not shape or not len(value):
            continue
        if len(shape) == 1:
            found[name] = next(iter(table_profile(value).values()))
        elif len(shape) == 2 and shape[1] <= MOST:
            found |= {f"{name}.{column}": one for column, one in table_profile(value).items()}
    return found


if __name__ == "__main__":
    print(json.dumps(inputs(Path.cwd(), {path: path for path in sys.argv[1:]}), default=str))
