"""The same routes on both hosts: beside one person's kernels, and as the team's service."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.hosts import Host, hub_host, jupyter_host

PEOPLE = {
    "ana-token": {"name": "ana", "groups": ["perijove-admin"]},
    "vic-token": {"name": "vic", "groups": ["perijove-viewer"]},
    "new-token": {"name": "new", "groups": []},
}


@pytest.fixture(scope="module", params=["jupyter", "hub"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp(request.param)
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute("CREATE TABLE orders (order_id INTEGER, amount REAL)")
        database.execute("INSERT INTO orders VALUES (1, 2.5)")
    started = jupyter_host(folder) if request.param == "jupyter" else hub_host(folder, PEOPLE)
    with started as running:
        yield running


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with hub_host(tmp_path_factory.mktemp("team"), PEOPLE) as running:
        yield running


def test_a_source_is_added_scanned_searched_and_removed(host: Host) -> None:
    added = host.call("POST", "/catalog/sources", {"name": "shop", "uri": f"sqlite:///{host.folder / 'shop.db'}"})
    assert added.status_code == 200, added.text
    assert added.json()["kind"] == "sql"
    assert host.call("POST", "/catalog/sources/shop/scan").json()["kind"]
    until_live(host)
    hits = host.call("GET", "/catalog/search", q="order amount").json()
    assert [hit["name"] for hit in hits["hits"]] == ["orders"]
    shown = host.call("GET", "/catalog/dataset", ref=hits["hits"][0]["ref"]).json()
    assert [column["name"] for column in shown["columns"]] == ["order_id", "amount"]
    assert host.call("GET", "/lineage", ref=hits["hits"][0]["ref"]).json()["nodes"][0]["name"] == "orders"
    assert host.call("DELETE", "/catalog/sources/shop").json() == {"ok": True}
    assert host.call("GET", "/catalog/sources").json() == []
    told = [entry["what"] for entry in host.call("GET", "/audit").json()["events"]]
    assert {"catalog.source.added", "catalog.source.removed"} <= set(told)


def until_live(host: Host) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        states = {source["name"]: source["state"] for source in host.call("GET", "/catalog/sources").json()}
        if states.get("shop") == "live":
            return
        assert states.get("shop") != "failed"
        time.sleep(0.2)
    raise AssertionError("the source was not scanned")


def test_policy_is_read_and_changed(host: Host) -> None:
    body = {"name": "clusters.workers", "value": 5}
    assert host.call("POST", "/settings/policy", body).json()["values"]["clusters.workers"] == 5
    assert host.call("GET", "/settings/policy").json()["values"]["clusters.workers"] == 5


def test_policy_binds(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("a\n1\n2\n3\n")
    with jupyter_host(tmp_path) as alone:
        alone.call("POST", "/settings/policy", {"name": "clusters.workers", "value": 2})
        refused = alone.call("POST", "/clusters", {"workers": 3})
        assert (refused.status_code, refused.json()["hint"]) == (400, "Ask for 0 to 2.")
        alone.call("POST", "/settings/policy", {"name": "catalog.preview_rows", "value": 2})
        alone.call("POST", "/catalog/sources", {"name": "data", "uri": str(tmp_path)})
        task = alone.call("POST", "/catalog/sources/data/scan").json()
        assert alone.wait_for_task(task["id"])["state"] == "done"
        ref = alone.call("GET", "/catalog/search", q="one").json()["hits"][0]["ref"]
        assert alone.call("GET", "/catalog/preview", ref=ref, rows=3).status_code == 400
        assert alone.call("GET", "/catalog/preview", ref=ref, rows=2).json()["rows"] == [[1], [2]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/nothing", None, 404, "There is no GET /nothing"),
        ("GET", "/catalog/search", None, 400, "“q” is missing"),
        ("GET", "/catalog/dataset?ref=nonsense", None, 400, "is not a reference"),
        ("GET", "/catalog/dataset?ref=dataset:file:///nope", None, 404, "nope"),
        ("GET", "/catalog/datasets?source=nope", None, 404, "nope"),
        ("GET", "/lineage?ref=run:nope", None, 404, "Nothing is known"),
        ("GET", "/lineage?ref=run:nope&up=no", None, 400, "“up” is wrong"),
        ("GET", f"/search?q={'a' * 60_000}", None, 400, "longer than 1,000 letters"),
        ("GET", f"/catalog/search?q={'a' * 60_000}", None, 400, "longer than 1,000 letters"),
        ("GET", "/audit?limit=-1", None, 400, "“limit” goes from 1"),
        ("GET", f"/audit?limit={10**30}", None, 400, "“limit” goes from 1"),
        ("GET", "/settings/policy?surprise=1", None, 400, "There is no argument “surprise”"),
        ("POST", "/catalog/sources", {"name": "x"}, 400, "uri"),
        ("POST", "/catalog/sources", {"name": "x", "uri": "file:///", "colour": 1}, 400, "colour"),
        ("POST", "/catalog/sources", {"name": "x", "uri": "/no/such/folder"}, 404, "/no/such/folder"),
        ("POST", "/catalog/sources", {"name": "x", "uri": "/" + "a" * 300}, 400, "cannot be a path"),
        ("POST", "/catalog/sources", {"name": "x", "uri": "~nobody-of-that-name/"}, 400, "cannot be a path"),
        ("POST", "/settings/policy", {"name": "nope", "value": 1}, 400, "There is no setting"),
        ("DELETE", "/catalog/sources/nope", None, 404, "nope"),
        ("DELETE", "/catalog/sources/%00", None, 400, "zero byte"),
    ],
)
def test_bad_requests_get_a_sentence(host: Host, method: str, path: str, body: object, status: int, says: str) -> None:
    path, _, query = path.partition("?")
    pairs = dict(part.split("=", 1) for part in query.split("&")) if query else {}
    answer = host.call(method, path, body, **pairs)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert says in problem["message"], problem
    assert set(problem) == {"kind", "message", "hint"}
    assert "Traceback" not in answer.text


def test_without_a_token_nothing_is_answered(host: Host) -> None:
    assert host.call("GET", "/catalog/sources", token="wrong").status_code in (302, 403)


def test_roles_decide_in_a_team(team: Host) -> None:
    assert team.call("GET", "/catalog/sources", token="vic-token").status_code == 200
    refused = team.call("POST", "/catalog/sources", {"name": "x", "uri": "/tmp"}, token="vic-token")
    assert refused.status_code == 403
    assert "vic may not do this" in refused.json()["message"]
    assert team.call("GET", "/catalog/sources", token="new-token").status_code == 403
    assert team.call("GET", "/audit", token="vic-token").status_code == 403
    assert team.call("GET", "/clusters").status_code == 403


def test_the_team_accepts_no_token_in_the_address(team: Host, tmp_path: Path) -> None:
    answer = httpx.get(f"{team.base}/perijove/catalog/sources", params={"token": "ana-token"})
    assert answer.status_code == 403
