"""CSV and TSV files: separator and encoding from the first bytes, rows as a stream.

Only one block is in memory at a time, so a line longer than a block is refused rather than read.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

from perijove.catalog.model import Column, Preview, PreviewColumn
from perijove.catalog.places import text_of
from perijove.catalog.sources.parquet import records, source
from perijove.core.errors import Invalid, NotFound

BLOCK = 4 * 1024 * 1024
COUNTED = 256 * 1024 * 1024
SEPARATORS = (",", ";", "\t", "|")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def options(path: Path) -> dict[str, str]:
    """Separator and encoding of a file, guessed from its first bytes; raises Invalid where it is empty."""
    head = _head(path)
    if not head.strip():
        raise Invalid(f"{text_of(path.name)} is empty.", hint="Write it again, or remove it.")
    encoding = _encoding(head)
    if b"\0" in head and encoding != "utf-16":
        raise Invalid(f"{text_of(path.name)} is not text.", hint="Give it the ending of what it is, or remove it.")
    line = next((line for line in head.decode(encoding, "replace").splitlines() if line.strip()), "")
    return {"sep": _separator(line, path), "encoding": encoding}


def _head(path: Path) -> bytes:
    import gzip
    import zlib

    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as packed:
                return packed.read(64 * 1024)
        with path.open("rb") as file:
            return file.read(64 * 1024)
    except FileNotFoundError as error:
        raise NotFound(f"There is no {text_of(path)} any more.", hint="Scan its source again.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{text_of(path.name)} cannot be read: {error}.", hint="Check the file.") from error


def _encoding(head: bytes) -> str:
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # incremental: the last character may be cut
    except UnicodeDecodeError:
        return "cp1252" if not any(byte in head for byte in b"\x81\x8d\x8f\x90\x9d") else "latin-1"
    return "utf-8"


def _separator(line: str, path: Path) -> str:
    if ".tsv" in path.suffixes:
        return "\t"
    bare = "".join(part for index, part in enumerate(line.split('"')) if index % 2 == 0)
    return max(SEPARATORS, key=bare.count) if any(mark in bare for mark in SEPARATORS) else ","


def _open(path: Path, how: dict[str, str], only: str = "") -> Any:
    import pyarrow as pa
    from pyarrow import csv

    reading = csv.ReadOptions(block_size=BLOCK, encoding=how["encoding"], use_threads=False)
    parsing = csv.ParseOptions(
        delimiter=how["sep"], newlines_in_values=True, invalid_row_handler=lambda row: "skip" if only else "error"
    )
    kept = (
        csv.ConvertOptions(include_columns=[only], column_types={only: pa.string()}) if only else csv.ConvertOptions()
    )
    return csv.open_csv(_stream(path), read_options=reading, parse_options=parsing, convert_options=kept)


def _stream(path: Path) -> Any:
    import pyarrow as pa

    opened = source(path)
    packed = path.suffix.lower() == ".gz" and not isinstance(opened, str)
    return pa.CompressedInputStream(opened, "gzip") if packed else opened


def _problem(path: Path, error: Exception) -> Invalid:
    reason = " ".join(str(error).split())[:300].rstrip(".")
    if "straddling" in reason or "block" in reason:
        reason = f"it has a line longer than {BLOCK // 2**20} MB, or a quote that is never closed"
    return Invalid(
        f"{text_of(path.name)} cannot be read as CSV: {reason}.", hint="Check its separator, quotes and encoding."
    )


def columns(path: Path, how: dict[str, str]) -> list[Column]:
    """The columns, with the types that the first block suggests."""
    import pyarrow as pa

    try:
        with _open(path, how) as reader:
            return [Column(field.name, str(field.type)) for field in reader.schema]
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _problem(path, error) from error


def count(path: Path, how: dict[str, str], first: str) -> int | None:
    """How many rows there are, or None where counting would take long or a row is not like the others."""
    import pyarrow as pa

    if path.stat().st_size > COUNTED or path.suffix.lower() == ".gz":
        return None
    try:
        with _open(path, how, only=first) as reader:
            return int(sum(batch.num_rows for batch in reader))
    except (pa.ArrowException, OSError, ValueError):
        return None  # the rows before it can still be previewed, so the count is unknown and not an error


def preview(path: Path, how: dict[str, str], rows: int) -> Preview:
    """The first rows; the total is known where they are all."""
    import pyarrow as pa

    taken: list[list[Any]] = []
    try:
        with _open(path, how) as reader:
            heads = [PreviewColumn(field.name, str(field.type)) for field in reader.schema]
            for batch in reader:
                taken += records(batch.slice(0, rows + 1 - len(taken)))
                if len(taken) > rows:
                    break
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _problem(path, error) from error
    more = len(taken) > rows
    return Preview(heads, taken[:rows], None if more else len(taken), more)
