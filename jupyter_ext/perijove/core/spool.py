"""Takes in what kernels spooled: cells that ran, data they read and wrote, what flowed where, runs they logged.

A kernel appends JSON lines to ``<state>/spool/<id>.jsonl`` and needs no server for it. Whoever asks next takes the new
lines in: an offset beside each file says how far it was read, and a line without its newline is left for later. A file
is deleted once its kernel is gone and it was read to its end by everyone who reads it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import OperationalError, StatementError

from perijove.core import tables
from perijove.core.database import Database
from perijove.core.lineage import Lineage
from perijove.core.lineage_store import store
from perijove.core.project import Project
from perijove.core.spool_lines import Lines
from perijove.core.statements import keep
from perijove.core.superseded import forget_older

log = logging.getLogger("perijove")
OLD = 24 * 3600


class Spool:
    """Reads what kernels of this project left, into the execution log and the lineage graph.

    ``waits_for`` says whether someone else still has to read a file; ``after`` is called when new lines were taken in.
    """

    def __init__(self, project: Project, database: Database, lineage: Lineage) -> None:
        self.folder = project.state / "spool"
        self.database = database
        self.lineage = lineage
        self.waits_for: Callable[[Path], bool] = lambda _path: False
        self.after: Callable[[], object] = lambda: None

    def take_in(self) -> int:
        """Read all new lines; gives how many. Several processes may call it: a lock lets one at a time."""
        if not self.folder.is_dir():
            return 0
        taken = 0
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for path in sorted(self.folder.glob("*.jsonl")):
                taken += self._take_file(path)
        if taken:
            self.after()
        return taken

    def _take_file(self, path: Path) -> int:
        mark = path.with_suffix(".offset")
        offset = int(mark.read_text() or 0) if mark.exists() else 0
        size = path.stat().st_size
        if size <= offset:
            if time.time() - path.stat().st_mtime > OLD and not self.waits_for(path):
                path.unlink()
                mark.unlink(missing_ok=True)
                path.with_suffix(".sent").unlink(missing_ok=True)
            return 0
        with path.open("rb") as file:
            file.seek(offset)
            raw = file.read(size - offset)
        whole = raw[: raw.rfind(b"\n") + 1]
        events = list(parsed(whole, path.name))
        self._keep(events)
        mark.write_text(str(offset + len(whole)))
        return len(events)

    def _keep(self, events: list[dict[str, Any]]) -> None:
        """Store what lines say; one that the database does not take is left out alone."""
        try:
            self._store(events)
        except (StatementError, OverflowError) as error:
            if isinstance(error, OperationalError):
                raise
            if len(events) == 1:
                log.warning("A line of a kernel could not be kept and was left out: %s", error)
                return
            middle = len(events) // 2
            self._keep(events[:middle])
            self._keep(events[middle:])

    def _store(self, events: list[dict[str, Any]]) -> None:
        lines = Lines()
        for event in events:
            try:
                lines.take(event)
            except (KeyError, TypeError, ValueError, AttributeError):
                log.debug("A line of another version was left out: %s", event.get("type"), exc_info=True)
        with self.database.begin() as connection:
            store(connection, lines.additions)
            forget_older(connection, lines.began, lines.appended)
            keep(connection, lines.statements)
            if lines.executions:
                connection.execute(insert(tables.executions), lines.executions)


def parsed(raw: bytes, name: str) -> Iterator[dict[str, Any]]:
    """The lines that are JSON objects, with text that every database takes."""
    for line in raw.splitlines():
        try:
            event = clean(json.loads(line))
        except (ValueError, RecursionError):
            log.warning("A line of %s is not JSON and was left out", name)
            continue
        if isinstance(event, dict):
            yield event


def clean(value: Any) -> Any:
    """A JSON value whose texts hold neither zero bytes nor halves of letters, which no database keeps."""
    if isinstance(value, str):
        return value.replace("\0", "�").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return value
