"""The graph of what came from what: datasets, cells, runs, models and jobs as nodes, every observed use as an edge.

An edge runs from the origin to what was made of it; a flow says which dataset came into which through a cell or job.
Hops are answered by indexed look-ups from the frontier, so that the cost follows the answer's size and not the graph's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import func, select

from perijove.core import tables
from perijove.core.access import Person
from perijove.core.additions import Additions
from perijove.core.database import Database
from perijove.core.errors import Invalid, NotFound
from perijove.core.events import Happened
from perijove.core.file_version import version_here
from perijove.core.graph import Reader, kind_of, moment
from perijove.core.keys import LONGEST_REF
from perijove.core.lineage_store import store
from perijove.core.model import Edge, Flow, Graph, Node
from perijove.core.one_ref import known_refs, make_known
from perijove.core.ranges import within
from perijove.core.refs import KINDS, Ref
from perijove.core.shown import shown
from perijove.core.veil import Hides, nothing, search_cells, veiled
from perijove.core.walk import Walk

LARGEST = 2000
DEEPEST = 20
MOST_EDGES = 100
aware = moment
Direction = Literal["up", "down"]
Hidden = Callable[[Person | None, Collection[str]], Collection[str]]
Schemas = Callable[[str], Sequence[str] | None]
CurrentVersion = Callable[[str], str | None]


class Lineage:
    """Keeps nodes, edges and flows, and answers what is around a ref.

    What others know is set by the wiring: ``before_reading`` is called before every answer; ``hidden`` gives those of
    some datasets' refs that a person may not see, and ``sees_all`` says quickly whether that is none of all there are;
    ``schemas`` gives the columns of a dataset by its URI, and ``current_version`` its version, None where they are not
    known; ``learnt`` is told of datasets whose columns have just been found, ``tell`` of what happened; ``ours`` is the
    namespace of our jobs.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.before_reading: Callable[[], object] = lambda: None
        self.hidden: Hidden | None = None
        self.sees_all: Callable[[Person | None], bool] = lambda _who: False
        self.schemas: Schemas = lambda _uri: None
        self.current_version: CurrentVersion = version_here
        self.learnt: Callable[[Collection[str]], object] = lambda _refs: None
        self.tell: Callable[[Happened], object] = lambda _happened: None
        self.ours: Callable[[], str] = lambda: "perijove://project"

    def add(self, additions: Additions) -> None:
        """Add all that was found, in one transaction."""
        with self.database.begin() as connection:
            store(connection, additions)

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        """Add nodes, or give known ones their new name and detail; datasets are known by these refs from now on."""
        added = list(nodes)
        with self.database.begin() as connection:
            make_known(connection, [node.ref for node in added if len(node.ref) <= LONGEST_REF])
            store(connection, Additions(nodes=added, names_count=True))

    def add_edges(self, edges: Iterable[Edge]) -> None:
        """Add edges, or give known ones their new time; ends that are no node yet become one named by their id."""
        self.add(Additions(edges=list(edges)))

    def add_flows(self, flows: Iterable[Flow]) -> None:
        """Add flows, or give known ones their new time, with the columns that are known."""
        self.add(Additions(flows=list(flows)))

    def around(
        self,
        ref: Ref,
        up: int = 3,
        down: int = 3,
        *,
        kinds: Sequence[str] = (),
        columns: bool = False,
        who: Person | None = None,
    ) -> Graph:
        """The graph ``up`` hops towards the origins of a ref and ``down`` hops towards what depends on it.

        ``kinds`` leaves out nodes of other kinds and joins what lay on both sides of them; ``columns`` adds the flows.
        """
        if not (0 <= up <= DEEPEST and 0 <= down <= DEEPEST):
            raise Invalid(f"Hops go from 0 to {DEEPEST}.", hint="Ask for fewer hops, then go on from a node you find.")
        _check_kinds(kinds)
        start = str(ref)
        with self.reading(start, who) as (reader, hidden, start):
            walk = Walk(reader, LARGEST, hidden)
            walk.up(start, up)
            walk.down(start, down)
            graph = shown(reader, walk, start, kinds, self.schemas if columns else None)
            return Graph(veiled(reader.connection, hidden, graph.nodes), graph.edges, graph.flows)

    def hops(
        self,
        ref: Ref,
        direction: Direction,
        of: Sequence[str] = (),
        *,
        after: str = "",
        limit: int = 50,
        columns: bool = False,
        who: Person | None = None,
    ) -> Graph:
        """One hop from a node that is shown already.

        From a cell or job ``of`` names the datasets from which one came, so that only what they went into follows.
        """
        within("limit", limit, 1, 1000)
        start = str(ref)
        with self.reading(start, who, limit) as (reader, hidden, start):
            walk = Walk(reader, LARGEST, hidden)
            (walk.up if direction == "up" else walk.down)(start, 1, of, after)
            graph = shown(reader, walk, start, (), self.schemas if columns else None)
            near, far = ("target", "source") if direction == "up" else ("source", "target")
            ends = [getattr(edge, far) for edge in graph.edges if getattr(edge, near) == start]
            more = start in (walk.more_up if direction == "up" else walk.more_down) and ends
            nodes = veiled(reader.connection, hidden, graph.nodes)
        return Graph(nodes, graph.edges, graph.flows, max(ends) if more else "")

    def found_cells(self, q: str, limit: int, who: Person | None = None) -> list[tuple[str, str, str]]:
        """Cells whose first line or notebook holds every word of a query, as (ref, title, snippet).

        A cell that tells of data which the person may not see is not among them.
        """
        self.before_reading()
        with self.database.read() as connection:
            return search_cells(connection, self._hides(who), q, limit)

    def usage(self, refs: Collection[str] = ()) -> dict[str, int]:
        """How many cells and jobs read each dataset; of all that are read at all where no refs are given."""
        self.before_reading()
        query = select(tables.edges.c.source, func.count()).where(tables.edges.c.kind.in_(("read", "reads")))
        if refs:
            query = query.where(tables.edges.c.source.in_(sorted(refs)))
        with self.database.read() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(query.group_by(tables.edges.c.source))}

    def _hides(self, who: Person | None) -> Hides:
        hidden = self.hidden
        return nothing if hidden is None or self.sees_all(who) else lambda refs: hidden(who, refs)

    @contextmanager
    def looking(self, who: Person | None, most: int = MOST_EDGES) -> Iterator[tuple[Reader, Hides]]:
        """A reader, and what the person may not see."""
        self.before_reading()
        hidden = self._hides(who)
        with self.database.read() as connection:
            yield Reader(connection, most), hidden

    @contextmanager
    def reading(self, start: str, who: Person | None, most: int = MOST_EDGES) -> Iterator[tuple[Reader, Hides, str]]:
        """A reader, what the person may not see, and the ref by which a thing is known; raises NotFound."""
        with self.looking(who, most) as (reader, hidden):
            start = known_refs(reader.connection, [start]).get(start, start)
            secret = kind_of(start) == "dataset" and start in hidden([start])
            if secret or not reader.nodes([start]):
                raise NotFound(
                    f"Nothing is known of {start}.",
                    hint="It appears here once a cell has used it, or its source has been scanned.",
                )
            yield reader, hidden, start


def _check_kinds(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise Invalid(f"There is no kind “{kind}”.", hint=f"Known: {', '.join(KINDS)}.")
