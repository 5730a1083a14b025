"""A kernel for tests: it writes lines into the spool as a real one does, and the graph takes them in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from perijove.core.database import Database
from perijove.core.lineage import Lineage
from perijove.core.model import Graph
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.spool import Spool

START = datetime(2026, 11, 1, tzinfo=UTC)
A, B, C, D = (f"file:///data/{name}.parquet" for name in "abcd")


class Kernel:
    """Writes lines as a kernel does, and takes them in."""

    def __init__(self, project: Project, database: Database, lineage: Lineage) -> None:
        self.path = project.state / "spool" / "k.jsonl"
        self.spool = Spool(project, database, lineage)
        self.lineage = lineage
        lineage.before_reading = self.spool.take_in
        self.lines = 0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.lines)

    def line(self, type_: str, cell: str, **more: Any) -> None:
        self.lines += 1
        at = (START + timedelta(seconds=self.lines)).isoformat()
        body = {"type": type_, "notebook": "n.ipynb", "cell": cell, "kernel": "k", "at": at, **more}
        with self.path.open("a") as file:
            file.write(json.dumps(body) + "\n")

    def flow(self, cell: str, target: str, *sources: str, **columns: list[str]) -> None:
        found = [{"uri": uri, "columns": columns.get(uri)} for uri in sources]
        self.line("flow", cell, sources=found, target=target, how="observed")

    def cell(self, id_: str, *uses: str, **more: Any) -> None:
        self.line("cell", id_, **{"count": 1, "ok": True, "source": f"do {id_}", "uses": list(uses)} | more)

    def around(self, ref: str, up: int = 5, down: int = 5, **more: Any) -> Graph:
        return self.lineage.around(Ref.parse(ref), up, down, **more)


def short(ref: str) -> str:
    return ref.removeprefix("dataset:file:///data/").removesuffix(".parquet").removeprefix("cell:n.ipynb#")


def data(name: str) -> str:
    return f"dataset:file:///data/{name}.parquet"
