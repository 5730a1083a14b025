"""Takes in what kernels spooled: cells that ran, data they read and wrote, what flowed where, runs they logged.

A kernel appends JSON lines to ``<state>/spool/<id>.jsonl`` and needs no server for it. Whoever asks next takes the new
lines in: how far each file was read is kept in the database, in the same transaction as what its lines say, so that
each line counts once wherever we are stopped. A line without its newline is left for later. A file is deleted once its
kernel is gone and it was read to its end by everyone who reads it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import OperationalError, StatementError

from perijove.core import tables
from perijove.core.database import Database, upsert
from perijove.core.lineage import Lineage
from perijove.core.lineage_store import store
from perijove.core.project import Project
from perijove.core.spool_lines import Lines
from perijove.core.statements import keep
from perijove.core.superseded import forget_older

log = logging.getLogger("perijove")
OLD = 24 * 3600
Line = tuple[int, dict[str, Any] | None]


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
        self._taken: dict[str, int] = {}

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
        size = path.stat().st_size
        offset = self._taken.get(path.name, 0)
        if size > offset:  # others may have taken more than we remember
            offset = self._taken[path.name] = taken(self.database, path)
        if size <= offset:
            if time.time() - path.stat().st_mtime > OLD and not self.waits_for(path):
                self._forget(path)
            return 0
        with path.open("rb") as file:
            file.seek(offset)
            raw = file.read(size - offset)
        lines = list(parsed(raw[: raw.rfind(b"\n") + 1], path.name, offset))
        self._keep(path.name, lines)
        return sum(event is not None for _, event in lines)

    def _forget(self, path: Path) -> None:
        """Delete a file that nobody reads any more; its name never comes again."""
        path.unlink()
        for suffix in (".offset", ".sent"):
            path.with_suffix(suffix).unlink(missing_ok=True)
        self._taken.pop(path.name, None)
        with self.database.begin() as connection:
            connection.execute(delete(tables.spool).where(tables.spool.c.name == path.name))

    def _keep(self, name: str, lines: Sequence[Line]) -> None:
        """Store what lines say, with how far the file was read; one that the database does not take is left out."""
        if not lines:
            return
        try:
            self._store(name, lines)
        except (StatementError, OverflowError) as error:
            if isinstance(error, OperationalError):
                raise
            if len(lines) == 1:
                log.warning("A line of a kernel could not be kept and was left out: %s", error)
                self._store(name, [(lines[0][0], None)])
                return
            middle = len(lines) // 2
            self._keep(name, lines[:middle])
            self._keep(name, lines[middle:])

    def _store(self, name: str, found: Sequence[Line]) -> None:
        lines = Lines()
        for _, event in found:
            try:
                if event is not None:
                    lines.take(event)
            except (KeyError, TypeError, ValueError, AttributeError):
                log.debug("A line of another version was left out: %s", event and event.get("type"), exc_info=True)
        with self.database.begin() as connection:
            store(connection, lines.additions)
            forget_older(connection, lines.began, lines.appended)
            keep(connection, lines.statements)
            if lines.executions:
                connection.execute(insert(tables.executions), lines.executions)
            read_to(connection, name, found[-1][0])


def taken(database: Database, path: Path) -> int:
    """How many bytes of a file were taken in."""
    with database.read() as connection:
        found = connection.execute(select(tables.spool.c.taken).where(tables.spool.c.name == path.name)).scalar()
    if found is not None:
        return int(found)
    with contextlib.suppress(OSError, ValueError):  # earlier versions kept it in a file
        return int(path.with_suffix(".offset").read_text())
    return 0


def read_to(connection: Connection, name: str, offset: int) -> None:
    """Remember how far a file was read."""
    upsert(connection, tables.spool, [{"name": name, "taken": offset}], ("name",), ("taken",))


def parsed(raw: bytes, name: str, offset: int = 0) -> Iterator[Line]:
    """Each line with the offset of its end, and as a JSON object with text that every database takes."""
    for line in raw.splitlines(keepends=True):
        offset += len(line)
        try:
            event = clean(json.loads(line))
        except (ValueError, RecursionError):
            log.warning("A line of %s is not JSON and was left out", name)
            event = None
        yield offset, event if isinstance(event, dict) else None


def clean(value: Any) -> Any:
    """A JSON value whose texts hold neither zero bytes nor halves of letters, which no database keeps."""
    if isinstance(value, str):
        return value.replace("\0", "�").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return value
