"""One dataset that a person named at the terminal, in the catalog or only on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perijove.catalog.load_code import Place, Wanted, load_code
from perijove.catalog.model import Dataset, Engine, Level, LoadCode, Preview, Profile, Reading, Window
from perijove.catalog.shapes import Versions
from perijove.catalog.store import read_alone
from perijove.core import terminal
from perijove.core.access import Person
from perijove.core.ranges import within
from perijove.core.refs import Ref

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog


class Look:
    """The verbs of the catalog on it; ``outside`` is its kind, place and schema where it is in no source."""

    def __init__(
        self, catalog: Catalog, ref: Ref, who: Person, outside: tuple[str, str, Reading] | None = None
    ) -> None:
        self.catalog = catalog
        self.ref = ref
        self.who = who
        self.outside = outside

    def show(self) -> Dataset:
        """Its schema."""
        return read_alone(self.outside[2]) if self.outside else self.catalog.show(self.ref, self.who)

    def preview(self, rows: int) -> Preview:
        """Its first rows."""
        if not self.outside:
            return self.catalog.preview(self.ref, rows, self.who)
        within("rows", rows, 1, self.catalog.most_rows())
        kind, source, reading = self.outside
        return self.catalog.sandbox.preview(kind, source, reading.uri, rows, reading.options)

    def look(self, window: Window) -> Preview:
        """Some rows in an order and through a filter."""
        if not self.outside:
            return self.catalog.look(self.ref, window, self.who)
        within("rows", window.rows, 1, self.catalog.most_rows())
        kind, source, reading = self.outside
        return self.catalog.sandbox.look(kind, source, reading.uri, window, reading.options)

    def profile(self, level: Level, version: str = "", *, quiet: bool = True) -> Profile:
        """Figures of its columns; those of all rows are computed now, under a bar unless ``quiet``."""
        if not self.outside:
            if level == "full":
                tasks = self.catalog.tasks
                terminal.run_task(tasks, self.catalog.figures.start(self.ref, self.who, version), quiet=quiet)
            return self.catalog.figures.profile(self.ref, level, self.who, version)
        kind, source, reading = self.outside
        return self.catalog.sandbox.profile(kind, source, reading.uri, level, reading.options, version)

    def versions(self) -> Versions:
        """Its versions."""
        if not self.outside:
            return self.catalog.versions.all(self.ref, self.who)
        kind, source, reading = self.outside
        return Versions(self.catalog.sandbox.versions(kind, source, reading.uri, reading.options))

    def code(self, engine: Engine, version: str = "") -> LoadCode:
        """Python that loads it."""
        if not self.outside:
            return self.catalog.code(self.ref, engine, self.who, version)
        kind, source, reading = self.outside
        root = self.catalog.project.root
        wanted = Wanted(read_alone(reading), reading.options, source, kind, version)
        return LoadCode(load_code(wanted, engine, Place(root, root)))
