"""Takes in what kernels spooled: cells that ran, data they read and wrote, runs they logged.

A kernel appends JSON lines to ``<state>/spool/<id>.jsonl`` and needs no server for it. Whoever asks next takes the new
lines in: an offset beside each file says how far it was read, and a line without its newline is left for later. A file
is deleted once its kernel is gone and it was read to its end.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from perijove.core import tables
from perijove.core.database import Database
from perijove.core.lineage import Lineage
from perijove.core.model import Edge, Node
from perijove.core.project import Project

log = logging.getLogger("perijove")
OLD = 24 * 3600


class Spool:
    """Reads what kernels of this project left, into the execution log and the lineage graph."""

    def __init__(self, project: Project, database: Database, lineage: Lineage) -> None:
        self.folder = project.state / "spool"
        self.database = database
        self.lineage = lineage

    def take_in(self) -> int:
        """Read all new lines; gives how many. Several processes may call it: a lock lets one at a time."""
        if not self.folder.is_dir():
            return 0
        taken = 0
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for path in sorted(self.folder.glob("*.jsonl")):
                taken += self._take_file(path)
        return taken

    def _take_file(self, path: Path) -> int:
        mark = path.with_suffix(".offset")
        offset = int(mark.read_text() or 0) if mark.exists() else 0
        size = path.stat().st_size
        if size <= offset:
            if time.time() - path.stat().st_mtime > OLD:
                path.unlink()
                mark.unlink(missing_ok=True)
            return 0
        with path.open("rb") as file:
            file.seek(offset)
            raw = file.read(size - offset)
        whole = raw[: raw.rfind(b"\n") + 1]
        events = list(_lines(whole, path))
        self._keep(events)
        mark.write_text(str(offset + len(whole)))
        return len(events)

    def _keep(self, events: list[dict[str, Any]]) -> None:
        nodes: list[Node] = []
        edges: list[Edge] = []
        rows = []
        for event in events:
            with contextlib.suppress(KeyError):  # a line of another version that lacks a field says nothing we can keep
                at = datetime.fromisoformat(event["at"])
                cell = f"cell:{event['notebook']}#{event['cell']}"
                if event["type"] == "cell":
                    rows.append(_execution(event, at))
                    nodes.append(Node(cell, "cell", _title(event), event["notebook"]))
                    for used in event.get("uses", []):
                        edges.append(Edge(f"cell:{event['notebook']}#{used}", cell, "fed", "inferred", at))
                else:
                    _add_use(event, cell, at, nodes, edges)
        self.lineage.add_edges(edges)
        self.lineage.add_nodes(nodes)
        if rows:
            with self.database.begin() as connection:
                connection.execute(insert(tables.executions), rows)


def _add_use(event: dict[str, Any], cell: str, at: datetime, nodes: list[Node], edges: list[Edge]) -> None:
    if event["type"] in ("read", "write"):
        dataset = f"dataset:{event['uri']}"
        nodes.append(Node(dataset, "dataset", event.get("name") or event["uri"].rsplit("/", 1)[-1], event["uri"]))
        if event["type"] == "read":
            edges.append(Edge(dataset, cell, "read", "observed", at))
        else:
            edges.append(Edge(cell, dataset, "wrote", "observed", at))
    elif event["type"] == "run":
        run = f"run:{event['run']}"
        nodes.append(Node(run, "run", event.get("name") or event["run"], event["notebook"]))
        edges.append(Edge(cell, run, "logged", "observed", at))


def _lines(raw: bytes, path: Path) -> Iterator[dict[str, Any]]:
    for line in raw.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            log.warning("A line of %s is not JSON and was left out", path.name)
            continue
        if isinstance(event, dict):
            yield event


def _execution(event: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "notebook": event["notebook"],
        "cell": event["cell"],
        "kernel": str(event.get("kernel", "")),
        "count": int(event.get("count") or 0),
        "ok": bool(event.get("ok", True)),
        "source": str(event.get("source", "")),
        "error": str(event.get("error", "")),
        "at": at,
    }


def _title(event: dict[str, Any]) -> str:
    lines = [line.strip() for line in str(event.get("source", "")).splitlines() if line.strip()]
    first = lines[0] if lines else event["cell"]
    return first if len(first) <= 60 else f"{first[:59]}…"
