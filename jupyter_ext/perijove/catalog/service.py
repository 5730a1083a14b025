"""Sources and their datasets: add, scan, search, show, preview, load."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from perijove.catalog.load_code import load_code
from perijove.catalog.model import (
    Dataset,
    DatasetPage,
    Engine,
    Hit,
    Hits,
    LoadCode,
    NewSource,
    Preview,
    Reading,
    Source,
)
from perijove.catalog.places import parse, place, split_table, table_uri
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.store import LONGEST_REF, CatalogStore, query_words, read_alone, snippet
from perijove.core.access import Person
from perijove.core.errors import Busy, Conflict, Invalid, NotFound, PerijoveError
from perijove.core.events import Events, Happened
from perijove.core.lineage import Lineage
from perijove.core.model import Node, Task
from perijove.core.plugins import Part, Parts
from perijove.core.project import Project
from perijove.core.ranges import short, within
from perijove.core.refs import KINDS, Ref
from perijove.core.tasks import Progress, Tasks

NAME = re.compile(r"[^\W_][\w .\-]{0,99}")
MOST_ROWS = 1_000
MOST_DATASETS = 1_000
GONE = "Scan the source, or add one that holds it."


class Catalog:
    """The verbs of the catalog."""

    def __init__(
        self,
        project: Project,
        store: CatalogStore,
        parts: Parts,
        events: Events,
        tasks: Tasks,
        lineage: Lineage,
        sandbox: Sandbox | None = None,
        most_rows: Callable[[], int] = lambda: MOST_ROWS,
    ) -> None:
        self.most_rows = most_rows
        self.project = project
        self.store = store
        self.parts = parts
        self.events = events
        self.tasks = tasks
        self.lineage = lineage
        self.sandbox = sandbox or Sandbox()
        self._scanning: set[str] = set()
        self._lock = threading.Lock()

    def kinds(self) -> list[Part]:
        """The kinds of sources that are installed."""
        return self.parts.all()

    def sources(self) -> list[Source]:
        """All sources, in order of name."""
        return [self._as_found(source) for source in self.store.sources()]

    def source(self, name: str) -> Source:
        """One source; raises NotFound with the names there are."""
        found = self.store.source(name)
        if found is None:
            known = ", ".join(source.name for source in self.store.sources()) or "none yet"
            raise NotFound(f"There is no source “{name}”.", hint=f"Sources: {known}.")
        return self._as_found(found)

    def add(self, body: NewSource, who: Person) -> Source:
        """Add a source after checking its name, kind and place; it is not scanned yet."""
        if not NAME.fullmatch(body.name):
            raise Invalid(
                f"“{body.name}” cannot be the name of a source.",
                hint="Use up to 100 letters, digits, spaces, dots, dashes and underscores, a letter or digit first.",
            )
        guessed, uri = place(body.uri, self.project.root)
        kind = body.kind or guessed
        self.parts.make(kind, {"uri": uri})
        if not self.store.add_source(body.name, kind, uri):
            raise Conflict(f"There is a source “{body.name}” already.", hint="Choose another name, or remove it first.")
        self._tell("added", body.name, who, {"kind": kind, "uri": uri})
        return self.source(body.name)

    def remove(self, name: str, who: Person) -> None:
        """Forget a source and its datasets; the data itself stays."""
        source = self.source(name)
        self.store.remove_source(name)
        self._tell("removed", name, who, None, {"kind": source.kind, "uri": source.uri})

    def start_scan(self, name: str, who: Person) -> Task:
        """Look for datasets in a source, as a task."""
        source = self.source(name)
        with self._lock:
            if name in self._scanning:
                raise Busy(f"“{name}” is being scanned already.", hint="Wait for that scan, or cancel it.")
            self._scanning.add(name)
        try:
            return self.tasks.start(
                "catalog.scan",
                f"Scan {name}",
                lambda progress: self._scan(source, progress, who),
                who,
                f"source:{name}",
            )
        except BaseException:
            self._scanning.discard(name)
            raise

    def _scan(self, source: Source, progress: Progress, who: Person) -> dict[str, object]:
        self.store.set_state(source.name, "scanning")
        try:
            found = self._read_all(source, progress)
            if not self.store.replace_datasets(source.name, found):
                raise NotFound(f"The source “{source.name}” was removed during its scan.", hint="Add it again.")
        except PerijoveError as error:
            self.store.set_state(source.name, "failed", f"{error.message} {error.hint}".strip())
            raise
        except BaseException:  # cancelled, or a fault of ours: the source is as it was before
            self.store.set_state(source.name, source.state, source.problem)
            raise
        finally:
            self._scanning.discard(source.name)
        self.lineage.add_nodes(Node(f"dataset:{one.uri}", "dataset", one.name, one.uri) for one in found)
        problems = [{"name": one.name, "problem": one.problem} for one in found if one.problem]
        self._tell("scanned", source.name, who, {"datasets": len(found), "problems": len(problems)})
        return {"source": source.name, "datasets": len(found), "problems": problems}

    def _read_all(self, source: Source, progress: Progress) -> list[Reading]:
        progress.step(None, f"Reading {source.name}")
        found: list[Reading] = []
        for reading in self.sandbox.datasets(source.kind, source.uri, progress.check):
            if len(reading.uri) > LONGEST_REF - len("dataset:"):
                progress.log(f"Left out, its path is too long: {reading.name}")
                continue
            found.append(reading)
            progress.log(f"{reading.name}: {reading.problem or f'{len(reading.columns)} columns'}")
        progress.step(0.9, f"{len(found)} datasets in {source.name}")
        return found

    def datasets(self, source: str, limit: int = 200, offset: int = 0) -> DatasetPage:
        """Some of the datasets of a source, in order of name."""
        within("limit", limit, 1, MOST_DATASETS)
        within("offset", offset, 0, 10**9)
        return self.store.page(self.source(source).name, limit, offset)

    def search(self, q: str, limit: int = 20) -> Hits:
        """Datasets that have every word of a query at the start of a word of their name or columns, best first."""
        within("limit", limit, 1, MOST_DATASETS)
        short(q)
        words = query_words(q)
        if not words:
            return Hits([], 0)
        found, total = self.store.search(words, limit)
        hits = [Hit(one.ref, one.name, one.source, score, snippet(one, words)) for one, score in found]
        return Hits(hits, total)

    def found(self, q: str, limit: int) -> list[tuple[str, str, str]]:
        """What a search over everything shows: ref, title and snippet, best first."""
        return [(hit.ref, hit.name, f"{hit.source} · {hit.snippet}") for hit in self.search(q, limit).hits]

    def show(self, ref: Ref) -> Dataset:
        """One dataset with its schema."""
        return self._known(ref)[0]

    def preview(self, ref: Ref, rows: int = 50) -> Preview:
        """The first rows of a dataset."""
        within("rows", rows, 1, self.most_rows())
        dataset, options = self._known(ref)
        source = self.source(dataset.source)
        found = self.sandbox.preview(source.kind, source.uri, dataset.uri, rows, options)
        if found.total_rows is None and dataset.rows is not None and dataset.rows >= len(found.rows):
            return msgspec.structs.replace(found, total_rows=dataset.rows)
        return found

    def code(self, ref: Ref, engine: Engine = "pandas") -> LoadCode:
        """Python that loads a dataset with an engine."""
        dataset, options = self._known(ref)
        source = self.source(dataset.source)
        return LoadCode(load_code(dataset, options, source.uri, engine, self.project.root))

    def look(self, text: str) -> Look:
        """A dataset by its ref, its name or where it is, in the catalog or not; relative to the current folder."""
        ref = self._ref(text)
        if ref is not None:
            return Look(self, ref)
        written, table = split_table(text)
        kind, source = place(written, Path.cwd())
        if kind == "sql" and not table:
            raise Invalid(f"“{text}” is a database.", hint=f"Name one of its tables: {text}#TABLE.")
        uri = table_uri(parse(source), "", table) if kind == "sql" else source
        known = Ref("dataset", uri)
        if self.store.dataset(str(known)):
            return Look(self, known)
        return Look(self, known, (kind, source, self.sandbox.describe(kind, source, uri)))

    def _ref(self, text: str) -> Ref | None:
        if text.partition(":")[0] in KINDS:
            return Ref.parse(text)
        named = self.store.named(text)
        if len(named) > 1 and not Path(text).exists():
            raise Invalid(f"{len(named)} datasets are called “{text}”.", hint=f"Name one: {', '.join(named[:5])}.")
        return Ref.parse(named[0]) if len(named) == 1 else None

    def _as_found(self, source: Source) -> Source:
        """A source as it stands: one whose scan was killed is as it was before."""
        if source.state != "scanning" or self.tasks.running(f"source:{source.name}"):
            return source
        return msgspec.structs.replace(source, state="live" if source.scanned_at else "new")

    def _known(self, ref: Ref) -> tuple[Dataset, dict[str, str]]:
        if ref.kind != "dataset":
            raise Invalid(f"{ref} is not a dataset.", hint="Write dataset:URI, as `perijove catalog search` prints it.")
        found = self.store.dataset(str(ref))
        if found is None:
            raise NotFound(f"There is no {ref} in the catalog.", hint=GONE)
        return found

    def _tell(self, verb: str, name: str, who: Person, new: object, old: object = None) -> None:
        self.events.publish(Happened(f"catalog.source.{verb}", Ref("source", name), who.name, old=old, new=new))


class Look:
    """One dataset that a person named at the terminal, in the catalog or only on disk."""

    def __init__(self, catalog: Catalog, ref: Ref, outside: tuple[str, str, Reading] | None = None) -> None:
        self.catalog = catalog
        self.ref = ref
        self.outside = outside

    def show(self) -> Dataset:
        """Its schema."""
        return read_alone(self.outside[2]) if self.outside else self.catalog.show(self.ref)

    def preview(self, rows: int) -> Preview:
        """Its first rows."""
        if not self.outside:
            return self.catalog.preview(self.ref, rows)
        within("rows", rows, 1, self.catalog.most_rows())
        kind, source, reading = self.outside
        return self.catalog.sandbox.preview(kind, source, reading.uri, rows, reading.options)

    def code(self, engine: Engine) -> LoadCode:
        """Python that loads it."""
        if not self.outside:
            return self.catalog.code(self.ref, engine)
        _, source, reading = self.outside
        root = self.catalog.project.root
        return LoadCode(load_code(read_alone(reading), reading.options, source, engine, root))
