"""SQL that cells ran: kept until its columns are worked out, and worked out again where a scan brings its schemas.

The columns are worked out in a process of its own with so many seconds a statement, since what people and tools write
may keep a parser busy for long; a statement that takes longer is marked and left.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from perijove.core import tables
from perijove.core.additions import Additions
from perijove.core.database import upsert
from perijove.core.graph import Reader, moment
from perijove.core.keys import digest
from perijove.core.lineage import Lineage
from perijove.core.model import Field, Flow
from perijove.core.one_ref import known_refs

log = logging.getLogger("perijove")
EACH = 3.0
ALL = 15.0
MOST = 200
MOST_AGAIN = 1000
SOME = 400
CHUNK = 1 << 16


@dataclass
class Statement:
    """One statement: the cell that ran it, and the datasets that were seen to be read and written by it."""

    via: str
    sql: str
    dialect: str
    at: datetime
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)


def keep(connection: Connection, statements: Mapping[tuple[str, str], Statement]) -> None:
    """Remember statements whose columns are to be worked out; of one that ran again only what it wrote is."""
    rows = [
        {
            **{"key": digest(one.via, one.sql), "via": one.via, "sql": one.sql, "dialect": one.dialect, "at": one.at},
            **{"reads": sorted(set(one.reads)), "writes": sorted(set(one.writes)), "state": "new", "problem": ""},
        }
        for one in statements.values()
    ]
    writing = (
        "at",
        "reads",
        "writes",
        "state",
        "problem",
    )  # the cell's new run takes the place of what it wrote before
    upsert(connection, tables.statements, [row for row in rows if row["writes"]], ("key",), writing)
    upsert(connection, tables.statements, [row for row in rows if not row["writes"]], ("key",), ("at",))


def learn(lineage: Lineage, refs: Collection[str]) -> None:
    """Work out statements again whose datasets have got other columns, as far as there is time now."""
    try:
        if again(lineage, refs):
            work_out(lineage)
    except Exception:  # noqa: BLE001 - a scan has done its work, whatever becomes of the columns of SQL
        log.exception("The columns of SQL could not be worked out again")


def again(lineage: Lineage, refs: Collection[str]) -> int:
    """Mark statements that were worked out while something else was known of these datasets; gives how many.

    The newest 1,000 at most, and only those of the newest run of their cell: what ran before has been overwritten.
    """
    with lineage.database.read() as connection:
        reader = Reader(connection, MOST_AGAIN)
        actors = {edge.target for edge in reader.edges("source", refs)}
        actors |= {edge.source for edge in reader.edges("target", refs)}
        rows = list(_worked_out(connection, sorted(actors)))
        newest = sorted(rows, key=lambda row: moment(row.at), reverse=True)[:MOST_AGAIN]
        newest = [row for row in newest if _ran_last(connection, row)]
    stale = [row.key for row in newest if schemas_of(_request(lineage, row)) != row.schemas]
    with lineage.database.begin() as connection:
        for begin in range(0, len(stale), SOME):
            keys = tables.statements.c.key.in_(stale[begin : begin + SOME])
            connection.execute(update(tables.statements).where(keys).values(state="new"))
    return len(stale)


def _worked_out(connection: Connection, actors: list[str]) -> Iterator[Any]:
    for begin in range(0, len(actors), SOME):
        of = tables.statements.c.via.in_(actors[begin : begin + SOME])
        query = select(tables.statements).where(of, tables.statements.c.state != "new")
        yield from connection.execute(query.order_by(tables.statements.c.at.desc()).limit(MOST_AGAIN))


def _ran_last(connection: Connection, row: Any) -> bool:
    """Whether a statement was run by its cell's newest run."""
    notebook, _, cell = row.via.partition(":")[2].rpartition("#")
    ran = tables.executions.c
    query = select(ran.at).where(ran.notebook == notebook, ran.cell == cell).order_by(ran.seq.desc()).offset(1).limit(1)
    before = connection.execute(query).scalar()
    return before is None or moment(row.at) > moment(before)


def schemas_of(request: dict[str, Any]) -> str:
    """A digest of what is known of the schemas of a statement's datasets."""
    return digest(json.dumps([request["reads"], request["writes"]]))


def work_out(lineage: Lineage) -> int:
    """Work out the columns of statements that are new, for some seconds at most; gives how many were done."""
    with lineage.database.read() as connection:
        new = tables.statements.c.state == "new"
        rows = connection.execute(
            select(tables.statements).where(new).order_by(tables.statements.c.at).limit(MOST)
        ).all()
    done = 0
    until = time.monotonic() + ALL
    with contextlib.ExitStack() as stack:
        worker: _Worker | None = None
        for row in rows:
            if time.monotonic() > until:
                break
            worker = worker if worker and worker.alive else stack.enter_context(_Worker())
            request = _request(lineage, row)
            _finish(lineage, row, worker.ask(request), schemas_of(request))
            done += 1
    return done


def work_out_quietly(lineage: Lineage) -> None:
    """The same where a fault must not get in the way of what was asked."""
    try:
        work_out(lineage)
    except Exception:  # noqa: BLE001 - whoever asks for the graph gets it, with the columns that are known
        log.exception("The columns of SQL could not be worked out")


def _request(lineage: Lineage, row: Any) -> dict[str, Any]:
    with lineage.database.read() as connection:
        known = known_refs(connection, [*row.reads, *row.writes])

    def candidates(refs: list[str]) -> list[dict[str, Any]]:
        found = {ref: lineage.schemas(known.get(ref, ref).partition(":")[2]) for ref in refs}
        return [{"ref": ref, "columns": list(columns) if columns else None} for ref, columns in found.items()]

    return {"sql": row.sql, "dialect": row.dialect, "reads": candidates(row.reads), "writes": candidates(row.writes)}


def _finish(lineage: Lineage, row: Any, answer: dict[str, Any], schemas: str) -> None:
    problem, at = str(answer.get("problem", "")), moment(row.at)
    additions = Additions()
    for ref, columns in answer.get("reads", {}).items():
        additions.used += [(ref, row.via, Field(column), at) for column in columns]
    for target, write in answer.get("writes", {}).items():
        fields: dict[str, list[Field]] = {source: [] for source in write["sources"]}
        if write["whole"]:
            for column, source, one in write["columns"]:
                fields[source].append(Field(one, column))
            for source, one in write["indirect"]:
                fields[source].append(Field(one, "", "indirect"))
        additions.flows += [
            Flow(source, target, row.via, "observed", at, columns) for source, columns in fields.items()
        ]
    lineage.add(additions)
    key = tables.statements.c.key == row.key
    state = {"state": "failed" if problem else "done", "problem": problem[:1000], "schemas": schemas}
    with lineage.database.begin() as connection:
        connection.execute(update(tables.statements).where(key).values(**state))


class _Worker:
    """A process that answers one request after the other; it is ended when one takes too long."""

    def __enter__(self) -> _Worker:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "perijove.core.sql_columns"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.alive = True
        self.fresh = True
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """One answer; a process that ended or takes too long answers with a problem."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            line = self._line(EACH * 3 if self.fresh else EACH)  # the first one waits for the parser to be loaded
        except OSError:
            line = b""
        self.fresh = False
        if not line:
            self.alive = False
            self.process.kill()
            return {"problem": f"It took longer than {EACH:.0f} s, or more memory than it may."}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _line(self, seconds: float) -> bytes:
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        found = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not found.endswith(b"\n"):
                if not selector.select(max(0.0, until - time.monotonic())):
                    return b""
                part = os.read(self.process.stdout.fileno(), CHUNK)
                if not part:
                    return b""
                found += part
        return found
