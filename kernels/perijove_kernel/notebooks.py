"""Which notebook and which cell a kernel runs when nobody tells it: nbclient and papermill send neither."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from perijove_kernel import home

MOST_NOTEBOOKS = 100
MOST_CELLS = 8
"""How many cells are looked at until a kernel is taken to run no notebook of its folder."""


class CellIds:
    """Finds the id of a cell that came without one, by its source in the notebook's file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._version = 0.0
        self._cells: dict[str, list[str]] = {}
        self._seen: Counter[str] = Counter()

    def of(self, source: str) -> str:
        """The id in the notebook's file; where cells are alike, they are taken in order."""
        self._load()
        ids = self._cells.get(source.strip(), [])
        if not ids:
            return f"unsaved-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
        self._seen[source.strip()] += 1
        return ids[(self._seen[source.strip()] - 1) % len(ids)]

    def _load(self) -> None:
        if self.path is None or self.path.suffix != ".ipynb" or not self.path.is_file():
            return
        version = self.path.stat().st_mtime
        if version == self._version:
            return
        self._version, self._cells = version, {}
        for index, cell in enumerate(_cells(self.path)):
            self._cells.setdefault(_source(cell).strip(), []).append(str(cell.get("id") or index))


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
    except (OSError, ValueError, AttributeError):
        return []
    return [cell for cell in found if isinstance(cell, dict)]


def _source(cell: dict[str, Any]) -> str:
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def notebook_of(state: Path, space: dict[str, Any], sources: Sequence[str]) -> str:
    """The notebook a kernel runs: told by the editor, by the command that started it, or found by what it ran so far.

    Empty where several notebooks hold all these cells: the next cell may tell them apart.
    """
    told = space.get("__vsc_ipynb_file__") or os.environ.get("PAPERMILL_INPUT_PATH")
    if isinstance(told, str) and told:
        return home.relative(told, state)
    named = _named_by_command()
    if named is not None and _has(named, sources):
        return home.relative(str(named), state)
    found = [path for path in sorted(Path.cwd().glob("*.ipynb"))[:MOST_NOTEBOOKS] if _has(path, sources)]
    return home.relative(str(found[0].resolve()), state) if len(found) == 1 else ""


def _named_by_command() -> Path | None:
    """The notebook in ``papermill in.ipynb …`` or ``jupyter nbconvert --execute in.ipynb``."""
    try:
        parent = psutil.Process(os.getppid())
        words, folder = parent.cmdline(), Path(parent.cwd())
    except (psutil.Error, OSError):
        return None
    named = [folder / word for word in words if word.endswith(".ipynb")]
    return next((path.resolve() for path in named if path.is_file()), None)


def _has(path: Path, sources: Sequence[str]) -> bool:
    held = {_source(cell).strip() for cell in _cells(path) if cell.get("cell_type") == "code"}
    return held.issuperset(source.strip() for source in sources)
