"""The execution log: which cells ran in which kernel, in their order, with their source as it was executed.

Vocabulary
  session  what one kernel ran between a start and a restart; its counter begins anew with each restart
  masked   a source in which a secret was replaced by ``***`` before it was written down
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from perijove.core import tables
from perijove.core.database import Database
from perijove.core.graph import kind_of, moment
from perijove.core.one_ref import known_refs

MASK = "***"
ALONE = "alone-"  # as perijove-kernel calls kernels that no server started; empty in what older ones wrote
MAKES = ("logged", "wrote", "registered")
_AT_LINE = re.compile(r"line (\d{1,7}): ")
DEEPEST = 4


@dataclass(frozen=True)
class Execution:
    """One cell that ran. ``count`` is the kernel's counter, 0 where it has none; ``line`` is where a failed cell
    stopped, from 1, or 0 where that is not known or it did not fail."""

    notebook: str
    cell: str
    kernel: str
    count: int
    ok: bool
    source: str
    error: str
    at: datetime
    line: int = 0

    @property
    def masked(self) -> bool:
        """Whether the source may not be what was executed, because a secret was taken out of it."""
        return MASK in self.source


@dataclass(frozen=True)
class Session:
    """What a kernel ran since it was started, in order."""

    kernel: str
    executions: tuple[Execution, ...]

    @property
    def alone(self) -> bool:
        """Whether no server started the kernel: a fresh run of the notebook, a program."""
        return not self.kernel or self.kernel.startswith(ALONE)

    @property
    def at(self) -> datetime:
        """When its newest cell ended."""
        return self.executions[-1].at


class Executions:
    """Answers what ran; ``before_reading`` takes in what kernels have left since."""

    def __init__(self, database: Database, before_reading: Callable[[], object] = lambda: None) -> None:
        self.database = database
        self.before_reading = before_reading

    def sessions(self, notebook: str) -> list[Session]:
        """The sessions of a notebook, the one that ran a cell last first."""
        self.before_reading()
        log = tables.executions
        query = select(log).where(log.c.notebook == notebook).order_by(log.c.at, log.c.seq)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        kernels: dict[str, list[Execution]] = {}
        for row in rows:
            kernels.setdefault(row.kernel, []).append(_execution(row))
        found = [session for kernel, ran in kernels.items() for session in _split(kernel, ran)]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def session(self, notebook: str, kernel: str = "") -> Session | None:
        """The newest session of a notebook, or of one of its kernels; None where nothing of it is known."""
        found = self.sessions(notebook)
        return next((one for one in found if not kernel or one.kernel == kernel), None)

    def makers(self, ref: str) -> list[tuple[str, str, datetime]]:
        """The cells that made a run, a model or a dataset, as (notebook, cell id, when), the newest first."""
        self.before_reading()
        edges = tables.edges.c
        found: dict[tuple[str, str], datetime] = {}
        with self.database.read() as connection:
            wanted = {known_refs(connection, [ref]).get(ref, ref)}
            for _ in range(DEEPEST):
                query = select(tables.edges).where(edges.target.in_(sorted(wanted)), edges.kind.in_(MAKES))
                wanted = set()
                for row in connection.execute(query):
                    if kind_of(row.source) == "cell":
                        notebook, _, cell = row.source.partition(":")[2].rpartition("#")
                        when = moment(row.at)
                        found[notebook, cell] = max(when, found.get((notebook, cell), when))
                    else:
                        wanted.add(row.source)
                if not wanted:
                    break
        return sorted(((*key, at) for key, at in found.items()), key=lambda one: (one[2], one[1]), reverse=True)


def _execution(row: Row[Any]) -> Execution:
    hit = _AT_LINE.match(row.error)
    return Execution(
        row.notebook,
        row.cell,
        row.kernel,
        row._mapping["count"],
        row.ok,
        row.source,
        row.error[hit.end() :] if hit else row.error,
        moment(row.at),
        int(hit[1]) if hit else 0,
    )


def _split(kernel: str, ran: Sequence[Execution]) -> list[Session]:
    """The runs of a kernel by session: a counter that does not grow was begun anew."""
    sessions: list[list[Execution]] = []
    last = 0
    for one in ran:
        if not sessions or (one.count and one.count <= last):
            sessions.append([])
            last = 0
        sessions[-1].append(one)
        last = one.count or last
    return [Session(kernel, tuple(one)) for one in sessions]
