"""The graph over HTTP, as the lab extension and other systems' clients ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.core.openlineage.spec import completed
from tests.hosts import Host, jupyter_host

LAKE = {"namespace": "s3://lake", "name": "sales/orders"}
OUT = {"namespace": "file", "name": "/data/report.parquet"}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with jupyter_host(tmp_path_factory.mktemp("graph")) as made:
        yield made


def line(folder: Path, **more: object) -> None:
    body = {"notebook": "n.ipynb", "cell": "x", "kernel": "k", "at": "2026-11-01T12:00:00+00:00", **more}
    spool = folder / ".perijove" / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    with (spool / "k.jsonl").open("a") as file:
        file.write(json.dumps(body) + "\n")


def test_events_come_in_and_the_graph_is_asked(host: Host) -> None:
    field = {"inputFields": [{**LAKE, "field": "price"}]}
    facets = {"columnLineage": {"fields": {"total": field}}}
    event = completed({"eventType": "COMPLETE", "inputs": [LAKE], "outputs": [{**OUT, "facets": facets}]}, 1)
    taken = host.call("POST", "/lineage/events", [event, {"no": "event"}]).json()
    assert (taken["accepted"], taken["wrong"][0]["index"]) == (1, 1)
    assert host.call("POST", "/lineage/events", event).json()["known"] == 1
    kept = [one for one in host.call("GET", "/audit").json()["events"] if one["what"] == "lineage.events.received"]
    assert [one["new"] for one in kept] == [
        {"accepted": 0, "known": 1, "wrong": 0, "producers": [event["producer"]]},
        {"accepted": 1, "known": 0, "wrong": 1, "producers": [event["producer"]]},
    ]
    assert {one["ref"] for one in kept} == {f"user:{kept[0]['actor']}"} and kept[0]["actor"]
    told = host.call("POST", "/lineage/events", {"no": "event"})
    assert (told.status_code, told.json()["kind"]) == (400, "Invalid")
    line(host.folder, type="read", uri="file:///data/report.parquet", columns=["total"])
    line(host.folder, type="cell", source="show()", count=1, ok=True)
    orders = "dataset:s3://lake/sales/orders"
    graph = host.call("GET", "/lineage", ref=orders, down=5, kinds="dataset,cell", columns="true").json()
    assert {edge["to"] for edge in graph["edges"]} == {"dataset:file:///data/report.parquet", "cell:n.ipynb#x"}
    flow = next(one for one in graph["flows"] if one["from"] == orders)
    assert flow["columns"] == [{"from": "price", "to": "total", "kind": "direct"}]
    found = host.call("GET", "/lineage/impact", ref=orders, column="price").json()
    assert {(item["kind"], item["effect"], item["level"]) for item in found["items"]} == {
        ("job", "fails", "column"),
        ("dataset", "loses", "column"),
        ("cell", "fails", "column"),
    }
    hop = host.call("GET", "/lineage/hops", ref=orders, way="down").json()
    assert [node["kind"] for node in hop["nodes"]] == ["dataset", "job"]
    changed = host.call("GET", "/lineage/changed", ref="cell:n.ipynb#x").json()
    assert [one["changed"] for one in changed["datasets"]] == [None]
