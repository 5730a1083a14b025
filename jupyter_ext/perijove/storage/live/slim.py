"""Keeps large outputs out of a shared document: what a browser put there goes to the store and leaves a stub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jupyter_ydoc import YNotebook
from pycrdt import Array, Map, Text

from perijove.storage import blobs, outputs
from perijove.storage.documents import Documents
from perijove.storage.live.ydoc import plain, same
from perijove.storage.model import Notebook

STREAMING = 1_000_000
"""Characters of a stream of a running cell from which it leaves the document although more may come."""


class Large(NamedTuple):
    """An output of a cell that may be too large, as it stands in the document."""

    cell_id: str
    place: int
    output: dict[str, Any]


def named(notebook: Notebook) -> set[str]:
    """The blobs that the stubs of a notebook stand for."""
    found = (outputs.references(output) for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return {ref["sha256"] for refs in found for ref in refs.values()}


def drop(documents: Documents, names: set[str]) -> None:
    """Forget blobs of stubs that are gone; what a manifest names stays."""
    documents.store._waiting -= names
    for sha in names - documents.store.index.named():
        blobs.remove(documents.places.blobs, sha)


async def slim(document: YNotebook, put: Callable[[bytes], str]) -> set[str]:
    """Put large outputs into the store; gives their names there. What changes meanwhile waits for the next time."""
    found = list(_large(document))
    if not found:
        return set()
    stubs = await asyncio.to_thread(lambda: [outputs.hollow(large.output, put) for large in found])
    kept: list[dict[str, Any]] = []
    with document.ydoc.transaction():
        cells = {ycell.get("id"): ycell for ycell in document.ycells}
        for large, stub in zip(found, stubs, strict=True):
            held = cells[large.cell_id].get("outputs") if large.cell_id in cells else None
            if same(stub, large.output) or not isinstance(held, Array) or large.place >= len(held):
                continue
            if same(plain(held[large.place].to_py()), large.output):
                held[large.place] = Map(stub)
                kept.append(stub)
    return named({"cells": [{"outputs": kept}]})


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
