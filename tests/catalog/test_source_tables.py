"""Delta and Iceberg tables, DuckDB files, databases and MLflow's datasets: rows, order, figures, versions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import create_engine, make_url, text
from tests.postgres import Server

from perijove.catalog.model import Filter, Sort, Window
from perijove.catalog.places import place
from perijove.catalog.sandbox import Sandbox
from perijove.core.errors import Invalid, NotFound, PerijoveError

SANDBOX = Sandbox()


def frame(start: int, count: int) -> pa.Table:
    index = range(start, start + count)
    return pa.table({"id": pa.array(index, pa.int64()), "kind": [f"k{one % 3}" for one in index]})


@pytest.fixture(scope="module")
def delta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions: 10 rows, 10 more, two deleted."""
    import deltalake

    path = tmp_path_factory.mktemp("delta") / "orders"
    deltalake.write_deltalake(str(path), frame(0, 10))
    deltalake.write_deltalake(str(path), frame(10, 10), mode="append")
    deltalake.DeltaTable(str(path)).delete("id in (3, 17)")
    return path


def test_a_delta_table(delta: Path) -> None:
    uri = delta.as_uri()
    assert place(str(delta), Path("/")) == ("delta", uri)
    for kind in ("delta", "files"):
        described = SANDBOX.describe(kind, uri, uri)
        assert (described.format, described.rows, described.version, described.problem) == ("delta", 18, "2", "")
        assert [(one.name, one.min, one.max) for one in described.columns][0] == ("id", 0, 19)
        window = Window(rows=3, sort=[Sort("id", True)], where=[Filter("kind", "=", "k2")], columns=["id"])
        found = SANDBOX.look(kind, uri, uri, window, {})
        assert (found.rows, found.total_rows, found.truncated) == ([[14], [11], [8]], 5, True)
    past = SANDBOX.look("delta", uri, uri, Window(rows=100, version="0"), {})
    assert (len(past.rows), past.total_rows) == (10, 10)
    versions = SANDBOX.versions("delta", uri, uri, {})
    assert [(one.id, one.operation, one.current, one.rows) for one in versions] == [
        ("2", "DELETE", True, 18),
        ("1", "WRITE", False, 20),
        ("0", "WRITE", False, 10),
    ]
    sizes = {one.name: one.stat().st_size for one in delta.glob("*.parquet")}
    assert versions[0].bytes == described.bytes
    assert versions[1].bytes == sum(sizes[name] for name in _files(delta, 0) + _files(delta, 1))
    profile = SANDBOX.profile("delta", uri, uri, "sample", {}, "1")
    assert (profile.rows, profile.version, profile.columns[0].quantiles["0.5"]) == (20, "1", 9)
    for version, why in (("9", "cannot be read as a Delta table"), ("x", "no version of a Delta table")):
        with pytest.raises(Invalid, match=why):
            SANDBOX.look("delta", uri, uri, Window(version=version), {})


def _files(table: Path, version: int) -> list[str]:
    """The files that a commit adds."""
    actions = (json.loads(line) for line in (table / f"_delta_log/{version:020}.json").read_text().splitlines())
    return [action["add"]["path"] for action in actions if "add" in action]


def test_versions_of_a_delta_table_whose_first_commits_are_gone(tmp_path: Path) -> None:
    import deltalake

    path = tmp_path / "t"
    for number in range(3):
        deltalake.write_deltalake(str(path), frame(number, 5), mode="append")
    deltalake.DeltaTable(str(path)).create_checkpoint()
    deltalake.write_deltalake(str(path), frame(9, 1), mode="overwrite")
    for number in range(2):
        (path / f"_delta_log/{number:020}.json").unlink()
    kept = SANDBOX.versions("delta", path.as_uri(), path.as_uri(), {})
    assert [(one.id, one.rows, one.operation) for one in kept][:2] == [("3", 1, "WRITE"), ("2", 15, "WRITE")]


def test_rows_of_versions_are_unknown_where_the_log_has_no_statistics(tmp_path: Path) -> None:
    import deltalake

    path = tmp_path / "t"
    deltalake.write_deltalake(str(path), frame(0, 5))
    deltalake.write_deltalake(str(path), frame(5, 5), mode="overwrite")
    first = path / "_delta_log/00000000000000000000.json"
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    for line in lines:
        line.get("add", {}).pop("stats", None)
    first.write_text("\n".join(json.dumps(line) for line in lines))
    kept = SANDBOX.versions("delta", path.as_uri(), path.as_uri(), {})
    assert [(one.rows, one.bytes is None) for one in kept] == [(5, False), (None, False)]


def test_text_of_a_delta_table_is_a_string_with_figures(delta: Path) -> None:
    uri = delta.as_uri()
    shown = SANDBOX.look("delta", uri, uri, Window(rows=2, columns=["kind"]), {})
    assert [one.type for one in shown.columns] == ["string"]
    kind = SANDBOX.profile("delta", uri, uri, "sample", {}).columns[1]
    assert (kind.type, kind.problem, kind.distinct, kind.min, kind.max) == ("string", "", 3, "k0", "k2")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda log: (log / "00000000000000000001.json").unlink(), "a commit is missing in its log"),
        (lambda log: _without(log, "metaData"), "its log does not say what columns the table has"),
        (lambda log: _without(log, "protocol"), "its log does not say which protocol the table needs"),
        (lambda log: [one.unlink() for one in log.parent.glob("*.parquet")], "its log names a file that is not there"),
        (
            lambda log: [one.write_bytes(b"x") for one in log.parent.glob("*.parquet")],
            "no parquet file|not a readable parquet file",
        ),
    ],
)
def test_what_is_wrong_with_a_delta_table_is_told_in_words(
    tmp_path: Path, damage: Callable[[Path], object], why: str
) -> None:
    import deltalake

    path = tmp_path / "t"
    for number in range(3):
        deltalake.write_deltalake(str(path), frame(number, 5), mode="append")
    damage(path / "_delta_log")
    for verb in (
        lambda: SANDBOX.preview("files", path.as_uri(), path.as_uri(), 5, {}),
        lambda: SANDBOX.profile("files", path.as_uri(), path.as_uri(), "sample", {}),
    ):
        with pytest.raises(Invalid, match=why) as raised:
            verb()
        assert "error:" not in raised.value.message and "{" not in raised.value.message


def _without(log: Path, action: str) -> None:
    first = log / "00000000000000000000.json"
    first.write_text("\n".join(line for line in first.read_text().splitlines() if action not in json.loads(line)))


def test_a_broken_delta_table_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "t/_delta_log").mkdir(parents=True)
    (tmp_path / "t/_delta_log/00000000000000000000.json").write_text("{nonsense")
    with pytest.raises(Invalid, match="t cannot be read as a Delta table"):
        SANDBOX.preview("files", (tmp_path / "t").as_uri(), (tmp_path / "t").as_uri(), 5, {})
    listed = list(SANDBOX.datasets("files", tmp_path.as_uri(), lambda: None))
    assert [(one.name, one.format, "cannot be read" in one.problem) for one in listed] == [("t", "delta", True)]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog in SQLite with one table of two snapshots."""
    from pyiceberg.catalog import load_catalog

    folder = tmp_path_factory.mktemp("ice")
    catalog = load_catalog("t", type="sql", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/house")
    catalog.create_namespace("shop")
    table = catalog.create_table("shop.orders", frame(0, 10).schema)
    table.append(frame(0, 10))
    table.append(frame(10, 10))
    return folder


def test_an_iceberg_catalog(warehouse: Path) -> None:
    kind, uri = place(f"iceberg+sqlite:///{warehouse}/catalog.db?warehouse=file://{warehouse}/house", Path("/"))
    assert kind == "iceberg"
    found = list(SANDBOX.datasets(kind, uri, lambda: None))
    assert [(one.name, one.rows, one.problem) for one in found] == [("shop.orders", 20, "")]
    orders = found[0]
    assert orders.options["table"] == "shop.orders" and orders.options["type"] == "sql"
    shown = SANDBOX.look(kind, uri, orders.uri, Window(rows=2, sort=[Sort("id", True)]), orders.options)
    assert (shown.rows, shown.total_rows) == ([[19, "k1"], [18, "k0"]], 20)
    versions = SANDBOX.versions(kind, uri, orders.uri, orders.options)
    assert [(one.rows, one.operation, one.current) for one in versions] == [(20, "append", True), (10, "append", False)]
    past = SANDBOX.look(kind, uri, orders.uri, Window(rows=100, version=versions[1].id), orders.options)
    assert len(past.rows) == 10
    profile = SANDBOX.profile(kind, uri, orders.uri, "sample", orders.options)
    assert (profile.rows, profile.columns[0].quantiles["0.5"]) == (20, 9)
    assert [one.name for one in SANDBOX.children(kind, uri, uri).entries] == ["shop"]
    assert [one.name for one in SANDBOX.children(kind, uri, f"{uri}#shop").entries] == ["shop.orders"]
    with pytest.raises(NotFound, match="snapshot 7"):
        SANDBOX.look(kind, uri, orders.uri, Window(version="7"), orders.options)


def test_an_iceberg_table_by_its_folder(warehouse: Path) -> None:
    folder = warehouse / "house/shop/orders"
    kind, uri = place(str(folder), Path("/"))
    assert kind == "iceberg"
    for one in ("iceberg", "files"):
        described = SANDBOX.describe(one, uri, uri)
        assert (described.format, described.rows, described.problem) == ("iceberg", 20, "")
        assert len(SANDBOX.preview(one, uri, uri, 15, {}).rows) == 15


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import duckdb

    path = tmp_path_factory.mktemp("duck") / "lab.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE nums AS SELECT i AS id, i % 7 AS week, 'n' || i AS name FROM range(300000) t(i)"
        )
        connection.execute("CREATE SCHEMA shop")
        connection.execute('CREATE TABLE shop."odd ""name" AS SELECT 1 AS "a b"')
        connection.execute("CREATE VIEW few AS SELECT * FROM nums WHERE id < 5")
        connection.execute("CREATE VIEW leak AS SELECT * FROM read_text('/etc/hostname')")
    return path


def test_a_duckdb_file(duck: Path) -> None:
    kind, uri = place(str(duck), Path("/"))
    assert (kind, uri) == ("duckdb", duck.as_uri())
    found = {one.name: one for one in SANDBOX.datasets(kind, uri, lambda: None)}
    assert sorted(found) == ["few", "leak", "nums", 'shop.odd "name']
    nums = f"{uri}#nums"
    window = Window(rows=2, offset=1, sort=[Sort("id", True)], where=[Filter("name", "starts", "N12")], columns=["id"])
    shown = SANDBOX.look(kind, uri, nums, window, {})
    assert (shown.rows, shown.total_rows) == ([[129998], [129997]], 11111)
    assert SANDBOX.preview(kind, uri, found['shop.odd "name'].uri, 5, {}).rows == [[1]]
    profile = SANDBOX.profile(kind, uri, nums, "sample", {})
    id_figures = profile.columns[0]
    assert profile.basis.method == "blocks" and id_figures.basis.error is not None
    assert abs(id_figures.quantiles["0.5"] - 150_000) <= id_figures.basis.error * 300_000
    full = SANDBOX.profile(kind, uri, nums, "full", {})
    assert (full.columns[0].quantiles["0.5"], full.columns[1].distinct) == (149_999, 7)
    with pytest.raises(Invalid, match="lab.duckdb cannot be read"):
        SANDBOX.preview(kind, uri, f"{uri}#leak", 5, {})
    with pytest.raises(NotFound, match="no table none"):
        SANDBOX.preview(kind, uri, f"{uri}#none", 5, {})


def test_a_sqlite_database_sorts_filters_and_samples(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL, note TEXT)")
        rows = ((index, index % 1000 / 10, None if index % 7 else f"n{index}") for index in range(100_000))
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
    connection.close()
    kind, uri = place(str(path), Path("/"))
    table = f"{uri}#sales"
    where = [Filter("price", ">=", "99.8"), Filter("note", "contains", "N1")]
    shown = SANDBOX.look(kind, uri, table, Window(rows=2, sort=[Sort("id", True)], where=where), {})
    good = [index for index in range(100_000) if index % 1000 >= 998 and index % 7 == 0 and "1" in f"n{index}"[1:2]]
    assert ([row[0] for row in shown.rows], shown.total_rows) == (sorted(good)[:-3:-1], len(good))
    profile = SANDBOX.profile(kind, uri, table, "sample", {})
    price = profile.columns[1]
    assert (profile.basis.method, profile.rows) == ("database", 100_000)
    assert price.basis.error is not None and abs(price.quantiles["0.5"] - 49.9) <= price.basis.error * 100
    assert abs((profile.columns[2].null_share or 0) - 6 / 7) <= price.basis.error * 2
    full = SANDBOX.profile(kind, uri, table, "full", {})
    assert (full.columns[0].distinct, full.columns[2].nulls) == (100_000, 85_714)
    assert [one.name for one in SANDBOX.children(kind, uri, uri).entries] == ["sales"]


def test_a_broken_view_hides_no_table(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, price REAL)")
        connection.execute("INSERT INTO sales VALUES (1, 2.5)")
        connection.execute("CREATE VIEW dear AS SELECT * FROM sales WHERE price > 1")
        connection.execute("CREATE VIEW lost AS SELECT * FROM gone")
    connection.close()
    kind, uri = place(str(path), Path("/"))
    found = {one.name: one for one in SANDBOX.datasets(kind, uri, lambda: None)}
    said = "lost cannot be read: no such table: main.gone. Mend it or drop it in its database."
    assert {name: one.problem for name, one in found.items()} == {"dear": "", "lost": said, "sales": ""}
    assert (found["sales"].rows, found["sales"].options["index"]) == (1, "id")
    assert [column.name for column in found["dear"].columns] == ["id", "price"]
    assert SANDBOX.describe(kind, uri, f"{uri}#lost").problem == said
    assert SANDBOX.preview(kind, uri, f"{uri}#dear", 5, {}).rows == [[1, 2.5]]
    with pytest.raises(Invalid, match="lost cannot be read: no such table"):
        SANDBOX.preview(kind, uri, f"{uri}#lost", 5, {})
    assert [one.name for one in SANDBOX.children(kind, uri, uri).entries] == ["dear", "lost", "sales"]


def test_a_postgresql_database_samples_pages(postgres: Server) -> None:
    url = make_url(postgres.fresh_database()).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE orders AS SELECT i AS id, i % 100 AS day, 'x' || i AS name"
                " FROM generate_series(1, 200000) i"
            )
        )
    engine.dispose()
    uri = url.render_as_string(hide_password=False)
    kind, uri = place(uri, Path("/"))
    table = f"{uri}#orders"
    window = Window(rows=1, sort=[Sort("id", True)], where=[Filter("day", "=", "7"), Filter("name", "starts", "X1")])
    shown = SANDBOX.look(kind, uri, table, window, {})
    good = [index for index in range(1, 200_001) if index % 100 == 7 and str(index)[0] == "1"]
    assert (shown.rows, shown.total_rows) == ([[199907, 7, "x199907"]], len(good))
    profile = SANDBOX.profile(kind, uri, table, "sample", {})
    for column, true in (("id", 100_000), ("day", 49)):
        figures = next(one for one in profile.columns if one.name == column)
        width = 200_000 if column == "id" else 100
        assert figures.basis.error is not None
        assert abs(figures.quantiles["0.5"] - true) <= figures.basis.error * width + 1
    assert [one.name for one in SANDBOX.children(kind, uri, uri).entries] == ["orders"]


def test_datasets_of_mlflow_runs(tmp_path: Path) -> None:
    path, data = tmp_path / "mlflow.db", tmp_path / "data.csv"
    data.write_text("a,b\n1,x\n2,y\n")
    shape = '{"mlflow_colspec": [{"type": "long", "name": "a", "required": true}, {"type": "string", "name": "b"}]}'
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
            CREATE TABLE runs (run_uuid TEXT, start_time BIGINT);
            CREATE TABLE inputs (input_uuid TEXT, source_type TEXT, source_id TEXT, destination_type TEXT,
              destination_id TEXT);
            CREATE TABLE datasets (dataset_uuid TEXT, experiment_id INTEGER, name TEXT, digest TEXT,
              dataset_source_type TEXT, dataset_source TEXT, dataset_schema TEXT, dataset_profile TEXT);
            INSERT INTO experiments VALUES (1, 'churn');
            INSERT INTO runs VALUES ('r1', 1000), ('r2', 2000);
            INSERT INTO inputs VALUES ('i1', 'DATASET', 'd1', 'RUN', 'r1'), ('i2', 'DATASET', 'd2', 'RUN', 'r2');
            """
        )
        rows = [("d1", "old", '{"tags": {}}', "code"), ("d2", "new", f'{{"uri": "{data}"}}', "local")]
        for uuid, digest, source, kind in rows:
            values = (uuid, 1, "train", digest, kind, source, shape, '{"num_rows": 2}')
            connection.execute("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    connection.close()
    kind, uri = place(f"mlflow+sqlite:///{path}", Path("/"))
    found = list(SANDBOX.datasets(kind, uri, lambda: None))
    assert [(one.name, one.rows, one.version, [c.name for c in one.columns]) for one in found] == [
        ("train", 2, "new", ["a", "b"])
    ]
    assert SANDBOX.preview(kind, uri, found[0].uri, 5, {}).rows == [[1, "x"], [2, "y"]]
    assert [one.id for one in SANDBOX.versions(kind, uri, found[0].uri, {})] == ["new", "old"]
    with pytest.raises(Invalid, match="is not known"):
        SANDBOX.look(kind, uri, found[0].uri, Window(version="old"), {})


@pytest.mark.parametrize(
    "written",
    [
        "s3://key:hunter2@bucket/x",
        "https://host/data.csv?sig=hunter2",
        "https://host/data.csv?X-Amz-Signature=hunter2",
        "iceberg+https://host/api?token=hunter2",
        "iceberg+postgresql://me:hunter2@host/db",
        "mlflow+postgresql://me:hunter2@host/db",
        "iceberg+http://h?s3.secret-access-key=hunter2",
        "iceberg+http://h?client_secret=hunter2",
        "iceberg+http://h?header.Authorization=Bearer%20hunter2",
        "https://h/x.csv?api_key=hunter2",
        "https://h/x.csv?key=hunter2",
        "postgresql://h/db?secret=hunter2&sslkey=/k.pem",
        "mssql+pyodbc:///?odbc_connect=SERVER%3Dh%3BPWD%3Dhunter2",
        "duckdb:///md:db?motherduck_token=hunter2",
        "duckdb:///md:db?a=1&s3_secret_access_key=hunter2",
    ],
)
def test_a_secret_in_a_place_is_refused_and_not_shown(written: str) -> None:
    with pytest.raises(PerijoveError) as caught:
        place(written, Path("/"))
    assert "hunter2" not in str(caught.value)


def test_a_path_to_a_key_is_no_secret() -> None:
    assert "sslkey" in place("postgresql://me@h/db?sslkey=/k.pem", Path("/"))[1]
