"""What a capability that can be searched must be able to do."""

from __future__ import annotations

from typing import Protocol

from perijove.core.access import Person
from perijove.search.model import Found


class Searcher(Protocol):
    """The searchable things of one capability; the wiring makes one for each."""

    @property
    def permission(self) -> str:
        """What a person needs to see any of it, for instance ``catalog.read``."""
        ...

    def find(self, q: str, limit: int, who: Person) -> list[Found]:
        """At most ``limit`` things that match and that this person may see, best first; called for each search."""
        ...
