"""Walks the graph hop by hop, and never along a path on which no data went.

Vocabulary
  actor     a cell or job: data goes through it
  flow      proof that the data of one dataset came into another through an actor; one whose source is the actor itself
            proves that no dataset did
  wanted    upwards, the flows that lead on from an actor; None where nothing is proven, so that all leads on
  carried   downwards, the datasets whose data is followed into an actor; None for everything
  bridge    the cells on the way from the cell that read a dataset to the one that wrote what came of it
An actor that has flows for what it made is left along these alone. One that has none is left along all its edges:
that it read and wrote is certain, only what became of what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from perijove.core.bridge import MOST_BRIDGED, Bridge, by_way
from perijove.core.graph import FlowRow, Reader, kind_of
from perijove.core.model import Edge

Wanted = dict[str, FlowRow] | None
Carried = frozenset[str] | None
Hidden = Callable[[Collection[str]], Collection[str]]
ACTORS = ("cell", "job", "jobrun")


@dataclass
class Walk:
    """What was found so far; ``hidden`` gives the datasets that the person may not see, which are never entered."""

    reader: Reader
    largest: int
    hidden: Hidden = lambda refs: ()
    edges: dict[tuple[str, str, str], Edge] = field(default_factory=dict)
    more_up: set[str] = field(default_factory=set)
    more_down: set[str] = field(default_factory=set)

    def up(self, start: str, hops: int, only: Collection[str] = (), after: str = "") -> None:
        """Towards the origins of a ref; ``only`` names the datasets that lead on where it is an actor."""
        visited: dict[str, Wanted] = {}
        reached: dict[str, Wanted] = {start: _wanted_at(self.reader, start, only)}
        for _ in range(hops):
            frontier = _news(visited, reached)
            if not frontier or len(self.edges) > self.largest:
                self.more_up |= frontier.keys()
                return
            reached = self._hop_up(frontier, after)
            after = ""
        self.more_up |= self._unseen("target", _news(visited, reached))

    def _hop_up(self, frontier: dict[str, Wanted], after: str) -> dict[str, Wanted]:
        flows = self.reader.flows("target", frontier)
        proven: dict[tuple[str, str], dict[str, FlowRow]] = {(row.via, row.target): {} for row in flows}
        for row in self._visible(flows):
            proven[row.via, row.target][row.source] = row
        reached: dict[str, Wanted] = {}
        missing = {
            actor: {ref: wanted[ref] for ref in wanted if ref != actor} for actor, wanted in frontier.items() if wanted
        }
        for edge in self._seen_edges("target", frontier, after):
            wanted = frontier[edge.target]
            if wanted is None:
                self._keep(edge)
                _merge(reached, edge.source, proven.get((edge.source, edge.target)))
            elif edge.source in wanted:
                self._keep(edge)
                missing[edge.target].pop(edge.source, None)
                _merge(reached, edge.source, None)
        for actor, rows in missing.items():
            self._bridge(actor, rows)
            for source in rows:
                _merge(reached, source, None)
        self.more_up |= self.reader.cut["target"] & frontier.keys()
        return reached

    def down(self, start: str, hops: int, only: Collection[str] = (), after: str = "") -> None:
        """Towards what depends on a ref; ``only`` names the datasets that are followed where it is an actor."""
        visited: dict[str, Carried] = {}
        reached: dict[str, Carried] = {start: frozenset(only) or None}
        doubtful: dict[str, bool] = {}
        before = len(self.edges)
        for hop in range(hops):
            frontier = _more_carried(visited, reached)
            if not frontier or len(self.edges) - before > self.largest:
                self.more_down |= frontier.keys()
                break
            first = self._carried_by(start) if hop == 0 and kind_of(start) == "cell" and not only else None
            reached = self._hop_down(frontier, doubtful, first, after)
            after = ""
        else:
            rest = _more_carried(visited, reached)
            self._doubt_horizon(rest, doubtful)
            self.more_down |= self._unseen("source", rest)
        self._drop(start, doubtful)

    def _hop_down(
        self, frontier: dict[str, Carried], doubtful: dict[str, bool], first: Carried, after: str
    ) -> dict[str, Carried]:
        actors = [ref for ref in frontier if kind_of(ref) in ACTORS]
        proven = by_way(self.reader.flows("via", actors))
        reached: dict[str, Carried] = {}
        read: set[tuple[str, str]] = set()
        for edge in self._seen_edges("source", frontier, after):
            if kind_of(edge.source) == "dataset":
                read.add((edge.source, edge.target))
                self._keep(edge)
                _carry(reached, edge.target, frozenset([edge.source]))
                doubtful.pop(edge.target, None)
                continue
            carried = frontier[edge.source]
            sources = proven.get((edge.source, edge.target))
            if sources and carried is not None and not carried & sources:
                if edge.source in doubtful:
                    doubtful[edge.source] = True
                continue
            self._keep(edge)
            if kind_of(edge.target) == "cell":
                passed = first if carried is None else carried
                _carry(reached, edge.target, passed if not sources else frozenset(sources & (passed or sources)))
                if not sources:
                    doubtful.setdefault(edge.target, False)
            else:
                _carry(reached, edge.target, None)
        datasets = [ref for ref in frontier if kind_of(ref) == "dataset"]
        self._enter_by_flow(datasets, read, reached, doubtful)
        self.more_down |= self.reader.cut["source"] & frontier.keys()
        return reached

    def _enter_by_flow(
        self,
        datasets: list[str],
        read: set[tuple[str, str]],
        reached: dict[str, Carried],
        doubtful: dict[str, bool],
    ) -> None:
        """Go to actors that pass on a dataset which another cell read for them."""
        cut = self.reader.cut["source"]
        for row in self._visible(self.reader.flows("source", [ref for ref in datasets if ref not in cut])):
            if (row.source, row.via) not in read:
                self._bridge(row.via, {row.source: row})
                _carry(reached, row.via, frozenset([row.source]))
                doubtful.pop(row.via, None)

    def _carried_by(self, cell: str) -> Carried:
        """The datasets whose data a cell holds: those that it or the cells before it read."""
        return frozenset(self.reader.carried(cell, MOST_BRIDGED))

    def _bridge(self, actor: str, rows: dict[str, FlowRow]) -> None:
        """Keep the cells between the reads of datasets and the actor they were passed on to, else one edge for all."""
        bridge = Bridge(self.reader, actor, set(rows))
        for edge in bridge.edges():
            self._keep(edge)
        for source in bridge.missing:
            self._keep(rows[source].edge())

    def _doubt_horizon(self, rest: dict[str, Carried], doubtful: dict[str, bool]) -> None:
        """Find out of the last cells whether all that they pass on is proven to be other data."""
        asked = [ref for ref in rest if ref in doubtful]
        outcomes: dict[str, list[bool]] = {}
        proven = by_way(self.reader.flows("via", asked))
        for edge in self.reader.edges("source", asked):
            sources, carried = proven.get((edge.source, edge.target)), rest[edge.source]
            outcomes.setdefault(edge.source, []).append(not sources or carried is None or bool(carried & sources))
        for ref, passes in outcomes.items():
            doubtful[ref] = not any(passes)

    def _drop(self, start: str, doubtful: dict[str, bool]) -> None:
        """Take out cells that were only reached because they use a cell, and pass on nothing but other data."""
        leads = {edge.source for edge in self.edges.values()}
        out = {ref for ref, refused in doubtful.items() if refused and ref not in leads and ref != start}
        self.edges = {key: edge for key, edge in self.edges.items() if edge.target not in out}
        self.more_down -= out

    def _seen_edges(self, near: str, frontier: Iterable[str], after: str) -> list[Edge]:
        edges = self.reader.edges("source" if near == "source" else "target", frontier, after)
        ends = {ref for edge in edges for ref in (edge.source, edge.target) if kind_of(ref) == "dataset"}
        hidden = self.hidden(ends) if ends else ()
        return [edge for edge in edges if edge.source not in hidden and edge.target not in hidden] if hidden else edges

    def _visible(self, rows: list[FlowRow]) -> list[FlowRow]:
        ends = {ref for row in rows for ref in (row.source, row.target) if kind_of(ref) == "dataset"}
        hidden = self.hidden(ends) if ends else ()
        return [row for row in rows if row.source not in hidden and row.target not in hidden] if hidden else rows

    def _unseen(self, near: str, refs: Iterable[str]) -> set[str]:
        return self.reader.having("source" if near == "source" else "target", refs)

    def _keep(self, edge: Edge) -> None:
        self.edges[edge.source, edge.target, edge.kind] = edge


def _wanted_at(reader: Reader, start: str, only: Collection[str]) -> Wanted:
    """Where one goes on from an actor in the light of what was asked before: the flows of these datasets through it."""
    if not only:
        return None
    found = {row.source: row for row in reader.flows("via", [start]) if row.target in only or row.source in only}
    return found or None


def _news(visited: dict[str, Wanted], reached: dict[str, Wanted]) -> dict[str, Wanted]:
    """What was reached and not gone on from before, and remember it."""
    fresh: dict[str, Wanted] = {}
    for ref, wanted in reached.items():
        if ref not in visited:
            fresh[ref] = visited[ref] = wanted
        elif (known := visited[ref]) is not None and (wanted is None or wanted.keys() - known.keys()):
            fresh[ref] = wanted if wanted is None else {key: wanted[key] for key in wanted.keys() - known.keys()}
            visited[ref] = None if wanted is None else known | wanted
    return fresh


def _more_carried(visited: dict[str, Carried], reached: dict[str, Carried]) -> dict[str, Carried]:
    fresh: dict[str, Carried] = {}
    for ref, carried in reached.items():
        if ref not in visited:
            fresh[ref] = visited[ref] = carried
        elif (known := visited[ref]) is not None and (carried is None or carried - known):
            fresh[ref] = None if carried is None else carried - known
            visited[ref] = None if carried is None else known | carried
    return fresh


def _merge(reached: dict[str, Wanted], ref: str, wanted: Wanted) -> None:
    if ref in reached and (known := reached[ref]) is not None and wanted is not None:
        reached[ref] = known | wanted
    else:
        reached[ref] = None if ref in reached else wanted


def _carry(reached: dict[str, Carried], ref: str, carried: Carried) -> None:
    if ref in reached and (known := reached[ref]) is not None and carried is not None:
        reached[ref] = known | carried
    else:
        reached[ref] = None if ref in reached else carried
