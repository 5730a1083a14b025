"""What a source of datasets must be able to do; packages bring theirs in ``perijove.catalog_sources_v1``.

``CatalogSource`` is all that is needed. The other ports are for sources that can do more themselves: the catalog looks
for each verb by its name. Without ``look`` it sorts and filters the first rows, without ``profile`` it profiles them,
without ``children`` the source is a flat list, without ``versions`` it has none, and it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec

from perijove.catalog.model import Level, Listing, Preview, Profile, Reading, Version, Window


class CatalogSource(Protocol):
    """A kind of place that holds datasets.

    It is made with its settings inside a worker process whose memory and time are capped, so its verbs may read
    foreign data; its module must load fast, because the server loads it to show its form. Its verbs raise
    ``NotFound``, ``Invalid`` or ``Failed`` with a sentence for the person.
    """

    label: ClassVar[str]
    Config: ClassVar[type[msgspec.Struct]]
    """Settings, with ``uri: str`` among them; declare it with ``forbid_unknown_fields=True``."""

    def __init__(self, config: Any) -> None: ...

    def datasets(self) -> Iterator[Reading]:
        """Every dataset with schema and size; called by a scan. One that is broken has its ``problem`` set."""
        ...

    def describe(self, uri: str) -> Reading:
        """One dataset; called for a path or URL that is not in the catalog."""
        ...

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows as plain JSON values; called when a person looks, so read no more than they need."""
        ...


@runtime_checkable
class Windowed(Protocol):
    """A source that sorts, filters and pages where the data is."""

    def look(self, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """The rows of a window; called at each sort, filter and page, so read no more than they need."""
        ...


@runtime_checkable
class Profiled(Protocol):
    """A source that computes figures of its columns."""

    def profile(self, uri: str, level: Level, options: dict[str, str], version: str, step: Step) -> Profile:
        """Figures at a level; ``step(share)`` may be called with the share done. Say what the numbers rest on."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A source that keeps earlier states of its data."""

    def versions(self, uri: str, options: dict[str, str]) -> list[Version]:
        """The versions of a dataset, newest first."""
        ...


@runtime_checkable
class Browsable(Protocol):
    """A source that can be opened folder by folder."""

    def children(self, uri: str, more: str, limit: int) -> Listing:
        """What is in a place (the source itself for its own URI), some at a time; called when a person opens it."""
        ...


Step = Callable[[float], None]
