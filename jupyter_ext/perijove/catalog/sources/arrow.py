"""Arrow (Feather, IPC) and ORC files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from perijove.catalog.model import Column, Method
from perijove.catalog.rows import BATCH, Part, chosen
from perijove.catalog.sources.spots import Local, Spot, arrow_file, reason
from perijove.core.errors import Invalid, NotFound

WITHOUT_VALUES = ("month_interval", "day_time_interval")


class IpcTable:
    """An Arrow file or stream; the batches of a file can be drawn."""

    method: Method = "blocks"

    def __init__(self, place: Spot) -> None:
        import pyarrow as pa

        self.place = place
        with _named(place, "Arrow"):
            try:
                self.file: Any = pa.ipc.open_file(self._opened())
            except pa.ArrowInvalid:
                self.file = None
            self.schema = self.file.schema if self.file else pa.ipc.open_stream(self._opened()).schema
            _ = self.schema.names  # a name that is no text is said here, not at the first row
        self.apart = self.file is not None
        self.rows: int | None = None

    def _opened(self) -> Any:
        import pyarrow as pa

        found = arrow_file(self.place)
        return pa.OSFile(found) if isinstance(found, str) else found

    def columns(self) -> list[Column]:
        """The columns."""
        return [Column(field.name, str(field.type), bool(field.nullable)) for field in self.schema]

    def count(self) -> int | None:
        """How many rows there are, where the file is near."""
        with _named(self.place, "Arrow"):
            if self.file is None or not isinstance(self.place, Local) or self.file.num_record_batches > 1_000:
                return None
            self.rows = sum(self.file.get_batch(index).num_rows for index in range(self.file.num_record_batches))
            return self.rows

    def _only_known(self, columns: Sequence[str]) -> None:
        """Raise Invalid where a column has a type that Arrow keeps but gives no values of to Python."""
        for field in self.schema:
            if field.name in columns and str(field.type) in WITHOUT_VALUES:
                raise Invalid(
                    f"Column “{field.name}” is of type {field.type}, whose values cannot be read here.",
                    hint="Write it with another type, or leave the column out.",
                )

    def parts(self) -> Sequence[Part]:
        """Its record batches, or the whole stream."""
        return [Part(index) for index in range(self.file.num_record_batches)] if self.file else [Part(None)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows of a record batch, or of the stream."""
        import pyarrow as pa

        self._only_known(columns)
        with _named(self.place, "Arrow"):
            found = [self.file.get_batch(part.where)] if self.file else pa.ipc.open_stream(self._opened())
            for one in found:
                for start in range(0, one.num_rows, batch):
                    yield chosen(one.slice(start, batch), columns)


class OrcTable:
    """An ORC file; its parts are stripes."""

    apart = True
    method: Method = "row groups"

    def __init__(self, place: Spot) -> None:
        from pyarrow import orc

        self.place = place
        with _named(place, "ORC"):
            self.file = orc.ORCFile(arrow_file(place))
            self.schema = self.file.schema
            self.rows: int | None = self.file.nrows

    def columns(self) -> list[Column]:
        """The columns."""
        return [Column(field.name, str(field.type), bool(field.nullable)) for field in self.schema]

    def count(self) -> int | None:
        """How many rows there are."""
        return self.rows

    def parts(self) -> Sequence[Part]:
        """Its stripes."""
        return [Part(index) for index in range(self.file.nstripes)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows of a stripe."""
        wanted = None if list(columns) == self.schema.names else list(columns)
        with _named(self.place, "ORC"):
            found = self.file.read_stripe(part.where, columns=wanted)
            for start in range(0, found.num_rows, batch):
                yield chosen(found.slice(start, batch), columns)


class _named:
    """Turn what goes wrong in a file into a sentence."""

    def __init__(self, place: Spot, kind: str) -> None:
        self.place = place
        self.kind = kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, FileNotFoundError):
            raise NotFound(f"There is no {self.place.name} any more.", hint="Scan its source again.") from error
        if isinstance(error, pa.ArrowException | ValueError | OSError) and not isinstance(error, MemoryError):
            text = isinstance(error, UnicodeDecodeError)
            said = "the name of a column is not UTF-8 text" if text else reason(error)
            raise Invalid(
                f"{self.place.name} is not a readable {self.kind} file: {said}.",
                hint="Write it again, or remove it.",
            ) from error
