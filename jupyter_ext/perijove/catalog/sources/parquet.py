"""Parquet files and folders of them: everything from the footers, and rows only where they are shown.

A footer is small and cheap to read, and it tells what decoding would cost. A file that declares far more data than its
bytes could honestly hold is refused before any page of it is touched. Columns that folders named ``key=value`` stand
for come after those of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from perijove.catalog.model import Column, Method
from perijove.catalog.rows import BATCH, Part
from perijove.catalog.sources import partitions
from perijove.catalog.sources.footers import columns as footer_columns
from perijove.catalog.sources.spots import Local, Spot, arrow_file, reason
from perijove.core.errors import Invalid, NotFound

SUSPECT_BYTES = 256 * 1024 * 1024
SUSPECT_RATIO = 1_000
BUFFER_NEAR, BUFFER_FAR = 64 * 1024, 1024 * 1024  # reads pages as they are needed instead of whole column chunks
MAPPED = 768 * 1024 * 1024
"""Bytes of a file whose first rows are read in place; larger ones would use up what a worker has."""
MANY = 16_384
MUCH = 1024 * 1024
"""Rows at a time, and unpacked bytes of what is read, from which on it is worth to start threads."""
FOOTERS_NEAR, FOOTERS_FAR = 500, 16


def open_file(place: Spot) -> Any:
    """A parquet file with its footer read; raises NotFound or Invalid with what is wrong."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = BUFFER_NEAR if isinstance(place, Local) else BUFFER_FAR
    try:
        file = pq.ParquetFile(arrow_file(place), memory_map=False, pre_buffer=False, buffer_size=buffer)
        _ = file.schema_arrow.names  # what Arrow has no type for is said here, not at the first row
        return file
    except MemoryError:
        raise
    except FileNotFoundError as error:
        raise NotFound(f"There is no {place.name} any more.", hint="Scan its source again.") from error
    except PermissionError as error:
        raise Invalid(f"{place.name} may not be read.", hint="Check the permissions of the file.") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise broken(place, error) from error


def _mapped(place: Spot, opened: Any) -> Any:
    """The same file, read in place where that can be had: a few rows come sooner so."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if place.size() <= MAPPED:
            return pq.ParquetFile(arrow_file(place), metadata=opened.metadata, memory_map=True, pre_buffer=False)
    except (pa.ArrowException, OSError):
        pass  # then it is read as usual
    return opened


def broken(place: Spot, error: Exception) -> Invalid:
    """The error for a parquet file that cannot be read, with the reader's own reason."""
    said = "it is empty" if place.exists() and place.size() == 0 else reason(error)
    if isinstance(error, UnicodeDecodeError):
        said = "the name of a column is not UTF-8 text"
    return Invalid(f"{place.name} is not a readable parquet file: {said}.", hint="Write it again, or remove it.")


def refuse_bomb(place: Spot, footer: Any, groups: Iterable[int] | None = None) -> None:
    """Raise Invalid where the footer declares data, of some row groups or all, out of all proportion to the file."""
    size = place.size() or SUSPECT_BYTES
    for group in range(footer.num_row_groups) if groups is None else groups:
        row_group = footer.row_group(group)
        for index in range(row_group.num_columns):
            chunk = row_group.column(index)
            unpacked = chunk.total_uncompressed_size
            packed = min(max(chunk.total_compressed_size, 1), size)
            if unpacked < 0 or (unpacked > SUSPECT_BYTES and unpacked / packed > SUSPECT_RATIO):
                raise Invalid(
                    f"{place.name} is refused: column “{chunk.path_in_schema}” declares "
                    f"{unpacked / 1e9:.1f} GB of data in {packed:,} bytes.",
                    hint="The file is damaged or made to exhaust memory; get it again from where it came.",
                )


class ParquetTable:
    """One or more parquet files as a table; its parts are row groups, or whole files where there are very many."""

    apart = True
    method: Method = "row groups"

    def __init__(self, files: Sequence[Spot], root: Spot) -> None:
        import pyarrow as pa

        self.files = list(files)
        self.folders = partitions.of([file.uri for file in files], root.uri)
        opened = open_file(files[0])
        self._last: tuple[int, Any] = (0, opened)
        most = FOOTERS_NEAR if isinstance(files[0], Local) else FOOTERS_FAR
        self.footers: list[Any] = [opened.metadata] if len(files) <= most else []
        schemas = [opened.schema_arrow]
        for number in range(1, len(files) if self.footers else 0):
            file = self.open(number)
            self.footers.append(file.metadata)
            schemas.append(file.schema_arrow)
        self.inner = self._unified(schemas)
        self.schema = pa.schema([*self.inner, *self.folders.fields(self.inner.names)])
        self.rows = sum(footer.num_rows for footer in self.footers) if self.footers else None

    def _unified(self, schemas: Sequence[Any]) -> Any:
        import pyarrow as pa

        first = schemas[0].remove_metadata()
        if all(schema.equals(schemas[0]) for schema in schemas):
            return first
        try:
            return pa.unify_schemas([schema.remove_metadata() for schema in schemas], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise Invalid(
                f"The files in {self.files[0].name} and beside it have schemas that do not fit: {reason(error)}.",
                hint="Name one of the files.",
            ) from error

    def open(self, number: int) -> Any:
        """One of the files, open."""
        if self._last[0] != number:
            self._last = (number, open_file(self.files[number]))
        return self._last[1]

    def problem(self) -> str:
        """Why its rows will be refused, empty where they will not."""
        try:
            for place, footer in zip(self.files, self.footers, strict=False):
                refuse_bomb(place, footer)
        except Invalid as error:
            return f"{error.message} {error.hint}"
        return ""

    def parts(self) -> Sequence[Part]:
        """Row groups, or files where their footers were not all read."""
        if not self.footers:
            return [Part((number, None)) for number in range(len(self.files))]
        return [
            Part((number, group), footer.row_group(group).num_rows)
            for number, footer in enumerate(self.footers)
            for group in range(footer.num_row_groups)
        ]

    def columns(self) -> list[Column]:
        """Its columns with what the footers say of them."""
        return footer_columns(self.footers, self.inner) + self.folders.columns(self.inner.names)

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The batches of a row group or file."""
        import pyarrow as pa

        number, group = part.where
        file = self.open(number)
        here = file.schema_arrow.names
        wanted = None if list(columns) == here else [name for name in dict.fromkeys(columns) if name in here]
        groups = list(range(file.metadata.num_row_groups)) if group is None else [group]
        refuse_bomb(self.files[number], file.metadata, groups)
        try:
            if wanted == []:
                rows = sum(file.metadata.row_group(one).num_rows for one in groups)
                yield self._completed(pa.record_batch({}), number, columns, rows)
                return
            near = isinstance(self.files[number], Local)  # from afar Python reads, which is one thread at a time
            much = sum(file.metadata.row_group(one).total_byte_size for one in groups) >= MUCH
            if near and batch < MANY:
                file = _mapped(self.files[number], file)
            threads = near and (batch >= MANY or much)
            for found in file.iter_batches(batch, row_groups=groups, columns=wanted, use_threads=threads):
                yield self._completed(found, number, columns, found.num_rows)
        except MemoryError:
            raise  # Arrow's own is an ArrowException too, but says nothing of the file being broken
        except (pa.ArrowException, OSError, ValueError) as error:
            raise broken(self.files[number], error) from error

    def _completed(self, batch: Any, number: int, columns: Sequence[str], rows: int) -> Any:
        """A batch with the columns of folders, and those that only other files have, in the order that is asked."""
        import pyarrow as pa

        if batch.schema.names == list(columns) == self.schema.names[: len(columns)] and len(self.footers) <= 1:
            return batch
        arrays, fields = [], []
        for name in columns:
            field = self.schema.field(name)
            if name in self.inner.names:
                at = batch.schema.get_field_index(name)
                array = batch.column(at) if at >= 0 else pa.nulls(rows, field.type)
                arrays.append(array if array.type.equals(field.type) else array.cast(field.type))
            else:
                arrays.append(self.folders.array(name, number, rows))
            fields.append(field)
        return pa.record_batch(arrays, schema=pa.schema(fields))
