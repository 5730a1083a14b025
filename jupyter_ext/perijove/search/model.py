"""What a search over everything finds."""

from __future__ import annotations

import msgspec


class Found(msgspec.Struct, frozen=True):
    """One thing that matches; ``snippet`` says where."""

    ref: str
    kind: str
    title: str
    snippet: str


class Everything(msgspec.Struct, frozen=True):
    """All that matches, best first, from each capability in turn."""

    hits: list[Found]
    total: int
