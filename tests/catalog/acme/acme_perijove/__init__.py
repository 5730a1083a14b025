"""A source as another package would write it: only what the port asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from perijove.catalog.model import Column, Preview, PreviewColumn, Reading
from perijove.core.errors import NotFound

ROWS = [[index, f"gadget {index % 3}"] for index in range(12)]


class AcmeSource:
    label: ClassVar[str] = "Acme warehouse"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        uri: str
        region: str = "moon"

    def __init__(self, config: Config) -> None:
        self.config = config

    def datasets(self) -> Iterator[Reading]:
        columns = [Column("id", "int"), Column("name", "text")]
        yield Reading(f"{self.config.uri}/gadgets", "gadgets", "acme", columns, len(ROWS), version="7")
        yield Reading(f"{self.config.uri}/lost", "lost", "acme", problem="The shelf is empty.")

    def describe(self, uri: str) -> Reading:
        for one in self.datasets():
            if one.uri == uri:
                return one
        raise NotFound(f"Acme has no {uri}.", hint="Look at its list.")

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        self.describe(uri)
        heads = [PreviewColumn("id", "int"), PreviewColumn("name", "text")]
        return Preview(heads, ROWS[:rows], len(ROWS), rows < len(ROWS))
