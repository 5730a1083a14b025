"""Reads a notebook's cells and finds those that somebody chose."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perijove.core.errors import Invalid, NotFound


@dataclass(frozen=True)
class Cell:
    """A cell by its place in the notebook; the source of one that is not code is empty."""

    index: int
    id: str
    source: str
    code: bool

    @property
    def hash(self) -> str:
        """A hash of the source, by which stored values are matched."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class Notebook:
    """A notebook: its file, its path as refs name it, and its cells in document order."""

    file: Path
    path: str
    cells: tuple[Cell, ...]
    kernel: str
    document: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sources(self) -> list[str]:
        """The code of every cell, by index."""
        return [cell.source for cell in self.cells]

    def choose(self, wanted: Sequence[str]) -> list[int]:
        """The indices of cells named by id or index; raises Invalid or NotFound where there is no such code cell."""
        if not wanted:
            raise Invalid("No cell is chosen.", hint="Name a cell by its id or index.")
        by_id = {cell.id: cell for cell in self.cells}
        found = []
        for name in wanted:
            cell = by_id.get(name)
            if cell is None and re.fullmatch(r"\d{1,6}", name) and int(name) < len(self.cells):
                cell = self.cells[int(name)]
            if cell is None:
                known = ", ".join(f"{one.index} ({one.id})" for one in self.cells if one.code)[:300]
                raise NotFound(f"{self.path} has no cell “{name}”.", hint=f"Its code cells: {known or 'none'}.")
            if not cell.code:
                raise Invalid(f"Cell {cell.index} of {self.path} is not code.", hint="Choose a code cell.")
            found.append(cell.index)
        return sorted(set(found))


def read_notebook(file: Path, path: str, read: Callable[[Path], dict[str, Any] | None] = lambda _: None) -> Notebook:
    """Read a notebook; ``read`` gives those not kept as ``.ipynb``. Raises NotFound or Invalid with what is wrong."""
    if not file.is_file():
        raise NotFound(f"There is no notebook {path}.", hint="Name a notebook by its path in the project.")
    try:
        document = read(file) or json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Invalid(f"{path} cannot be read: {error}.", hint="Is it a notebook? Open it in Lab to see.") from error
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Invalid(f"{path} is not a notebook in version 4 of the format.", hint="Open it in Lab and save it.")
    kernel = _part(_part(document, "metadata"), "kernelspec").get("name", "python3")
    return Notebook(file, path, tuple(_cell(index, raw) for index, raw in enumerate(cells)), str(kernel), document)


def _part(found: dict[str, Any], name: str) -> dict[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}


def _cell(index: int, raw: dict[str, object]) -> Cell:
    source = raw.get("source", "")
    text = "".join(str(line) for line in source) if isinstance(source, list) else str(source)
    code = raw.get("cell_type") == "code"
    return Cell(index, str(raw.get("id") or f"cell-{index}"), text if code else "", code)
