"""Reads the exports of other catalogs: JSON lines, CSV, dbt's manifest, DataHub's and OpenMetadata's metadata files.

Each reader gives pairs of a number (a line, or the place in a list) and an entry, or the reason why there is none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

LONGEST_NAME = 500
Lines = Iterator[tuple[int, "Entry | str"]]


class EntryColumn(msgspec.Struct, frozen=True):
    """A column as another catalog tells it."""

    name: str
    type: str = ""
    description: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A dataset as another catalog tells it; ``uri`` where it names a place that a source here may hold."""

    name: str
    source: str = ""
    description: str = ""
    owners: list[str] = []
    tags: list[str] = []
    columns: list[EntryColumn] = []
    uri: str = ""
    rows: int | None = None


def json_lines(content: bytes) -> Lines:
    """One dataset a line: name, source, description, owners, tags, columns: [{name, type, description}]."""
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            yield number, f"not understood: {error}"
            continue
        yield (
            number,
            entry if 0 < len(entry.name.strip()) <= LONGEST_NAME else "it has no name, or one that is too long",
        )


def csv_rows(content: bytes) -> Lines:
    """One column a row (dataset, column, type, description) or one dataset a row (name, source, description, …)."""
    text = content.decode("utf-8-sig", "replace")
    reader = csv.DictReader(io.StringIO(text))
    heads = {(name or "").strip().lower() for name in reader.fieldnames or []}
    if "column" in heads:
        yield from _columns(reader)
        return
    for number, row in enumerate(reader, 2):
        given = {(name or "").strip().lower(): (value or "") for name, value in row.items() if isinstance(value, str)}
        name = given.get("name") or given.get("dataset") or given.get("table", "")
        if not name:
            yield number, "it has no name"
            continue
        columns = [EntryColumn(one) for one in _list(given.get("columns", ""))]
        yield number, _entry(name, given, columns)


def _columns(reader: csv.DictReader[str]) -> Lines:
    found: dict[tuple[str, str], tuple[int, dict[str, str], list[EntryColumn]]] = {}
    for number, row in enumerate(reader, 2):
        given = {(name or "").strip().lower(): (value or "") for name, value in row.items() if isinstance(value, str)}
        name = given.get("dataset") or given.get("name") or given.get("table", "")
        if not name or not given.get("column"):
            yield number, "it has no dataset or no column"
            continue
        key = (given.get("source", ""), name)
        column = EntryColumn(given["column"], given.get("type", ""), given.get("description", ""))
        first = {"source": given.get("source", ""), "uri": given.get("uri", "")}
        found.setdefault(key, (number, first, []))[2].append(column)
    for (_, name), (number, first, columns) in found.items():
        yield number, _entry(name, first, columns)


def _entry(name: str, given: dict[str, str], columns: list[EntryColumn]) -> Entry:
    return Entry(
        name,
        given.get("source", ""),
        given.get("description", ""),
        _list(given.get("owners", "")),
        _list(given.get("tags", "")),
        columns,
        given.get("uri", ""),
    )


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


def dbt_manifest(content: bytes) -> Lines:
    """The ``manifest.json`` that dbt writes: its models, seeds, snapshots and sources."""
    manifest = _dict(_json(content))
    nodes = {**_dict(manifest.get("nodes")), **_dict(manifest.get("sources"))}
    for number, node in enumerate(nodes.values(), 1):
        if not isinstance(node, dict):
            yield number, "it is no node"
            continue
        if node.get("resource_type") not in ("model", "seed", "snapshot", "source"):
            continue
        named = node.get("alias") or node.get("identifier") or node.get("name")
        yield number, _dbt(node, str(named)) if named else "it has no name"


def _dbt(node: dict[str, Any], name: str) -> Entry:
    meta = _dict(node.get("meta")) or _dict(_dict(node.get("config")).get("meta"))
    owner = meta.get("owner") or meta.get("owners") or []
    tags = node.get("tags")
    schema = str(node.get("schema") or "")
    columns = [
        EntryColumn(str(one.get("name", name)), str(one.get("data_type") or ""), str(one.get("description") or ""))
        for one in _dict(node.get("columns")).values()
        if isinstance(one, dict)
    ]
    return Entry(
        name=f"{schema}.{name}" if schema else name,
        source=str(node.get("database") or "dbt"),
        description=str(node.get("description") or ""),
        owners=[str(one) for one in (owner if isinstance(owner, list) else [owner])],
        tags=[str(tag) for tag in (tags if isinstance(tags, list) else [tags] if isinstance(tags, str) else [])],
        columns=columns,
    )


def datahub(content: bytes) -> Lines:
    """DataHub's metadata file: a JSON list (or lines) of change events or proposals, gathered by dataset."""
    gathered: dict[str, dict[str, Any]] = {}
    for event in _events(content):
        for urn, aspect in _aspects(event):
            if urn.startswith("urn:li:dataset:("):
                gathered.setdefault(urn, {}).update(aspect)
    for number, (urn, aspect) in enumerate(gathered.items(), 1):
        yield number, _datahub(urn, aspect)


def _events(content: bytes) -> Iterator[dict[str, Any]]:
    text = content.lstrip()
    found = _json(content) if text.startswith(b"[") else [_json(line) for line in content.splitlines() if line.strip()]
    for event in found if isinstance(found, list) else []:
        if isinstance(event, dict):
            yield event


def _aspects(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "entityUrn" in event:
        aspect = event.get("aspect") or {}
        value = aspect.get("json", aspect.get("value", aspect)) if isinstance(aspect, dict) else {}
        if isinstance(value, str):
            value = _json(value.encode())
        yield str(event["entityUrn"]), {str(event.get("aspectName")): value}
    snapshot = next(iter(_dict(event.get("proposedSnapshot")).values()), None)
    if isinstance(snapshot, dict):
        for aspect in snapshot.get("aspects") or []:
            for kind, value in _dict(aspect).items():
                name = kind.rpartition(".")[2]
                yield str(snapshot.get("urn", "")), {name[:1].lower() + name[1:]: value}


def _datahub(urn: str, aspects: dict[str, Any]) -> Entry | str:
    parts = urn.removeprefix("urn:li:dataset:(").rstrip(")").split(",")
    if len(parts) < 3:
        return f"{urn} names no dataset"
    platform, name = parts[0].rpartition(":")[2], ",".join(parts[1:-1])
    said = _dict(aspects.get("datasetProperties"))
    edited = _dict(aspects.get("editableDatasetProperties"))
    told = _dict(aspects.get("editableSchemaMetadata")).get("editableSchemaFieldInfo") or []
    notes = {str(one.get("fieldPath")): str(one.get("description") or "") for one in _dicts(told)}
    columns = []
    for field in _dicts(_dict(aspects.get("schemaMetadata")).get("fields")):
        path = str(field.get("fieldPath", ""))
        text = notes.get(path) or str(field.get("description") or "")
        columns.append(EntryColumn(path.rpartition("].")[2] or path, str(field.get("nativeDataType") or ""), text))
    owners = [str(one.get("owner")) for one in _dicts(_dict(aspects.get("ownership")).get("owners"))]
    tags = [str(one.get("tag")) for one in _dicts(_dict(aspects.get("globalTags")).get("tags"))]
    terms = [str(one.get("urn")) for one in _dicts(_dict(aspects.get("glossaryTerms")).get("terms"))]
    return Entry(
        name=str(said.get("qualifiedName") or name),
        source=platform,
        description=str(edited.get("description") or said.get("description") or ""),
        owners=[one.rpartition(":")[2] for one in owners],
        tags=[one.rpartition(":")[2] for one in tags + terms],
        columns=columns,
    )


def openmetadata(content: bytes) -> Lines:
    """Tables as OpenMetadata's API gives them: one, a list, ``{"data": […]}``, or one a line."""
    text = content.lstrip()
    if text.startswith(b"{") and b"\n{" in text.strip():
        found: Any = [_json(line) for line in content.splitlines() if line.strip()]
    else:
        found = _json(content)
    if isinstance(found, dict):
        found = found.get("data", [found])
    if not isinstance(found, list):
        found = []
    for number, table in enumerate(found, 1):
        name = table.get("fullyQualifiedName") or table.get("name") if isinstance(table, dict) else None
        yield number, _openmetadata(str(name), table) if name else "it has no name"


def _openmetadata(name: str, table: dict[str, Any]) -> Entry:
    service = _dict(table.get("service")).get("name") or name.partition(".")[0]
    owners = table.get("owners") or ([table["owner"]] if table.get("owner") else [])
    columns = [
        EntryColumn(str(one.get("name")), str(one.get("dataType") or "").lower(), str(one.get("description") or ""))
        for one in _dicts(table.get("columns"))
    ]
    return Entry(
        name=name.removeprefix(f"{service}."),
        source=str(service),
        description=str(table.get("description") or ""),
        owners=[str(one.get("name") or one.get("id")) for one in _dicts(owners)],
        tags=[str(one.get("tagFQN")) for one in _dicts(table.get("tags"))],
        columns=columns,
    )


def _json(content: bytes) -> Any:
    from perijove.core.errors import Invalid

    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise Invalid(f"This is not JSON: {error}.", hint="Name the format with --from.") from error


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


FORMATS: dict[str, Callable[[bytes], Lines]] = {
    "json-lines": json_lines,
    "csv": csv_rows,
    "dbt-manifest": dbt_manifest,
    "datahub": datahub,
    "openmetadata": openmetadata,
}


def guessed(place: str, content: bytes) -> str:
    """The format of an export by its name and its first bytes."""
    if place.endswith((".csv", ".tsv")):
        return "csv"
    head = content[:4096]
    if b"dbt_schema_version" in head or place.endswith("manifest.json"):
        return "dbt-manifest"
    if b"urn:li:" in head:
        return "datahub"
    return "openmetadata" if b"fullyQualifiedName" in head else "json-lines"
