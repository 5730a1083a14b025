"""Excel workbooks (.xlsx): the first sheet that has anything in it, its first row as the heading.

Where there are others, a note with the rows names them: they are not shown, but they are not hidden either.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from perijove.catalog.model import Column, Method
from perijove.catalog.rows import BATCH, Part, chosen
from perijove.catalog.sources.spots import Spot, reason
from perijove.core.errors import Invalid

MOST_ROWS = 200_000
MOST_NAMED = 20
MOST_UNPACKED = 512 * 2**20


class ExcelTable:
    """A sheet as a table; a workbook is one packed text, so it is read from its begin."""

    apart = False
    method: Method = "first rows"

    def __init__(self, place: Spot) -> None:
        import pyarrow as pa

        self.place = place
        self.sheets: list[str] = []
        self.sheet, self.names, first = self._first()
        self.schema = pa.schema([pa.field(name, _kind(first, index)) for index, name in enumerate(self.names)])
        self.rows: int | None = None

    @property
    def note(self) -> str:
        """Which of its sheets is shown, where it has several."""
        if len(self.sheets) < 2:
            return ""
        more = f" and {len(self.sheets) - MOST_NAMED} more" if len(self.sheets) > MOST_NAMED else ""
        return f"Sheet “{self.sheet}” of {len(self.sheets)}: {', '.join(self.sheets[:MOST_NAMED])}{more}."

    def columns(self) -> list[Column]:
        """The columns."""
        return [Column(field.name, str(field.type)) for field in self.schema]

    def count(self) -> int | None:
        """How many rows the sheet says it has."""
        return None

    def parts(self) -> Sequence[Part]:
        """The sheet."""
        return [Part(self.sheet)]

    def read(self, part: Part, columns: Sequence[str], batch: int = BATCH) -> Iterator[Any]:
        """The rows of the sheet."""
        import pyarrow as pa

        group: list[Any] = []
        for count, row in enumerate(self._values(part.where)):
            group.append(row)
            if len(group) >= batch or count >= MOST_ROWS:
                yield chosen(self._batch(pa, group), columns)
                group = []
            if count >= MOST_ROWS:
                return
        if group:
            yield chosen(self._batch(pa, group), columns)

    def _batch(self, pa: Any, rows: list[Any]) -> Any:
        columns = [[row[index] if index < len(row) else None for row in rows] for index in range(len(self.names))]
        arrays = [_array(values, field.type) for values, field in zip(columns, self.schema, strict=True)]
        return pa.record_batch(arrays, schema=self.schema)

    def _first(self) -> tuple[str, list[str], list[Any]]:
        book = self._book()
        try:
            self.sheets = [sheet.title for sheet in book.worksheets]
            for sheet in book.worksheets:
                rows = [row for row, _ in zip(_filled(sheet), range(1_000), strict=False)]
                if rows:
                    return sheet.title, _headings(rows[0]), rows[1:]
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile, SyntaxError, EOFError, IndexError) as error:
            raise self._problem(error) from error
        finally:
            book.close()
        raise Invalid(f"{self.place.name} has no sheet with data.", hint="Check the workbook.")

    def _values(self, sheet: str) -> Iterator[Any]:
        book = self._book()
        try:
            rows = _filled(book[sheet])
            next(rows, None)
            yield from rows
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile, SyntaxError, EOFError, IndexError) as error:
            raise self._problem(error) from error
        finally:
            book.close()

    def _book(self) -> Any:
        try:
            import openpyxl
        except ImportError as error:
            raise Invalid("No package here reads Excel files.", hint='Run: pip install "perijove[excel]"') from error
        try:
            file = self.place.open()
            with zipfile.ZipFile(file) as packed:
                unpacked = sum(one.file_size for one in packed.infolist())
            if unpacked > MOST_UNPACKED:
                raise Invalid(
                    f"{self.place.name} is refused: it unpacks to {unpacked / 1e9:.1f} GB.", hint="Write it as parquet."
                )
            file.seek(0)
            return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Invalid:
            raise
        except Exception as error:  # noqa: BLE001 - openpyxl lets whatever its XML reader raises through
            raise self._problem(error) from error

    def _problem(self, error: Exception) -> Invalid:
        return Invalid(f"{self.place.name} cannot be read as an Excel file: {reason(error)}.", hint="Save it again.")


def _filled(sheet: Any) -> Iterator[Any]:
    for row in sheet.iter_rows(values_only=True):
        if any(value is not None for value in row):
            yield row


def _headings(row: Sequence[Any]) -> list[str]:
    names: list[str] = []
    for index, value in enumerate(row):
        name = str(value) if value is not None else f"column {index + 1}"
        names.append(name if name not in names else f"{name} ({index + 1})")
    return names


def _kind(rows: Sequence[Any], index: int) -> Any:
    """The type that the first values of a column have in common; text where they differ."""
    import pyarrow as pa

    values = [row[index] for row in rows if index < len(row) and row[index] is not None]
    try:
        return pa.array(values).type if values else pa.string()
    except (pa.ArrowException, TypeError):
        numbers = all(isinstance(value, int | float) for value in values)
        return pa.float64() if numbers else pa.string()


def _array(values: list[Any], kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values], kind)
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, TypeError):
        return pa.array([value if _fits(value, kind) else None for value in values], kind)


def _fits(value: Any, kind: Any) -> bool:
    import pyarrow as pa

    try:
        pa.array([value], kind)
    except (pa.ArrowException, TypeError):
        return False
    return True
