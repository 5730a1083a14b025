"""Every snippet runs and loads what the preview shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.people import OWNER

from perijove.catalog.load_code import literal, variable
from perijove.catalog.model import Dataset, Engine, Source
from perijove.catalog.service import Catalog
from perijove.core.refs import Ref


def run(code: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    """Run a snippet in a folder and give the last thing it names, as pandas."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(code, "snippet", "exec"), names)  # noqa: S102 - this is what a snippet is for
    last = names[code.rstrip().rpartition("\n")[2].partition(" = ")[0]]
    return last.compute() if hasattr(last, "compute") else last


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("engine", ["pandas", "dask"])
def test_every_snippet_runs(
    catalog: Catalog, scan: Callable[..., Source], lab: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lab / 'it\'s "odd" {x}.csv').write_text("a;b\n1;é\n2;ü\n", encoding="cp1252")
    (lab / "packed.csv.gz").write_bytes(__import__("gzip").compress(b"a,b\n1,2\n"))
    (lab / "wide.csv").write_text("a,b\n1,x\n", encoding="utf-16")
    scan("lab", "data")
    scan("wine", "data/wine.db")
    expected = {row.ref: row for name in ("lab", "wine") for row in catalog.datasets(name, OWNER).datasets}
    assert len(expected) == 10
    for ref, row in expected.items():
        code = catalog.code(Ref.parse(ref), engine, OWNER).code
        assert str(lab) not in code, "paths inside the project are relative to it"
        frame = run(code, monkeypatch, catalog.project.root)
        shown = catalog.preview(Ref.parse(ref), 1000, OWNER)
        assert len(frame) == shown.total_rows, code
        wanted = {column.name for column in shown.columns}
        assert wanted <= {*map(str, frame.columns), str(frame.index.name)}, code
        assert row.column_count == len(wanted)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_code_of_a_path_outside_the_project_is_absolute(
    catalog: Catalog, made_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = catalog.named(str(made_data / "tumours.parquet"), OWNER).code("pandas").code
    assert f'pd.read_parquet("{made_data}/tumours.parquet")' in code
    assert len(run(code, monkeypatch, tmp_path)) == 569


def test_a_password_stays_in_the_environment() -> None:
    from perijove.catalog.load_code import load_code

    dataset = Dataset("dataset:x", "shop.orders", "s", "x#shop.orders", "sql", None, None, [], [], [], [], None)
    options = {"schema": "shop", "table": "orders", "index": "id"}
    uri = "postgresql+psycopg://me:${SHOP_PW}@host/db"
    code = load_code(dataset, options, uri, "pandas", Path("/p"))
    assert code == (
        "import os\n\nimport pandas as pd\nfrom sqlalchemy import create_engine, make_url\n\n"
        'engine = create_engine(make_url("postgresql+psycopg://me@host/db").set(password=os.environ["SHOP_PW"]))\n'
        'shop_orders = pd.read_sql_table("orders", engine, schema="shop")\n'
    )
    compile(load_code(dataset, options, uri, "dask", Path("/p")), "dask", "exec")


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
