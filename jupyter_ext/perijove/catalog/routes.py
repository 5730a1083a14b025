"""The catalog over HTTP: sources and datasets, their rows, figures, versions and code."""

from __future__ import annotations

from datetime import datetime

from perijove.catalog.model import (
    Dataset,
    DatasetPage,
    Engine,
    Hits,
    Level,
    Listing,
    LoadCode,
    NewSource,
    Preview,
    Profile,
    Source,
)
from perijove.catalog.search_index import Narrow
from perijove.catalog.service import Catalog
from perijove.catalog.shapes import Diff, EngineRow, LookAt, ProfileOf, Uses, Versions
from perijove.core.access import Person
from perijove.core.model import Done, Task
from perijove.core.plugins import Part
from perijove.core.refs import Ref
from perijove.core.routing import Router

router = Router("catalog")


@router.get("/kinds", may="catalog.read")
def list_kinds(catalog: Catalog) -> list[Part]:
    """The kinds of sources that are installed, with their forms."""
    return catalog.kinds()


@router.get("/sources", may="catalog.read", where="team")
def list_sources(catalog: Catalog) -> list[Source]:
    """All sources."""
    return catalog.sources()


@router.post("/sources", may="catalog.write", where="team")
def add_source(catalog: Catalog, body: NewSource, who: Person) -> Source:
    """Add a source; it is scanned by its own call."""
    return catalog.add(body, who)


@router.delete("/sources/{name}", may="catalog.write", where="team")
def remove_source(catalog: Catalog, name: str, who: Person) -> Done:
    """Forget a source and its datasets; the data itself stays."""
    catalog.remove(name, who)
    return Done()


@router.post("/sources/{name}/scan", may="catalog.write", where="team")
def scan_source(catalog: Catalog, name: str, who: Person) -> Task:
    """Look for datasets in a source, as a task."""
    return catalog.start_scan(name, who)


@router.get("/datasets", may="catalog.read", where="team")
def list_datasets(catalog: Catalog, source: str, who: Person, limit: int = 200, offset: int = 0) -> DatasetPage:
    """The datasets of a source."""
    return catalog.datasets(source, who, limit, offset)


@router.get("/children", may="catalog.read")
def list_children(
    catalog: Catalog, source: str, who: Person, uri: str = "", more: str = "", limit: int = 200
) -> Listing:
    """What is in a place of a source, some at a time; without a URI the source itself."""
    return catalog.children(source, who, uri, more, limit)


@router.get("/search", may="catalog.read", where="team")
def search_datasets(
    catalog: Catalog,
    q: str,
    who: Person,
    limit: int = 20,
    source: str = "",
    format: str = "",
    owner: str = "",
    tag: str = "",
    problem: bool | None = None,
    since: datetime | None = None,
) -> Hits:
    """Datasets by all that is known of them, best first; without a question the most used ones."""
    return catalog.search(q, who, limit, Narrow(source, format, owner, tag, problem, since))


@router.get("/dataset", may="catalog.read", where="team")
def show_dataset(catalog: Catalog, ref: str, who: Person) -> Dataset:
    """One dataset with its schema and what people say of it."""
    return catalog.show(Ref.parse(ref), who)


@router.get("/preview", may="catalog.read")
def preview_dataset(catalog: Catalog, ref: str, who: Person, rows: int = 50) -> Preview:
    """The first rows of a dataset."""
    return catalog.preview(Ref.parse(ref), rows, who)


@router.post("/look", may="catalog.read")
def look_at_dataset(catalog: Catalog, body: LookAt, who: Person) -> Preview:
    """Some rows of a dataset, in an order and through a filter."""
    return catalog.look(Ref.parse(body.ref), body.window, who)


@router.get("/profile", may="catalog.read")
def show_profile(catalog: Catalog, ref: str, who: Person, level: Level = "sample", version: str = "") -> Profile:
    """Figures of the columns of a dataset: from its footer, of a sample, or of all rows where a task has made them."""
    return catalog.figures.profile(Ref.parse(ref), level, who, version)


@router.post("/profile", may="catalog.read")
def profile_dataset(catalog: Catalog, body: ProfileOf, who: Person) -> Task:
    """Compute figures of all rows, as a task."""
    return catalog.figures.start(Ref.parse(body.ref), who, body.version)


@router.get("/versions", may="catalog.read")
def list_dataset_versions(catalog: Catalog, ref: str, who: Person) -> Versions:
    """The versions of a dataset, newest first."""
    return catalog.versions.all(Ref.parse(ref), who)


@router.get("/diff", may="catalog.read")
def diff_versions(catalog: Catalog, ref: str, before: str, after: str, who: Person) -> Diff:
    """How a version of a dataset differs from an earlier one."""
    return catalog.versions.diff(Ref.parse(ref), before, after, who)


@router.get("/uses", may="catalog.read", where="team")
def list_uses(catalog: Catalog, ref: str, who: Person, limit: int = 100) -> Uses:
    """What uses a dataset: cells, notebooks, runs, models and jobs."""
    return catalog.uses(Ref.parse(ref), who, limit)


@router.get("/engines", may="catalog.read")
def list_engines(catalog: Catalog, ref: str, who: Person) -> list[EngineRow]:
    """Which engines can load a dataset."""
    return catalog.engines(Ref.parse(ref), who)


@router.get("/code", may="catalog.read")
def load_code(
    catalog: Catalog, ref: str, who: Person, engine: Engine = "pandas", version: str = "", notebook: str = ""
) -> LoadCode:
    """Python that loads a dataset, or one version of it; paths as the notebook's folder has them."""
    return catalog.code(Ref.parse(ref), engine, who, version, notebook)
