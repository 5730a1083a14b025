"""How a CSV file is written, guessed from its first bytes: encoding, separator, quote, heading, lines before it.

Each separator is tried on the first lines; the one whose lines agree best on more than one value wins. Lines before the
table (titles, notes) are those with fewer values than the table. There is no heading where its values look like data.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from typing import BinaryIO, cast

from perijove.catalog.sources.spots import Spot
from perijove.core.errors import Invalid, NotFound

HEAD = 64 * 1024
LINES = 100
SEPARATORS = (",", ";", "\t", "|")
RARE_SEPARATORS = (":", "^", "~", " ")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
VALUE = re.compile(
    r"[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?%?|\d{4}-\d\d-\d\d.*|\d\d?[/.]\d\d?[/.]\d{2,4}.*|\d\d:\d\d.*"
)


def head(place: Spot) -> bytes:
    """The first bytes of a file, unpacked; raises a named reason where it cannot be read."""
    import bz2
    import gzip
    import lzma
    import zlib

    ending = place.name.lower().rpartition(".")[2]
    openers = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    try:
        if ending == "zst":
            import pyarrow as pa

            return bytes(pa.CompressedInputStream(pa.PythonFile(place.open(), mode="r"), "zstd").read(HEAD))
        with place.open() as file:
            if ending in openers:
                with cast(BinaryIO, openers[ending](file)) as unpacked:  # type: ignore[operator]  # each opens a stream
                    return unpacked.read(HEAD)
            return file.read(HEAD)
    except FileNotFoundError as error:
        raise NotFound(f"There is no {place.name} any more.", hint="Scan its source again.") from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise Invalid(f"{place.name} cannot be read: {error}.", hint="Check the file.") from error


def guess(start: bytes, name: str) -> dict[str, str]:
    """What a reader must know: ``sep``, ``encoding``, and where they are unusual ``quote``, ``header``, ``skip``.

    ``blank`` says that there are lines without anything in them: no rows here, but some readers of others take them so.
    """
    if not start.strip():
        raise Invalid(f"{name} is empty.", hint="Write it again, or remove it.")
    encoding = _encoding(start)
    if b"\0" in start and encoding != "utf-16":
        raise Invalid(f"{name} is not text.", hint="Give it the ending of what it is, or remove it.")
    text = start.decode(encoding, "replace").lstrip("\ufeff")
    every = text.splitlines()
    blank = {"blank": "yes"} if "" in every else {}
    lines = every[:LINES]
    if len(start) >= HEAD and len(lines) < LINES and len(lines) > 1:
        lines.pop()  # it may be cut
    full = [line for line in lines if line.strip()]
    sep = "\t" if ".tsv" in name.lower() else _separator(full)
    found = {"sep": sep, "encoding": encoding}
    return found | _unusual(full, sep) | blank


def _encoding(start: bytes) -> str:
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # incremental: the last character may be cut
    except UnicodeDecodeError:
        return "cp1252" if not any(byte in start for byte in b"\x81\x8d\x8f\x90\x9d") else "latin-1"
    return "utf-8"


def _rows(lines: list[str], sep: str, quote: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=sep, quotechar=quote, skipinitialspace=False))
    except csv.Error:
        return []


def _separator(lines: list[str]) -> str:
    best, found = 0.0, ","
    for rank, sep in enumerate((*SEPARATORS, *RARE_SEPARATORS)):
        widths = Counter(len(row) for row in _rows(lines, sep, '"') if row)
        if not widths:
            continue
        width, agreeing = max(widths.items(), key=lambda item: (item[1] * min(item[0], 3), item[0]))
        if width < 2 or (rank >= len(SEPARATORS) and agreeing < max(2, sum(widths.values()))):
            continue
        score = (
            agreeing / sum(widths.values()) * (2 - 1 / width) - rank * 1e-3 - (0.3 if rank >= len(SEPARATORS) else 0)
        )
        if score > best:
            best, found = score, sep
    return found


def _unusual(lines: list[str], sep: str) -> dict[str, str]:
    found: dict[str, str] = {}
    quote = '"'
    if not any('"' in line for line in lines) and _is_quoted_by(lines, sep, "'"):
        quote = found["quote"] = "'"
    rows = [row for row in _rows(lines, sep, quote) if row]
    if len(rows) < 2:
        return found
    widths = Counter(len(row) for row in rows)
    width = widths.most_common(1)[0][0]
    before = next((index for index, row in enumerate(rows) if len(row) == width), 0)
    if before and width > 1 and all(len(row) < width for row in rows[:before]) and before == _lines_of(lines, before):
        found["skip"] = str(before)
        rows = rows[before:]
    if _has_no_heading(rows):
        found["header"] = "no"
    return found


def _lines_of(lines: list[str], before: int) -> int:
    """How many rows the first lines are; the same number where none of them is broken by a quote."""
    return before if all(line.count('"') % 2 == 0 for line in lines[:before]) else -1


def _is_quoted_by(lines: list[str], sep: str, quote: str) -> bool:
    edges = sum(line.count(f"{quote}{sep}") + line.count(f"{sep}{quote}") for line in lines)
    return edges >= len(lines) - 1 > 0  # the heading may be bare


def _has_no_heading(rows: list[list[str]]) -> bool:
    """Whether the first row is data: it has values that look like numbers or dates, as the rows below do."""
    top = rows[0]
    looks = [index for index, value in enumerate(top) if VALUE.fullmatch(value.strip())]
    if not looks:
        return False
    below = rows[1 : 1 + 20]
    same = [
        index
        for index in looks
        if sum(1 for row in below if index < len(row) and VALUE.fullmatch(row[index].strip())) >= max(len(below) / 2, 1)
    ]
    return len(same) == len(looks) and len(looks) * 2 >= len([value for value in top if value.strip()])
