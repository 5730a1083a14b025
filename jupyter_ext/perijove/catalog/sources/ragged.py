"""CSV files whose rows do not all have as many values as the heading, given as if they had.

Arrow refuses such a file at the first odd row. Here each line is read by itself, filled up or cut to the width of the
table, and written again plainly, a block at a time, so that Arrow can read on with its types. A quote that does not end
within the next lines is a letter like any other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from perijove.catalog.sources import dialect
from perijove.catalog.sources.spots import Spot

NOTE = (
    "Its rows are uneven, or a quote in it never ends: missing values are null, "
    "values beyond the last column are left out."
)
LINES_OF_A_VALUE = 20
BLOCK = 256 * 1024
WIDEST = 4
"""How many times the usual width a row of the first lines may have and still widen the table."""


class Straight(io.RawIOBase):
    """The bytes of a file with every row as wide as the table; UTF-8, commas, double quotes, a heading."""

    def __init__(self, place: Spot, file: io.RawIOBase | io.BufferedIOBase, how: dict[str, str]) -> None:
        super().__init__()
        self.file = file
        lines = io.TextIOWrapper(io.BufferedReader(file), encoding=how["encoding"], errors="replace", newline="")
        self._rows = rows(islice(lines, int(how.get("skip", "0")), None), how["sep"], how.get("quote", '"'))
        self._heading = how.get("header") != "no"
        self._width = width(place, how)
        self._ready = io.BytesIO()
        self._begun = False

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, into: object) -> int:
        """The next bytes."""
        view = memoryview(into)  # type: ignore[arg-type]  # what io calls a buffer
        found = self._ready.read(len(view))
        if not found:
            self._ready = io.BytesIO(self._block())
            found = self._ready.read(len(view))
        view[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Give the file back."""
        self.file.close()
        super().close()

    def _block(self) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        if not self._begun:
            self._begun = True
            writer.writerow(self._names())
        for row in self._rows:
            writer.writerow(fitted(row, self._width))
            if out.tell() > BLOCK:
                break
        return out.getvalue().encode("utf-8", "replace")

    def _names(self) -> list[str]:
        given = fitted(next(self._rows, []), self._width) if self._heading else [""] * self._width
        return [name or f"f{number}" for number, name in enumerate(given)]


def fitted(row: Sequence[str], width: int) -> list[str]:
    """A row with exactly so many values."""
    return [*row[:width], *[""] * (width - len(row))]


def width(place: Spot, how: dict[str, str]) -> int:
    """How many columns the table has: as many as the widest of the first rows, leaving out those that are far wider.

    Empty values at the end of a row do not make it wider: a separator after the last value is common.
    """
    text = dialect.head(place).decode(how["encoding"], "replace").lstrip("\ufeff")
    lines = text.splitlines(keepends=True)[int(how.get("skip", "0")) :]
    found = list(rows(iter(lines), how["sep"], how.get("quote", '"')))
    widths = sorted(max((at for at, value in enumerate(row, 1) if value), default=1) for row in found)
    usual = widths[len(widths) // 2] if widths else 1
    heading = len(found[0]) if found and how.get("header") != "no" else 1
    return max(heading, *(one for one in widths if one <= usual * WIDEST))


def rows(lines: Iterator[str], sep: str, quote: str) -> Iterator[list[str]]:
    """The values of each row; a row goes on over several lines only where a quote that was opened ends soon."""
    waiting: list[str] = []
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        if line.count(quote) % 2:
            more = [*waiting, *islice(lines, max(LINES_OF_A_VALUE - len(waiting), 0))]
            end = next((number for number, one in enumerate(more, 1) if one.count(quote) % 2), 0)
            waiting = more[end:]
            if end and (row := _whole("".join([line, *more[:end]]), sep, quote)):
                yield row
                continue
            waiting = more
            yield line.rstrip("\r\n").split(sep)
        elif line.strip("\r\n"):
            yield _whole(line, sep, quote) or line.rstrip("\r\n").split(sep)


def _whole(text: str, sep: str, quote: str) -> list[str]:
    """The values of a text that is one row; none where it is not."""
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=sep, quotechar=quote))
    except csv.Error:
        return []
    return found[0] if len(found) == 1 else []
