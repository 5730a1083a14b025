"""One dataset, open: what it is, its rows, its figures, its versions. Every kind of file has a reader.

Vocabulary
  reader  knows one dataset and does the verbs of a source for it
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from perijove.catalog import profile as profiles
from perijove.catalog import window as windows
from perijove.catalog.model import Column, Level, Preview, Profile, Reading, Version, Window
from perijove.catalog.rows import Table, first
from perijove.core.errors import Invalid, PerijoveError

MOST_WRONG_TYPES = 20


class Reader(Protocol):
    """The verbs of a source for one dataset."""

    def describe(self) -> Reading:
        """Schema, rows and size."""
        ...

    def preview(self, rows: int) -> Preview:
        """The first rows."""
        ...

    def look(self, window: Window) -> Preview:
        """The rows of a window."""
        ...

    def profile(self, level: Level, step: Callable[[float], None]) -> Profile:
        """Figures at a level."""
        ...

    def versions(self) -> list[Version]:
        """Its versions, newest first."""
        ...


class TableReader:
    """A reader of anything that gives Arrow batches; ``reading`` is made only where it is asked for."""

    def __init__(self, table: Table, reading: Callable[[], Reading], seed: str) -> None:
        self.table = table
        self.reading = reading
        self.seed = seed

    def describe(self) -> Reading:
        """Schema, rows and size."""
        return self.reading()

    def preview(self, rows: int) -> Preview:
        """The first rows."""
        return self._noted(self._settled(lambda: first(self.table, rows)))

    def look(self, window: Window) -> Preview:
        """The rows of a window."""
        if window.version:
            raise Invalid("This keeps no versions that can be read.", hint="Look at the present state.")
        return self._noted(self._settled(lambda: windows.look(self.table, window)))

    def _noted(self, found: Preview) -> Preview:
        """Rows with what must be said of them."""
        notes = [note for note in (getattr(self.table, "note", ""), found.note) if note]
        return msgspec.structs.replace(found, note=" ".join(notes))

    def profile(self, level: Level, step: Callable[[float], None]) -> Profile:
        """Figures; least and greatest come from the footer where a sample has not seen all rows."""
        if level == "full":
            full: Profile = self._settled(lambda: profiles.of_all(self.table, step))
            return full
        if level == "footer":
            return profiles.of_footer(self.reading())
        found: Profile = self._settled(lambda: profiles.of_sample(self.table, self.seed))
        columns: list[Column] = getattr(self.table, "columns", list)()
        return profiles.with_ends(found, columns)

    def versions(self) -> list[Version]:
        """None: plain files keep none."""
        raise Invalid("Plain files keep no versions.", hint="Delta and Iceberg tables do.")

    def _settled(self, verb: Callable[[], Any]) -> Any:
        """The result, after taking as text the columns whose later values do not fit the type of the first ones."""
        for _ in range(MOST_WRONG_TYPES):
            try:
                return verb()
            except PerijoveError as error:
                widened = getattr(self.table, "widened", None)
                if widened is None or not widened(error):
                    raise
        return verb()


def renamed(reading: Reading, **changes: Any) -> Reading:
    """A reading with some of its fields changed."""
    return msgspec.structs.replace(reading, **changes)
