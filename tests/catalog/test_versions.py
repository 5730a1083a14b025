"""Versions of Delta tables and of plain files, how two differ, and what uses a dataset."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.people import OWNER

from perijove.catalog.model import Source
from perijove.catalog.service import Catalog
from perijove.core.errors import NotFound
from perijove.core.model import Edge, Node
from perijove.core.refs import Ref

Scan = Callable[..., Source]
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_versions_of_a_plain_file_are_those_that_were_seen(catalog: Catalog, scan: Scan, lab: Path) -> None:
    path = lab / "prices.csv"
    path.write_text("id,price\n1,2\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    scan("lab", "data")
    ref = Ref("dataset", path.as_uri())
    path.write_text("id,price,city\n1,2.5,Rome\n2,3.5,Oslo\n")
    os.utime(path, (1_700_000_100, 1_700_000_100))
    catalog.tasks.wait(catalog.start_scan("lab", OWNER).id, OWNER)
    cell = Edge(str(ref), "cell:n.ipynb#a", "read", "observed", datetime(2020, 1, 1, tzinfo=UTC), "old-9")
    catalog.lineage.add_edges([cell])

    found = catalog.versions.all(ref, OWNER).versions
    assert [(one.current, one.operation) for one in found] == [(True, "seen"), (False, "seen"), (False, "read")]
    assert found[0].detail.startswith("sha256 ") and found[2].detail == "read by cell:n.ipynb#a"
    diff = catalog.versions.diff(ref, found[1].id, found[0].id, OWNER)
    changes = {column.name: (column.change, column.before, column.after) for column in diff.columns}
    assert changes["city"][0] == "added" and changes["id"][0] == "same"
    assert changes["price"][0] == "retyped" and changes["price"][1:] != ("", "")
    assert (diff.rows.before, diff.rows.after) == (1, 2)
    assert "only the cell" in catalog.versions.diff(ref, "old-9", found[0].id, OWNER).note
    with pytest.raises(NotFound, match="no version nosuch"):
        catalog.versions.diff(ref, "nosuch", found[0].id, OWNER)


@ONE_DATABASE
def test_versions_of_a_delta_table_differ_in_schema_rows_and_figures(catalog: Catalog, scan: Scan, lab: Path) -> None:
    import pandas as pd
    from deltalake import write_deltalake

    write_deltalake(lab / "orders", pd.DataFrame({"id": [1, 2], "gone": ["a", "b"]}))
    write_deltalake(
        lab / "orders", pd.DataFrame({"id": [1, 2, 900], "kept": [1.0, 2.0, None]}), mode="overwrite",
        schema_mode="overwrite",
    )  # fmt: skip
    scan("orders", "data/orders")
    ref = Ref.parse(catalog.datasets("orders", OWNER).datasets[0].ref)
    assert [one.id for one in catalog.versions.all(ref, OWNER).versions] == ["1", "0"]
    diff = catalog.versions.diff(ref, "0", "1", OWNER)
    assert {one.name: one.change for one in diff.columns} == {"id": "same", "kept": "added", "gone": "removed"}
    figures = {(one.name, one.what): (one.before, one.after) for one in diff.profile}
    assert figures[("id", "max")] == (2, 900) and ("gone", "max") not in figures


@ONE_DATABASE
def test_a_profile_of_all_rows_is_a_task_whose_result_stays(catalog: Catalog, scan: Scan, lab: Path) -> None:
    scan("lab", "data")
    ref = Ref("dataset", f"{lab.as_uri()}/tumours.parquet")
    sample = catalog.figures.profile(ref, "sample", OWNER)
    assert sample.columns[0].name == "mean radius"
    with pytest.raises(NotFound, match="no figures of all rows"):
        catalog.figures.profile(ref, "full", OWNER)
    ended = catalog.tasks.wait(catalog.figures.start(ref, OWNER).id, OWNER)
    assert ended.state == "done", (ended.error, ended.hint)
    assert catalog.figures.profile(ref, "full", OWNER).basis.method == "all rows"


def test_what_uses_a_dataset(catalog: Catalog, scan: Scan, lab: Path) -> None:
    scan("lab", "data")
    ref = f"dataset:{lab.as_uri()}/tumours.parquet"
    assert catalog.uses(Ref.parse(ref), OWNER).total == 0
    at = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 6)]
    catalog.lineage.add_nodes([Node("cell:a/n.ipynb#x", "cell", "frame = read()", "a/n.ipynb")])
    catalog.lineage.add_edges(
        [
            Edge(ref, "cell:a/n.ipynb#x", "read", "observed", at[0]),
            Edge("cell:a/n.ipynb#x", "run:1", "logged", "observed", at[1]),
            Edge("run:1", "model:m/1", "registered", "observed", at[2]),
            Edge("cell:b.ipynb#w", ref, "wrote", "observed", at[4]),
        ]
    )
    found = catalog.uses(Ref.parse(ref), OWNER)
    assert {(use.ref, use.how) for use in found.uses} >= {
        ("cell:b.ipynb#w", "writes it"),
        ("cell:a/n.ipynb#x", "reads it"),
        ("run:1", "was made from it further on"),
        ("model:m/1", "was made from it further on"),
        ("notebook:a/n.ipynb", "1 cell uses it"),
    }
    assert found.uses[0].at == at[4]
