"""What the text of a notebook leaves out, by cell: outputs, counts and volatile metadata, as JSON with a line a cell.

Python's own JSON is used because notebooks hold NaN, infinities and integers of any size, which must survive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from perijove.core.errors import Invalid

FORMAT = 1
Entry = dict[str, Any]
"""``source`` (its hash), ``count``, ``metadata``, ``outputs`` (see ``outputs`` for what an entry of those is)."""

encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Manifest:
    """The entries of a notebook's cells by key (see ``identity.key``), and the notebook's own volatile metadata."""

    __slots__ = ("cells", "metadata")

    def __init__(self, metadata: dict[str, Any] | None = None, cells: dict[str, Entry] | None = None) -> None:
        self.metadata = {} if metadata is None else metadata
        self.cells = {} if cells is None else cells

    @classmethod
    def loads(cls, data: bytes) -> Manifest:
        """Read a manifest; one that is damaged is refused, so that nothing is shown on the wrong cell."""
        try:
            return cls.of(json.loads(data.decode("utf-8", "surrogatepass")))
        except (ValueError, RecursionError) as error:
            raise Invalid("The outputs kept beside this notebook cannot be read: their list is damaged.") from error

    @classmethod
    def of(cls, value: Any) -> Manifest:
        """Take a manifest from its JSON."""
        if not isinstance(value, dict) or value.get("perijove_manifest") != FORMAT:
            raise Invalid("The outputs kept beside this notebook are of a version that is not known here.")
        metadata, cells = value.get("metadata", {}), value.get("cells", {})
        if not isinstance(metadata, dict) or not isinstance(cells, dict):
            raise Invalid("The outputs kept beside this notebook cannot be read: their list is damaged.")
        return cls(metadata, {name: entry for name, entry in cells.items() if _sound(entry)})

    def dumps(self) -> bytes:
        """Write it; the same manifest always gives the same bytes."""
        lines = ",\n".join([f"{encode(name)}:{encode(entry)}" for name, entry in self.cells.items()])
        head = f'{{"perijove_manifest":{FORMAT},\n"metadata":{encode(self.metadata)},\n"cells":{{'
        text = f"{head}\n{lines}\n}}}}\n" if lines else f"{head}}}}}\n"
        return text.encode("utf-8", "surrogatepass")

    def blobs(self) -> set[str]:
        """Name every blob the outputs need."""
        return {slot[0] for output in self.outputs() for slot in output.get("blobs", {}).values()}

    def outputs(self) -> Iterator[dict[str, Any]]:
        """Go through the output entries of all cells."""
        for entry in self.cells.values():
            yield from entry.get("outputs", ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self.dumps() == other.dumps()

    __hash__ = None  # type: ignore[assignment]


def _sound(entry: Any) -> bool:
    """Tell whether an entry has the form that reading it needs; others are left out, and the cell has no outputs."""
    if not isinstance(entry, dict) or not isinstance(entry.get("metadata", {}), dict):
        return False
    outputs = entry.get("outputs", [])
    return isinstance(outputs, list) and all(map(_sound_output, outputs)) and isinstance(entry.get("lacks", []), list)


def _sound_output(output: Any) -> bool:
    if not isinstance(output, dict) or not isinstance(output.get("o"), dict):
        return False
    blobs = output.get("blobs", {})
    return isinstance(blobs, dict) and all(
        isinstance(blob, list) and len(blob) == 3 and isinstance(blob[1], str) and isinstance(blob[2], int)
        for blob in blobs.values()
    )
