"""The database: migrations make exactly the tables the code uses, on both kinds; wrong places get a sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, text

from perijove.core.database import Database
from perijove.core.errors import Failed, Invalid
from perijove.core.project import Project
from perijove.core.tables import metadata
from perijove_kernel.home import sqlite_url


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    found = inspect(database.engine)
    tables = {name for name in found.get_table_names() if not name.startswith("catalog_search_index")}
    tables -= {"perijove_version"}
    assert tables == set(metadata.tables)
    for name, table in metadata.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == set(table.columns.keys())
        assert {index["name"] for index in found.get_indexes(name)} >= {index.name for index in table.indexes}


def test_many_first_users_at_once(tmp_path: Path) -> None:
    def use(_: int) -> int:
        database = Database(f"sqlite:///{tmp_path / 'one.db'}")
        with database.begin() as connection:
            return int(connection.execute(text("SELECT count(*) FROM core_tasks")).scalar() or 0)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(use, range(6))) == [0] * 6


def test_a_project_may_lie_anywhere(tmp_path: Path) -> None:
    project = Project(tmp_path / "50%25 “a b” é?#1", tmp_path / "50%25 “a b” é?#1" / ".perijove")
    project.prepare()
    with Database(project.database_url).begin():
        assert (project.state / "state.db").is_file()
    assert make_url(project.tracking_uri).database == str(project.state / "mlflow.db")
    assert sqlite_url(project.state / "mlflow.db") == project.tracking_uri


def test_wal_is_on_and_an_error_undoes_everything(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    with database.begin() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    with pytest.raises(RuntimeError), database.begin() as connection:
        connection.execute(text("INSERT INTO core_policy VALUES ('a', '1')"))
        raise RuntimeError
    with database.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM core_policy")).scalar() == 0


def test_wrong_places_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="not understood"):
        Database("nonsense")
    with pytest.raises(Invalid, match="no driver"), Database("nosuchdb://x").begin():
        pass
    with pytest.raises(Failed, match="cannot be opened"), Database(f"sqlite:///{tmp_path}/no/such/folder/x.db").begin():
        pass
    (tmp_path / "broken.db").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(Failed, match="cannot be opened"), Database(f"sqlite:///{tmp_path / 'broken.db'}").begin():
        pass
