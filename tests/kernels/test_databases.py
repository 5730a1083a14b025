"""What tables are called: by the file that holds them, whatever a connection calls it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from perijove_kernel import databases


def uris(connection: object, table: str) -> list[str]:
    return [one.uri for one in databases.of_table(connection, table)]


def test_a_table_of_an_attached_file_is_called_by_that_file(tmp_path: Path) -> None:
    one, two = tmp_path / "X1", tmp_path / "X2"
    with closing(sqlite3.connect(two)) as connection:
        connection.execute("attach ? as o", (str(one),))
        connection.execute("attach ':memory:' as m")
        assert uris(connection, "o.t") == [f"sqlite:///{one}#t"]
        assert uris(connection, "O.t") == [f"sqlite:///{one}#t"]
        assert uris(connection, "main.t") == uris(connection, "t") == [f"sqlite:///{two}#t"]
        assert uris(connection, "m.t") == []
        assert uris(connection, "none.t") == [f"sqlite:///{two}#none.t"]


def test_so_it_is_through_sqlalchemy(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'X2'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("attach ? as o", (str(tmp_path / "X1"),))
        assert uris(connection, "o.t") == [f"sqlite:///{tmp_path / 'X1'}#t"]
    engine.dispose()
