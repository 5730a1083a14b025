"""The catalog over HTTP."""

from __future__ import annotations

from perijove.catalog.model import (
    Dataset,
    DatasetPage,
    Engine,
    Hits,
    LoadCode,
    NewSource,
    Preview,
    Source,
)
from perijove.catalog.service import Catalog
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
def list_datasets(catalog: Catalog, source: str, limit: int = 200, offset: int = 0) -> DatasetPage:
    """The datasets of a source."""
    return catalog.datasets(source, limit, offset)


@router.get("/search", may="catalog.read", where="team")
def search_datasets(catalog: Catalog, q: str, limit: int = 20) -> Hits:
    """Datasets by name and column, best first."""
    return catalog.search(q, limit)


@router.get("/dataset", may="catalog.read", where="team")
def show_dataset(catalog: Catalog, ref: str) -> Dataset:
    """One dataset with its schema."""
    return catalog.show(Ref.parse(ref))


@router.get("/preview", may="catalog.read")
def preview_dataset(catalog: Catalog, ref: str, rows: int = 50) -> Preview:
    """The first rows of a dataset."""
    return catalog.preview(Ref.parse(ref), rows)


@router.get("/code", may="catalog.read")
def load_code(catalog: Catalog, ref: str, engine: Engine = "pandas") -> LoadCode:
    """Python that loads a dataset with an engine."""
    return catalog.code(Ref.parse(ref), engine)
