"""Tables of an Iceberg REST catalog: listed, shown and read with a token that is named and never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.catalog.test_load_code import run
from tests.iceberg_rest import rest_catalog
from tests.people import OWNER

from perijove.catalog.load_code import variable
from perijove.catalog.model import Sort, Source, Window
from perijove.catalog.service import Catalog
from perijove.core.errors import Invalid, PerijoveError
from perijove.core.refs import Ref

TOKEN = "for-ice-only"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a catalog with one table of two snapshots."""
    import pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog

    folder: Path = tmp_path_factory.mktemp("ice")
    tables = SqlCatalog("ice", uri=f"sqlite:///{folder / 'catalog.db'}", warehouse=folder.as_uri())
    tables.create_namespace("sales")
    table = tables.create_table("sales.visits", schema=pa.schema([("id", pa.int64()), ("word", pa.string())]))
    table.append(pa.table({"id": [1, 2], "word": ["a", "é"]}))
    table.append(pa.table({"id": [3], "word": ["c"]}))
    with rest_catalog(tables, TOKEN) as made:
        yield made


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_rest_catalog_is_scanned_shown_read_and_loaded(
    catalog: Catalog, scan: Callable[..., Source], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PJ_ICE_TOKEN", TOKEN)
    with pytest.raises(Invalid, match="holds a secret, “token”") as caught:
        scan("ice", f"iceberg+{address}?token={TOKEN}")
    assert "${NAME}" in caught.value.hint
    source = scan("ice", f"iceberg+{address}?token=${{PJ_ICE_TOKEN}}")
    assert "${PJ_ICE_TOKEN}" in source.uri and TOKEN not in source.uri
    (row,) = catalog.datasets("ice", OWNER).datasets
    assert (row.name, row.format, row.rows, row.problem) == ("sales.visits", "iceberg", 3, "")
    ref = Ref.parse(row.ref)
    assert TOKEN not in str(catalog.show(ref, OWNER))
    assert catalog.look(ref, Window(rows=2, sort=[Sort("id", True)]), OWNER).rows == [[3, "c"], [2, "é"]]
    newest, first = (one.id for one in catalog.versions.all(ref, OWNER).versions)
    assert catalog.look(ref, Window(version=first), OWNER).rows == [[1, "a"], [2, "é"]]
    assert newest != first
    for version, rows in (("", 3), (first, 2)):
        code = catalog.code(ref, "pandas", OWNER, version).code
        assert 'os.environ["PJ_ICE_TOKEN"]' in code and TOKEN not in code
        assert run(code, monkeypatch, catalog.project.root, variable(row.name)) == (rows, {"id", "word"})
    monkeypatch.setenv("PJ_ICE_TOKEN", "wrong")
    with pytest.raises(PerijoveError, match="sales.visits"):
        catalog.preview(ref, 5, OWNER)
