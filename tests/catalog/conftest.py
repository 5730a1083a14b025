"""A folder of real data in the forms that the catalog reads, and a catalog over a fresh database."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perijove.catalog.model import NewSource, Source
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.service import Catalog
from perijove.catalog.store import CatalogStore
from perijove.catalog.workers import Workers
from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.events import Events
from perijove.core.lineage import Lineage
from perijove.core.plugins import Parts
from perijove.core.project import Project
from perijove.core.tasks import Tasks

GROUP = "perijove.catalog_sources_v1"


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: scikit-learn's own sets as parquet, CSV and SQLite."""
    from sklearn import datasets

    folder = tmp_path_factory.mktemp("made")
    tumours = datasets.load_breast_cancer(as_frame=True).frame
    tumours.to_parquet(folder / "tumours.parquet", index=False)
    datasets.load_diabetes(as_frame=True).frame.to_csv(folder / "diabetes.csv", index=False)
    (folder / "screenings").mkdir()
    for part in range(3):
        tumours.iloc[part * 100 : part * 100 + 100].to_parquet(folder / f"screenings/part-{part}.parquet", index=False)
    for year in (2024, 2025):
        (folder / f"visits/year={year}").mkdir(parents=True)
        tumours.head(year - 2014).to_parquet(folder / f"visits/year={year}/a.parquet", index=False)
    wine = datasets.load_wine(as_frame=True).frame
    wine["id"] = range(1, len(wine) + 1)
    with sqlite3.connect(folder / "wine.db") as connection:
        connection.execute("CREATE TABLE wines (id INTEGER PRIMARY KEY, alcohol REAL NOT NULL, target INTEGER)")
        rows = wine[["id", "alcohol", "target"]].values.tolist()
        connection.executemany("INSERT INTO wines VALUES (?, ?, ?)", [(int(a), b, int(c)) for a, b, c in rows])
        connection.execute('CREATE TABLE "odd ""names" ("a ""b" TEXT)')
        connection.execute('INSERT INTO "odd ""names" VALUES (?)', ("x",))
        connection.execute("CREATE VIEW strong AS SELECT * FROM wines WHERE alcohol > 14")
    connection.close()
    return folder


@pytest.fixture
def lab(project: Project, made_data: Path) -> Path:
    """The folder ``data`` of the project, with a copy of the data."""
    folder = project.root / "data"
    shutil.copytree(made_data, folder)
    return folder


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """What starts worker processes, shared: each one of its own would load all libraries anew."""
    shared = Workers()
    yield shared
    shared.close()


@pytest.fixture
def catalog(
    project: Project, database: Database, events: Events, tasks: Tasks, lineage: Lineage, workers: Workers
) -> Catalog:
    sandbox = Sandbox(workers=workers)
    return Catalog(project, CatalogStore(database), Parts(GROUP), events, tasks, lineage, sandbox)


@pytest.fixture
def scan(catalog: Catalog, who: Person) -> Callable[..., Source]:
    """Add a source, scan it, and give it back; a failed scan raises."""

    def run(name: str, uri: Any) -> Source:
        catalog.add(NewSource(name, str(uri)), who)
        ended = catalog.tasks.wait(catalog.start_scan(name, who).id, who)
        assert ended.state == "done", (ended.error, ended.hint)
        return catalog.source(name)

    return run
