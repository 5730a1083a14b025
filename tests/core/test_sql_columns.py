"""The columns of SQL: what a statement needs and where it went, for statements as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from tests.core.kernel import Kernel

from perijove.core import statements, tables
from perijove.core.database import Database
from perijove.core.impact import impact
from perijove.core.lineage import Lineage
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.sql_columns import columns_of
from perijove.core.sql_tables import Candidate

SHOP = "dataset:postgresql://db/shop"
SHAPES = {
    "orders": ["id", "customer_id", "Price", "day"],
    "customers": ["id", "name", "city"],
    "totals": ["city", "total"],
}


def table(name: str, known: bool = True) -> Candidate:
    return Candidate(f"{SHOP}#{name}", SHAPES[name.rpartition(".")[2]] if known else None)


def file(path: str, columns: list[str] | None = None) -> Candidate:
    return Candidate(f"dataset:file://{path}", columns)


ORDERS, CUSTOMERS, TOTALS = table("orders"), table("customers"), table("totals")


def reads(sql: str, *candidates: Candidate, dialect: str = "postgresql") -> dict[str, set[str]]:
    found = columns_of(sql, dialect, list(candidates), [])
    return {ref.rpartition("#")[2]: set(columns) for ref, columns in found.reads.items()}


def written(sql: str, into: Candidate, *candidates: Candidate, dialect: str = "postgresql") -> Any:
    write = columns_of(sql, dialect, list(candidates), [into]).writes.get(into.ref)
    if write is None:
        return None
    direct = {f"{one.rpartition('#')[2]}.{column}>{target}" for target, one, column in write.columns}
    indirect = {f"{one.rpartition('#')[2]}.{column}" for one, column in write.indirect}
    return direct, indirect, write.whole, sorted(one.rpartition("#")[2] for one in write.sources)


READS: list[tuple[str, dict[str, set[str]]]] = [
    ("select price from orders", {"orders": {"Price"}}),
    ("SELECT o.price * 2 AS p FROM orders o WHERE o.day > '***'", {"orders": {"Price", "day"}}),
    ("select count(*) from orders where day = '***'", {"orders": {"day"}}),
    ("select * from orders", {}),
    ("select name, price from orders join customers on customer_id = customers.id", {
        "orders": {"Price", "customer_id"}, "customers": {"id", "name"}}),
    ("select c.name, sum(o.price) from orders o, customers c where o.customer_id = c.id group by c.name order by 2", {
        "orders": {"Price", "customer_id"}, "customers": {"id", "name"}}),
    ("with o as (select id, price from orders) select price from o", {"orders": {"id", "Price"}}),
    ("select price from orders where customer_id in (select id from customers where city = '***')", {
        "orders": {"Price", "customer_id"}, "customers": {"id", "city"}}),
    ("select price, row_number() over (partition by customer_id order by day) r from orders", {
        "orders": {"Price", "customer_id", "day"}}),
    ("select id from orders union all select id from customers", {"orders": {"id"}, "customers": {"id"}}),
    ("select public.orders.price from public.orders", {"orders": {"Price"}}),
    ("select case when o.day is null then 0 else price end from orders o limit 5", {"orders": {"Price", "day"}}),
    ("select price from orders; select name from customers", {"orders": {"Price"}, "customers": {"name"}}),
    ("select exists (select 1 from customers c where c.id = o.customer_id) from orders o", {
        "orders": {"customer_id"}, "customers": {"id"}}),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), READS)
def test_what_a_query_needs(sql: str, expected: dict[str, set[str]]) -> None:
    assert reads(sql, ORDERS, CUSTOMERS) == expected


def test_without_a_schema_only_what_is_certain_is_said() -> None:
    bare = [table("orders", False), table("customers", False)]
    assert reads("select price from orders", *bare) == {"orders": {"price"}}
    assert reads("select o.price from orders o join customers c on o.id = c.id", *bare) == {
        "orders": {"price", "id"},
        "customers": {"id"},
    }
    assert reads("select price from orders join customers on true", *bare) == {}


WRITES: list[tuple[str, Any]] = [
    (
        "create table totals as select c.city, sum(o.price) as total from orders o join customers c"
        " on o.customer_id = c.id where o.day > '***' group by c.city",
        ({"customers.city>city", "orders.Price>total"}, {"orders.customer_id", "customers.id", "orders.day"}, True,
         ["customers", "orders"]),
    ),
    (
        "insert into totals (total, city) select price, name from orders, customers",
        ({"orders.Price>total", "customers.name>city"}, set(), True, ["customers", "orders"]),
    ),
    (
        "insert into totals select name, id from customers",
        ({"customers.name>city", "customers.id>total"}, set(), True, ["customers"]),
    ),
    (
        "create or replace view totals as with x as (select * from orders) select price + id as total from x",
        ({"orders.Price>total", "orders.id>total"}, {"orders.customer_id", "orders.day"}, True, ["orders"]),
    ),
    ("insert into totals (city) values ('***')", None),
    ("create table totals as select price as total from orders, elsewhere", None),
    ("delete from totals", None),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), WRITES)
def test_where_columns_went(sql: str, expected: Any) -> None:
    assert written(sql, TOTALS, ORDERS, CUSTOMERS) == expected


def test_files_that_duckdb_reads_and_writes() -> None:
    raw, out = file("/work/data/raw.parquet", ["a", "b"]), file("/work/out.parquet")
    copied = "COPY (SELECT a AS x FROM read_parquet('data/raw.parquet') WHERE b > 0) TO 'out.parquet' (FORMAT parquet)"
    found = columns_of(copied, "duckdb", [raw], [out])
    assert found.writes[out.ref].columns == [("x", raw.ref, "a")]
    assert found.writes[out.ref].indirect == [(raw.ref, "b")]
    assert columns_of("from 'data/raw.parquet' select a", "duckdb", [raw], []).reads == {raw.ref: ["a"]}
    folder = file("/work/parts", ["a", "b"])
    both = "select p.a from 'parts/*.parquet' p join './data/raw.parquet' r on p.b = r.b"
    assert columns_of(both, "duckdb", [raw, folder], []).reads == {raw.ref: ["b"], folder.ref: ["a", "b"]}


def test_the_columns_of_what_a_cell_ran_are_in_the_graph(
    project: Project, database: Database, lineage: Lineage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(project, database, lineage)
    kernel.spool.after = lambda: statements.work_out(lineage)
    base = "postgresql://db/shop"
    lineage.schemas = lambda uri: SHAPES.get(uri.rpartition("#")[2])
    made = "create table totals as select customer_id as city, price as total from orders where day > '***'"
    kernel.line("read", "x", uri=f"{base}#orders", sql=made, dialect="postgres")
    kernel.line("write", "x", uri=f"{base}#totals", sql=made, dialect="postgres")
    kernel.cell("x")
    kernel.line("read", "y", uri=f"{base}#totals", sql="select total from totals", dialect="postgres")
    kernel.cell("y")
    kernel.line("read", "z", uri=f"{base}#totals", sql="selec total fro totals where ((", dialect="postgres")
    kernel.cell("z")
    orders = Ref.parse(f"dataset:{base}#orders")
    found = {(one.ref.rpartition("#")[2], one.effect, one.level) for one in impact(lineage, orders, "price").items}
    assert found == {
        ("x", "fails", "column"),
        ("totals", "loses", "column"),
        ("y", "fails", "column"),
        ("z", "may fail", "dataset"),
    }
    with database.read() as connection:
        states = connection.execute(select(tables.statements.c.state).order_by(tables.statements.c.at)).scalars().all()
    assert states == ["done", "done", "failed"]


def test_a_statement_that_takes_too_long_is_left(
    project: Project, database: Database, lineage: Lineage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "EACH", 1.0)
    kernel = Kernel(project, database, lineage)
    long = "select " + "(" * 200 + "a" + " + 1)" * 200 + " from t where " + " or ".join(["a = (select 1)"] * 20_000)
    kernel.line("read", "x", uri="postgresql://db/shop#t", sql=long[:190_000], dialect="postgres")
    kernel.line("read", "x", uri="postgresql://db/shop#orders", sql="select price from orders", dialect="postgres")
    kernel.cell("x")
    kernel.spool.take_in()
    assert statements.work_out(lineage) == 2
    with database.read() as connection:
        states = connection.execute(select(tables.statements.c.state).order_by(tables.statements.c.at)).scalars().all()
    assert states == ["failed", "done"]


@pytest.fixture
def shop(project: Project, database: Database, lineage: Lineage) -> Kernel:
    """A cell made a table of ``orders``, of which nothing is known yet."""
    kernel = Kernel(project, database, lineage)
    kernel.spool.after = lambda: statements.work_out(lineage)
    _make_totals(kernel, "x")
    return kernel


SHOP = "postgresql://db/shop"
SOLD = Ref.parse(f"dataset:{SHOP}#orders")


def _make_totals(kernel: Kernel, cell: str, made: str = "create table totals as select * from orders") -> None:
    began = kernel.now().isoformat()
    for kind, table in (("read", "orders"), ("write", "totals")):
        kernel.line(kind, cell, uri=f"{SHOP}#{table}", sql=made, dialect="postgres")
    kernel.flow(cell, f"{SHOP}#totals", f"{SHOP}#orders")
    kernel.cell(cell, began=began)


def _level(lineage: Lineage, column: str = "price") -> set[tuple[str, str]]:
    return {(one.ref.rpartition("#")[2], one.level) for one in impact(lineage, SOLD, column).items}


def test_a_scan_that_brings_the_schema_resolves_what_ran_before_it(shop: Kernel, lineage: Lineage) -> None:
    assert _level(lineage) == {("x", "dataset"), ("totals", "dataset")}
    known: dict[str, list[str]] = {"orders": ["id", "price"]}
    lineage.schemas = lambda uri: known.get(uri.rpartition("#")[2])
    statements.learn(lineage, [str(SOLD)])
    assert _level(lineage) == {("x", "column"), ("totals", "column")}
    assert statements.again(lineage, [str(SOLD)]) == 0, "the same schema once more changes nothing"
    known["orders"].append("tax")
    assert statements.again(lineage, ["dataset:postgresql://db/shop#elsewhere"]) == 0
    statements.learn(lineage, [str(SOLD)])
    assert ("totals", "column") in _level(lineage, "tax")


def test_a_cell_that_runs_again_keeps_the_columns_of_what_it_writes(shop: Kernel, lineage: Lineage) -> None:
    lineage.schemas = lambda uri: {"orders": ["id", "price"]}.get(uri.rpartition("#")[2])
    for _ in range(2):
        _make_totals(shop, "x")
        assert _level(lineage) == {("x", "column"), ("totals", "column")}


def test_what_a_cell_ran_before_its_newest_run_is_not_resolved_again(shop: Kernel, lineage: Lineage) -> None:
    assert _level(lineage)
    _make_totals(shop, "x", "create table totals as select id from orders")
    lineage.schemas = lambda uri: {"orders": ["id", "price"]}.get(uri.rpartition("#")[2])
    assert _level(lineage, "id")
    statements.learn(lineage, [str(SOLD)])
    assert ("totals", "column") in _level(lineage, "id")
    assert ("totals", "column") not in _level(lineage, "price")
