"""One search over everything that this person may see."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from perijove.core.access import Person, may
from perijove.core.errors import PerijoveError
from perijove.core.ranges import short, within
from perijove.core.refs import Ref
from perijove.search.model import Everything, Found
from perijove.search.ports import Searcher

log = logging.getLogger("perijove")
MOST = 200


@dataclass(frozen=True)
class Listed:
    """A Searcher over a function that gives (ref, title, snippet), best first; the kind is the ref's own."""

    permission: str
    found: Callable[[str, int, Person], Iterable[tuple[str, str, str]]]

    def find(self, q: str, limit: int, who: Person) -> list[Found]:
        """At most ``limit`` things that match."""
        return [
            Found(ref, Ref.parse(ref).kind, title, snippet)
            for ref, title, snippet in list(self.found(q, limit, who))[:limit]
        ]


class Search:
    """Asks each capability in turn."""

    def __init__(self, sources: Sequence[Searcher]) -> None:
        self.sources = list(sources)

    def search(self, q: str, limit: int, who: Person) -> Everything:
        """All that matches, the best of each capability first; ``total`` counts what was found before the cut."""
        within("limit", limit, 1, MOST)
        short(q)
        if not q.strip():
            return Everything([], 0)
        answers = [self._ask(source, q, limit, who) for source in self.sources if may(who, source.permission)]
        turns = chain.from_iterable(zip_longest(*answers))
        hits = list({hit.ref: hit for hit in turns if hit is not None}.values())
        return Everything(hits[:limit], len(hits))

    def _ask(self, source: Searcher, q: str, limit: int, who: Person) -> list[Found]:
        try:
            return source.find(q, limit, who)
        except PerijoveError as error:
            log.warning("One capability could not be searched: %s", error.message)
            return []
