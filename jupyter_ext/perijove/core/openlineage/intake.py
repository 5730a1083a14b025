"""Takes in events of OpenLineage: each becomes nodes, edges and flows; one sent again counts once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import select

from perijove.core import tables
from perijove.core.access import Person
from perijove.core.additions import Additions
from perijove.core.database import upsert
from perijove.core.errors import Invalid
from perijove.core.events import Happened
from perijove.core.keys import LONGEST_REF, digest
from perijove.core.lineage import Lineage
from perijove.core.model import Edge, Field, Flow, How, Node
from perijove.core.openlineage.events import Event, read_event
from perijove.core.openlineage.facets import Link, linked, version
from perijove.core.openlineage.naming import Name, dataset_uri, job_ref
from perijove.core.refs import Ref
from perijove.core.secrets_in import without_secrets
from perijove.core.spool import clean
from perijove.core.uris import name_of

MOST_EVENTS = 10_000
MOST_WRONG = 100
MOST_PRODUCERS = 20
AGAIN = ("RUNNING", "OTHER")  # of these one run may have several
CHUNK = 400


class Wrong(msgspec.Struct, frozen=True):
    """An event that was not taken in: its place in the list, and what is wrong with it."""

    index: int
    reason: str


class Taken(msgspec.Struct, frozen=True):
    """How many events were taken in, how many were known already, those that were not understood, and who made them."""

    accepted: int
    known: int
    wrong: list[Wrong]
    producers: list[str] = []


class Intake:
    """Adds to the graph what other systems did; ``ours`` is the namespace of this project's own jobs."""

    def __init__(self, lineage: Lineage, ours: str) -> None:
        self.lineage = lineage
        self.ours = ours

    def take_from(self, who: Person, body: Any) -> Taken:
        """Take what a person or their tool sends; the audit keeps who sent how many events of which producers."""
        found = self.take(body)
        counts = {"accepted": found.accepted, "known": found.known, "wrong": len(found.wrong)}
        new = {**counts, "producers": found.producers}
        self.lineage.tell(Happened("lineage.events.received", Ref("user", who.name), who.name, new=new))
        return found

    def take(self, body: Any) -> Taken:
        """Take one event or a list of them; raises Invalid where none of them is understood."""
        found = body if isinstance(body, list) else [body]
        if len(found) > MOST_EVENTS:
            raise Invalid(f"At most {MOST_EVENTS:,} events are taken at once.", hint="Send them in parts.")
        events: list[Event] = []
        wrong: list[Wrong] = []
        for index, value in enumerate(found):
            try:
                event = read_event(clean(value))
                self._check_lengths(event)
            except (Invalid, RecursionError) as error:
                wrong.append(Wrong(index, getattr(error, "message", "It is nested too deeply.")))
            else:
                events.append(event)
        if wrong and not events:
            raise Invalid(
                f"The event is not understood: {wrong[0].reason}",
                hint="See https://openlineage.io/spec/2-0-2/OpenLineage.json for its form.",
            )
        accepted = self._store(events)
        producers = sorted({without_secrets(event.producer) for event in events})[:MOST_PRODUCERS]
        return Taken(accepted, len(events) - accepted, wrong[:MOST_WRONG], producers)

    def _check_lengths(self, event: Event) -> None:
        refs = [f"dataset:{dataset_uri(Name(one.namespace, one.name))}" for one in _datasets(event)]
        refs += [job_ref(Name(event.job.namespace, event.job.name), self.ours)] if event.job else []
        if any(len(ref) > LONGEST_REF for ref in refs):
            raise Invalid(f"A name in it is longer than {LONGEST_REF} letters.")

    def _store(self, events: list[Event]) -> int:
        keys = [_key(event) for event in events]
        new = self._unknown(keys)
        fresh = {key: event for key, event in zip(keys, events, strict=True) if key in new}
        refs = self._refs(fresh.values())
        additions = Additions()
        for event in fresh.values():
            _Reading(event, self.ours, refs, additions).read()
        self.lineage.add(additions)
        rows = [_row(key, event) for key, event in fresh.items()]
        with self.lineage.database.begin() as connection:
            upsert(connection, tables.received, rows, ("key",), ())
        return len(fresh)

    def _unknown(self, keys: list[str]) -> set[str]:
        known: set[str] = set()
        with self.lineage.database.read() as connection:
            for begin in range(0, len(keys), CHUNK):
                query = select(tables.received.c.key).where(tables.received.c.key.in_(keys[begin : begin + CHUNK]))
                known |= set(connection.execute(query).scalars())
        return set(keys) - known

    def _refs(self, events: Iterable[Event]) -> dict[Name, str]:
        """The ref of each dataset, by its plain name; the store puts it under the one that it is known by."""
        names: set[Name] = set()
        for event in events:
            names |= {Name(one.namespace, one.name) for one in _datasets(event)}
            for link in linked(event).links:
                names |= {link.target} if link.target_kind == "DATASET" else set()
                names |= {link.source} if link.source_kind == "DATASET" else set()
        return {name: f"dataset:{dataset_uri(name)}" for name in names}


class _Reading:
    """Reads one event into additions."""

    def __init__(self, event: Event, ours: str, refs: dict[Name, str], additions: Additions) -> None:
        self.event = event
        self.ours = ours
        self.refs = refs
        self.additions = additions
        self.how: How = "observed" if event.run else "declared"

    def read(self) -> None:
        """Add what the event says."""
        event, at = self.event, self.event.at
        for dataset in _datasets(event):
            self._node(Name(dataset.namespace, dataset.name))
        if event.job is None:
            return self._links("")
        job = job_ref(Name(event.job.namespace, event.job.name), self.ours)
        if not job.startswith("cell:"):
            self.additions.nodes.append(
                Node(job, "job", without_secrets(event.job.name), without_secrets(event.job.namespace))
            )
        for one in event.inputs or ():
            ref = self.refs[Name(one.namespace, one.name)]
            self.additions.edges.append(Edge(ref, job, "read", self.how, at, version(one)))
        for one in event.outputs or ():
            ref = self.refs[Name(one.namespace, one.name)]
            self.additions.edges.append(Edge(job, ref, "wrote", self.how, at, version(one)))
        return self._links(job)

    def _node(self, name: Name) -> None:
        uri = self.refs[name].partition(":")[2]
        self.additions.nodes.append(Node(self.refs[name], "dataset", name_of(uri), uri))

    def _links(self, job: str) -> None:
        """Add what is said explicitly; a dataset none of whose origins is a dataset is said to come of the job."""
        found = linked(self.event)
        flows: dict[tuple[str, str, str], list[Field]] = {}
        for link in found.links:
            self._link(link, job, flows)
        if job:
            fed = {target for _, _, target in flows}
            for target in found.complete:
                ref = self.refs.get(target, f"dataset:{dataset_uri(target)}")
                if ref not in fed:
                    flows[job, job, ref] = []
        self.additions.flows += [
            Flow(source, target, via, self.how, self.event.at, columns)
            for (via, source, target), columns in flows.items()
        ]

    def _link(self, link: Link, job: str, flows: dict[tuple[str, str, str], list[Field]]) -> None:
        at = self.event.at
        source = self.refs[link.source] if link.source_kind == "DATASET" else job_ref(link.source, self.ours)
        target = self.refs[link.target] if link.target_kind == "DATASET" else job_ref(link.target, self.ours)
        if link.target_kind == "JOB":
            if source != target:
                kind = "read" if link.source_kind == "DATASET" else "fed"
                self.additions.edges.append(Edge(source, target, kind, self.how, at))
            if link.source_kind == "DATASET" and link.column:
                self.additions.used.append((source, target, Field(link.column, "", "indirect"), at))
        elif link.source_kind == "JOB":
            self.additions.edges.append(Edge(source, target, "wrote", self.how, at))
        else:
            via = job or source  # a dataset event names no job: the source itself leads on
            if via == source:
                self.additions.edges.append(Edge(source, target, "flowed", self.how, at))
            columns = flows.setdefault((via, source, target), []) if job else []
            if link.column:
                columns.append(Field(link.column, link.target_column, "direct" if link.direct else "indirect"))


def _datasets(event: Event) -> list[Any]:
    return [*(event.inputs or ()), *(event.outputs or ()), *([event.dataset] if event.dataset else ())]


def _key(event: Event) -> str:
    if event.run is None:
        return digest("static", msgspec.json.encode(event, order="sorted").decode())
    type_ = event.event_type or "OTHER"
    return digest(event.run.run_id.lower(), type_, event.event_time if type_ in AGAIN else "")


def _row(key: str, event: Event) -> dict[str, Any]:
    job = f"{without_secrets(event.job.namespace)}/{without_secrets(event.job.name)}" if event.job else ""
    return {
        **{"key": key, "run": event.run.run_id if event.run else "", "type": event.event_type or "", "job": job},
        **{"producer": without_secrets(event.producer), "at": event.at},
    }
