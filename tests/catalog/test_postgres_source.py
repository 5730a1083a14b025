"""A PostgreSQL database as a source: schemas, a password by reference, few statements."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, make_url, text
from tests.people import OWNER
from tests.postgres import Server

from perijove.catalog.model import Source
from perijove.catalog.service import Catalog
from perijove.core.refs import Ref


def test_schemas_and_a_password_by_reference(
    catalog: Catalog, scan: Callable[..., Source], postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(postgres.fresh_database()).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id BIGINT PRIMARY KEY, price NUMERIC, note JSONB)"))
        connection.execute(text("INSERT INTO orders VALUES (1, 1.10, '{\"a\": 1}'), (9007199254740993, NULL, NULL)"))
        connection.execute(text("CREATE SCHEMA shop"))
        connection.execute(text('CREATE TABLE shop."Some Items" (id INT, at TIMESTAMPTZ)'))
    engine.dispose()
    monkeypatch.setenv("PJ_TEST_PW", url.password or "secret")
    written = url.set(password=None).render_as_string(hide_password=False)
    uri = written.replace("@", ":${PJ_TEST_PW}@", 1)
    source = scan("pg", uri)
    assert "${PJ_TEST_PW}" in source.uri
    found = {row.name: (row.ref, row.rows) for row in catalog.datasets("pg", OWNER).datasets}
    assert {name: rows for name, (_, rows) in found.items()} == {"orders": 2, "shop.Some Items": 0}
    assert all("PJ_TEST_PW" not in ref for ref, _ in found.values())
    shown = catalog.preview(Ref.parse(found["orders"][0]), 10, OWNER)
    assert shown.rows == [[1, "1.10", {"a": 1}], ["9007199254740993", None, None]]
    assert catalog.preview(Ref.parse(found["shop.Some Items"][0]), 50, OWNER).rows == []
    assert "PJ_TEST_PW" in catalog.code(Ref.parse(found["shop.Some Items"][0]), "pandas", OWNER).code
