"""What goes out: the runs of cells as kernels noted them, or all that the graph knows of each cell and job."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from perijove.core import tables
from perijove.core.graph import Reader, kind_of
from perijove.core.lineage import Lineage
from perijove.core.one_ref import known_refs
from perijove.core.openlineage.made import Actor, facet, job_event, run_event
from perijove.core.spool_lines import time_of

SPACE = uuid.UUID("5a9d3f1e-0b7c-5c52-9d0f-3f1d8a2e6b10")
MOST = 10_000
CHUNK = 200


@dataclass
class CellRun:
    """The lines of one run of a cell; ``end`` is the line that says how it went, once it is there."""

    notebook: str
    cell: str
    kernel: str
    first: int
    lines: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None

    @property
    def ref(self) -> str:
        """The cell."""
        return f"cell:{self.notebook}#{self.cell}"

    @property
    def began(self) -> datetime:
        """When it began, as far as that was noted."""
        times = [time_of(line["at"]) for line in (*self.lines, *([self.end] if self.end else ())) if "at" in line]
        if self.end and isinstance(self.end.get("began"), str):
            times.append(time_of(self.end["began"]))
        return min(times)

    @property
    def tells(self) -> bool:
        """Whether there is anything to tell: data that was touched, or variables of another cell that were used."""
        return bool(self.lines) or bool(self.end and self.end.get("uses"))


def events_of(run: CellRun, lineage: Lineage, ours: str) -> list[dict[str, Any]]:
    """The events of one run of a cell: that it started, and how it ended."""
    assert run.end is not None
    began, ended = run.began, time_of(run.end["at"])
    actor = _actor_of(run, lineage, began)
    failed = not run.end.get("ok", True)
    id_ = str(uuid.uuid5(SPACE, "\0".join([run.kernel, run.ref, run.end["at"]])))
    facets = _parent(run, ours)
    start = run_event(actor, ours, began, "START", {"runId": id_, "facets": facets})
    if failed and run.end.get("error"):
        facets = facets | facet("errorMessage", message=str(run.end["error"]), programmingLanguage="python")
    end = run_event(actor, ours, ended, "FAIL" if failed else "COMPLETE", {"runId": id_, "facets": facets})
    return [start, end]


def _parent(run: CellRun, ours: str) -> dict[str, Any]:
    """The kernel's session is the parent of all runs of cells in it."""
    if not run.kernel:
        return {}
    session = str(uuid.uuid5(SPACE, run.kernel))
    job = {"namespace": ours, "name": run.notebook or "kernel"}
    return facet("parent", run={"runId": session}, job=job)


def _actor_of(run: CellRun, lineage: Lineage, began: datetime) -> Actor:
    actor = Actor(run.ref)
    for line in run.lines:
        if line.get("type") in ("read", "write") and isinstance(line.get("uri"), str):
            into = actor.reads if line["type"] == "read" else actor.writes
            into[f"dataset:{line['uri']}"] = str(line.get("version") or "")
            if line["type"] == "write" or not actor.sql:
                actor.sql = str(line.get("sql") or actor.sql)
                actor.dialect = str(line.get("dialect") or actor.dialect)
    actor.fed_by = [f"cell:{run.notebook}#{used}" for used in (run.end or {}).get("uses", [])]
    with lineage.database.read() as connection:
        reader = Reader(connection, MOST)
        known = known_refs(connection, [*actor.reads, *actor.writes])
        actor.reads = {known.get(ref, ref): version for ref, version in actor.reads.items()}
        actor.writes = {known.get(ref, ref): version for ref, version in actor.writes.items()}
        flows = [row for row in reader.flows("via", [run.ref]) if row.target in actor.writes and row.at >= began]
        actor.flows = {(row.source, row.target) for row in flows}
        actor.fields = reader.fields("via", [run.ref]) if flows else []
    return actor


def everything(lineage: Lineage, ours: str) -> Iterator[dict[str, Any]]:
    """One event for each cell and job that the graph knows, with all that it ever read and wrote."""
    lineage.before_reading()
    query = select(tables.nodes.c.ref).where(tables.nodes.c.kind.in_(("cell", "job"))).order_by(tables.nodes.c.ref)
    with lineage.database.read() as connection:
        refs = list(connection.execute(query).scalars())
    for begin in range(0, len(refs), CHUNK):
        for actor, at in _known(lineage, refs[begin : begin + CHUNK]):
            if actor.reads or actor.writes or actor.fed_by:
                yield job_event(actor, ours, at)


def _known(lineage: Lineage, refs: list[str]) -> Iterator[tuple[Actor, datetime]]:
    actors = {ref: Actor(ref) for ref in refs}
    times: dict[str, datetime] = {}
    with lineage.database.read() as connection:
        reader = Reader(connection, MOST)
        for edge in reader.edges("target", refs):
            if kind_of(edge.source) == "dataset":
                actors[edge.target].reads[edge.source] = edge.version
            elif edge.kind == "fed":
                actors[edge.target].fed_by.append(edge.source)
            times[edge.target] = max(edge.at, times.get(edge.target, edge.at))
        for edge in reader.edges("source", refs):
            if edge.kind == "wrote" and kind_of(edge.target) == "dataset":
                actors[edge.source].writes[edge.target] = edge.version
            times[edge.source] = max(edge.at, times.get(edge.source, edge.at))
        for row in reader.flows("via", refs):
            actors[row.via].flows.add((row.source, row.target))
        for found in reader.fields("via", refs):
            actors[found.via].fields.append(found)
    yield from ((actors[ref], times[ref]) for ref in refs if ref in times)
