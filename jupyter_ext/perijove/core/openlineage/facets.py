"""What the facets of an event say about what flowed where: explicit lineage, columns, versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from perijove.core.openlineage.events import Dataset, Event, Job
from perijove.core.openlineage.naming import Name

Kind = Literal["DATASET", "JOB"]


class Link(NamedTuple):
    """``source`` feeds ``target``, as a whole or by a column of each (empty where it is the whole)."""

    target_kind: Kind
    target: Name
    source_kind: Kind
    source: Name
    column: str = ""
    target_column: str = ""
    direct: bool = True


class Linked(NamedTuple):
    """What an event says explicitly; ``complete`` are the datasets all of whose origins it names."""

    links: list[Link]
    complete: set[Name]


def linked(event: Event) -> Linked:
    """The explicit lineage of an event."""
    links: list[Link] = []
    complete: set[Name] = set()
    outputs = [*(event.outputs or ()), *([event.dataset] if event.dataset else ())]
    for dataset in outputs:
        target = Name(dataset.namespace, dataset.name)
        for read in (_column_facet, _dataset_facet):
            if (found := read(dataset, target, event.job)) is not None:
                complete.add(target)
                links += found
    for entry in _entries(event.job):
        _take_entry(entry, event.job, links, complete)
    return Linked(links, complete)


def version(dataset: Dataset) -> str:
    """The version of a dataset that an event speaks of, empty where it does not."""
    found = ((dataset.facets or {}).get("version") or {}).get("datasetVersion")
    return found if isinstance(found, str) else ""


def _column_facet(dataset: Dataset, target: Name, _job: Job | None) -> list[Link] | None:
    facet = (dataset.facets or {}).get("columnLineage")
    if not isinstance(facet, dict) or not isinstance(facet.get("fields"), dict):
        return None
    links: list[Link] = []
    for column, entry in facet["fields"].items():
        for one in _dicts(entry.get("inputFields") if isinstance(entry, dict) else None):
            if (name := _name(one)) and isinstance(one.get("field"), str):
                links.append(Link("DATASET", target, "DATASET", name, one["field"], column, _direct(one)))
    for one in _dicts(facet.get("dataset")):
        if (name := _name(one)) and isinstance(one.get("field"), str):
            links.append(Link("DATASET", target, "DATASET", name, one["field"], "", False))
    return links or None


def _dataset_facet(dataset: Dataset, target: Name, job: Job | None) -> list[Link] | None:
    facet = (dataset.facets or {}).get("lineage")
    if not isinstance(facet, dict) or not ("inputs" in facet or "fields" in facet):
        return None
    return list(_inputs(facet, "DATASET", target, job))


def _entries(job: Job | None) -> list[dict[str, Any]]:
    facet = (job.facets or {}).get("lineage") if job else None
    return _dicts(facet.get("entries")) if isinstance(facet, dict) else []


def _take_entry(entry: dict[str, Any], job: Job | None, links: list[Link], complete: set[Name]) -> None:
    own = Name(job.namespace, job.name) if job else None
    target = _name(entry) or own
    if target is None or entry.get("type") not in ("DATASET", "JOB"):
        return
    kind: Kind = entry["type"]
    found = list(_inputs(entry, kind, target, job))
    links += found
    whole = _dicts(entry.get("inputs"))  # a job among them may have passed on whatever it read
    if kind == "DATASET" and ("inputs" in entry or found) and all(one.get("type") == "DATASET" for one in whole):
        complete.add(target)


def _inputs(facet: dict[str, Any], kind: Kind, target: Name, job: Job | None) -> Iterator[Link]:
    make = _maker(kind, target, job)
    for one in _dicts(facet.get("inputs")):
        yield from make(one, "")
    fields = facet.get("fields")
    for column, entry in fields.items() if isinstance(fields, dict) else ():
        for one in _dicts(entry.get("inputs") if isinstance(entry, dict) else None):
            yield from make(one, column)


def _maker(kind: Kind, target: Name, job: Job | None) -> Callable[[dict[str, Any], str], Iterator[Link]]:
    def make(one: dict[str, Any], column: str) -> Iterator[Link]:
        source_kind: Kind = "JOB" if one.get("type") == "JOB" else "DATASET"
        name = _name(one)
        if name is None and source_kind == "JOB" and job:
            name = Name(job.namespace, job.name)
        field = one.get("field") if isinstance(one.get("field"), str) else ""
        if name is not None:
            yield Link(kind, target, source_kind, name, field or "", column, _direct(one) and bool(column))

    return make


def _direct(one: dict[str, Any]) -> bool:
    """Whether values went on; without a word on it they did."""
    kinds = [change.get("type") for change in _dicts(one.get("transformations"))]
    return not kinds or "DIRECT" in kinds


def _name(one: dict[str, Any]) -> Name | None:
    space, name = one.get("namespace"), one.get("name")
    return Name(space, name) if isinstance(space, str) and isinstance(name, str) else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
