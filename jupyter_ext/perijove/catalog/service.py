"""Sources and their datasets: add, scan, search, show, look at rows, profile, load.

Every verb that shows a dataset takes the person who asks, and answers only what they may read.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import msgspec

from perijove.catalog.about import Abouts, AboutStore
from perijove.catalog.access import AccessRules, sees_all
from perijove.catalog.access_store import AccessStore
from perijove.catalog.figures import Figures
from perijove.catalog.finding import Finder, told
from perijove.catalog.frames import Frames
from perijove.catalog.importing import IMPORTED, Importing
from perijove.catalog.load_code import FILES, Place, Wanted, load_code
from perijove.catalog.look import Look
from perijove.catalog.model import (
    Dataset,
    DatasetPage,
    Engine,
    Hits,
    Listing,
    LoadCode,
    NewSource,
    Preview,
    Reading,
    Source,
    Window,
)
from perijove.catalog.places import parse, place, split_table, table_uri
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.search_index import Narrow
from perijove.catalog.seen_store import SeenStore
from perijove.catalog.shapes import About, Ask, EngineRow, NewAbout, Request, Restrict, Uses
from perijove.catalog.store import CatalogStore, Origin, Readable
from perijove.catalog.tables import LONGEST_REF
from perijove.catalog.uses import uses
from perijove.catalog.versions import DatasetVersions
from perijove.catalog.workers import brief
from perijove.core.access import Person
from perijove.core.errors import Busy, Conflict, Invalid, NotFound, PerijoveError
from perijove.core.events import Events, Happened
from perijove.core.kernels import Kernels
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
        kernels: Kernels | None = None,
    ) -> None:
        self.most_rows = most_rows
        self.project = project
        self.store = store
        self.parts = parts
        self.events = events
        self.tasks = tasks
        self.lineage = lineage
        self.sandbox = sandbox or Sandbox(workers=brief() if events.door == "cli" else None)
        self.access = AccessRules(AccessStore(store.database), events)
        self.about = Abouts(AboutStore(store.database), self.access, events)
        seen = SeenStore(store.database)
        self.versions = DatasetVersions(self, seen)
        self.figures = Figures(self, seen)
        self.importing = Importing(self)
        self.frames = Frames(kernels or Kernels())
        self.finder = Finder(store, self.about.store, self.access)
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
        if source.kind == IMPORTED:
            raise Invalid(f"“{name}” came from another catalog; there is nothing to scan.", hint="Import it again.")
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
        self.versions.record(found, progress.check)
        self.lineage.add_nodes(Node(f"dataset:{one.uri}", "dataset", one.name, one.uri) for one in found)
        self.lineage.learnt([f"dataset:{one.uri}" for one in found])
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

    def datasets(self, source: str, who: Person, limit: int = 200, offset: int = 0) -> DatasetPage:
        """Some of the datasets of a source, in order of name."""
        within("limit", limit, 1, MOST_DATASETS)
        within("offset", offset, 0, 10**9)
        name = self.source(source).name
        if sees_all(who) or not self.access.store.restricted():
            return self.store.page(name, limit, offset)
        refs = self.store.refs(name)
        hidden = self.access.hidden(who, refs)
        return self.store.page_of(name, [ref for ref in refs if ref not in hidden], limit, offset)

    def children(self, source: str, who: Person, uri: str = "", more: str = "", limit: int = 200) -> Listing:
        """What is in a place of a source, some at a time."""
        within("limit", limit, 1, MOST_DATASETS)
        found = self.source(source)
        place = uri or found.uri
        self.access.require(who, f"dataset:{place}")
        listing = self.sandbox.children(found.kind, found.uri, place, more, limit)
        hidden = self.access.hidden(who, [f"dataset:{entry.uri}" for entry in listing.entries])
        entries = [entry for entry in listing.entries if f"dataset:{entry.uri}" not in hidden]
        return msgspec.structs.replace(listing, entries=entries)

    def search(self, q: str, who: Person, limit: int = 20, narrow: Narrow | None = None) -> Hits:
        """Datasets by what is known of them, best first: all words of a short question, the rarest of a long one."""
        within("limit", limit, 1, MOST_DATASETS)
        short(q)
        self.lineage.before_reading()
        return self.finder.find(q, limit, who, narrow or Narrow())

    def found(self, q: str, limit: int, who: Person) -> list[tuple[str, str, str]]:
        """What a search over everything shows: ref, title and snippet, best first."""
        return [(hit.ref, hit.name, f"{hit.source} · {hit.snippet}") for hit in self.search(q, who, limit).hits]

    def show(self, ref: Ref, who: Person) -> Dataset:
        """One dataset with its schema and what people say of it."""
        dataset, _ = self.known(ref, who)
        return told(dataset, self.about.store.get(str(ref)))

    def preview(self, ref: Ref, rows: int, who: Person) -> Preview:
        """The first rows of a dataset."""
        within("rows", rows, 1, self.most_rows())
        dataset = self.to_read(ref, who)
        found = self.sandbox.preview(dataset.kind, dataset.source_uri, dataset.uri, rows, dataset.options)
        return _counted(found, dataset.rows)

    def look(self, ref: Ref, window: Window, who: Person) -> Preview:
        """Some rows of a dataset, in an order and through a filter."""
        within("rows", window.rows, 1, self.most_rows())
        within("offset", window.offset, 0, 10**12)
        dataset = self.to_read(ref, who)
        found = self.sandbox.look(dataset.kind, dataset.source_uri, dataset.uri, window, dataset.options)
        return found if window.where or window.version else _counted(found, dataset.rows)

    def code(self, ref: Ref, engine: Engine, who: Person, version: str = "", notebook: str = "") -> LoadCode:
        """Python that loads a dataset, or a version of it, with an engine; paths as the notebook's folder has them."""
        dataset, options = self.known(ref, who)
        source = self.readable(dataset)
        digest = self.versions.digest(str(ref), version) if version and dataset.format in FILES else ""
        wanted = Wanted(dataset, options, source.uri, source.kind, version, digest)
        return LoadCode(load_code(wanted, engine, Place(self.project.root, self.folder_of(notebook))))

    def uses(self, ref: Ref, who: Person, limit: int = 100) -> Uses:
        """What uses a dataset: cells, notebooks, runs, models and jobs."""
        self.access.require(who, str(ref))
        return uses(self.lineage, ref, who, limit)

    def engines(self, ref: Ref, who: Person) -> list[EngineRow]:
        """Which engines can load a dataset, and why one cannot."""
        return [self._engine(ref, engine, who) for engine in get_args(Engine)]

    def _engine(self, ref: Ref, engine: Engine, who: Person) -> EngineRow:
        try:
            self.code(ref, engine, who)
        except Invalid as error:
            return EngineRow(engine, False, error.message)
        return EngineRow(engine, True)

    def columns_of(self, uri: str) -> list[str] | None:
        """The columns of a dataset by its URI, for the lineage of SQL; None where it is not in the catalog."""
        found = self.store.dataset(f"dataset:{uri}")
        return [column.name for column in found[0].columns] if found is not None else None

    def say(self, body: NewAbout, who: Person) -> About:
        """Change what is said of a dataset."""
        self.known(Ref.parse(body.ref), who)
        return self.about.change(body, who)

    def ask(self, body: Ask, who: Person) -> Request:
        """Ask to read a restricted dataset."""
        ref = Ref.parse(body.ref)
        if ref.kind != "dataset" or self.store.dataset(body.ref) is None:
            raise NotFound(f"There is no {body.ref} in the catalog.", hint=GONE)
        return self.access.ask(body, who)

    def restrict(self, body: Restrict, who: Person) -> None:
        """Restrict a dataset or a source to its readers, or open it again."""
        ref = Ref.parse(body.ref)
        if ref.kind == "source":
            uri = covered(self.source(ref.id).uri)
        else:
            uri = self.known(ref, who)[0].uri
        self.access.restrict(body, uri, who)

    def folder_of(self, notebook: str) -> Path:
        """The folder that a notebook's kernel runs in; without one the project's."""
        return self.project.inside(notebook).parent if notebook else self.project.root

    def named(self, text: str, who: Person) -> Look:
        """A dataset by its ref, its name or where it is, in the catalog or not; relative to the current folder."""
        ref = self._ref(text, who)
        if ref is not None:
            return Look(self, ref, who)
        written, table = split_table(text)
        kind, source = place(written, Path.cwd())
        if kind == "sql" and not table:
            raise Invalid(f"“{text}” is a database.", hint=f"Name one of its tables: {text}#TABLE.")
        if kind == "sql":
            uri = table_uri(parse(source), "", table)
        else:
            uri = f"{source}#{table}" if table else source
        known = Ref("dataset", uri)
        self.access.require(who, str(known))
        if self.store.dataset(str(known)):
            return Look(self, known, who)
        reading = self.sandbox.describe(kind, source, uri)
        found = Ref("dataset", reading.uri)
        self.access.require(who, str(found))
        return Look(self, found, who, (kind, source, reading))

    def _ref(self, text: str, who: Person) -> Ref | None:
        if text.partition(":")[0] in KINDS:
            return Ref.parse(text)
        found = self.store.named(text)
        hidden = self.access.hidden(who, found)
        named = [ref for ref in found if ref not in hidden]
        if len(named) > 1 and not Path(text).exists():
            raise Invalid(f"{len(named)} datasets are called “{text}”.", hint=f"Name one: {', '.join(named[:5])}.")
        return Ref.parse(named[0]) if len(named) == 1 else None

    def _as_found(self, source: Source) -> Source:
        """A source as it stands: one whose scan was killed is as it was before."""
        if source.state != "scanning" or self.tasks.running(f"source:{source.name}"):
            return source
        return msgspec.structs.replace(source, state="live" if source.scanned_at else "new")

    def known(self, ref: Ref, who: Person) -> tuple[Dataset, dict[str, str]]:
        """A dataset that a person may read, and what loading it needs to know; raises NotFound or NotAllowed."""
        self._require(ref, who)
        found = self.store.dataset(str(ref))
        if found is None:
            raise NotFound(f"There is no {ref} in the catalog.", hint=GONE)
        self._require_place(found[1], who)
        return found

    def to_read(self, ref: Ref, who: Person) -> Readable:
        """What reading a dataset needs, of one that a person may read; raises as ``known`` and ``readable`` do."""
        self._require(ref, who)
        found = self.store.readable(str(ref))
        if found is None:
            raise NotFound(f"There is no {ref} in the catalog.", hint=GONE)
        self._require_place(found.options, who)
        _require_data(found.kind, found.name)
        return found

    def _require(self, ref: Ref, who: Person) -> None:
        if ref.kind != "dataset":
            raise Invalid(f"{ref} is not a dataset.", hint="Write dataset:URI, as `perijove catalog search` prints it.")
        self.access.require(who, str(ref))

    def _require_place(self, options: dict[str, str], who: Person) -> None:
        if place := options.get("place"):  # a name for data that lies elsewhere, for instance MLflow's
            self.access.require(who, f"dataset:{place}")

    def readable(self, dataset: Dataset) -> Origin:
        """What reads a dataset; raises Invalid for one that another catalog only told of."""
        origin = self.store.origin(dataset.source)
        if origin is None:
            raise NotFound(f"There is no source “{dataset.source}” any more.", hint="Search again.")
        _require_data(origin.kind, dataset.name)
        return origin

    def _tell(self, verb: str, name: str, who: Person, new: object, old: object = None) -> None:
        self.events.publish(Happened(f"catalog.source.{verb}", Ref("source", name), who.name, old=old, new=new))


def covered(uri: str) -> str:
    """The place of a source as the URIs of its datasets begin."""
    if uri.startswith("file:") or "://" not in uri:
        return uri
    try:
        return table_uri(parse(uri), "", "").rstrip("#")
    except Invalid:
        return uri


def _require_data(kind: str, name: str) -> None:
    if kind == IMPORTED:
        raise Invalid(
            f"{name} is known from another catalog only; its data cannot be read here.",
            hint="Add the place that holds it as a source.",
        )


def _counted(found: Preview, known: int | None) -> Preview:
    """A preview with the number of rows that the catalog knows, where reading did not tell."""
    if found.total_rows is None and known is not None and known >= len(found.rows):
        return msgspec.structs.replace(found, total_rows=known)
    return found
