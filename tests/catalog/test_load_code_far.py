"""Snippets for data that lies elsewhere run too: an object store, PostgreSQL, what MLflow's runs were given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from tests.buckets import object_store
from tests.catalog.test_load_code import ENGINES, cudf, run
from tests.people import ADMIN, BOB, OWNER
from tests.postgres import Server

from perijove.catalog.load_code import variable
from perijove.catalog.model import Source
from perijove.catalog.service import Catalog
from perijove.catalog.shapes import Restrict
from perijove.core.errors import Invalid, NotAllowed
from perijove.core.refs import Ref

__all__ = ["cudf"]
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Scan = Callable[..., Source]
FRAMES = [engine for engine in ENGINES if engine != "sqlalchemy"]
ROWS = 6


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A bucket with a file of every format, a folder of parts, and a Delta table."""
    import fsspec
    import pandas as pd
    import pyarrow as pa
    import s3fs
    from deltalake import write_deltalake
    from pyarrow import feather, orc

    folder = tmp_path_factory.mktemp("bucket")
    frame = pd.DataFrame({"id": range(ROWS), "word": list("abcdéf"), "year": [2024, 2025] * 3})
    table = pa.Table.from_pandas(frame, preserve_index=False)
    frame.to_parquet(folder / "columns.parquet", index=False)
    frame.to_csv(folder / "plain.csv", index=False)
    frame.to_csv(folder / "semicolons.csv", index=False, sep=";")
    frame.to_json(folder / "events.jsonl", orient="records", lines=True)
    frame.to_excel(folder / "sheet.xlsx", index=False)
    feather.write_feather(table, folder / "features.arrow")
    orc.write_table(table, folder / "old.orc")
    frame.to_parquet(folder / "visits", partition_cols=["year"], index=False)
    with pytest.MonkeyPatch.context() as patch, object_store() as settings:
        for name, value in settings.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        system = fsspec.filesystem("s3")
        system.mkdir("shop")
        system.put(str(folder), "shop/data", recursive=True)
        write_deltalake("s3://shop/orders", table, storage_options={"AWS_S3_ALLOW_UNSAFE_RENAME": "true"})
        yield settings
    s3fs.S3FileSystem.clear_instance_cache()


@ONE_DATABASE
def test_every_snippet_reads_an_object_store(
    catalog: Catalog, scan: Scan, bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch, cudf: None
) -> None:
    scan("shop", "s3://shop/data")
    scan("orders", "s3://shop/orders")
    rows = [row for name in ("shop", "orders") for row in catalog.datasets(name, OWNER).datasets]
    formats = {row.format for row in rows}
    assert formats == {"parquet", "csv", "json", "excel", "arrow", "orc", "delta"}
    failed = []
    for row in rows:
        for engine in FRAMES:
            code = catalog.code(Ref.parse(row.ref), engine, OWNER).code
            assert "s3://shop/" in code
            try:
                count, columns = run(code, monkeypatch, catalog.project.root, variable(row.name))
            except Exception as error:  # noqa: BLE001 - all that fail are named together
                failed.append((row.name, engine, repr(error)[:300]))
                continue
            if count != ROWS or not {"id", "word"} <= columns:
                failed.append((row.name, engine, f"{count} rows, {columns}"))
    assert failed == []


@ONE_DATABASE
@pytest.mark.parametrize("schema", ["public", "my shop"])
def test_every_snippet_reads_postgresql(
    catalog: Catalog, scan: Scan, postgres: Server, monkeypatch: pytest.MonkeyPatch, cudf: None, schema: str
) -> None:
    url = make_url(postgres.fresh_database()).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        connection.execute(text(f'CREATE TABLE "{schema}"."all \'orders\'" (id BIGINT PRIMARY KEY, word TEXT)'))
        connection.execute(
            text(f"INSERT INTO \"{schema}\".\"all 'orders'\" SELECT n, 'é' FROM generate_series(1, 6) n")
        )
    engine.dispose()
    monkeypatch.setenv("PJ_FAR_PW", "it's @ secret/")
    written = url.set(password=None).render_as_string(hide_password=False)
    scan("pg", written.replace("@", ":${PJ_FAR_PW}@", 1))
    (row,) = catalog.datasets("pg", OWNER).datasets
    for chosen in ENGINES:
        code = catalog.code(Ref.parse(row.ref), chosen, OWNER).code
        assert 'os.environ["PJ_FAR_PW"]' in code and "secret" not in code
        found = run(code, monkeypatch, catalog.project.root, variable(row.name))
        assert found == (ROWS, {"id", "word"}), code


@ONE_DATABASE
def test_what_a_run_was_given_is_loaded_from_its_place(
    catalog: Catalog, scan: Scan, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cudf: None
) -> None:
    import pandas as pd
    from deltalake import write_deltalake

    write_deltalake(lab / "kept", pd.DataFrame({"a": range(3)}))
    frames: dict[str, Any] = {"tumours": lab / "tumours.parquet", "sugar": lab / "diabetes.csv", "kept": lab / "kept"}
    _log(
        tmp_path / "mlflow.db", {name: str(path) for name, path in frames.items()} | {"lost": "", "odd": "s3://b/x.bin"}
    )
    scan("runs", f"mlflow+sqlite:///{tmp_path / 'mlflow.db'}")
    rows = {row.name: Ref.parse(row.ref) for row in catalog.datasets("runs", OWNER).datasets}
    counts = {"tumours": 569, "sugar": 442, "kept": 3}
    for name, count in counts.items():
        for engine in FRAMES:
            code = catalog.code(rows[name], engine, OWNER).code
            assert run(code, monkeypatch, catalog.project.root, name)[0] == count, code
    catalog.restrict(Restrict(f"source:{scan('lab', 'data').name}", "Patients."), ADMIN)
    for look in (catalog.show, lambda ref, who: catalog.preview(ref, 5, who)):
        with pytest.raises(NotAllowed):
            look(rows["tumours"], BOB)
    assert catalog.preview(rows["tumours"], 5, ADMIN).rows
    with pytest.raises(Invalid, match="MLflow kept no place") as caught:
        catalog.code(rows["lost"], "pandas", OWNER)
    assert "mlflow.data.from_pandas" in caught.value.hint
    with pytest.raises(Invalid, match="no load code for s3://b/x.bin"):
        catalog.code(rows["odd"], "pandas", OWNER)
    with pytest.raises(Invalid, match="only the digest was kept"):
        catalog.code(rows["sugar"], "pandas", OWNER, "0ld")
    assert catalog.code(rows["sugar"], "pandas", OWNER, "digest").code


def _log(database: Path, places: dict[str, str]) -> None:
    """Log datasets as MLflow does, in a tracking database of its own."""
    import mlflow
    from mlflow.entities import Dataset, DatasetInput

    client = mlflow.MlflowClient(f"sqlite:///{database}")
    run_id = client.create_run("0").info.run_id
    inputs = [
        DatasetInput(Dataset(name, "digest", "local", f'{{"uri": "{place}"}}' if place else "{}", "{}", "{}"), [])
        for name, place in places.items()
    ]
    client.log_inputs(run_id, inputs)
