"""Long-running work: progress, log, cancel and result, kept in the database.

Vocabulary
  work       a function that takes a ``Progress`` and gives plain data; it runs in a thread where it is started
  progress   what the work says of itself; every call is also where a wish to cancel is noticed
  lost       a task whose process is gone; it is marked failed the next time anyone looks
A task can be watched and cancelled from any process of the project: the row in the database is what they share.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil
from sqlalchemy import Row, insert, select, update

from perijove.core import tables
from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.errors import NotFound, PerijoveError
from perijove.core.events import Events, Happened
from perijove.core.lineage import aware
from perijove.core.model import Task, TaskLog
from perijove.core.ranges import within
from perijove.core.refs import Ref

log = logging.getLogger("perijove")
LOG_LIMIT = 200_000
MOST_TASKS = 1_000
TICK = 0.25
ENDED = ("done", "failed", "cancelled")


class Cancelled(BaseException):
    """Raised inside work that was asked to stop; not an Exception, so that no handler swallows it."""


class Progress:
    """What work uses to say how far it is; each call raises Cancelled once someone asked it to stop."""

    def __init__(self, tasks: Tasks, task_id: str) -> None:
        self._tasks = tasks
        self._id = task_id
        self._lines: list[str] = []
        self._flushed = 0.0
        self._share: float | None = None
        self._message = ""

    def step(self, share: float | None, message: str) -> None:
        """Say the share done (0 to 1, or None) and what is being done."""
        changed = message != self._message
        self._share, self._message = share, message
        if changed:
            self._lines.append(message)
        self._flush(force=changed)
        self.check()

    def log(self, line: str) -> None:
        """Add a line to the log."""
        self._lines.append(line.rstrip("\n"))
        self._flush()

    def check(self) -> None:
        """Raise Cancelled if someone asked this task to stop."""
        if self._tasks.wants_cancel(self._id):
            raise Cancelled

    def run(
        self, argv: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None, *, log: bool = True
    ) -> int:
        """Run a program to its end and give its exit code; its lines go to the log, a cancel ends its whole group."""
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        reader = threading.Thread(target=self._read, args=(process, log), daemon=True)
        reader.start()
        try:
            while process.poll() is None:
                self.check()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(TICK)
        finally:
            if process.poll() is None:
                end_group(process)
            reader.join(5)
            self._flush(force=True)
        return process.returncode

    def _read(self, process: subprocess.Popen[str], keep: bool) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if keep:
                self._lines.append(line.rstrip("\n"))

    def _flush(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._flushed < TICK:
            return
        self._flushed = now
        lines, self._lines = self._lines, []
        self._tasks.note(self._id, self._share, self._message, lines)


class Tasks:
    """Starts tasks and answers for those of every process of the project."""

    def __init__(self, database: Database, events: Events) -> None:
        self.database = database
        self.events = events
        self._threads: dict[str, threading.Thread] = {}

    def start(self, kind: str, title: str, work: Callable[[Progress], Any], who: Person, ref: str = "") -> Task:
        """Run work in a thread of its own and give its task at once."""
        task_id = uuid.uuid4().hex[:12]
        me = psutil.Process()
        with self.database.begin() as connection:
            connection.execute(
                insert(tables.tasks).values(
                    id=task_id,
                    kind=kind,
                    title=title,
                    state="running",
                    ref=ref,
                    owner=who.name,
                    host=socket.gethostname(),
                    pid=me.pid,
                    process_started=me.create_time(),
                    created_at=datetime.now(UTC),
                )
            )
        thread = threading.Thread(target=self._run, args=(task_id, work, who), name=f"task-{task_id}", daemon=True)
        self._threads[task_id] = thread
        self._tell(task_id, who.name, "started")
        thread.start()
        return self.get(task_id, who)

    def _run(self, task_id: str, work: Callable[[Progress], Any], who: Person) -> None:
        progress = Progress(self, task_id)
        try:
            result = msgspec.to_builtins(work(progress))
            self._end(task_id, "done", result=result, progress=1.0)
        except Cancelled:
            self._end(task_id, "cancelled", error="Cancelled.")
        except PerijoveError as error:
            self._end(task_id, "failed", error=error.message, error_kind=error.kind, hint=error.hint)
        except Exception as error:  # noqa: BLE001 - the task's row is where any failure of its work is reported
            log.exception("Task %s failed", task_id)
            self._end(task_id, "failed", error=f"{type(error).__name__}: {error}", hint="The server's log has more.")
        finally:
            self._threads.pop(task_id, None)
            self._tell(task_id, who.name, "ended")

    def _end(self, task_id: str, state: str, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(
                update(tables.tasks)
                .where(tables.tasks.c.id == task_id)
                .values(state=state, finished_at=datetime.now(UTC), **values)
            )

    def _tell(self, task_id: str, actor: str, verb: str) -> None:
        self.events.publish(Happened(f"tasks.task.{verb}", Ref("task", task_id), actor))

    def note(self, task_id: str, share: float | None, message: str, lines: Sequence[str]) -> None:
        """Keep what running work says of itself."""
        values: dict[str, Any] = {"progress": share, "message": message}
        with self.database.begin() as connection:
            if lines:
                query = select(tables.tasks.c.log).where(tables.tasks.c.id == task_id)
                text = str(connection.execute(query).scalar() or "") + "\n".join(lines) + "\n"
                values["log"] = text[-LOG_LIMIT:]
            connection.execute(update(tables.tasks).where(tables.tasks.c.id == task_id).values(**values))

    def wants_cancel(self, task_id: str) -> bool:
        """Whether someone asked a task to stop."""
        with self.database.begin() as connection:
            query = select(tables.tasks.c.cancel_requested).where(tables.tasks.c.id == task_id)
            return bool(connection.execute(query).scalar())

    def recent(self, who: Person, limit: int = 50) -> list[Task]:
        """The newest tasks of a person, newest first."""
        within("limit", limit, 1, MOST_TASKS)
        query = select(tables.tasks).where(tables.tasks.c.owner == who.name)
        with self.database.begin() as connection:
            rows = connection.execute(query.order_by(tables.tasks.c.created_at.desc()).limit(limit)).all()
        return [self._task(row) for row in rows]

    def running(self, ref: str) -> bool:
        """Whether a task on this thing still runs, whoever started it and in whichever process."""
        query = select(tables.tasks).where(tables.tasks.c.ref == ref, tables.tasks.c.state.not_in(ENDED))
        with self.database.begin() as connection:
            rows = connection.execute(query).all()
        return any(self._task(row).state not in ENDED for row in rows)

    def get(self, task_id: str, who: Person) -> Task:
        """One task of a person; raises NotFound, also for other people's."""
        return self._task(self._row(task_id, who))

    def log(self, task_id: str, who: Person) -> TaskLog:
        """What a task has written so far."""
        return TaskLog(str(self._row(task_id, who).log).splitlines())

    def cancel(self, task_id: str, who: Person) -> Task:
        """Ask a task to stop; one that has ended stays as it is."""
        self._row(task_id, who)
        with self.database.begin() as connection:
            connection.execute(update(tables.tasks).where(tables.tasks.c.id == task_id).values(cancel_requested=True))
        return self.get(task_id, who)

    def wait(self, task_id: str, who: Person, seen: Callable[[Task], None] = lambda task: None) -> Task:
        """Wait for a task to end, calling ``seen`` with each look at it."""
        while True:
            task = self.get(task_id, who)
            seen(task)
            if task.state in ENDED:
                return task
            thread = self._threads.get(task_id)
            if thread is not None:
                thread.join(TICK)
            else:
                time.sleep(TICK)

    def stop(self, seconds: float = 10) -> None:
        """Cancel this process's tasks and wait for them: what a host does before it ends."""
        mine = dict(self._threads)
        with self.database.begin() as connection:
            for task_id in mine:
                query = update(tables.tasks).where(tables.tasks.c.id == task_id)
                connection.execute(query.values(cancel_requested=True))
        until = time.monotonic() + seconds
        for thread in mine.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _row(self, task_id: str, who: Person) -> Row[Any]:
        query = select(tables.tasks).where(tables.tasks.c.id == task_id, tables.tasks.c.owner == who.name)
        with self.database.begin() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"There is no task {task_id}.", hint="See the list of tasks for those there are.")
        return row

    def _task(self, row: Row[Any]) -> Task:
        state, error, hint = row.state, row.error, row.hint
        if state not in ENDED and row.host == socket.gethostname() and not _alive(row.pid, row.process_started):
            state, error, hint = "failed", "The program that ran this task has ended.", "Start it again."
            self._end(row.id, state, error=error, hint=hint)
        return Task(
            id=row.id,
            kind=row.kind,
            title=row.title,
            state=state,
            progress=row.progress,
            message=row.message,
            ref=row.ref,
            owner=row.owner,
            result=row.result,
            error=error,
            error_kind=row.error_kind,
            hint=hint,
            created_at=aware(row.created_at),
            finished_at=aware(row.finished_at) if row.finished_at else None,
        )


def end_group(process: subprocess.Popen[Any], grace: float = 3) -> None:
    """End a program started in a session of its own, with everything it started: politely, then for good."""
    for number, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, grace)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
            return


def _alive(pid: int, started: float) -> bool:
    try:
        return bool(abs(psutil.Process(pid).create_time() - started) < 1)
    except psutil.Error:
        return False
