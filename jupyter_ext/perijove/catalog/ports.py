"""What a source of datasets must be able to do; packages bring theirs in ``perijove.catalog_sources_v1``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import msgspec

from perijove.catalog.model import Preview, Reading


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
