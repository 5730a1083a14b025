"""Events of OpenLineage as they come in: their shape is checked, and what is wrong is said with its place."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from perijove.core.errors import Invalid
from perijove.core.spool_lines import time_of

EventType = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]
Facets = dict[str, Any] | None


class Dataset(msgspec.Struct, frozen=True):
    """A dataset within an event."""

    namespace: str
    name: str
    facets: Facets = None
    input_facets: Facets = msgspec.field(default=None, name="inputFacets")
    output_facets: Facets = msgspec.field(default=None, name="outputFacets")


class Job(msgspec.Struct, frozen=True):
    """The job of an event."""

    namespace: str
    name: str
    facets: Facets = None


class Run(msgspec.Struct, frozen=True):
    """The run of an event."""

    run_id: str = msgspec.field(name="runId")
    facets: Facets = None


class Event(msgspec.Struct, frozen=True):
    """A run event, a job event (without a run) or a dataset event (with a dataset alone)."""

    event_time: str = msgspec.field(name="eventTime")
    producer: str
    schema_url: str = msgspec.field(name="schemaURL")
    event_type: EventType | None = msgspec.field(default=None, name="eventType")
    run: Run | None = None
    job: Job | None = None
    dataset: Dataset | None = None
    inputs: list[Dataset] | None = None
    outputs: list[Dataset] | None = None

    @property
    def at(self) -> datetime:
        """When it happened; a time without a zone is UTC."""
        return time_of(self.event_time)


def read_event(value: Any) -> Event:
    """One event; raises Invalid with what is wrong and where."""
    try:
        event = msgspec.convert(value, type=Event)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error}.") from error
    if event.job is None and event.dataset is None:
        raise Invalid("It has neither a job nor a dataset.")
    if event.run is not None and event.job is None:
        raise Invalid("It has a run, but no job.")
    if event.run is not None:
        _check_run(event.run)
    try:
        _ = event.at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"eventTime “{event.event_time[:60]}” is not a time as ISO 8601 writes it.") from error
    for name, text in (("producer", event.producer), ("schemaURL", event.schema_url)):
        if ":" not in text or any(letter.isspace() for letter in text):
            raise Invalid(f"{name} “{text[:60]}” is not a URI.")
    for place, facets in _facets(event):
        _check_facets(place, facets)
    return event


def _check_run(run: Run) -> None:
    try:
        uuid.UUID(run.run_id)
    except ValueError as error:
        raise Invalid(f"runId “{run.run_id[:60]}” is not a UUID.") from error


def _facets(event: Event) -> Iterator[tuple[str, Facets]]:
    if event.run:
        yield "run.facets", event.run.facets
    if event.job:
        yield "job.facets", event.job.facets
    if event.dataset:
        yield "dataset.facets", event.dataset.facets
    for side, datasets in (("inputs", event.inputs), ("outputs", event.outputs)):
        for index, dataset in enumerate(datasets or ()):
            yield f"{side}[{index}].facets", dataset.facets
            yield f"{side}[{index}].inputFacets", dataset.input_facets
            yield f"{side}[{index}].outputFacets", dataset.output_facets


def _check_facets(place: str, facets: Facets) -> None:
    for name, facet in (facets or {}).items():
        if facet is None:
            continue
        if not isinstance(facet, dict):
            raise Invalid(f"{place}.{name} is not an object.")
        for field in ("_producer", "_schemaURL"):
            if not isinstance(facet.get(field), str):
                raise Invalid(f"{place}.{name} lacks “{field}”.")
