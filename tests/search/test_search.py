"""One box over everything, and only what the person may see."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perijove.core.access import Person
from perijove.core.errors import Failed, Invalid
from perijove.search.service import Listed, Search

Rows = list[tuple[str, str, str]]
OWNER = Person("ada", owner=True)


def lists(prefix: str, count: int) -> Callable[[str, int, Person], Rows]:
    return lambda q, limit, who: [(f"{prefix}:{index}", f"{q} {index}", "why") for index in range(count)][:limit]


def test_the_best_of_each_capability_comes_first() -> None:
    search = Search([Listed("catalog.read", lists("dataset", 5)), Listed("experiments.read", lists("run", 2))])
    found = search.search("x", 4, OWNER)
    assert [hit.ref for hit in found.hits] == ["dataset:0", "run:0", "dataset:1", "run:1"]
    assert (found.hits[0].kind, found.hits[0].title, found.hits[0].snippet) == ("dataset", "x 0", "why")
    assert found.total == 6


def test_only_what_the_person_may_see() -> None:
    asked: list[str] = []

    def secret(q: str, limit: int, who: Person) -> Rows:
        asked.append(q)
        return [("job:1", "secret", "")]

    search = Search([Listed("catalog.read", lists("dataset", 1)), Listed("audit.read", secret)])
    assert [hit.ref for hit in search.search("x", 9, Person("eve", roles=("viewer",))).hits] == ["dataset:0"]
    assert search.search("x", 9, Person("nobody")).hits == []
    assert asked == []
    assert search.search("x", 9, OWNER).total == 2


def test_one_that_fails_does_not_hide_the_others() -> None:
    def broken(q: str, limit: int, who: Person) -> Rows:
        raise Failed("The store is away.")

    search = Search([Listed("catalog.read", broken), Listed("experiments.read", lists("run", 1))])
    assert [hit.ref for hit in search.search("x", 9, OWNER).hits] == ["run:0"]


def test_nothing_asked_is_nothing_found() -> None:
    search = Search([Listed("catalog.read", lists("dataset", 1))])
    assert search.search("  ", 9, OWNER).total == 0
    for limit in (0, 201):
        with pytest.raises(Invalid):
            search.search("x", limit, OWNER)
