"""From what lies on disk to a notebook: parts put together, lost ids found again, conflicts lifted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from perijove.core.errors import Invalid
from perijove.storage import conflicts
from perijove.storage.identity import fresh_id, keys, synthetic_ids
from perijove.storage.manifest import Manifest
from perijove.storage.markers import parse
from perijove.storage.metadata import join
from perijove.storage.model import Notebook
from perijove.storage.reattach import match
from perijove.storage.text import from_text, to_text

Get = Callable[[str], bytes]


class Normal(NamedTuple):
    """A notebook on disk as we would write it: by this is told whether a save changes anything."""

    digest: str
    text: str
    manifest: Manifest
    fresh: bool


def manifest_of(data: bytes | None) -> Manifest:
    """A manifest; of a damaged one (git left its markers in it) the lines that are whole."""
    if data is None:
        return Manifest()
    try:
        return Manifest.loads(data)
    except Invalid:
        lines = (line.rstrip().removesuffix(",") for line in data.decode("utf-8", "replace").split("\n"))
        return Manifest(cells={name: entry for line in lines for name, entry in _entry(line)})


def _entry(line: str) -> list[tuple[str, dict[str, Any]]]:
    """The entry on a line of a manifest, if there is one."""
    if not line.startswith('"'):
        return []
    try:
        found = json.loads(f"{{{line}}}")
    except ValueError:
        return []
    return [(name, entry) for name, entry in found.items() if isinstance(entry, dict) and "source" in entry]


def notebook_of(
    text: str, manifest: Manifest, base: str, get: Get, *, stubs: bool, ids: bool
) -> tuple[Notebook, int, bool]:
    """The notebook, how many conflicts are open in it, and whether ids were missing in the text."""
    sides = conflicts.sides(text)
    if sides is not None:
        return _merged(sides, manifest, get, stubs, ids)
    missing = [position for position, cell in enumerate(parse(text)[2]) if cell.id is None]
    found = from_text(text, manifest, get, stubs=stubs, ids=ids or bool(missing))
    if missing and base:
        known = from_text(base, manifest, get, stubs=stubs, ids=True)
        bare = from_text(text, None, get, ids=True)
        for position in missing:  # an id made from content may be that of another cell: nothing is taken by it
            found["cells"][position] = bare["cells"][position]
        _give_back(found["cells"], known["cells"], missing, manifest)
    if missing and not ids and found.get("nbformat_minor", 5) < 5:
        for cell in found["cells"]:
            cell.pop("id", None)
    return found, conflicts.lift(found), bool(missing)


def normal_of(digest: str, text: str, data: bytes | None, base: str, get: Get, *, gone: bool) -> Normal:
    """A notebook on disk as we would write it."""
    manifest = manifest_of(data)
    found, _, missing = notebook_of(text, manifest, base, get, stubs=True, ids=True)
    written = to_text(conflicts.lower(found))
    return Normal(digest, written.text, keep_history(written.manifest, manifest, found["cells"], gone=gone), missing)


def keep_history(new: Manifest, old: Manifest, cells: list[dict[str, Any]], *, gone: bool) -> Manifest:
    """Take over what is known of earlier runs.

    A cell that was not run again keeps the hash of the source it was run with: its outputs may be stale. With ``gone``
    the outputs of cells that are not there any more are kept, for such a cell may come back.
    """
    for key, entry in new.cells.items():
        before = old.cells.get(key)
        if before is None:
            continue
        if before.get("metadata", {}).get("trusted") is not None:  # trust is Jupyter's own business, not a change
            entry.setdefault("metadata", {}).setdefault("trusted", before["metadata"]["trusted"])
        if entry.get("outputs") and _run(entry) == _run(before):
            entry["source"] = before.get("source", entry.get("source"))
    if gone:
        here = {*new.cells, *cell_keys(cells)}
        new.cells |= {key: entry for key, entry in old.cells.items() if key not in here and _may_return(key, entry)}
    return new


def cell_keys(cells: list[dict[str, Any]]) -> list[str]:
    """The keys that cells have in a manifest."""
    return keys(synthetic_ids(cells))


def _may_return(key: str, entry: Mapping[str, Any]) -> bool:
    return "~" not in key and bool(entry.get("outputs"))


def give_ids(notebook: Notebook, text: str) -> Notebook:
    """A notebook whose format has no ids gets those that the text on disk has for its cells."""
    cells = notebook["cells"]
    if not text or all("id" in cell for cell in cells):
        return notebook
    known = from_text(text, None, None, ids=True)["cells"]
    places = {cell.get("id"): was for was, cell in enumerate(known)}
    anchors = {position: places[cell["id"]] for position, cell in enumerate(cells) if cell.get("id") in places}
    given = match(cells, known, anchors)
    return {
        **notebook,
        "cells": [
            {**cell, "id": known[given[position]]["id"]} if position in given else cell
            for position, cell in enumerate(cells)
        ],
    }


def _give_back(
    cells: list[dict[str, Any]], known: list[dict[str, Any]], missing: list[int], manifest: Manifest
) -> None:
    """Cells without an id in the text get the id and the outputs of the cell they were."""
    lost = set(missing)
    places = {cell.get("id"): was for was, cell in enumerate(known)}
    kept = [position for position in range(len(cells)) if position not in lost]
    anchors = {position: places[cells[position]["id"]] for position in kept if cells[position]["id"] in places}
    present = {cells[position]["id"] for position in kept}
    given = match(cells, known, anchors)
    taken = present | {known[was]["id"] for was in given.values()}
    for position in missing:
        if position not in given:
            cell = cells[position]
            cell["id"] = fresh_id(cell["cell_type"], cell["source"], taken)
            taken.add(cell["id"])
    for position, was in given.items():
        cell, before = cells[position], known[was]
        if position not in lost or before["id"] in present:
            continue
        cell["id"] = before["id"]
        if cell["cell_type"] == before["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = before["outputs"], before["execution_count"]
        cell["metadata"] = join(cell["metadata"], manifest.cells.get(before["id"], {}).get("metadata", {}))


def _merged(
    sides: tuple[str, str | None, str], manifest: Manifest, get: Get, stubs: bool, ids: bool
) -> tuple[Notebook, int, bool]:
    """A text in which git left markers around whole cells: merged by cell."""
    from perijove.storage.merge import merge

    ours, base, theirs = (
        None if side is None else from_text(side, manifest, get, stubs=stubs, ids=True) for side in sides
    )
    assert ours is not None
    assert theirs is not None
    merged = merge(base, ours, theirs)
    return merged.notebook, len(merged.conflicts), False


def _run(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a run of a cell changes."""
    metadata = entry.get("metadata", {})
    return repr(entry.get("outputs", [])), entry.get("count"), metadata.get("execution"), metadata.get("ExecuteTime")
