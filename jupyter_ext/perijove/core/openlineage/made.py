"""Makes events of OpenLineage 2-0-2 with explicit lineage, so that no reader takes inputs times outputs.

An actor's lineage is made from its edges and flows: each target of a proven flow is an entry with its sources and
columns; a target without proof says only that the job made it; what the job read, or got from another cell in memory,
is an entry whose target is the job.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from perijove import __version__
from perijove.core.graph import FieldRow
from perijove.core.openlineage.naming import Name, dataset_name, job_name

PRODUCER = f"https://perijove.dev/perijove/{__version__}"
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
FACETS = "https://openlineage.io/spec/facets/"
SCHEMAS = {
    "version": "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
    "lineage": "1-0-0/LineageFacet.json#/$defs/LineageJobFacet",
    "parent": "1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet",
    "sql": "1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
}


@dataclass
class Actor:
    """A cell or job and what it did: datasets with the version of each, flows as (source, target), columns."""

    ref: str
    reads: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    fed_by: list[str] = field(default_factory=list)
    flows: set[tuple[str, str]] = field(default_factory=set)
    fields: list[FieldRow] = field(default_factory=list)
    sql: str = ""
    dialect: str = ""


def job_event(actor: Actor, ours: str, at: datetime) -> dict[str, Any]:
    """What an actor does, as an event without a run."""
    return _event("JobEvent", at) | _body(actor, ours)


def run_event(actor: Actor, ours: str, at: datetime, type_: str, run: dict[str, Any]) -> dict[str, Any]:
    """What an actor did in one run."""
    body = _body(actor, ours) if type_ != "START" else {"job": _job(actor, ours, []), "inputs": [], "outputs": []}
    return _event("RunEvent", at) | {"eventType": type_, "run": run} | body


def facet(name: str, **content: Any) -> dict[str, Any]:
    """One facet with its schema."""
    return {name: {"_producer": PRODUCER, "_schemaURL": FACETS + SCHEMAS[name], **content}}


def _event(kind: str, at: datetime) -> dict[str, Any]:
    return {"eventTime": at.isoformat(), "producer": PRODUCER, "schemaURL": SPEC + kind}


def _body(actor: Actor, ours: str) -> dict[str, Any]:
    return {
        "job": _job(actor, ours, _entries(actor, ours)),
        "inputs": [_dataset(ref, version) for ref, version in sorted(actor.reads.items())],
        "outputs": [_dataset(ref, version, _columns(actor, ref)) for ref, version in sorted(actor.writes.items())],
    }


def _job(actor: Actor, ours: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    kind = "CELL" if actor.ref.startswith("cell:") else "JOB"
    facets = facet("jobType", processingType="BATCH", integration="PERIJOVE", jobType=kind)
    if entries:
        facets |= facet("lineage", entries=entries)
    if actor.sql:
        facets |= facet("sql", query=actor.sql, **({"dialect": actor.dialect} if actor.dialect else {}))
    return {**_named(job_name(actor.ref, ours)), "facets": facets}


def _dataset(ref: str, version: str, facets: dict[str, Any] | None = None) -> dict[str, Any]:
    found = dict(facets or {})
    if version:
        found |= facet("version", datasetVersion=version)
    return {**_named(_of(ref)), "facets": found}


def _entries(actor: Actor, ours: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for target in sorted(actor.writes):
        sources = sorted(source for source, into in actor.flows if into == target and source != actor.ref)
        proven = bool(sources) or (actor.ref, target) in actor.flows
        entry: dict[str, Any] = {**_named(_of(target)), "type": "DATASET"}
        entry["inputs"] = [_input(source) for source in sources] if proven else [{"type": "JOB"}]
        for row in _rows(actor, target):
            if not row.target_column:  # it is only known that the column was needed
                entry["inputs"].append(_input(row.source) | {"field": row.source_column})
        if fields := _fields(actor, target):
            entry["fields"] = fields
        entries.append(entry)
    inputs = [_input(ref) for ref in sorted(actor.reads)]
    inputs += [{**_named(job_name(ref, ours)), "type": "JOB"} for ref in sorted(actor.fed_by)]
    if inputs:
        entries.append({"type": "JOB", "inputs": inputs})
    return entries


def _fields(actor: Actor, target: str) -> dict[str, Any]:
    """The columns of a target, each with those it came from."""
    found: dict[str, Any] = {}
    for row in _rows(actor, target):
        if row.target_column:
            one = _input(row.source) | {"field": row.source_column, "transformations": [_change(row)]}
            found.setdefault(row.target_column, {"inputs": []})["inputs"].append(one)
    return found


def _columns(actor: Actor, target: str) -> dict[str, Any]:
    """The facet that readers know who do not know explicit lineage yet."""
    fields: dict[str, Any] = {}
    whole: list[dict[str, Any]] = []
    for row in _rows(actor, target):
        one = {**_named(_of(row.source)), "field": row.source_column, "transformations": [_change(row)]}
        if row.target_column:
            fields.setdefault(row.target_column, {"inputFields": []})["inputFields"].append(one)
        elif row.kind == "indirect":
            whole.append(one)
    if not fields:
        return {}
    return facet("columnLineage", fields=fields, **({"dataset": whole} if whole else {}))


def _rows(actor: Actor, target: str) -> Iterable[FieldRow]:
    rows = [row for row in actor.fields if row.target == target and (row.source, target) in actor.flows]
    return sorted(rows, key=lambda row: (row.target_column, row.source, row.source_column))


def _change(row: FieldRow) -> dict[str, Any]:
    return {"type": "DIRECT" if row.kind == "direct" else "INDIRECT"}


def _input(ref: str) -> dict[str, Any]:
    return {**_named(_of(ref)), "type": "DATASET"}


def _of(ref: str) -> Name:
    return dataset_name(ref.partition(":")[2])


def _named(name: Name) -> dict[str, str]:
    return {"namespace": name.namespace, "name": name.name}
