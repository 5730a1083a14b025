"""Sources are added, scanned, searched and forgotten."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.people import OWNER

from perijove.catalog.model import NewSource, Source
from perijove.catalog.service import Catalog
from perijove.core.access import Person
from perijove.core.errors import Busy, Conflict, Invalid, NotFound
from perijove.core.events import Happened
from perijove.core.refs import Ref

Scan = Callable[..., Source]


def names(catalog: Catalog, source: str) -> list[tuple[str, str, int | None, int]]:
    rows = catalog.datasets(source, OWNER).datasets
    return [(row.name, row.format, row.rows, row.column_count) for row in rows]


def test_a_folder_holds_its_files_and_each_set_of_parts_once(catalog: Catalog, scan: Scan, lab: Path) -> None:
    source = scan("lab", "data")
    assert (source.state, source.kind, source.uri, source.datasets) == ("live", "files", lab.as_uri(), 4)
    assert names(catalog, "lab") == [
        ("diabetes", "csv", 442, 11),
        ("screenings", "parquet", 300, 31),
        ("tumours", "parquet", 569, 31),
        ("visits", "parquet", 21, 32),
    ]
    refs = {row.name: row.ref for row in catalog.datasets("lab", OWNER).datasets}
    assert refs["screenings"] == f"dataset:{lab.as_uri()}/screenings"
    assert refs["tumours"] == f"dataset:{lab.as_uri()}/tumours.parquet"


def test_a_database_holds_tables_and_views(catalog: Catalog, scan: Scan, lab: Path) -> None:
    source = scan("wine", "sqlite:///data/wine.db")
    assert source.uri == f"sqlite:///{lab}/wine.db"
    assert names(catalog, "wine") == [('odd "names', "sql", 1, 1), ("strong", "sql", None, 3), ("wines", "sql", 178, 3)]
    wines = catalog.show(Ref("dataset", f"sqlite:///{lab}/wine.db#wines"), OWNER)
    assert [(column.name, column.type, column.nullable) for column in wines.columns] == [
        ("id", "INTEGER", True),
        ("alcohol", "REAL", False),
        ("target", "INTEGER", True),
    ]


def test_the_footer_tells_least_greatest_and_missing(catalog: Catalog, scan: Scan, lab: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": [1.5, None, 3.0], "b": ["x", "y", None], "c": [1, 2, 3], "d": [None, None, None]})
    frame.to_parquet(lab / "small.parquet", index=False)
    scan("lab", "data")
    shown = catalog.show(Ref("dataset", f"{lab.as_uri()}/small.parquet"), OWNER)
    assert [(column.name, column.min, column.max, column.nulls) for column in shown.columns] == [
        ("a", 1.5, 3.0, 1),
        ("b", "x", "y", 1),
        ("c", 1, 3, 0),
        ("d", None, None, 3),
    ]
    assert shown.bytes == (lab / "small.parquet").stat().st_size
    assert shown.modified_at is not None and len(shown.versions) == 1
    parts = catalog.show(Ref("dataset", f"{lab.as_uri()}/screenings"), OWNER)
    whole = pd.read_parquet(lab / "screenings")
    assert (parts.columns[0].min, parts.columns[0].max) == (whole["mean radius"].min(), whole["mean radius"].max())


def test_a_scan_finds_what_has_changed_and_lineage_knows_it(
    catalog: Catalog, scan: Scan, lab: Path, who: Person
) -> None:
    scan("lab", "data")
    (lab / "tumours.parquet").unlink()
    (lab / "new.csv").write_text("a\n1\n")
    ended = catalog.tasks.wait(catalog.start_scan("lab", who).id, who)
    assert ended.result == {"source": "lab", "datasets": 4, "problems": []}
    assert [row.name for row in catalog.datasets("lab", OWNER).datasets] == ["diabetes", "new", "screenings", "visits"]
    ref = Ref("dataset", f"{lab.as_uri()}/new.csv")
    assert [node.name for node in catalog.lineage.around(ref).nodes] == ["new"]
    with pytest.raises(NotFound):
        catalog.show(Ref("dataset", f"{lab.as_uri()}/tumours.parquet"), OWNER)


def test_hidden_files_are_left_out(catalog: Catalog, scan: Scan, project: object) -> None:
    folder = Path.cwd() / "hidden"
    (folder / ".git").mkdir(parents=True)
    for name in (".secret.csv", "_tmp.csv", ".git/a.csv", "seen.csv"):
        (folder / name).write_text("a\n1\n")
    scan("hidden", "hidden")
    assert [row.name for row in catalog.datasets("hidden", OWNER).datasets] == ["seen"]


def test_same_schema_at_the_top_of_a_source_is_not_yet_one_dataset(
    catalog: Catalog, scan: Scan, made_data: Path
) -> None:
    import shutil

    folder = Path.cwd() / "top"
    folder.mkdir()
    for name in ("train.parquet", "test.parquet"):
        shutil.copy(made_data / "tumours.parquet", folder / name)
    scan("top", "top")
    assert [row.name for row in catalog.datasets("top", OWNER).datasets] == ["test", "train"]
    for name in ("train.parquet", "test.parquet"):
        (folder / name).rename(folder / f"run-{len(name)}.parquet")
    scan("again", "top")
    assert [(row.name, row.rows) for row in catalog.datasets("again", OWNER).datasets] == [("top", 2 * 569)]


def test_events_say_who_did_what(catalog: Catalog, scan: Scan, lab: Path, who: Person) -> None:
    heard: list[Happened] = []
    catalog.events.listen(heard.append)
    scan("lab", "data")
    catalog.remove("lab", who)
    mine = [(one.what, str(one.ref), one.actor) for one in heard if one.what.startswith("catalog.")]
    assert mine == [(f"catalog.source.{verb}", "source:lab", who.name) for verb in ("added", "scanned", "removed")]
    assert catalog.sources() == []
    assert catalog.search("tumours", OWNER).total == 0


def test_two_sources_may_hold_the_same_data(catalog: Catalog, scan: Scan, lab: Path, who: Person) -> None:
    scan("a", "data")
    scan("b", "data/tumours.parquet")
    ref = Ref("dataset", f"{lab.as_uri()}/tumours.parquet")
    catalog.remove("a", who)
    assert catalog.show(ref, OWNER).source == "b"


@pytest.mark.parametrize(
    ("name", "uri", "kind", "error"),
    [
        ("ok", "nowhere", "", NotFound),
        ("ok", "", "", Invalid),
        ("ok", "a\0b", "", Invalid),
        ("", "data", "", Invalid),
        ("../up", "data", "", Invalid),
        ("a/b", "data", "", Invalid),
        ("ok", "data", "nosuchkind", NotFound),
        ("ok", "file://host/data", "", Invalid),
        ("ok", "postgresql://me:hunter2@host/db", "", Invalid),
        ("ok", "postgresql://me@host/db?password=hunter2", "", Invalid),
        ("ok", "post gres://", "", Invalid),
        ("ok", "postgresql://me@host:port/db", "", Invalid),
    ],
)
def test_bad_sources_are_refused_with_a_sentence(
    catalog: Catalog, lab: Path, who: Person, name: str, uri: str, kind: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        catalog.add(NewSource(name, uri, kind), who)
    assert "hunter2" not in str(caught.value)
    assert catalog.sources() == []


def test_a_name_is_taken_once(catalog: Catalog, lab: Path, who: Person) -> None:
    catalog.add(NewSource("lab", "data"), who)
    with pytest.raises(Conflict):
        catalog.add(NewSource("lab", "data"), who)
    with pytest.raises(NotFound, match="no source “lap”"):
        catalog.source("lap")


def test_a_source_that_fails_says_why(
    catalog: Catalog, lab: Path, who: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = {
        "gone": ("sqlite:///data/none.db", "There is no database"),
        "notdb": ("sqlite:///data/diabetes.csv", "not a database"),
        "nodriver": ("mysql://me@127.0.0.1/db", "no driver"),
        "down": ("postgresql+psycopg://me@127.0.0.1:1/db", "cannot be read"),
        "unset": ("postgresql+psycopg://me:${PJ_NOT_SET}@127.0.0.1:1/db", "PJ_NOT_SET is not set"),
        "private": ("postgresql+psycopg://me:${JUPYTERHUB_API_TOKEN}@127.0.0.1:1/db", "may not be used"),
    }
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "token")
    for name, (uri, why) in cases.items():
        catalog.add(NewSource(name, uri), who)
        ended = catalog.tasks.wait(catalog.start_scan(name, who).id, who)
        assert ended.state == "failed" and why in ended.error, (name, ended.error)
        assert catalog.source(name).state == "failed" and why in catalog.source(name).problem
    assert not (lab / "none.db").exists()


def test_one_scan_of_a_source_at_a_time(catalog: Catalog, lab: Path, who: Person) -> None:
    catalog.add(NewSource("lab", "data"), who)
    first = catalog.start_scan("lab", who)
    with pytest.raises(Busy):
        catalog.start_scan("lab", who)
    catalog.tasks.cancel(first.id, who)
    ended = catalog.tasks.wait(first.id, who)
    assert ended.state in ("cancelled", "done")
    assert catalog.source("lab").state in ("new", "live")
    assert catalog.tasks.wait(catalog.start_scan("lab", who).id, who).state == "done"


def test_a_source_whose_scan_was_killed_is_as_before(catalog: Catalog, lab: Path, who: Person) -> None:
    catalog.add(NewSource("lab", "data"), who)
    catalog.store.set_state("lab", "scanning")
    assert [source.state for source in catalog.sources()] == ["new"]
    assert catalog.tasks.wait(catalog.start_scan("lab", who).id, who).state == "done"
    catalog.store.set_state("lab", "scanning")
    assert catalog.source("lab").state == "live"


def test_the_servers_process_never_imports_the_heavy_libraries() -> None:
    import subprocess

    script = (
        "import sys, perijove.catalog.routes, perijove.catalog.sources.files, perijove.catalog.sources.sql,"
        " perijove.catalog.cli, perijove.experiments.routes;"
        "print([name for name in ('pyarrow', 'pandas', 'numpy', 'dask', 'mlflow') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_catalog_and_kernels_call_data_the_same(
    catalog: Catalog, scan: Scan, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import create_engine

    from perijove.core.project import sqlite_url
    from perijove_kernel.databases import of_table
    from perijove_kernel.datasets import of_path

    (tmp_path / "a link").symlink_to(lab)
    (lab / "wine.db").rename(lab / "mÿ %20 wine?.db")
    scan("lab", "a link")
    scan("wine", "a link/mÿ %20 wine?.db")
    known = {row.ref for name in ("lab", "wine") for row in catalog.datasets(name, OWNER).datasets}
    url = sqlite_url(Path("a link/mÿ %20 wine?.db"))
    engine = create_engine(url.replace("sqlite:", "sqlite+pysqlite:"))
    seen = [
        *of_path("a link/tumours.parquet"),
        *of_path("data/screenings/*.parquet"),
        *of_path(str(lab / "diabetes.csv")),
        *of_table(engine, "wines"),
        *of_table(url, "wines"),
        *of_table(sqlite3.connect("a link/mÿ %20 wine?.db"), "wines"),
    ]
    assert len({one.uri for one in seen}) == 4
    assert [one.uri for one in seen if f"dataset:{one.uri}" not in known] == []
    tumours = catalog.show(Ref("dataset", seen[0].uri), OWNER)
    assert tumours.versions == [seen[0].version]
