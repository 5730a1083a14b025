"""What cells did goes out as events that hold against the specification, once, and waits while nobody can take it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.core.kernel import A, B, C, D, Kernel, data
from tests.core.openlineage.spec import event_problems

from perijove.core.additions import Additions
from perijove.core.database import Database
from perijove.core.errors import Invalid
from perijove.core.lineage import Lineage
from perijove.core.model import Field, Flow
from perijove.core.openlineage.intake import Intake
from perijove.core.openlineage.outgoing import everything
from perijove.core.openlineage.sender import Sender
from perijove.core.openlineage.settings import OpenLineageSettings, Transport, read_settings, write_settings
from perijove.core.project import Project
from perijove.core.refs import Ref

OURS = "perijove://shop"


class Receiver:
    """A server that keeps what is posted to it and answers as it is told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 201
                if status < 300:
                    receiver.events.append(json.loads(body))
                    receiver.keys.add(self.headers.get("Authorization"))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def kernel(project: Project, database: Database, lineage: Lineage) -> Kernel:
    return Kernel(project, database, lineage)


@pytest.fixture
def sender(project: Project, lineage: Lineage) -> Sender:
    return Sender(project, lineage)


def crossing(kernel: Kernel) -> None:
    kernel.line("read", "x", uri=A, version="3")
    kernel.line("read", "x", uri=B)
    kernel.line("write", "x", uri=C, sql="CREATE TABLE c AS SELECT price FROM a", dialect="duckdb")
    kernel.line("write", "x", uri=D)
    kernel.flow("x", C, A)
    kernel.cell("x", "before")


def to_file(project: Project, path: Path) -> None:
    write_settings(project, OpenLineageSettings(OURS, Transport("file", path=str(path))))


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_cell_is_a_job_with_explicit_lineage(
    kernel: Kernel, sender: Sender, project: Project, tmp_path: Path
) -> None:
    crossing(kernel)
    kernel.lineage.before_reading()
    columns = [Field("price", "total"), Field("day", "", "indirect")]
    at = kernel.now()
    kernel.lineage.add(Additions(flows=[Flow(data("a"), data("c"), "cell:n.ipynb#x", "observed", at, columns)]))
    kernel.line("cell", "y", count=2, ok=False, source="1/0", error="ZeroDivisionError: division by zero", uses=["x"])
    kernel.cell("nothing")
    out = tmp_path / "events.ndjson"
    to_file(project, out)
    assert sender.send().sent == 4
    events = written(out)
    assert [problem for event in events for problem in event_problems(event)] == []
    assert [event["eventType"] for event in events] == ["START", "COMPLETE", "START", "FAIL"]
    done = events[1]
    assert (done["job"]["namespace"], done["job"]["name"]) == (f"{OURS}/n.ipynb", "x")
    entries = done["job"]["facets"]["lineage"]["entries"]
    a = {"namespace": "file", "name": "/data/a.parquet", "type": "DATASET"}
    assert [(entry.get("name"), entry["inputs"]) for entry in entries] == [
        ("/data/c.parquet", [a, a | {"field": "day"}]),
        ("/data/d.parquet", [{"type": "JOB"}]),
        (None, [a, a | {"name": "/data/b.parquet"}, {"namespace": f"{OURS}/n.ipynb", "name": "before", "type": "JOB"}]),
    ]
    assert entries[0]["fields"]["total"]["inputs"][0]["field"] == "price"
    assert done["inputs"][0]["facets"]["version"]["datasetVersion"] == "3"
    assert done["outputs"][0]["facets"]["columnLineage"]["dataset"][0]["field"] == "day"
    assert done["job"]["facets"]["sql"]["dialect"] == "duckdb"
    assert events[0]["run"]["runId"] == done["run"]["runId"] != events[2]["run"]["runId"]
    parents = {event["run"]["facets"]["parent"]["run"]["runId"] for event in events}
    assert len(parents) == 1
    assert events[3]["run"]["facets"]["errorMessage"]["message"].startswith("ZeroDivisionError")


def test_nothing_is_sent_twice_and_an_unfinished_cell_waits(
    kernel: Kernel, sender: Sender, project: Project, tmp_path: Path
) -> None:
    out = tmp_path / "events.ndjson"
    to_file(project, out)
    kernel.line("read", "long", uri=A)
    crossing(kernel)
    assert (sender.send().sent, sender.send().sent) == (2, 0)
    assert sender.waits_for(kernel.path)
    kernel.cell("long")
    kernel.flow("long", C, A)
    assert (sender.send().sent, sender.send().sent) == (2, 0)
    names = [event["job"]["name"] for event in written(out)]
    assert names == ["x", "x", "long", "long"]
    assert [one["name"] for one in written(out)[-1]["inputs"]] == ["/data/a.parquet"]
    assert not sender.waits_for(kernel.path)


def test_an_unreachable_receiver_loses_nothing(
    kernel: Kernel, sender: Sender, project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perijove.core.openlineage.transports.FIRST_PAUSE", 0.0)
    monkeypatch.setenv("MARQUEZ_KEY", "s3cret")
    transport = Transport("http", url=receiver.url, api_key="${MARQUEZ_KEY}")
    path = write_settings(project, OpenLineageSettings(OURS, transport))
    assert "s3cret" not in path.read_text()
    crossing(kernel)
    receiver.answers = [500, 503, 429]
    found = sender.send()
    assert (found.sent, "answered 429" in found.problem) == (0, True)
    receiver.answers = [503]
    assert sender.send().sent == 2
    assert [event["eventType"] for event in receiver.events] == ["START", "COMPLETE"]
    assert receiver.keys == {"Bearer s3cret"}
    kernel.cell("again", "x")
    receiver.answers = [422]
    found = sender.send()
    assert (found.sent, found.refused, found.problem) == (1, 1, "")


def test_events_leave_in_the_background(kernel: Kernel, sender: Sender, project: Project, receiver: Receiver) -> None:
    arrived = threading.Event()
    keep = receiver.events.append
    write_settings(project, OpenLineageSettings(OURS, Transport("http", url=receiver.url)))

    class Kept(list[dict[str, Any]]):
        def append(self, event: dict[str, Any]) -> None:
            keep(event)
            if event["eventType"] == "COMPLETE":
                arrived.set()

    receiver.events = Kept()
    crossing(kernel)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perijove.core.openlineage.sender.TICK", 0.01)
        sender.start()
        assert arrived.wait(20)
        sender.stop()


def test_all_that_is_known_goes_out_and_comes_in_the_same(kernel: Kernel, lineage: Lineage, database: Database) -> None:
    crossing(kernel)
    events = list(everything(lineage, OURS))
    assert [problem for event in events for problem in event_problems(event)] == []
    before = [lineage.around(Ref.parse(data(name)), 9, 9) for name in "abcd"]
    from sqlalchemy import delete

    from perijove.core import tables

    with database.begin() as connection:
        for table in (tables.nodes, tables.edges, tables.flows, tables.fields):
            connection.execute(delete(table))
    assert Intake(lineage, OURS).take(events).wrong == []
    after = [lineage.around(Ref.parse(data(name)), 9, 9) for name in "abcd"]
    assert [pairs(graph) for graph in after] == [pairs(graph) for graph in before]


def pairs(graph: Any) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.kind, edge.target) for edge in graph.edges}


def test_settings_that_do_not_hold_get_a_sentence(project: Project, sender: Sender) -> None:
    for transport, reason in (
        (Transport("http", url="ftp://x"), "not an http address"),
        (Transport("http", url="https://me:pw@x"), "holds a login"),
        (Transport("http", url="https://x", api_key="plain"), "environment variable"),
        (Transport("http", url="https://x", api_key="${JUPYTERHUB_API_TOKEN}"), "not sent away"),
        (Transport("file"), "path"),
    ):
        with pytest.raises(Invalid, match=reason):
            write_settings(project, OpenLineageSettings(transport=transport))
    with pytest.raises(Invalid, match="Nobody has said"):
        sender.send()
    (project.state / "openlineage.toml").write_text("[transport]\ntype = 'carrier pigeon'\n")
    with pytest.raises(Invalid, match="is not understood"):
        read_settings(project)
