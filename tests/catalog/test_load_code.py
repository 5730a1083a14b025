"""Every snippet of every engine runs, and loads what the preview shows."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.people import OWNER

from perijove.catalog.load_code import Place, Wanted, load_code, variable
from perijove.catalog.model import Dataset, Engine, Source
from perijove.catalog.service import Catalog
from perijove.catalog.snippet import literal
from perijove.core.errors import Invalid, NotFound
from perijove.core.refs import Ref

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ENGINES = get_args(Engine)
FOREIGN = Path("/p")


def run(code: str, monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> tuple[int, set[str]]:
    """Run a snippet in a folder; gives how many rows it loaded and its columns."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(code, "snippet", "exec"), names)  # noqa: S102 - this is what a snippet is for
    return measured(names[name])


def measured(found: Any) -> tuple[int, set[str]]:
    if isinstance(found, list | tuple) or hasattr(found, "mappings"):
        return len(found), {str(key) for row in found[:1] for key in row}
    if hasattr(found, "compute"):
        found = found.compute()
    if hasattr(found, "fetchall"):
        found = found.df()
    columns = {str(name) for name in (found.column_names if hasattr(found, "column_names") else found.columns)}
    index = getattr(getattr(found, "index", None), "name", None)
    return len(found), columns | ({str(index)} if index else set())


@pytest.fixture
def cudf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for cudf over pandas, since it needs a GPU: the calls are checked, not the card."""
    import pandas as pd

    class DataFrame(pd.DataFrame):  # type: ignore[misc]
        @classmethod
        def from_arrow(cls, table: Any) -> Any:
            return table.to_pandas()

    module = types.ModuleType("cudf")
    for name in ("read_parquet", "read_csv", "read_json", "read_feather", "read_orc"):
        setattr(module, name, getattr(pd, name))
    module.from_pandas = lambda frame: frame  # type: ignore[attr-defined]
    module.DataFrame = DataFrame  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cudf", module)


@pytest.fixture
def wide(lab: Path) -> Path:
    """The folder of data with every format in it."""
    import duckdb
    import pandas as pd
    import pyarrow as pa
    from pyarrow import feather, orc

    frame = pd.DataFrame({"id": range(6), "word": list("abcdéf"), "amount": [1.5 * n for n in range(6)]})
    table = pa.Table.from_pandas(frame, preserve_index=False)
    feather.write_feather(table, lab / "features.arrow")
    orc.write_table(table, lab / "old.orc")
    frame.to_json(lab / "events.jsonl", orient="records", lines=True)
    frame.to_json(lab / "list.json", orient="records")
    frame.to_excel(lab / "sheet.xlsx", index=False, sheet_name="Mine")
    (lab / 'it\'s "odd" {x}.csv').write_text("a;b\n1;é\n2;ü\n", encoding="cp1252")
    (lab / "packed.csv.gz").write_bytes(__import__("gzip").compress(b"a,b\n1,2\n"))
    (lab / "wide.csv").write_text("a,b\n1,x\n", encoding="utf-16")
    with duckdb.connect(str(lab / "lake.duckdb")) as connection:
        connection.register("frame", frame)
        connection.execute('CREATE SCHEMA "my shop"; CREATE TABLE "my shop"."the ""orders" AS SELECT * FROM frame')
    return lab


@ONE_DATABASE
@pytest.mark.parametrize("engine", ENGINES)
def test_every_snippet_runs(
    catalog: Catalog,
    scan: Callable[..., Source],
    wide: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    cudf: None,
) -> None:
    (catalog.project.root / "deep" / "er").mkdir(parents=True)
    (catalog.project.root / "deep" / "er" / "n.ipynb").write_text("{}")
    sources = {"lab": "data", "wine": "data/wine.db", "lake": "data/lake.duckdb"}
    for name, place in sources.items():
        scan(name, place)
    rows = {row.ref: row for name in sources for row in catalog.datasets(name, OWNER).datasets}
    assert {row.format for row in rows.values()} >= {"parquet", "csv", "json", "arrow", "orc", "excel", "sql", "duckdb"}
    assert not [row.name for row in rows.values() if row.problem]
    for ref, row in rows.items():
        if engine == "sqlalchemy" and row.format != "sql":
            with pytest.raises(Invalid, match="databases only"):
                catalog.code(Ref.parse(ref), engine, OWNER)
            continue
        code = catalog.code(Ref.parse(ref), engine, OWNER).code
        assert str(wide) not in code, "paths inside the project are relative to it"
        count, columns = run(code, monkeypatch, catalog.project.root, variable(row.name))
        shown = catalog.preview(Ref.parse(ref), 1000, OWNER)
        assert count == len(shown.rows), code
        assert {column.name for column in shown.columns} <= columns, code
        near = catalog.code(Ref.parse(ref), engine, OWNER, notebook="deep/er/n.ipynb").code
        assert run(near, monkeypatch, catalog.project.root / "deep" / "er", variable(row.name))[0] == count, near


ODD_CSV = {
    "before": "made by a machine\nat noon\n\na,b\n1,x\n2,y\n3,z\n",
    "quote": "'a','b'\n'1,5','x'\n'2,5','y'\n",
    "bare": "1,2.5,2024-01-01\n2,3.5,2024-01-02\n3,4.5,2024-01-03\n",
    "longer": "a,b\n1,x\n2,y,extra\n3\n4,w\n",
    "short": "a;b;c\n1;x;1\n2;y\n3;z;3;4;5\n4;w;4\n",
}


@ONE_DATABASE
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "sqlalchemy"])
@pytest.mark.parametrize("name", ODD_CSV)
def test_an_odd_csv_file_is_loaded_as_it_is_shown(
    catalog: Catalog,
    scan: Callable[..., Source],
    engine: Engine,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    cudf: None,
) -> None:
    folder = catalog.project.root / "odd"
    folder.mkdir()
    (folder / f"{name}.csv").write_text(ODD_CSV[name], encoding="utf-8")
    scan("odd", "odd")
    ref = Ref.parse(catalog.datasets("odd", OWNER).datasets[0].ref)
    code = catalog.code(ref, engine, OWNER).code
    shown = catalog.preview(ref, 100, OWNER)
    count, columns = run(code, monkeypatch, catalog.project.root, name)
    assert count == len(shown.rows), code
    assert columns == {column.name for column in shown.columns}, code


def odd_places(folder: Path) -> None:
    """Names that some engines take for patterns, folders for missing values, lines without anything in them."""
    import duckdb
    import pandas as pd
    import pyarrow as pa
    from pyarrow import feather, orc

    frame = pd.DataFrame({"id": range(3), "word": list("abc")})
    sign = folder / "glob[1]*{x}?"
    for key in ("1", "2", "__HIVE_DEFAULT_PARTITION__"):
        for place in (folder / "missing", folder / "glob[2]"):
            (place / f"k={key}").mkdir(parents=True)
            frame.to_parquet(place / f"k={key}" / "a.parquet", index=False)
    for key in ("x", "__HIVE_DEFAULT_PARTITION__"):
        (folder / f"words/year=2024/k={key}").mkdir(parents=True)
        frame.to_parquet(folder / f"words/year=2024/k={key}/a.parquet", index=False)
    frame.to_csv(f"{sign}.csv", index=False)
    frame.to_parquet(f"{sign}.parquet", index=False)
    frame.to_json(f"{sign}.jsonl", orient="records", lines=True)
    frame.to_json(f"{sign}.json", orient="records")
    feather.write_feather(pa.Table.from_pandas(frame), f"{sign}.arrow")
    orc.write_table(pa.Table.from_pandas(frame), f"{sign}.orc")
    (folder / "blank.csv").write_text("\na,b\n1,x\n\n2,y\n\n")
    (folder / "blank_number.csv").write_text("a\n1\n\n\n2\n")
    with duckdb.connect(str(folder / "lake.duckdb")) as connection:
        connection.register("frame", frame)
        connection.execute('CREATE TABLE "we ird""#" AS SELECT * FROM frame')


@ONE_DATABASE
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "sqlalchemy"])
def test_data_of_an_odd_name_or_form_is_loaded_as_it_is_shown(
    catalog: Catalog, scan: Callable[..., Source], engine: Engine, monkeypatch: pytest.MonkeyPatch, cudf: None
) -> None:
    folder = catalog.project.root / "odd"
    folder.mkdir()
    odd_places(folder)
    scan("odd", "odd")
    scan("lake", "odd/lake.duckdb")
    found = [*catalog.datasets("odd", OWNER).datasets, *catalog.datasets("lake", OWNER).datasets]
    assert len(found) == 12
    wrong = []
    for row in found:
        ref = Ref.parse(row.ref)
        code = catalog.code(ref, engine, OWNER).code
        shown = catalog.preview(ref, 100, OWNER)
        try:
            got = run(code, monkeypatch, catalog.project.root, variable(row.name))
        except Exception as error:  # noqa: BLE001 - each is told with its code
            got = (-1, {str(error)})
        if got != (len(shown.rows), {column.name for column in shown.columns}):
            wrong.append((row.ref, code, got))
    assert wrong == []


@ONE_DATABASE
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "sqlalchemy"])
def test_a_version_of_a_delta_table_is_pinned(
    catalog: Catalog,
    scan: Callable[..., Source],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    cudf: None,
    lab: Path,
) -> None:
    import pandas as pd
    from deltalake import write_deltalake

    for count in (2, 3):
        write_deltalake(lab / "orders", pd.DataFrame({"id": range(count)}), mode="append")
    scan("orders", "data/orders")
    ref = Ref.parse(catalog.datasets("orders", OWNER).datasets[0].ref)
    for version, rows in (("", 5), ("1", 5), ("0", 2)):
        code = catalog.code(ref, engine, OWNER, version).code
        assert run(code, monkeypatch, catalog.project.root, "orders") == (rows, {"id"}), code
    with pytest.raises(Invalid, match="not a version"):
        catalog.code(ref, engine, OWNER, "1) or print(1")


@ONE_DATABASE
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "sqlalchemy"])
def test_a_snapshot_of_an_iceberg_table_is_pinned(
    catalog: Catalog,
    scan: Callable[..., Source],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    cudf: None,
    lab: Path,
) -> None:
    import pyarrow as pa
    from pyiceberg.catalog import load_catalog

    uri = f"sqlite:///{lab}/warehouse.db"
    warehouse = load_catalog("shop", type="sql", uri=uri, warehouse=lab.as_uri())
    warehouse.create_namespace("sales")
    table = warehouse.create_table("sales.visits", schema=pa.schema([("id", pa.int64())]))
    table.append(pa.table({"id": [1, 2]}))
    first = str(table.current_snapshot().snapshot_id)  # type: ignore[union-attr]
    table.append(pa.table({"id": [3]}))
    scan("iceberg", f"iceberg+{uri}")
    ref = Ref.parse(catalog.datasets("iceberg", OWNER).datasets[0].ref)
    for version, rows in (("", 3), (first, 2)):
        code = catalog.code(ref, engine, OWNER, version).code
        assert run(code, monkeypatch, catalog.project.root, variable("sales.visits")) == (rows, {"id"}), code


@ONE_DATABASE
def test_a_pinned_plain_file_says_when_it_has_changed(
    catalog: Catalog, scan: Callable[..., Source], lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan("lab", "data")
    ref = Ref.parse(f"dataset:{lab.as_uri()}/diabetes.csv")
    version = catalog.versions.all(ref, OWNER).versions[0].id
    code = catalog.code(ref, "pandas", OWNER, version).code
    assert run(code, monkeypatch, catalog.project.root, "diabetes")[0] == 442
    (lab / "diabetes.csv").write_text("a\n1\n")
    with pytest.raises(ValueError, match="no longer the version"):
        run(code, monkeypatch, catalog.project.root, "diabetes")
    with pytest.raises(NotFound, match="No content is known"):
        catalog.code(ref, "pandas", OWNER, "nosuch")


@ONE_DATABASE
def test_code_of_a_path_outside_the_project_is_absolute(
    catalog: Catalog, made_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = catalog.named(str(made_data / "tumours.parquet"), OWNER).code("pandas").code
    assert f'pd.read_parquet("{made_data}/tumours.parquet")' in code
    assert run(code, monkeypatch, tmp_path, "tumours")[0] == 569


def dataset(form: str, uri: str, name: str = "orders") -> Dataset:
    return Dataset(f"dataset:{uri}", name, "s", uri, form, None, None, [], [], [], [], None)


def test_a_password_stays_in_the_environment() -> None:
    options = {"schema": "shop", "table": "orders", "index": "id"}
    wanted = Wanted(
        dataset("sql", "x#shop.orders", "shop.orders"), options, "postgresql+psycopg://me:${SHOP_PW}@host/db"
    )
    code = load_code(wanted, "pandas", Place(FOREIGN, FOREIGN))
    assert code == (
        "import os\n\nimport pandas as pd\nfrom sqlalchemy import create_engine, make_url\n\n"
        'engine = create_engine(make_url("postgresql+psycopg://me@host/db").set(password=os.environ["SHOP_PW"]))\n'
        'shop_orders = pd.read_sql_table("orders", engine, schema="shop")\n'
    )
    for engine in ENGINES:
        written = load_code(wanted, engine, Place(FOREIGN, FOREIGN))
        compile(written, engine, "exec")
        assert 'os.environ["SHOP_PW"]' in written and "${" not in written


def test_an_object_store_is_read_with_fsspec_s_own_settings() -> None:
    for form, name in (("parquet", "orders.parquet"), ("csv", "orders.csv"), ("parquet", "orders")):
        for engine in ENGINES:
            if engine == "sqlalchemy":
                continue
            code = load_code(Wanted(dataset(form, f"s3://shop/{name}"), {}, ""), engine, Place(FOREIGN, FOREIGN))
            compile(code, engine, "exec")
            assert f"s3://shop/{name}" in code
    options = {"type": "rest", "uri": "https://ice.example", "token": "${ICE_TOKEN}", "table": "shop.orders"}
    code = load_code(Wanted(dataset("iceberg", "s3://shop/orders"), options, ""), "polars", Place(FOREIGN, FOREIGN))
    assert '"token": os.environ["ICE_TOKEN"]' in code


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wines", "wines"),
        ("2024-orders.v2", "orders_v2"),
        ("class", "class_df"),
        ("日本", "df"),
        ("", "df"),
        ("pd", "pd_df"),
    ],
)
def test_names_of_variables(name: str, expected: str) -> None:
    assert variable(name) == expected


@pytest.mark.parametrize("text", ["plain", "it's", 'say "x"', "new\nline", "back\\slash", "{x}", "\udcff"])
def test_literals_are_what_they_say(text: str) -> None:
    assert eval(literal(text)) == text  # noqa: S307 - the literal is ours, and this is its contract
