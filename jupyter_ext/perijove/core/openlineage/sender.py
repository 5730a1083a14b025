"""Sends the runs of cells on as events. The kernels' spool is the journal: what could not be sent is still there.

Beside each file of the spool a mark says up to where its runs were sent, so that a stopped server or an unreachable
receiver loses nothing and sends little twice; a run that is sent twice has the same id, which receivers know.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import Invalid, PerijoveError
from perijove.core.lineage import Lineage
from perijove.core.openlineage.outgoing import CellRun, events_of
from perijove.core.openlineage.settings import FILE, ours, read_settings
from perijove.core.openlineage.transports import Refused, Transporter, Unreachable, transporter
from perijove.core.project import Project
from perijove.core.spool import parsed, taken

log = logging.getLogger("perijove")
TICK = 5.0
LONGEST_PAUSE = 300.0
GIVEN_UP = 7 * 24 * 3600
UNFINISHED = 24 * 3600


class Sent(msgspec.Struct, frozen=True):
    """How many events left, how many were refused, and why sending stopped if it did."""

    sent: int
    refused: int
    problem: str = ""


class Sender:
    """Sends what kernels of this project did, when asked or every few seconds in the background."""

    def __init__(self, project: Project, lineage: Lineage) -> None:
        self.project = project
        self.folder = project.state / "spool"
        self.lineage = lineage
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        """Whether anyone has said where events go."""
        return (self.project.state / FILE).is_file()

    def waits_for(self, path: Path) -> bool:
        """Whether a file of the spool still has something to send; a week at most."""
        if not self.connected or time.time() - path.stat().st_mtime > GIVEN_UP:
            return False
        return int(_read_mark(path)["at"]) < path.stat().st_size

    def start(self) -> None:
        """Send in the background from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="openlineage", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop sending in the background."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def _run(self) -> None:
        pause = TICK
        while not self._stopped.wait(pause):
            if not self.connected:
                pause = TICK
                continue
            try:
                problem = self.send().problem
            except PerijoveError as error:
                problem = error.message
            except Exception:  # noqa: BLE001 - the background goes on; whatever fails is in the log
                log.exception("Events of OpenLineage could not be sent")
                problem = "failed"
            if problem and pause == TICK:
                log.warning("Events of OpenLineage wait: %s", problem)
            pause = min(pause * 2, LONGEST_PAUSE) if problem else TICK

    def send(self) -> Sent:
        """Send all that is new; raises Invalid where the settings are wrong."""
        settings = read_settings(self.project)
        if settings.transport is None:
            raise Invalid("Nobody has said where events go.", hint="Connect first: perijove lineage connect URL.")
        with self._lock, transporter(settings.transport, self.project) as out:
            self.lineage.before_reading()
            sent = refused = 0
            try:
                for path in sorted(self.folder.glob("*.jsonl")):
                    found = self._send_file(path, ours(self.project, settings), out)
                    sent, refused = sent + found[0], refused + found[1]
            except Unreachable as error:
                return Sent(sent, refused, str(error))
        return Sent(sent, refused)

    def _send_file(self, path: Path, space: str, out: Transporter) -> tuple[int, int]:
        mark = _read_mark(path)
        sent = refused = 0
        position = int(mark["at"])
        done: set[int] = set(mark["done"])
        runs, end = _runs(path, position, taken(self.lineage.database, path))
        for run in runs:
            if run.end is None or run.first in done:
                continue
            if run.tells:
                with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                    for event in events_of(run, self.lineage, space):
                        try:
                            out.send(event)
                            sent += 1
                        except Refused as error:
                            refused += 1
                            log.warning("An event of OpenLineage was refused: %s", error)
            done.add(run.first)
            _write_mark(path, position, done)
        unfinished = [run.first for run in runs if run.end is None]
        if unfinished and time.time() - path.stat().st_mtime < UNFINISHED:
            end = min(unfinished)
        _write_mark(path, end, {first for first in done if first >= end})
        return sent, refused


def _runs(path: Path, position: int, most: int) -> tuple[list[CellRun], int]:
    """The runs of cells in a file from a position on, up to ``most``, and where its whole lines end."""
    open_: dict[tuple[str, str], CellRun] = {}
    runs: list[CellRun] = []
    end = position
    for place, line in _lines(path, position, most):
        end = place[1]
        try:
            key = (str(line["notebook"]), str(line["cell"]))
            kind, kernel = line["type"], str(line.get("kernel") or "")
        except KeyError:
            continue
        if kind not in ("cell", "read", "write"):
            continue  # flows may come after the cell's end, and the graph has them
        run = open_.get(key)
        if run is None:
            run = open_[key] = CellRun(key[0], key[1], kernel, place[0])
            runs.append(run)
        if kind == "cell":
            run.end = line
            del open_[key]
        else:
            run.lines.append(line)
    return runs, end


def _lines(path: Path, position: int, most: int) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """The lines that the graph has taken in already, so that it knows what flowed in them."""
    with path.open("rb") as file:
        file.seek(position)
        for raw in file:
            if not raw.endswith(b"\n") or position + len(raw) > most:
                return
            begin, position = position, position + len(raw)
            for _, line in parsed(raw, path.name):
                if line is not None:
                    yield (begin, position), line


def _read_mark(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.with_suffix(".sent").read_text())
        if isinstance(found, dict) and isinstance(found.get("at"), int) and isinstance(found.get("done"), list):
            return found
    return {"at": 0, "done": []}


def _write_mark(path: Path, at: int, done: set[int]) -> None:
    part = path.with_suffix(".sent-part")
    part.write_text(json.dumps({"at": at, "done": sorted(done)}))
    part.replace(path.with_suffix(".sent"))
