"""Real tables for the stories: Delta with versions, Iceberg with snapshots, plain files, and a PostgreSQL database.

All of it is made from fixed seeds, so each run shows the same.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from perijove.core.project import Project
from tests.postgres import Server

EXAMPLES = Path(__file__).parents[2] / "examples" / "notebooks"
FIRST_DAY = datetime(2024, 1, 1)


def make(folder: Path) -> Server:
    """Lay the data out below ``lake/`` and ``warehouse/``, and start PostgreSQL; who calls stops it."""
    lake = folder / "lake" / "sales"
    lake.mkdir(parents=True)
    _delta(lake / "orders_daily")
    _files(lake)
    (folder / "warehouse").mkdir()
    _iceberg(folder / "warehouse")
    server = Server(folder)
    server.start()
    url = _shop(server)
    _notebook(folder / "lake.ipynb")
    _messy(folder / "orders")
    shutil.copytree(EXAMPLES, folder / "dozen")
    runpy.run_path(str(EXAMPLES / "make_data.py"))["main"](folder / "dozen" / "data")
    places = {"postgres": url, "iceberg": f"iceberg+sqlite:///{folder / 'warehouse' / 'catalog.db'}"}
    (folder / "places.json").write_text(json.dumps(places))
    return server


def add_sources(folder: Path) -> None:
    """Add the made data to the catalog and scan it."""
    from perijove.catalog.model import NewSource
    from perijove.catalog.shapes import Ask, Restrict
    from perijove.core.access import Person
    from perijove.core.terminal import me
    from perijove.wiring import Perijove

    os.environ.setdefault("PERIJOVE_HOME", str(folder / ".perijove"))
    places = json.loads((folder / "places.json").read_text())
    wired = Perijove(Project.find(folder), door="cli")
    try:
        for name, uri in {
            "lake": str(folder / "lake"),
            "warehouse": places["iceberg"],
            "shop": places["postgres"],
        }.items():
            wired.catalog.add(NewSource(name, uri), me())
            wired.tasks.wait(wired.catalog.start_scan(name, me()).id, me())
        ref = f"dataset:{(folder / 'lake' / 'sales' / 'refund_reasons.csv').as_uri()}"
        wired.catalog.restrict(Restrict(ref, "It names customers."), me())
        wired.catalog.ask(Ask(ref, "To count why people send things back."), Person("ana", roles=("viewer",)))
    finally:
        wired.close()


def _orders(start: int, count: int) -> dict[str, Any]:
    import numpy as np

    dice = np.random.default_rng(start)
    return {
        "order_id": np.arange(start, start + count),
        "customer_id": dice.integers(1, 4000, count),
        "ordered_at": np.datetime64(FIRST_DAY, "us") + dice.integers(0, 700 * 86400, count).astype("timedelta64[s]"),
        "amount": np.round(dice.gamma(2, 40, count), 2),
        "currency": dice.choice(["EUR", "USD", "GBP", "CHF"], count, p=[0.6, 0.25, 0.1, 0.05]),
        "status": dice.choice(["shipped", "paid", "cancelled", "returned"], count),
        "items": dice.poisson(3, count).astype("int32"),
    }


def _table(start: int, count: int, **more: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    dice = np.random.default_rng(start + 1)
    columns = {name: pa.array(values) for name, values in (_orders(start, count) | more).items()}
    columns["coupon_code"] = pa.array([f"C{one}" if one < 400 else None for one in dice.integers(0, 2000, count)])
    return pa.table(columns)


def _delta(path: Path) -> None:
    """Three versions: written, appended to, and rewritten with one column more."""
    import numpy as np
    from deltalake import write_deltalake

    write_deltalake(path, _table(1, 12_000))
    write_deltalake(path, _table(12_001, 3_000), mode="append")
    country = np.random.default_rng(7).choice(["DE", "FR", "AT", "US"], 15_500)
    write_deltalake(path, _table(1, 15_500, country=country), mode="overwrite", schema_mode="overwrite")


def _files(lake: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(_table(1, 600_000), lake / "order_items.parquet", row_group_size=20_000)
    pyarrow.csv.write_csv(_table(1, 500), lake / "refund_reasons.csv")


def _iceberg(warehouse: Path) -> None:
    """A table with two snapshots in a SQL catalog."""
    from pyiceberg.catalog.sql import SqlCatalog

    place = {"uri": f"sqlite:///{warehouse / 'catalog.db'}", "warehouse": warehouse.as_uri()}
    catalog = SqlCatalog("warehouse", **place)
    catalog.create_namespace("sales")
    first = _table(1, 4_000)
    table = catalog.create_table("sales.payments", schema=first.schema)
    table.append(first)
    table.append(_table(4_001, 1_000))


def _notebook(path: Path) -> None:
    """A cell that says what it is about, one that makes a table of an other, one that counts in it."""
    cells = [
        "# orders that are dear, by currency",
        "import pandas as pd\n\norders = pd.read_parquet('lake/sales/order_items.parquet')\n"
        "orders[orders.amount > 100].to_parquet('lake/dear_orders.parquet')",
        "dear = pd.read_parquet('lake/dear_orders.parquet')\n"
        "dear.groupby('currency').amount.sum().reset_index().to_csv('lake/by_currency.csv', index=False)",
    ]
    _write(path, {f"cell-{number}": source for number, source in enumerate(cells)})


def _messy(folder: Path) -> None:
    """A notebook whose cells have to run in another order than they stand, with a line or two that no result needs."""
    import pyarrow.csv

    folder.mkdir()
    pyarrow.csv.write_csv(_table(1, 600), folder / "orders.csv")
    cells = {
        "summary": 'summary = dear.groupby("currency")["amount"].agg(["count", "sum"]).round(2)\nsummary',
        "dear": 'dear = orders[orders["amount"] > limit].copy()\n'
        'dear["amount"] = dear["amount"].clip(upper=cap)\ndear.head()',
        "settings": "limit = 100.0\ncap = 500.0",
        "load": "import matplotlib.pyplot as plt\nimport pandas as pd\n\n"
        'orders = pd.read_csv("orders.csv")\nprint(len(orders), "orders")',
        "look": 'orders.sample(3, random_state=1)\norders["amount"].describe()',
    }
    _write(folder / "orders.ipynb", cells)


def _write(path: Path, cells: dict[str, str]) -> None:
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "cells": [
            {
                "cell_type": "code",
                "id": name,
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for name, source in cells.items()
        ],
    }
    path.write_text(json.dumps(notebook))


def _shop(server: Server) -> str:
    """A database with two tables and a key between them."""
    import psycopg

    url = server.fresh_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, country text, since date)"
        )
        connection.execute(
            "CREATE TABLE invoices (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, total numeric(9,2))"
        )
        with connection.cursor() as cursor:
            people = [
                (one, f"Customer {one}", "DE" if one % 3 else None, FIRST_DAY + timedelta(one)) for one in range(500)
            ]
            cursor.executemany("INSERT INTO customers VALUES (%s, %s, %s, %s)", people)
            bills = [(one, one % 500, one * 1.25) for one in range(2_000)]
            cursor.executemany("INSERT INTO invoices VALUES (%s, %s, %s)", bills)
        connection.execute("ANALYZE")
    return url
