"""What the job expects of its inputs: columns, their kinds, the share of nulls, and ranges, as they were at its export.

``contract.json`` holds the expectations and may be edited. Parquet is judged by its footers, CSV by its first rows;
other formats are not looked into. ``python contract.py FILE…`` prints what a contract would say of files.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any

ROWS = 10_000  # of a CSV file
HEAD = 65_536  # characters that hold its first rows
FIRST = 20
FILES = 200  # of a folder of files
FRESH = 20  # new columns that are told one by one
NULLS = 0.05  # by how much the share of nulls may grow
SLACK = 0.1  # by which part of its width a range may be left
_NULL = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A", "n/a"}
Column = dict[str, Any]


@dataclass(frozen=True)
class Breach:
    """Something that is not as the contract says; ``breaks`` where the job cannot run with it.

    ``new`` is a column that the contract does not name.
    """

    input: str
    column: str
    text: str
    breaks: bool
    new: bool = False


def expected() -> dict[str, dict[str, Column]]:
    """The contract: for each input its columns."""
    return dict(json.loads(Path(__file__).with_name("contract.json").read_text("utf-8"))["inputs"])


def breaches(root: Path, paths: Mapping[str, str], contract: dict[str, dict[str, Column]] | None = None) -> list[Breach]:
    """What is not as the contract says, for every input and the path that is read for it."""
    wanted = expected() if contract is None else contract
    found: list[Breach] = []
    for name, path in paths.items():
        try:
            now = profile(root, path) if name in wanted else None
        except Exception as error:  # noqa: BLE001 - whatever a library says of a file that is none of its own
            found.append(Breach(path, "", f"{path} cannot be read: {type(error).__name__}: {error}"[:300], True))
            continue
        if now:
            found += judge(path, wanted[name], now)
        elif now is not None and wanted[name]:
            found.append(Breach(path, "", f"{path} is empty.", True))
        elif name in wanted and not all(_is_utf8(one) for one in _tables(root, path)[:1] if _format(one) == "csv"):
            found.append(Breach(path, "", f"{path} is not in UTF-8. Save it as UTF-8.", True))
    return found


def judge(path: str, wanted: Mapping[str, Column], now: Mapping[str, Column]) -> list[Breach]:
    """Compare the columns of one input with what the contract says of them."""
    found = []
    if now and wanted and all(one["kind"] == "empty" for one in now.values()):
        if any(one["kind"] != "empty" for one in wanted.values()):
            return [Breach(path, "", f"{path} has no rows.", True)]
    hint = " If the job can do without it, take it out of contract.json."
    for name, column in wanted.items():
        other = now.get(name)
        if other is None:
            found.append(Breach(path, name, f"{path} has no column {name!r}.{hint}", True))
        elif other["kind"] != column["kind"]:
            both = {other["kind"], column["kind"]} <= {"integer", "number"}
            text = f"{path}: the column {name!r} was of kind {column['kind']}, now it is {other['kind']}."
            if other["kind"] != "empty" and not (both and other["kind"] == "integer"):
                found.append(Breach(path, name, text, not both))
        if other is not None:
            found += [Breach(path, name, text, False) for text in _shifts(path, name, column, other)]
    fresh = [name for name in now if name not in wanted] if wanted else []
    return found + [Breach(path, name, f"{path} has a new column {name!r}.", False, True) for name in fresh[:FRESH]]


def _shifts(path: str, name: str, column: Column, other: Column) -> list[str]:
    texts = []
    if other["nulls"] > column["nulls"] + NULLS:
        texts.append(f"{path}: {other['nulls']:.0%} of {name!r} is null, it was {column['nulls']:.0%}.")
    low, high = column.get("min"), column.get("max")
    if low is not None and high is not None and other.get("min") is not None and other["kind"] == column["kind"]:
        slack = SLACK * (high - low) if isinstance(low, int | float) else None
        below = other["min"] < low - slack if slack is not None else other["min"] < low
        above = slack is not None and other["max"] > high + slack
        if below or above:
            texts.append(f"{path}: {name!r} goes from {other['min']} to {other['max']}, it went from {low} to {high}.")
    return texts


def files(root: Path, path: str) -> list[Path]:
    """The files behind a path: the file itself, those of a folder, or those that a pattern finds."""
    if "://" in path:
        return [Path(path)]
    full = root / os.path.expanduser(path)
    if full.is_dir():
        return sorted(one for one in full.rglob("*") if one.is_file()) or [full]
    if full.exists() or not any(sign in path for sign in "*?["):
        return [full] if full.exists() else []
    return sorted(root.glob(path)) if not Path(path).is_absolute() else sorted(Path("/").glob(path.lstrip("/")))


def profile(root: Path, path: str) -> dict[str, Column] | None:
    """The columns of an input with kind, share of nulls and range; None where its format is not looked into."""
    if "://" in path:
        return None
    found = _tables(root, path)
    kinds = {_format(one) for one in found}
    if kinds == {"parquet"}:
        return _parquet(found)
    return _csv(found[0]) if kinds == {"csv"} else None


def _tables(root: Path, path: str) -> list[Path]:
    """The files behind a path that hold its rows."""
    return [one for one in files(root, path) if one.is_file() and not one.name.startswith((".", "_"))][:FILES]


def _format(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        return "csv"
    return "parquet" if name.endswith((".parquet", ".pq")) else ""


def _parquet(paths: Iterable[Path]) -> dict[str, Column] | None:
    try:
        from pyarrow import parquet
    except ImportError:
        return None
    found: dict[str, Column] = {}
    rows = 0
    for path in paths:
        with parquet.ParquetFile(path) as file:
            meta, schema = file.metadata, file.schema_arrow
            rows += meta.num_rows
            flat = {meta.schema.column(at).path: at for at in range(meta.num_columns)}
            for field in schema:
                column = found.setdefault(field.name, {"kind": _arrow_kind(field.type), "nulls": 0, "min": None, "max": None})
                for group in range(meta.num_row_groups if field.name in flat else 0):
                    _add(column, meta.row_group(group).column(flat[field.name]).statistics)
    if not rows:
        return {name: _column("empty", 0, 0, None, None) for name in found}
    return {name: _column(one["kind"], one["nulls"], rows, one["min"], one["max"]) for name, one in found.items()}


def _add(column: Column, statistics: Any) -> None:
    if statistics is None:
        return
    column["nulls"] += statistics.null_count or 0
    if statistics.has_min_max:
        column["min"] = statistics.min if column["min"] is None else min(column["min"], statistics.min)
        column["max"] = statistics.max if column["max"] is None else max(column["max"], statistics.max)


def _arrow_kind(kind: Any) -> str:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _arrow_kind(kind.value_type)
    if types.is_integer(kind):
        return "integer"
    if types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_boolean(kind):
        return "boolean"
    if types.is_date(kind) or types.is_timestamp(kind):
        return "date"
    return "text" if types.is_string(kind) or types.is_large_string(kind) else "other"


@contextmanager
def csv_rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """The rows of a CSV file from its first that is not empty, whatever mark is between its columns."""
    reader_of: Any = gzip.open if path.name.endswith(".gz") else open
    with reader_of(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        delimiter = _delimiter(file.read(HEAD))
        file.seek(0)
        yield dropwhile(lambda row: not row, csv.reader(file, delimiter=delimiter))


def _is_utf8(path: Path) -> bool:
    """Whether a CSV file may be in UTF-8: one in UTF-16 or UTF-32 has null bytes, and no column can be found in it."""
    reader_of: Any = gzip.open if path.name.endswith(".gz") else open
    with reader_of(path, "rb") as file:
        return b"\0" not in file.read(HEAD)


def _delimiter(head: str) -> str:
    """The mark that cuts the first rows into equally many columns, the most; else that which cuts the first so."""
    found = {}
    for mark in ",;\t|":
        rows = [row for row in islice(csv.reader(StringIO(head, newline=""), delimiter=mark), FIRST) if row]
        whole = rows[:-1] if len(head) == HEAD and len(rows) > 1 else rows  # the last one may be cut
        widths = [len(row) for row in whole] or [1]
        found[mark] = (len(set(widths)) == 1 and widths[0] > 1, widths[0])
    return max(found, key=lambda mark: found[mark])


def _csv(path: Path) -> dict[str, Column] | None:
    """The columns of a CSV file with a header, by its first rows; None where it cannot be read so."""
    if not _is_utf8(path):
        return None
    with csv_rows(path) as reader:
        header = next(reader, [])
        if not header:
            return {}
        if len(set(header)) != len(header) or any(_number(cell) is not None for cell in header):
            return None
        cells: list[list[str]] = [[] for _ in header]
        rows = 0
        for row in reader:
            if rows == ROWS:
                break
            rows += bool(row)
            for at, text in enumerate(row[: len(header)]):
                cells[at].append(text.strip())
    return {name: _of_cells(cells[at], rows) for at, name in enumerate(header)}


def _of_cells(cells: list[str], rows: int) -> Column:
    given = [cell for cell in cells if cell not in _NULL]
    nulls = rows - len(given)
    if not given:
        return _column("empty", nulls, rows, None, None)
    if all(cell in ("True", "False", "true", "false", "TRUE", "FALSE") for cell in given):
        return _column("boolean", nulls, rows, None, None)
    numbers = [_number(cell) for cell in given]
    if all(number is not None for number in numbers):
        finite = [number for number in numbers if number is not None]
        whole = all(isinstance(number, int) for number in finite)
        return _column("integer" if whole else "number", nulls, rows, min(finite), max(finite))
    if all(_is_date(cell) for cell in given):
        return _column("date", nulls, rows, min(given), max(given))
    return _column("text", nulls, rows, None, None)


def _number(text: str) -> int | float | None:
    for read in (int, float):
        try:
            found: int | float = read(text)
        except ValueError:
            continue
        return found if math.isfinite(found) else None
    return None


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _column(kind: str, nulls: int, rows: int, low: Any, high: Any) -> Column:
    column: Column = {"kind": kind, "nulls": round(nulls / rows, 6) if rows else 0.0}
    if kind in ("integer", "number", "date") and low is not None:
        column |= {"min": _plain(low), "max": _plain(high)}
    return column


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | str):
        return value
    return float(value)


if __name__ == "__main__":
    print(json.dumps({path: profile(Path.cwd(), path) for path in sys.argv[1:]}))
