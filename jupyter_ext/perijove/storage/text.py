"""A notebook as text and back: the text carries everything that a person wrote, the manifest what a run left.

``docs/storage-format.md`` describes the format. Borders are lines and nothing else: no source is ever parsed, so that
an open quote in one cell can never swallow the next one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from perijove.core.errors import Invalid
from perijove.storage import attachments, identity, markers, outputs
from perijove.storage.escape import Signs, picture, signs, write_code, write_comment
from perijove.storage.identity import Occurrence, source_hash
from perijove.storage.languages import language, named
from perijove.storage.manifest import Entry, Manifest
from perijove.storage.markers import Marker, parse
from perijove.storage.metadata import CELL, NOTEBOOK, join, split
from perijove.storage.model import Notebook
from perijove.storage.values import Get, clone

Blobs = Mapping[str, bytes] | Callable[[str], bytes]
_CELL_KEYS = frozenset({"cell_type", "id", "metadata", "source", "attachments"})
_CODE_KEYS = _CELL_KEYS | {"outputs", "execution_count"}
_NOTEBOOK_KEYS = frozenset({"cells", "metadata", "nbformat", "nbformat_minor"})


class TextNotebook(NamedTuple):
    """A notebook taken apart; ``blobs`` belong to outputs, ``attachments`` are content and stay with the text."""

    text: str
    manifest: Manifest
    blobs: dict[str, bytes]
    attachments: dict[str, bytes]


def is_text_notebook(head: bytes | str) -> bool:
    """Tell a text notebook from any other program by its first line."""
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    return markers.HEADER.match(text.removeprefix("\ufeff").partition("\n")[0].removesuffix("\r")) is not None


def to_text(notebook: Mapping[str, Any]) -> TextNotebook:
    """Take a notebook apart. Stubs of outputs are taken for what they stand for; nothing given is changed."""
    if notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise Invalid(
            "Only notebooks of format 4 can be stored as text.",
            hint="Save it once with Jupyter to bring it up to date.",
        )
    blobs: dict[str, bytes] = {}
    attached: dict[str, bytes] = {}
    metadata = notebook.get("metadata", {})
    content, volatile = split(metadata, NOTEBOOK)
    minor = notebook.get("nbformat_minor", 5)
    rules = signs(language(named(metadata)))
    manifest = Manifest(clone(volatile))
    extra = {key: value for key, value in notebook.items() if key not in _NOTEBOOK_KEYS}
    parts = [markers.header(metadata, content, minor, extra, rules)]
    put = _putter(blobs)
    cells = notebook["cells"]
    ids = identity.synthetic_ids(cells)
    for cell, cell_id, key in zip(cells, ids, identity.keys(ids), strict=True):
        try:
            text, entry = _write_cell(cell, cell_id, rules, put, attached, minor)
        except (TypeError, KeyError, AttributeError) as error:
            raise Invalid(
                "This notebook is not valid: a cell lacks what every cell has, or has it in another form."
            ) from error
        parts.append(text)
        if entry or key != cell_id:
            manifest.cells[key] = {"source": source_hash(_source(cell)), **entry}
    return TextNotebook("\n".join(parts), manifest, blobs, attached)


def from_text(
    text: str,
    manifest: Manifest | Mapping[str, Any] | bytes | None = None,
    blobs: Blobs | None = None,
    *,
    stubs: bool = False,
    ids: bool = False,
) -> Notebook:
    """Put a notebook together from its text and what is there of the rest.

    With ``stubs`` large outputs stay blobs (for live documents); with ``ids`` cells have their ids even where the
    notebook's own format has none. A blob that is missing leaves a stub, which ``to_text`` takes again without loss.
    """
    kept = _manifest(manifest)
    get = blobs.__getitem__ if isinstance(blobs, Mapping) else blobs
    head, rules, cells = parse(text)
    minor = head.get("nbformat", 5)
    names = identity.resolve(_occurrences(cells), kept.cells)
    made = [
        _read_cell(cell, cell_id, kept.cells.get(key, {}), get, stubs, ids or minor >= 5, ids)
        for cell, (cell_id, key) in zip(cells, names, strict=True)
    ]
    metadata = markers.notebook_metadata(head, clone(kept.metadata))
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor, **head.get("extra", {})}


def fresh(text: str, manifest: Manifest | Mapping[str, Any] | bytes | None = None) -> list[int]:
    """Give the positions of cells whose id is not the one in the text: there is none, or another cell has it."""
    cells = parse(text)[2]
    names = identity.resolve(_occurrences(cells), _manifest(manifest).cells)
    return [index for index, (cell, name) in enumerate(zip(cells, names, strict=True)) if cell.id != name[0]]


def stale(text: str, manifest: Manifest | Mapping[str, Any] | bytes | None) -> list[str]:
    """Name the cells whose outputs were made from another source than the text now has."""
    entries = _manifest(manifest).cells
    cells = parse(text)[2]
    names = identity.resolve(_occurrences(cells), entries)
    return [
        cell_id
        for cell, (cell_id, key) in zip(cells, names, strict=True)
        if cell.cell_type == "code"
        and (entry := entries.get(key))
        and ("count" in entry or entry.get("outputs"))
        and entry.get("source") != source_hash(cell.source)
    ]


def _write_cell(
    cell: Mapping[str, Any], cell_id: str, rules: Signs, put: outputs.Put, attached: dict[str, bytes], minor: int
) -> tuple[str, Entry]:
    """Write one cell: its lines, and what the manifest keeps of it."""
    kind = cell["cell_type"]
    code = kind == "code"
    content, entry = _split_metadata(cell)
    source, flag = picture(_source(cell))
    known = _CODE_KEYS if code else _CELL_KEYS
    marker = Marker(
        cell_type=kind,
        id=cell_id,
        flag=flag,
        metadata=content,
        attachments=attachments.write(cell["attachments"], attached) if "attachments" in cell else None,
        extra={key: cell[key] for key in cell if key not in known} if not known.issuperset(cell) else {},
    )
    lines = markers.write(marker, rules) + "\n"
    if source:
        lines += (write_code(source, rules) if code else write_comment(source, rules)) + "\n"
    if code:
        if cell.get("execution_count") is not None:
            entry["count"] = cell["execution_count"]
        if cell.get("outputs"):
            entry["outputs"] = [clone(outputs.pack(output, put)) for output in cell["outputs"]]
    needed = _CODE_KEYS if code else _CELL_KEYS
    lacks = sorted(key for key in needed if key not in cell and key != "attachments" and (key != "id" or minor >= 5))
    if lacks:
        entry["lacks"] = lacks
    return lines, entry


def _split_metadata(cell: Mapping[str, Any]) -> tuple[dict[str, Any], Entry]:
    """Part a cell's metadata into what its marker shows and the beginning of its entry."""
    metadata = cell.get("metadata")
    if not metadata:
        return {}, {}
    content, volatile = split(metadata, CELL)
    return content, {"metadata": clone(volatile)} if volatile else {}


def _read_cell(
    cell: markers.Cell,
    cell_id: str,
    entry: Entry,
    get: Get | None,
    stubs: bool,
    with_id: bool,
    always: bool,
) -> dict[str, Any]:
    """Make one cell of a notebook."""
    made: dict[str, Any] = {"cell_type": cell.cell_type}
    if with_id:
        made["id"] = cell_id
    made["metadata"] = join(cell.metadata, clone(entry.get("metadata", {})))
    made["source"] = cell.source
    if cell.attachments is not None:
        made["attachments"] = attachments.read(cell.attachments, get)
    if cell.cell_type == "code":
        made["execution_count"] = entry.get("count")
        made["outputs"] = [outputs.unpack(output, get, stubs=stubs) for output in entry.get("outputs", ())]
    for key in entry.get("lacks", ()):
        if not always if key == "id" else not made.get(key):
            made.pop(key, None)
    return {**made, **cell.extra} if cell.extra else made


def _occurrences(cells: list[markers.Cell]) -> list[Occurrence]:
    return [Occurrence(cell.id, cell.cell_type, cell.source) for cell in cells]


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _manifest(value: Manifest | Mapping[str, Any] | bytes | None) -> Manifest:
    if value is None or isinstance(value, Manifest):
        return value or Manifest()
    return Manifest.loads(value) if isinstance(value, bytes) else Manifest.of(value)


def _putter(blobs: dict[str, bytes]) -> outputs.Put:
    def put(data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        blobs[name] = data
        return name

    return put
