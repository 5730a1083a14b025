"""What other catalogs know comes in from their exports; what cannot be used is named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.people import ADMIN, BOB, OWNER

from perijove.catalog.formats_in import FORMATS, guessed
from perijove.catalog.model import Source
from perijove.catalog.service import Catalog
from perijove.catalog.shapes import NewAbout, Restrict
from perijove.core.errors import Invalid, NotFound
from perijove.core.model import Edge
from perijove.core.refs import Ref

DATAHUB = [
    {
        "entityUrn": "urn:li:dataset:(urn:li:dataPlatform:hive,shop.orders,PROD)",
        "aspectName": "datasetProperties",
        "aspect": {"json": {"description": "All orders."}},
    },
    {
        "proposedSnapshot": {
            "com.linkedin.pegasus2avro.metadata.snapshot.DatasetSnapshot": {
                "urn": "urn:li:dataset:(urn:li:dataPlatform:hive,shop.orders,PROD)",
                "aspects": [
                    {
                        "com.linkedin.pegasus2avro.schema.SchemaMetadata": {
                            "fields": [{"fieldPath": "amount", "nativeDataType": "double", "description": "In euro."}]
                        }
                    },
                    {"com.linkedin.pegasus2avro.common.Ownership": {"owners": [{"owner": "urn:li:corpuser:lena"}]}},
                    {"com.linkedin.pegasus2avro.common.GlobalTags": {"tags": [{"tag": "urn:li:tag:gold"}]}},
                ],
            }
        }
    },
]
OPENMETADATA = {
    "data": [
        {
            "fullyQualifiedName": "hive.default.shop.orders",
            "service": {"name": "hive"},
            "description": "All orders.",
            "owners": [{"name": "lena"}],
            "tags": [{"tagFQN": "gold"}],
            "columns": [{"name": "amount", "dataType": "DOUBLE", "description": "In euro."}],
        }
    ]
}
DBT = {
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
    "nodes": {
        "model.shop.orders": {
            "resource_type": "model",
            "name": "orders",
            "schema": "shop",
            "database": "hive",
            "description": "All orders.",
            "tags": ["gold"],
            "meta": {"owner": "lena"},
            "columns": {"amount": {"name": "amount", "data_type": "double", "description": "In euro."}},
        },
        "test.shop.x": {"resource_type": "test", "name": "x"},
    },
    "sources": {},
}
LINE = {
    "name": "shop.orders",
    "source": "hive",
    "description": "All orders.",
    "owners": ["lena"],
    "tags": ["gold"],
    "columns": [{"name": "amount", "type": "double", "description": "In euro."}],
}
CSV = "source,dataset,column,type,description\nhive,shop.orders,amount,double,In euro.\n"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        ("datahub", "x.json", json.dumps(DATAHUB)),
        ("datahub", "x.json", "\n".join(map(json.dumps, DATAHUB))),
        ("openmetadata", "x.json", json.dumps(OPENMETADATA)),
        ("openmetadata", "x.json", json.dumps(OPENMETADATA["data"][0])),
        ("dbt-manifest", "manifest.json", json.dumps(DBT)),
        ("json-lines", "x.jsonl", json.dumps(LINE)),
        ("csv", "x.csv", CSV),
    ],
)
def test_each_format_comes_in_and_is_found(
    catalog: Catalog, tmp_path: Path, form: str, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    assert guessed(name, content.encode()) == form
    done = catalog.importing.run(name, "", OWNER)
    assert (done.imported, done.new, done.skipped) == (1, 1, [])
    hit = catalog.search("orders amount", OWNER).hits[0]
    shown = catalog.show(Ref.parse(hit.ref), OWNER)
    assert shown.name.endswith("shop.orders") and (shown.format, shown.columns[0].name) == ("other", "amount")
    assert shown.columns[0].description == "In euro." and shown.columns[0].type.lower() == "double"
    if form != "csv":
        assert (shown.description, shown.owners, shown.tags) == ("All orders.", ["lena"], ["gold"])
    with pytest.raises(Invalid, match="another catalog"):
        catalog.preview(Ref.parse(hit.ref), 5, OWNER)
    assert catalog.importing.run(name, form, OWNER).new == 0, "a second time nothing is new"
    assert len(catalog.sources()) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_known_here_is_told_of_and_restrictions_stay(
    catalog: Catalog, scan: Callable[..., Source], lab: Path, tmp_path: Path
) -> None:
    scan("lab", "data")
    ref = f"dataset:{lab.as_uri()}/tumours.parquet"
    catalog.say(NewAbout(ref, "Ours.", ["ann"]), OWNER)
    catalog.restrict(Restrict(ref, "Patients."), ADMIN)
    entry: dict[str, Any] = {"name": "tumours", "source": "lab", "owners": ["bob"], "tags": ["gold"]}
    (tmp_path / "in.jsonl").write_text(json.dumps(entry))
    assert catalog.importing.run("in.jsonl", "", BOB).new == 0
    said = catalog.about.get(ref, OWNER)
    assert (said.description, said.owners, said.tags) == ("Ours.", ["ann"], ["gold"])
    assert not catalog.access.may_read(BOB, ref)
    path = tmp_path / "out.jsonl"
    assert catalog.importing.export(path, BOB) == 3 and "tumours" not in {
        json.loads(line)["name"] for line in path.read_text().splitlines()
    }


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_graph_calls_data_as_the_other_catalog_does(catalog: Catalog, tmp_path: Path) -> None:
    uri = "s3://lake/a1b2/part-0.parquet"
    (tmp_path / "in.jsonl").write_text(json.dumps({"name": "orders", "source": "lake", "uri": uri}))
    told: list[str] = []
    catalog.lineage.learnt = told.extend
    catalog.importing.run("in.jsonl", "", OWNER)
    catalog.lineage.add_edges([Edge(f"dataset:{uri}", "cell:n.ipynb#a", "read", "observed", datetime.now(UTC))])
    graph = catalog.lineage.around(Ref("cell", "n.ipynb#a"))
    assert {node.ref: node.name for node in graph.nodes}[f"dataset:{uri}"] == "orders"
    assert told == [f"dataset:{uri}"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_lines_that_cannot_be_used_are_named(catalog: Catalog, tmp_path: Path) -> None:
    lines = [json.dumps(LINE), "{broken", json.dumps({"name": ""}), json.dumps({"source": "x"}), json.dumps([1])]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = catalog.importing.run("in.jsonl", "", OWNER)
    assert (done.imported, [one.line for one in done.skipped]) == (1, [2, 3, 4, 5])
    with pytest.raises(NotFound, match="no file"):
        catalog.importing.run("nosuch.json", "", OWNER)
    with pytest.raises(Invalid, match="not JSON"):
        catalog.importing.run("in.jsonl", "datahub", OWNER)
    with pytest.raises(Invalid, match="no format"):
        catalog.importing.run("in.jsonl", "nosuch", OWNER)
    for form, read in FORMATS.items():
        for odd in (b"", b"[]", b"{}", b"null", b"\xff\xfe", b'[{"a": [1]}]', b"a,b\n1"):
            try:
                list(read(odd))
            except Invalid:
                continue
            except Exception as error:  # noqa: BLE001 - any other is the fault that is looked for
                raise AssertionError(f"{form} on {odd!r}: {error!r}") from error


def test_a_manifest_of_dbt_with_odd_tags_or_no_name() -> None:
    nodes = {"a": {"resource_type": "model", "name": "a", "tags": 5}, "b": {"resource_type": "model"}}
    (_, first), (number, reason) = FORMATS["dbt-manifest"](json.dumps({"nodes": nodes}).encode())
    assert not isinstance(first, str) and (first.name, first.tags) == ("a", [])
    assert (number, reason) == (2, "it has no name")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"name": "t", "uri": "postgresql://me:hunter2@h/db#t"}, "password or a key"),
        ({"name": "t", "uri": "https://h/x.csv?sig=hunter2"}, "password or a key"),
        ({"name": "t", "source": "postgresql://me:hunter2@h/db"}, "password or a key"),
        ({"name": "t", "uri": "not a uri"}, "no URI"),
    ],
)
def test_a_place_that_holds_a_secret_is_left_out(
    catalog: Catalog, tmp_path: Path, entry: dict[str, Any], why: str
) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(entry))
    done = catalog.importing.run("in.jsonl", "", OWNER)
    assert done.imported == 0 and why in done.skipped[0].reason and "hunter2" not in done.skipped[0].reason
    assert catalog.sources() == []
