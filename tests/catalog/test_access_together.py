"""Two people and an admin of a team over HTTP: asked, refused, asked again, approved, read, revoked, all of it kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hosts import Host, hub_host

PEOPLE = {
    "grace-token": {"name": "grace", "groups": ["perijove-admin"]},
    "ann-token": {"name": "ann", "groups": ["perijove-contributor"]},
    "vera-token": {"name": "vera", "groups": ["perijove-viewer"]},
    "bob-token": {"name": "bob", "groups": ["perijove-viewer"]},
}
VERA, BOB, ANN, GRACE = "vera-token", "bob-token", "ann-token", "grace-token"
ADDED = {"run": {"runId": "0192f8f0-0000-7000-8000-000000000001"}, "eventType": "COMPLETE"}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A team whose source holds patients and wards, and whose notebook uses both."""
    folder = tmp_path_factory.mktemp("team")
    data = folder / "data"
    data.mkdir()
    (data / "patients.csv").write_text("name,age\nx,1\n")
    (data / "wards.csv").write_text("ward,beds\nnorth,20\n")
    with hub_host(folder, PEOPLE) as host:
        assert host.call("POST", "/catalog/sources", {"name": "clinic", "uri": str(data)}).status_code == 200
        host.call("POST", "/catalog/sources/clinic/scan")
        until = time.monotonic() + 120
        while host.call("GET", "/catalog/sources").json()[0]["state"] != "live":
            assert time.monotonic() < until, "the source was not scanned"
            time.sleep(0.1)
        assert host.call("POST", "/lineage/events", event(data)).json()["accepted"] == 1
        yield host


def event(data: Path) -> dict[str, object]:
    """A job read patients and wards, and wrote beds."""
    read = [{"namespace": "file", "name": f"{data}/{name}.csv"} for name in ("patients", "wards")]
    written = [{"namespace": "file", "name": f"{data}/beds.csv"}]
    job = {"namespace": "spark", "name": "count_beds"}
    told = {"eventTime": "2026-11-01T00:00:00Z", "producer": "https://spark.example", "job": job}
    schema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
    return {**ADDED, **told, "schemaURL": schema, "inputs": read, "outputs": written}


def shown(team: Host, token: str) -> dict[str, bool]:
    """Where a person comes upon the patients."""
    ref = patients(team)
    beds = ref.replace("patients", "beds")
    calls = {
        "dataset": ("/catalog/dataset", {"ref": ref}),
        "about": ("/catalog/about", {"ref": ref}),
        "list": ("/catalog/datasets", {"source": "clinic"}),
        "search": ("/catalog/search", {"q": "patients"}),
        "browse": ("/catalog/search", {"q": ""}),
        "everything": ("/search", {"q": "patients"}),
        "lineage": ("/lineage", {"ref": ref}),
        "beside": ("/lineage", {"ref": beds, "up": 5, "down": 5}),
        "of the job": ("/lineage", {"ref": "job:spark/count_beds", "up": 5, "down": 5}),
        "changed": ("/lineage/changed", {"ref": "job:spark/count_beds"}),
    }
    found = {}
    for name, (path, query) in calls.items():
        answer = team.call("GET", path, token=token, **query)
        assert answer.status_code in (200, 403, 404), (name, answer.text)
        found[name] = answer.status_code == 200 and "patients" in answer.text
    found["uses"] = "count_beds" in team.call("GET", "/catalog/uses", token=token, ref=ref).text
    return found


def patients(team: Host) -> str:
    return f"dataset:{(team.folder / 'data' / 'patients.csv').as_uri()}"


def access(team: Host, token: str, verb: str, **body: object) -> dict[str, object]:
    answer = team.call("POST", f"/catalog/access/{verb}", body, token=token)
    assert answer.status_code == 200, answer.text
    given: dict[str, object] = answer.json()
    return given


def test_asked_refused_asked_again_approved_read_and_revoked_at_once(team: Host) -> None:
    ref = patients(team)
    assert set(shown(team, VERA).values()) == {True}, "open at first"
    access(team, GRACE, "restrict", ref=ref, reason="They are people.")
    assert {person: set(shown(team, person).values()) for person in (VERA, BOB, GRACE)} == {
        VERA: {False},
        BOB: {False},
        GRACE: {True},
    }
    told = team.call("GET", "/catalog/access", token=VERA, ref=ref).json()
    assert (told["open"], told["mayRead"], told["mayApprove"], told["reason"]) == (False, False, False, "")
    assert told["why"] == "It is restricted, and you are not among its readers."
    assert (told["restrictedBy"], told["rule"]) == ("grace restricted it.", ref)

    first = access(team, VERA, "ask", ref=ref, reason="I am curious.")
    for person in (VERA, BOB, ANN):
        assert team.call(
            "POST", "/catalog/access/decide", {"id": first["id"], "approve": True}, token=person
        ).status_code in (403, 404)
    assert team.call("GET", "/catalog/access/requests", token=BOB).json() == []
    assert [one["who"] for one in team.call("GET", "/catalog/access/requests", state="open").json()] == ["vera"]
    unexplained = team.call("POST", "/catalog/access/decide", {"id": first["id"], "approve": False})
    assert (unexplained.status_code, unexplained.json()["message"]) == (400, "A reason is missing.")
    access(team, GRACE, "decide", id=first["id"], approve=False, reason="Curiosity is not enough.")
    (mine,) = team.call("GET", "/catalog/access/requests", token=VERA).json()
    assert (mine["state"], mine["answer"], mine["decidedBy"]) == ("refused", "Curiosity is not enough.", "grace")
    assert set(shown(team, VERA).values()) == {False}

    second = access(team, VERA, "ask", ref=ref, reason="For the trial.")
    access(team, GRACE, "decide", id=second["id"], approve=True, reason="Is on the trial.")
    assert set(shown(team, VERA).values()) == {True} and set(shown(team, BOB).values()) == {False}
    told = team.call("GET", "/catalog/access", token=VERA, ref=ref).json()
    assert (told["why"], told["reason"]) == ("It is restricted; you are among its readers.", "They are people.")

    access(team, GRACE, "revoke", ref=ref, who="vera", reason="The trial is over.")
    assert set(shown(team, VERA).values()) == {False}
    kept = [one for one in team.call("GET", "/audit").json()["events"] if one["what"].startswith("catalog.access")]
    assert [(one["what"].rpartition(".")[2], one["actor"], one["ref"], one["new"].get("reason")) for one in kept] == [
        ("revoked", "grace", ref, "The trial is over."),
        ("approved", "grace", ref, "Is on the trial."),
        ("asked", "vera", ref, "For the trial."),
        ("refused", "grace", ref, "Curiosity is not enough."),
        ("asked", "vera", ref, "I am curious."),
        ("restricted", "grace", ref, "They are people."),
    ]
    access(team, GRACE, "restrict", ref=ref, restricted=False)


def test_what_holds_for_a_source_is_said_in_words(team: Host) -> None:
    access(team, GRACE, "restrict", ref="source:clinic", reason="All of it is private.")
    told = team.call("GET", "/catalog/access", token=BOB, ref=patients(team)).json()
    assert (told["restrictedBy"], told["rule"]) == ("grace restricted all of the source “clinic”.", "source:clinic")
    access(team, GRACE, "restrict", ref="source:clinic", restricted=False)
    assert set(shown(team, BOB).values()) == {True}
