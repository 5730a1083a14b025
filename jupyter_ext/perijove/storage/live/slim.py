"""Keeps large outputs out of a shared document: what a browser put there goes to the store and leaves a stub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jupyter_ydoc import YNotebook
from pycrdt import Array, Map, Text

from perijove.storage import outputs
from perijove.storage.live.ydoc import plain, same

STREAMING = 1_000_000
"""Characters of a stream of a running cell from which it leaves the document although more may come."""


class Large(NamedTuple):
    """An output of a cell that may be too large, as it stands in the document."""

    cell_id: str
    index: int
    output: dict[str, Any]


async def slim(document: YNotebook, put: Callable[[bytes], str]) -> bool:
    """Put large outputs into the store; says whether there were any. What changes meanwhile waits for the next time."""
    found = list(_large(document))
    if not found:
        return False
    stubs = await asyncio.to_thread(lambda: [outputs.hollow(large.output, put) for large in found])
    changed = False
    with document.ydoc.transaction():
        cells = {ycell.get("id"): ycell for ycell in document.ycells}
        for large, stub in zip(found, stubs, strict=True):
            held = cells[large.cell_id].get("outputs") if large.cell_id in cells else None
            if same(stub, large.output) or not isinstance(held, Array) or large.index >= len(held):
                continue
            if same(plain(held[large.index].to_py()), large.output):
                held[large.index] = Map(stub)
                changed = True
    return changed


def _large(document: YNotebook) -> Iterator[Large]:
    with document.ydoc.transaction():
        for ycell in document.ycells:
            held = ycell.get("outputs")
            if not isinstance(held, Array):
                continue
            running = ycell.get("execution_state") == "running"
            for index, output in enumerate(held):
                if isinstance(output, Map) and _may_be_large(output, running):
                    yield Large(ycell["id"], index, plain(output.to_py()))


def _may_be_large(output: Map[Any], running: bool) -> bool:
    """A guess that is cheap and never too small; what it lets pass is measured by the store's own rule."""
    if isinstance(text := output.get("text"), Text):
        return len(text) >= (STREAMING if running else outputs.LIVE)
    return len(str(output)) >= outputs.INLINE
