"""A project, a database and a person for each test: all fresh, all real."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.events import Events
from perijove.core.lineage import Lineage
from perijove.core.project import Project
from perijove.core.tasks import Tasks
from tests.postgres import Server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def who() -> Person:
    return Person(getpass.getuser(), owner=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PERIJOVE_HOME", str(tmp_path / ".perijove"))
    monkeypatch.delenv("PERIJOVE_DATABASE_URL", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    found = Project.find(tmp_path)
    found.prepare()
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables, once as SQLite and once as PostgreSQL."""
    import perijove.catalog.tables  # noqa: F401 - names its tables
    import perijove.jobs.store  # noqa: F401 - names its table

    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.db'}"
    else:
        url = request.getfixturevalue("postgres").fresh_database()
    made = Database(url)
    with made.begin() as connection:
        connection.execute(text("SELECT 1"))
    yield made
    made.close()


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def tasks(database: Database, events: Events) -> Tasks:
    return Tasks(database, events)


@pytest.fixture
def lineage(database: Database) -> Lineage:
    return Lineage(database)
