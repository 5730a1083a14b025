"""JSON files: one object a line, objects one after the other, or a list of objects; nested values stay nested.

Objects are read one by one, so a file of any size is read in little memory. A column takes the type of its first
values; where they are of several types it is text, written as JSON.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from perijove.catalog.model import Column, Method
from perijove.catalog.plain import whole
from perijove.catalog.rows import BATCH, Part, chosen
from perijove.catalog.sources.delimited import packing, stream
from perijove.catalog.sources.spots import Spot, reason
from perijove.core.errors import Invalid, PerijoveError

LONGEST = 16 * 2**20
CHUNK = 2**20
FIRST = 1_000
SPACE = " \t\r\n"
HALF = "\\u"
"""What a letter begins with that may be half a pair, which is no text: a lone ``\\ud800``."""


class JsonTable:
    """A JSON file as a table; one object a line can be drawn in blocks."""

    def __init__(self, place: Spot) -> None:
        import pyarrow as pa

        self.place = place
        with _named(place):
            self.style = _style(place)
            first = list(_first(self._objects(), FIRST))
        if not first:
            raise Invalid(f"{place.name} is empty.", hint="Write it again, or remove it.")
        self.schema = pa.Table.from_batches([_batch(first, None)]).schema
        self.size = place.size()
        self.rows: int | None = len(first) if len(first) < FIRST else None
        self.apart = self.style == "lines" and not packing(place.name) and self.size > 4 * CHUNK
        self.method: Method = "blocks" if self.apart else "first rows"

    def columns(self) -> list[Column]:
        """The columns."""
        return [Column(field.name, str(field.type)) for field in self.schema]

    def parts(self) -> Sequence[Part]:
        """Blocks of about a megabyte, or the whole."""
        return [Part(start) for start in range(0, self.size, CHUNK)] if self.apart else [Part(None)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The objects of a block, or all."""
        with _named(self.place):
            objects = self._objects() if part.where is None else self._block(part.where)
            while group := list(_first(objects, min(batch, 5_000))):
                yield chosen(_batch(group, self.schema), columns)

    def _objects(self) -> Iterator[Any]:
        with stream(self.place) if packing(self.place.name) else self.place.open() as opened:
            file = io.BufferedReader(opened, CHUNK) if isinstance(opened, io.RawIOBase) else opened
            if self.style == "lines" and hasattr(file, "readline") and not packing(self.place.name):
                yield from _lines(iter(lambda: file.readline(LONGEST), b""))
            else:
                yield from _values(file, self.style == "list")

    def _block(self, start: int) -> Iterator[Any]:
        with self.place.open() as file:
            file.seek(start)
            raw = file.read(CHUNK)
            raw += file.readline(LONGEST)
        lines = raw.split(b"\n")
        yield from _lines(iter(lines[1:] if start else lines), lambda: self._lines_before(start))

    def _lines_before(self, start: int) -> int:
        """How many lines begin before a block's own first one; it is only counted where one is wrong."""
        with self.place.open() as file:
            return sum(file.read(CHUNK).count(b"\n") for _ in range(start // CHUNK)) + bool(start)


def _style(place: Spot) -> str:
    """``list`` of values, ``lines`` of one value each, or values ``one`` after the other over several lines."""
    with stream(place) if packing(place.name) else place.open() as file:
        head = bytes(file.read(64 * 1024)).removeprefix(b"\xef\xbb\xbf")
    begin = head.lstrip()
    if begin.startswith(b"["):
        lines = begin.splitlines()
        return "lines" if len(lines) > 1 and _is_value(lines[0]) and _is_value(lines[1]) else "list"
    line = begin.splitlines()[0] if begin else b""
    return "lines" if _is_value(line) else "one"


def is_one_object(place: Spot) -> bool:
    """Whether a file begins with an object that is not the first of a list or of lines."""
    try:
        style = _style(place)
        if style == "lines":
            with _named(place):
                table = JsonTable(place)
            return table.rows == 1
        return style == "one"
    except (PerijoveError, OSError):
        return False  # broken: it is listed with its problem


def _is_value(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _first(objects: Iterator[Any], count: int) -> Iterator[Any]:
    for _ in range(count):
        try:
            yield next(objects)
        except StopIteration:
            return


def _lines(lines: Iterator[bytes], before: Callable[[], int] = lambda: 0) -> Iterator[Any]:
    """The value of each line; ``before`` says how many lines of the file come before these."""
    for number, line in enumerate(lines, 1):
        if len(line) >= LONGEST:
            raise ValueError(f"it has a line longer than {LONGEST // 2**20} MB")
        if line.strip():
            try:
                yield _decoded(line.removeprefix(b"\xef\xbb\xbf"))
            except json.JSONDecodeError as error:
                place = f"line {before() + number:,} column {error.colno}"
                raise ValueError(f"{error.msg} at {place}") from error


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return whole(json.loads(raw.decode("utf-8", "replace")))  # NaN and Infinity, which some write


def _values(file: Any, is_list: bool) -> Iterator[Any]:
    """The values of a list, or values one after the other, from a stream."""
    decoder, text, at, ended = json.JSONDecoder(), "", 0, False
    opened = not is_list
    while True:
        at = _past(text, at, SPACE + ("," if opened else ""))
        if not opened and at < len(text):
            at, opened = at + 1, True
            continue
        if opened and is_list and text[at : at + 1] == "]":
            return
        try:
            if at >= len(text):
                raise ValueError("it ends in the middle")
            value, end = decoder.raw_decode(text, at)
            if end >= len(text) and not ended and not isinstance(value, dict | list | str):
                raise ValueError("the number may go on")
            yield whole(value) if HALF in text else value
            at = end
        except ValueError:
            if ended or len(text) - at > LONGEST:
                if at >= len(text) and not is_list:
                    return
                raise
            chunk = bytes(file.read(CHUNK))
            ended = not chunk
            text, at = text[at:] + chunk.decode("utf-8", "replace").removeprefix("\ufeff"), 0


def _past(text: str, at: int, marks: str) -> int:
    while at < len(text) and text[at] in marks:
        at += 1
    return at


def _batch(objects: Sequence[Any], schema: Any) -> Any:
    """Objects as a batch: with the types of their own, or with those of a schema."""
    import pyarrow as pa

    rows = [one if isinstance(one, dict) else {"value": one} for one in objects]
    names = schema.names if schema is not None else list(dict.fromkeys(name for row in rows for name in row))
    columns = [_column([row.get(name) for row in rows], schema.field(name).type if schema else None) for name in names]
    return pa.record_batch(columns, names=names) if names else pa.record_batch({"value": pa.nulls(len(rows))})


def _column(values: list[Any], kind: Any) -> Any:
    import pyarrow as pa

    try:
        array = pa.array(values, kind)
        return array if not pa.types.is_struct(array.type) or array.type.num_fields else _written(values)
    except (pa.ArrowException, OverflowError, TypeError):
        if kind is None or pa.types.is_string(kind):
            return _written(values)
    return pa.array([_fitting(value, kind) for value in values], kind)


def _fitting(value: Any, kind: Any) -> Any:
    """A value where it fits a type, else null: the type was taken from the first rows."""
    import pyarrow as pa

    try:
        pa.array([value], kind)
    except (pa.ArrowException, OverflowError, TypeError):
        return None
    return value


def _written(values: Iterable[Any]) -> Any:
    import pyarrow as pa

    return pa.array(
        [value if value is None or isinstance(value, str) else json.dumps(value, default=str) for value in values],
        pa.string(),
    )


class _named:
    """Turn what goes wrong in a JSON file into a sentence."""

    def __init__(self, place: Spot) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError | OSError | RecursionError | EOFError):
            raise Invalid(
                f"{self.place.name} cannot be read as JSON: {reason(error)}.", hint="Check that it is whole."
            ) from error
