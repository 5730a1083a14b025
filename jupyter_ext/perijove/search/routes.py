"""Search over HTTP."""

from __future__ import annotations

from perijove.core.access import Person
from perijove.core.routing import Router
from perijove.search.model import Everything
from perijove.search.service import Search

router = Router("search")


@router.get("", may="search.read", where="team")
def search_everything(search: Search, q: str, who: Person, limit: int = 20) -> Everything:
    """Everything this person may see that matches."""
    return search.search(q, limit, who)
