"""Keeps the execution log of a kernel: each cell as it ran, what it used, what it read and wrote, which runs it made.

It never changes what a cell does: everything here is measured in fractions of a millisecond, and a fault in it is
logged and forgotten.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sys
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perijove_kernel import home, names
from perijove_kernel.spool import Spool

log = logging.getLogger("perijove_kernel")
_IN_URL = re.compile(r"(?<=://)([^\s:/@'\"]+):[^\s@/'\"]+@")
_IN_QUERY = re.compile(r"(?i)([?&](?:password|passwd|token|secret|api_?key|access_?key|sig|signature)=)[^&\s'\"]+")


def without_secrets(text: str) -> str:
    """Text whose URLs no longer carry passwords and tokens."""
    return _IN_QUERY.sub(r"\1***", _IN_URL.sub(r"\1:***@", text))


@dataclass
class Cell:
    """A cell that runs now."""

    id: str
    source: str
    count: int | None = None
    counter: int = 0
    names: names.Names = field(default_factory=names.Names)
    seen: set[tuple[str, str]] = field(default_factory=set)


class Recorder:
    """Writes the spool of one kernel; ``current`` is the cell that runs in this context."""

    def __init__(self, state: Path, shell: Any = None, notebook: str | None = None) -> None:
        self.state = state
        self.shell = shell
        self.spool = Spool(state)
        self.kernel = os.environ.get(home.KERNEL, "")
        path = os.environ.get("PERIJOVE_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME") or ""
        self.notebook = home.relative(path, state) if notebook is None else notebook
        self._current: ContextVar[Cell | None] = ContextVar("perijove_cell", default=None)
        self._last: Cell | None = None
        self._closed = False
        self._ahead = 1  # by how much the shell's counter is ahead while a cell runs; older shells: 0
        self._writers: dict[str, str] = {}
        self._running: dict[int, Cell] = {}
        self._ids = _CellIds(home.project_root(state) / self.notebook if self.notebook else None)

    @property
    def current(self) -> Cell | None:
        """The cell that runs here; a thread that a cell started counts as the last cell."""
        return self._current.get() or self._last

    def close(self) -> None:
        """Note nothing more."""
        self._last = None
        self._current.set(None)
        self._closed = True

    def enter_script(self, name: str) -> None:
        """Record a program without cells as one cell, so that its reads and writes have a place."""
        self._last = Cell(name, "")

    def before_cell(self, info: Any) -> None:
        """IPython's pre_run_cell: remember which cell runs."""
        if info.silent or not (info.store_history or info.cell_id):
            return
        try:
            cell = Cell(info.cell_id or self._ids.of(info.raw_cell), info.raw_cell)
            cell.names = names.of_cell(self._python(info.raw_cell))
            if info.store_history:
                cell.counter = self.shell.execution_count
                cell.count = cell.counter - self._ahead
        except Exception:  # noqa: BLE001 - recording must never stop a cell
            log.debug("The cell could not be recorded.", exc_info=True)
            return
        self._running = {id(info): cell}
        self._current.set(cell)
        self._last = cell

    def after_cell(self, result: Any) -> None:
        """IPython's post_run_cell: write down how it went."""
        try:
            if result is None:
                cell, self._running = self._last if self._running else None, {}
            else:
                cell = self._running.pop(id(result.info), None)
            if cell is None:
                return
            if cell.counter and getattr(result, "execution_count", None):
                cell.count = int(result.execution_count)
                self._ahead = cell.counter - cell.count
            self._write_cell(cell, getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None))
        except Exception:  # noqa: BLE001 - recording must never stop a cell
            log.debug("The cell could not be recorded.", exc_info=True)

    def _python(self, source: str) -> str:
        if self.shell is None or not re.search(r"^\s*[%!?]|\?\s*$|=\s*[%!]", source, re.MULTILINE):
            return source
        return str(self.shell.transform_cell(source))

    def _write_cell(self, cell: Cell, error: BaseException | None) -> None:
        found = [self._writers[name] for name in sorted(cell.names.reads) if name in self._writers]
        uses = [one for one in dict.fromkeys(found) if one != cell.id]
        self._writers.update(dict.fromkeys(cell.names.writes, cell.id))
        line = {
            "type": "cell",
            "notebook": self.notebook,
            "cell": cell.id,
            "count": cell.count,
            "ok": error is None,
            "source": without_secrets(cell.source),
            "error": without_secrets(f"{type(error).__name__}: {error}"[:500]) if error else "",
            "kernel": self.kernel,
            "uses": uses,
        }
        self.spool.write(line)

    def touched(self, kind: str, uri: str, name: str, via: str, version: str) -> None:
        """A dataset was read or written; the same one counts once in each run of a cell."""
        cell = None if self._closed else self.current
        if cell is None or (kind, uri) in cell.seen:
            return
        cell.seen.add((kind, uri))
        self._about(cell, {"type": kind, "uri": without_secrets(uri), "name": name, "via": via, "version": version})

    def made_run(self, run: str, name: str) -> None:
        """An MLflow run was made."""
        cell = None if self._closed else self.current
        if cell is not None:
            self._about(cell, {"type": "run", "run": run, "name": name})

    def _about(self, cell: Cell, line: dict[str, Any]) -> None:
        self.spool.write({**line, "notebook": self.notebook, "cell": cell.id, "kernel": self.kernel})


class _CellIds:
    """Finds the id of a cell that came without one (nbclient sends none), by its source in the notebook's file."""

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
        for index, cell in enumerate(json.loads(self.path.read_text()).get("cells", [])):
            text = cell.get("source", "")
            text = text if isinstance(text, str) else "".join(text)
            self._cells.setdefault(text.strip(), []).append(str(cell.get("id") or index))


def make_script_recorder(state: Path) -> Recorder:
    """A recorder for a program that has no cells: it counts as one cell of its own file."""
    program = sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-c") else "script"
    recorder = Recorder(state, notebook=home.relative(program, state))
    recorder.enter_script("script")
    return recorder
