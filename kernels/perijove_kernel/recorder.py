"""Keeps the execution log of a kernel: each cell as it ran, what it used, what it read and wrote, which runs it made.

It never changes what a cell does: everything here is measured in fractions of a millisecond, and a fault in it is
logged and forgotten.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import logging
import os
import re
import sys
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from perijove_kernel import datasets, home, names, sql, stack
from perijove_kernel.flows import Flows
from perijove_kernel.notebooks import MOST_CELLS, CellIds, notebook_of
from perijove_kernel.origins import Origin
from perijove_kernel.redact import without_secrets, words_without_secrets
from perijove_kernel.redact_source import source_without_secrets
from perijove_kernel.spool import Spool
from perijove_kernel.touches import Event, Happened, Tags, Touch

log = logging.getLogger("perijove_kernel")
MOST_EVENTS = 3000


@dataclass
class Cell:
    """A cell that runs now."""

    id: str
    source: str
    began: datetime
    count: int | None = None
    counter: int = 0
    tree: ast.Module | None = None
    names: names.Names = field(default_factory=names.Names)
    happened: Happened = field(default_factory=Happened)


class Recorder:
    """Writes the spool of one kernel; ``current`` is the cell that runs in this context."""

    def __init__(self, state: Path, shell: Any = None, notebook: str | None = None) -> None:
        self.state = state
        self.shell = shell
        self.spool = Spool(state)
        self.kernel = os.environ.get(home.KERNEL) or f"{home.ALONE}{uuid.uuid4().hex[:16]}"
        self.closed = False
        self.cell_ends: list[Callable[[Cell], None]] = []  # each may still tell of what the cell touched
        self._named = notebook is not None
        path = os.environ.get("PERIJOVE_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME") or ""
        self.notebook = home.relative(path, state) if notebook is None else notebook
        self._ids = CellIds(None)
        self._ran: list[str] = []  # the cells of a notebook that is not known yet
        self.space: dict[str, Any] = vars(sys.modules["__main__"]) if shell is None else shell.user_ns
        self._current: ContextVar[Cell | None] = ContextVar("perijove_cell", default=None)
        self._last: Cell | None = None
        self._ahead = 1  # by how much the shell's counter is ahead while a cell runs; older shells: 0
        self._writers: dict[str, str] = {}
        self._running: dict[int, Cell] = {}
        self._tags = Tags()
        self._flows = Flows(self.space)
        if self.notebook:
            self._name_notebook(self.notebook)

    @property
    def current(self) -> Cell | None:
        """The cell that runs here; a thread that a cell started counts as the last cell."""
        return None if self.closed else self._current.get() or self._last

    def close(self) -> None:
        """Note nothing more."""
        self._last = None
        self._current.set(None)
        self.closed = True

    def enter_script(self, name: str, program: Path) -> None:
        """Record a program without cells as one cell, so that its reads and writes have a place."""
        self._last = Cell(name, "", datetime.now(UTC))
        try:
            self._last.tree = names.parse(program.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            log.debug("The program could not be read.", exc_info=True)

    def leave_script(self) -> None:
        """Write down what is known only when the program has ended."""
        if self._last is not None and not self.closed:
            self._end(self._last, None)
        self.forget()

    def forget(self) -> None:
        """The program ends: hold none of its objects, so that libraries which look for leaks find none."""
        self.close()
        self.cell_ends.clear()
        self.space = {}
        self._flows = Flows(self.space)
        self._tags = Tags()

    def before_cell(self, info: Any) -> None:
        """IPython's pre_run_cell: remember which cell runs."""
        if info.silent or not (info.store_history or info.cell_id):
            return
        try:
            cell = Cell(self._id_of(info), info.raw_cell, datetime.now(UTC))
            cell.tree = names.parse(self._python(info.raw_cell))
            cell.names = names.of_tree(cell.tree)
            if info.store_history:
                cell.counter = self.shell.execution_count
                cell.count = cell.counter - self._ahead
            self._flows.before(cell.names.reads)
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
            error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
            self._write_cell(cell, error)
            self._end(cell, error)
        except Exception:  # noqa: BLE001 - recording must never stop a cell
            log.debug("The cell could not be recorded.", exc_info=True)

    def _id_of(self, info: Any) -> str:
        if not self.notebook and not self._named:
            self._ran += [info.raw_cell] if info.raw_cell.strip() else []
            self._named = len(self._ran) >= MOST_CELLS
            if self._ran:
                self._name_notebook(notebook_of(self.state, self.space, self._ran))
                for one in self._ran[:-1]:
                    self._ids.of(one)  # of cells that are alike the next one comes
        return str(info.cell_id or self._ids.of(info.raw_cell))

    def _name_notebook(self, path: str) -> None:
        self.notebook = path
        self._ids = CellIds(home.project_root(self.state) / path if path else None)

    def _python(self, source: str) -> str:
        timed = re.match(r"\s*%%(?:time|capture)\b[^\n]*\n", source)
        if timed:
            source = source[timed.end() :]
        if self.shell is None or not re.search(r"^\s*[%!?]|\?\s*$|=\s*[%!]", source, re.MULTILINE):
            return source
        return str(self.shell.transform_cell(source))

    def _write_cell(self, cell: Cell, error: BaseException | None) -> None:
        taken = {name: self._writers[name] for name in sorted(cell.names.reads) if name in self._writers}
        uses = [one for one in dict.fromkeys(taken.values()) if one != cell.id]
        carried = {one: self._flows.carried(name for name, cell_id in taken.items() if cell_id == one) for one in uses}
        self._writers.update(dict.fromkeys(cell.names.writes, cell.id))
        line = {
            "type": "cell",
            "notebook": self.notebook,
            "cell": cell.id,
            "count": cell.count,
            "ok": error is None,
            "source": source_without_secrets(cell.source),
            "hash": hashlib.sha256(cell.source.encode()).hexdigest()[:16],
            "error": _told(error) if error else "",
            "line": self._line_of(error, cell.source) if error else 0,
            "kernel": self.kernel,
            "began": cell.began.isoformat(),
            "uses": uses,
            "carried": {one: uris for one, uris in carried.items() if uris is not None},
        }
        self.spool.write(line)

    def _end(self, cell: Cell, error: BaseException | None) -> None:
        """Write down the files that are whole now, and which data went into which."""
        for ended in self.cell_ends:
            ended(cell)
        for (kind, uri), line in cell.happened.later.items():
            found = datasets.of_path(uri)
            path = datasets.local_path(uri)
            if found and (kind == "read" or not path or Path(path).is_file()):
                version = line["version"] or found[0].version or datasets.written_version(uri)
                self._about(cell, {**line, "version": version})
        moved = cell.happened.kept()
        for name in moved.values():
            for dataset in datasets.of_path(name):
                self._once(cell, Touch("write", (dataset,), "os.rename"), dataset)
        for flow in self._flows.after(cell.tree, cell.names, cell.happened, error):
            if flow.target in moved.values():
                continue  # it was written before something else was given its name
            flow.target = moved.get(flow.target, flow.target)
            sources = [{"uri": without_secrets(one.uri), "columns": _list(one.columns)} for one in sorted(flow.sources)]
            line = {"type": "flow", "sources": sources, "target": without_secrets(flow.target), "how": flow.how}
            self._about(cell, line | ({"append": True} if flow.target in cell.happened.appended else {}))
        cell.happened = Happened(overflow=True)

    def place(self) -> stack.Place:
        """Where in the cell's own code the present call comes from."""
        return stack.place(self._is_top)

    def _line_of(self, error: BaseException, source: str) -> int:
        """The line of the cell in which it failed, from 1; 0 where that is not known."""
        at = error.__traceback__
        while at is not None and not self._is_top(at.tb_frame):
            at = at.tb_next
        blank = len(source) - len(source.lstrip("\n"))  # IPython takes away empty lines at the beginning
        magic = re.match(r"\s*%%", source)
        return 0 if at is None or magic else at.tb_lineno + blank

    def _is_top(self, frame: FrameType) -> bool:
        return frame.f_globals is self.space and frame.f_code.co_name.startswith(("<module>", "<cell"))

    def touched(self, touch: Touch) -> None:
        """Datasets were read or written; the same one counts once in each run of a cell."""
        cell = self.current
        if cell is None:
            return
        origins = tuple(Origin(one.uri, touch.columns) for one in touch.datasets)
        happened = cell.happened
        if len(happened.events) < MOST_EVENTS:
            tagged = self._tags.of(touch.written) if touch.written is not None else None
            sources = tuple(Origin(one.uri) for one in touch.sources)
            happened.events.append(
                Event(
                    touch.kind,
                    origins,
                    stack.Place() if touch.late else self.place(),
                    touch.function,
                    touch.data,
                    touch.alone,
                    tagged,
                    sources,
                    touch.more,
                    touch.append or touch.part,
                )
            )
        else:
            happened.overflow = True
        if touch.kind == "write":
            for one in touch.datasets:
                happened.moved.pop(one.uri, None)  # what is moved next is this, and what was moved is told no more
        if touch.append:
            happened.appended |= {one.uri for one in touch.datasets}
        if touch.kind == "read" and touch.made is not None:
            self._tags.put(touch.made, frozenset(origins))
        for dataset in touch.datasets:
            self._once(cell, touch, dataset)

    def _once(self, cell: Cell, touch: Touch, dataset: datasets.Dataset) -> None:
        key = (touch.kind, dataset.uri)
        happened = cell.happened
        if key in happened.seen:
            return
        happened.seen.add(key)
        line: dict[str, Any] = {"type": touch.kind, "uri": without_secrets(dataset.uri), "name": dataset.name}
        version = dataset.version
        if touch.kind == "write" and not version and not touch.at_end:
            version = datasets.written_version(dataset.uri)
        line |= {"via": touch.via, "version": version}
        if touch.sql:
            line |= {"sql": sql.redacted(touch.sql), "dialect": touch.dialect}
        if touch.columns is not None:
            line["columns"] = list(touch.columns)
        if touch.at_end:
            happened.later[key] = {**line, "version": "" if touch.kind == "write" else dataset.version}
        else:
            self._about(cell, line)

    def made_run(self, run: str, name: str) -> None:
        """An MLflow run was made."""
        if self.current is not None:
            self._about(self.current, {"type": "run", "run": run, "name": name})

    def made_model(self, name: str, version: str, run: str) -> None:
        """A version of a model was registered with MLflow."""
        if self.current is not None:
            self._about(self.current, {"type": "model", "name": name, "version": version, "run": run})

    def _about(self, cell: Cell, line: dict[str, Any]) -> None:
        self.spool.write({**line, "notebook": self.notebook, "cell": cell.id, "kernel": self.kernel})


def _told(error: BaseException) -> str:
    return words_without_secrets(f"{type(error).__name__}: {error}"[:5000])[:500]


def _list(columns: tuple[str, ...] | None) -> list[str] | None:
    return None if columns is None else list(columns)


def make_script_recorder(state: Path) -> Recorder:
    """A recorder for a program that has no cells: it counts as one cell of its own file."""
    program = sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-c") else "script"
    recorder = Recorder(state, notebook=home.relative(program, state))
    recorder.enter_script("script", Path(program))
    atexit.register(recorder.leave_script)
    return recorder
