"""The specification's schemas as one validator, and the events that its own projects give as examples."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

HERE = Path(__file__).parent
BASE = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
MADE = "https://example.com/producer"


def _schemas() -> dict[str, Any]:
    found = [json.loads(path.read_text()) for path in sorted((HERE / "schemas").glob("*.json"))]
    return {schema["$id"]: schema for schema in found}


SCHEMAS = _schemas()
REGISTRY: Registry[Any] = Registry().with_resources((id_, Resource.from_contents(SCHEMAS[id_])) for id_ in SCHEMAS)


def problems(value: Any, ref: str = BASE) -> list[str]:
    """What the specification's schema has against a value."""
    validator = Draft202012Validator({"$ref": ref}, registry=REGISTRY, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def event_problems(event: dict[str, Any]) -> list[str]:
    """What the schemas have against an event and against each facet in it, by the facet's own schema."""
    found = problems(event)
    for facet in facets_in(event):
        ref = facet["_schemaURL"]
        assert ref.partition("#")[0] in SCHEMAS, f"there is no such schema: {ref}"
        found += problems(facet, ref)
    return found


def facets_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [facet for one in value for facet in facets_in(one)]
    if not isinstance(value, dict):
        return []
    own = [value] if "_schemaURL" in value else []
    return own + [facet for one in value.values() for facet in facets_in(one)]


def examples(name: str) -> list[tuple[str, dict[str, Any]]]:
    """The examples of one file, as (where it is from, the event or facets)."""
    rows = [json.loads(line) for line in (HERE / "events" / f"{name}.ndjson").read_text().splitlines()]
    return [(row["from"], row.get("event") or row["facets"]) for row in rows]


def completed(partial: dict[str, Any], number: int) -> dict[str, Any]:
    """An event that a test of theirs gives without what changes with each run, made whole."""
    event = {"eventTime": "2026-11-01T12:00:00Z", "producer": MADE, "schemaURL": BASE + "#/$defs/RunEvent"} | partial
    run = {**event.get("run", {}), "runId": str(uuid.UUID(int=number))}
    if isinstance(event["eventTime"], str) and "{{" in event["eventTime"]:
        event["eventTime"] = "2026-11-01T12:00:00Z"
    event["run"] = run
    event["job"] = {"namespace": "theirs", "name": f"job{number}"} | event.get("job", {})
    whole: dict[str, Any] = json.loads(json.dumps(event).replace("{{ any(result) }}", str(uuid.UUID(int=number))))
    _complete_facets(whole)
    return whole


def _complete_facets(value: Any) -> None:
    if isinstance(value, list):
        for one in value:
            _complete_facets(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("facets", "inputFacets", "outputFacets") and isinstance(one, dict):
                for name in list(one):
                    one[name] = {"_producer": MADE, "_schemaURL": f"{MADE}#{name}"} | one[name]
            _complete_facets(one)
