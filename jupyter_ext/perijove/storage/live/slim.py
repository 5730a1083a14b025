"""Keeps large outputs out of a shared document: what a browser put there goes to the store and leaves a stub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jupyter_ydoc import YNotebook
from pycrdt import Array, Map, Text

from perijove.storage import blobs, outputs
from perijove.storage.documents import Documents
from perijove.storage.live.ydoc import plain, same, set_outputs
from perijove.storage.model import Notebook


class Large(NamedTuple):
    """The outputs of a cell as they stand in the document, and which of them may be too large."""

    cell_id: str
    places: set[int]
    outputs: list[dict[str, Any]]


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
    stubs = await asyncio.to_thread(lambda: [_hollowed(large, put) for large in found])
    kept: list[dict[str, Any]] = []
    with document.ydoc.transaction():
        cells = {ycell.get("id"): ycell for ycell in document.ycells}
        for large, wanted in zip(found, stubs, strict=True):
            ycell = cells.get(large.cell_id)
            held = ycell.get("outputs") if ycell is not None else None
            if not isinstance(held, Array) or same(wanted, large.outputs) or _is_running(ycell):
                continue
            if same(plain(held.to_py()), large.outputs):
                set_outputs(held, wanted)
                kept += wanted
    return named({"cells": [{"outputs": kept}]})


def _hollowed(large: Large, put: Callable[[bytes], str]) -> list[dict[str, Any]]:
    return [
        outputs.hollow(output, put) if place in large.places else output for place, output in enumerate(large.outputs)
    ]


def _large(document: YNotebook) -> Iterator[Large]:
    with document.ydoc.transaction():
        for ycell in document.ycells:
            held = ycell.get("outputs")
            if not isinstance(held, Array) or _is_running(ycell):
                continue
            places = {place for place, output in enumerate(held) if isinstance(output, Map) and _may_be_large(output)}
            if places:
                yield Large(ycell["id"], places, plain(held.to_py()))


def _is_running(ycell: Any) -> bool:
    """Whether a kernel may still add to the outputs of a cell, clear them or update them.

    A browser that does so while the server puts a stub in their place leaves both.
    """
    return bool(ycell.get("execution_state") == "running")


def _may_be_large(output: Map[Any]) -> bool:
    """A guess that is cheap and never too small; what it lets pass is measured by the store's own rule."""
    if isinstance(text := output.get("text"), Text):
        return len(text) >= outputs.LIVE
    return len(str(output)) >= outputs.INLINE
