"""CSV and TSV files: separator and encoding from the first bytes, rows as a stream or in blocks of lines.

Only one block is in memory at a time, so a line longer than a block is refused rather than read. Blocks can be drawn by
chance where no quoted value of the first block holds a line break: then each line break ends a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from perijove.catalog.model import Column, Method
from perijove.catalog.rows import BATCH, Part, chosen
from perijove.catalog.sources import dialect, ragged
from perijove.catalog.sources.spots import Spot, arrow_file, reason
from perijove.core.errors import Invalid, PerijoveError

BLOCK = 4 * 1024 * 1024
DRAWN = 1024 * 1024
COUNTED = 256 * 1024 * 1024
WRONG_TYPE = re.compile(r"In CSV column #(\d+): .*CSV conversion error")
ODD_ROW = re.compile(r"Expected \d+ columns, got \d+|a quote that is never closed")
PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".xz": "xz"}


def options(place: Spot) -> dict[str, str]:
    """Separator and encoding of a file, guessed from its first bytes; raises Invalid where it is empty."""
    return dialect.guess(dialect.head(place), place.name)


class CsvTable:
    """A CSV file as a table; its types are those that the first block suggests."""

    def __init__(self, place: Spot, how: dict[str, str]) -> None:
        self.place = place
        self.how = {"sep": ",", "encoding": "utf-8"} | how
        self.texts: dict[str, Any] = {}
        uneven = self.how.get("rows") == "uneven"
        self.ragged = uneven or _has_open_quote(dialect.head(place), self.how.get("quote", '"'))
        self.size = place.size()
        try:
            self._begin()
        except Invalid as error:
            if not self._straightened(error):
                raise
        self.rows: int | None = None
        self.apart = self._can_be_drawn()
        self.method: Method = "blocks" if self.apart else "first rows"

    @property
    def note(self) -> str:
        """What must be said of its rows."""
        return ragged.NOTE if self.ragged else ""

    def _begin(self) -> None:
        import pyarrow as pa

        try:
            with self._open() as reader:
                self.schema = reader.schema
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, ValueError, LookupError, EOFError) as error:
            raise problem(self.place, error, self.size) from error

    def _straightened(self, error: PerijoveError) -> bool:
        """Read it as a file of uneven rows from now on; whether the error was of that kind."""
        if self.ragged or not ODD_ROW.search(error.message):
            return False
        self.ragged, self.apart, self.method = True, False, "first rows"
        self._begin()
        return True

    def widened(self, error: PerijoveError) -> bool:
        """Take uneven rows as they are, or a column that a value did not fit as text; whether it was such an error."""
        if self._straightened(error):
            return True
        found = WRONG_TYPE.search(error.message)
        index = int(found.group(1)) if found else -1
        if not 0 <= index < len(self.schema.names) or self.schema.names[index] in self.texts:
            return False
        import pyarrow as pa

        self.texts[self.schema.names[index]] = pa.string()
        self._begin()
        return True

    def _can_be_drawn(self) -> bool:
        if (
            self.ragged
            or self.size <= 4 * DRAWN
            or packing(self.place.name)
            or self.how.get("encoding", "utf-8") == "utf-16"
        ):
            return False
        names = self.schema.names
        head = dialect.head(self.place)
        return len(set(names)) == len(names) and not _breaks_in_quotes(head)

    def parts(self) -> Sequence[Part]:
        """Blocks of about a megabyte, or the whole."""
        if not self.apart:
            return [Part(None)]
        return [Part(start) for start in range(0, self.size, DRAWN)]

    def columns(self) -> list[Column]:
        """The columns."""
        return [Column(field.name, str(field.type)) for field in self.schema]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows of a block, or of the whole file."""
        import pyarrow as pa

        try:
            if part.where is None:
                yield from self._stream(columns, batch)
            else:
                yield from self._block(part.where, columns)
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, ValueError, EOFError) as error:
            raise problem(self.place, error, self.size) from error

    def _stream(self, columns: Sequence[str], batch: int) -> Iterator[Any]:
        with self._open(columns if list(columns) != self.schema.names else ()) as reader:
            for found in reader:
                for start in range(0, found.num_rows, batch):
                    yield chosen(found.slice(start, batch), columns)

    def _block(self, start: int, columns: Sequence[str]) -> Iterator[Any]:
        """The rows that begin in a block; the first block has the heading."""
        import pyarrow as pa
        from pyarrow import csv

        with self.place.open() as file:
            file.seek(start)
            raw = file.read(DRAWN)
            raw += file.readline(BLOCK)
        if start:
            raw = raw[raw.find(b"\n") + 1 :]
        if not raw.strip():
            return
        names = self.schema.names
        reading = csv.ReadOptions(
            encoding=self.how["encoding"],
            use_threads=False,
            column_names=names,
            skip_rows=0 if start or self.how.get("header") == "no" else 1 + int(self.how.get("skip", "0")),
            block_size=2 * BLOCK,
        )
        table = csv.read_csv(pa.BufferReader(raw), reading, self._parsing(), self._converting(columns, typed=True))
        yield from chosen(table, columns).to_batches()

    def _parsing(self) -> Any:
        from pyarrow import csv

        quote = self.how.get("quote", '"')
        if self.ragged:
            return csv.ParseOptions(newlines_in_values=True)
        return csv.ParseOptions(delimiter=self.how["sep"], quote_char=quote, newlines_in_values=True)

    def _converting(self, columns: Sequence[str], *, typed: bool = False) -> Any:
        from pyarrow import csv

        types = {field.name: field.type for field in self.schema} if typed else dict(self.texts)
        return csv.ConvertOptions(column_types=types, include_columns=list(columns) or None, strings_can_be_null=True)

    def _open(self, columns: Sequence[str] = ()) -> Any:
        from pyarrow import csv

        as_it_is = {
            "encoding": self.how["encoding"],
            "autogenerate_column_names": self.how.get("header") == "no",
            "skip_rows": int(self.how.get("skip", "0")),
        }
        size, more = (ragged.BLOCK, {}) if self.ragged else (BLOCK, as_it_is)
        reading = csv.ReadOptions(block_size=size, use_threads=False, **more)
        return csv.open_csv(
            self._bytes(),
            read_options=reading,
            parse_options=self._parsing(),
            convert_options=self._converting(columns, typed=bool(columns)),
        )

    def _bytes(self) -> Any:
        """The file as Arrow reads it: a line without an end gets one, rows their width."""
        import pyarrow as pa

        opened = stream(self.place)
        opened = pa.OSFile(opened) if isinstance(opened, str) else opened
        if self.ragged:
            return pa.PythonFile(ragged.Straight(self.place, opened, self.how), mode="r")
        if self.size >= dialect.HEAD or self.how["encoding"] == "utf-16":
            return opened
        raw = opened.read(BLOCK)
        if len(raw) == BLOCK:
            return stream(self.place)
        return pa.BufferReader(raw if raw.endswith((b"\n", b"\r")) else raw + b"\n")

    def count(self) -> int | None:
        """How many rows there are, or None where counting would take long or a row is not like the others."""
        import pyarrow as pa

        if self.size > (BLOCK if self.ragged else COUNTED) or packing(self.place.name) or not self.schema.names:
            return None
        if len(set(self.schema.names)) != len(self.schema.names):
            return None
        try:
            with self._open([self.schema.names[0]]) as reader:
                return int(sum(batch.num_rows for batch in reader))
        except (pa.ArrowException, OSError, ValueError):
            return None  # the rows before it can still be previewed, so the count is unknown and not an error


def _breaks_in_quotes(head: bytes) -> bool:
    pieces = head.split(b'"')
    return any(b"\n" in piece for piece in pieces[1:-1:2])


def _has_open_quote(head: bytes, quote: str) -> bool:
    """Whether a file that is whole here has a quote without an end, which Arrow reads on to the end of the file."""
    return len(head) < dialect.HEAD and head.count(quote.encode()) % 2 == 1


def packing(name: str) -> str:
    """How a file is packed, by its ending; empty where it is not."""
    return next((kind for ending, kind in PACKED.items() if name.lower().endswith(ending)), "")


def stream(place: Spot) -> Any:
    """The unpacked bytes of a file, as Arrow streams them."""
    import io
    import lzma

    import pyarrow as pa

    kind = packing(place.name)
    if kind == "xz":
        return pa.PythonFile(io.BufferedReader(lzma.LZMAFile(place.open())), mode="r")
    opened = arrow_file(place)
    return pa.CompressedInputStream(opened, kind) if kind else opened


def problem(place: Spot, error: Exception, size: int) -> Invalid:
    """The error for a CSV file that cannot be read."""
    said = reason(error)
    if "straddling" in said or "block" in said:
        said = "it has a quote that is never closed"
        if size > BLOCK or packing(place.name):
            said = f"it has a line longer than {BLOCK // 2**20} MB, or a quote that is never closed"
    return Invalid(f"{place.name} cannot be read as CSV: {said}.", hint="Check its separator, quotes and encoding.")
