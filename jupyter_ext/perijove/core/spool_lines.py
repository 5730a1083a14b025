"""What each kind of line in a kernel's spool means for the graph.

    cell    a cell ran: its source, count, result, the line in which it failed, and which cells' variables it used
    read    a cell read a dataset; ``columns`` where only some, ``sql`` where by a statement
    write   a cell wrote one
    flow    data of these sources and of no others came into the target in this cell; no line where that is not proven
    run     a run was logged
    model   a model version was registered, from a run where there is one
    jobrun  a job ran: its name, the run's id, whether it ended well, and the refs that it read and wrote
Every line has ``at``, all but the last ``notebook`` and ``cell``; a line that lacks what it needs raises KeyError or
ValueError.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from perijove.core.additions import Additions
from perijove.core.model import Edge, Field, Flow, How, Node
from perijove.core.statements import Statement
from perijove.core.uris import name_of

HOWS = ("observed", "inferred", "declared")
LONGEST_TITLE = 60
MOST_COUNT = 2**31 - 1


class Lines:
    """Collects what some lines say.

    ``executions`` are rows of the execution log, ``began`` says when a cell began its last run, and ``appended`` are
    the datasets that a cell only added to.
    """

    def __init__(self) -> None:
        self.additions = Additions()
        self.executions: list[dict[str, Any]] = []
        self.statements: dict[tuple[str, str], Statement] = {}
        self.began: dict[str, datetime] = {}
        self.appended: set[tuple[str, str]] = set()

    def take(self, event: dict[str, Any]) -> None:
        """Take one line in."""
        at = time_of(event["at"])
        if event["type"] == "jobrun":
            self._jobrun(event, at)
            return
        event = {**event, "notebook": str(event["notebook"]), "cell": str(event["cell"])}
        cell = f"cell:{event['notebook']}#{event['cell']}"
        verb = {
            "cell": self._cell,
            "read": self._used,
            "write": self._used,
            "flow": self._flow,
            "run": self._run,
            "model": self._model,
        }.get(event["type"])
        if verb is not None:
            verb(event, cell, at)

    def _jobrun(self, event: dict[str, Any], at: datetime) -> None:
        job, ref = f"job:{event['job']}", f"jobrun:{event['id']}"
        how = "done" if event.get("ok") else "failed"
        self.additions.nodes.append(
            Node(ref, "jobrun", f"{event['job']}, {at:%Y-%m-%d %H:%M}, {how}", str(event["job"]))
        )
        self.additions.edges.append(Edge(job, ref, "ran", "observed", at))
        self.additions.edges += [Edge(str(one), ref, "read", "observed", at) for one in event.get("reads") or ()]
        self.additions.edges += [Edge(ref, str(one), "wrote", "observed", at) for one in event.get("writes") or ()]

    def _cell(self, event: dict[str, Any], cell: str, at: datetime) -> None:
        row = _execution(event, at)
        uses = [f"cell:{event['notebook']}#{used}" for used in event.get("uses", [])]
        self.executions.append(row)
        if event.get("began"):
            self.began[cell] = time_of(event["began"])
        self.additions.nodes.append(Node(cell, "cell", _title(event), str(event["notebook"])))
        self.additions.edges += [Edge(used, cell, "fed", "inferred", at) for used in uses]
        for used, uris in (event.get("carried") or {}).items():
            via = f"cell:{event['notebook']}#{used}"
            origins = [f"dataset:{_uri(uri)}" for uri in uris] or [
                via
            ]  # the cell itself where no dataset's data came along
            self.additions.flows += [Flow(origin, cell, via, "inferred", at) for origin in origins if via in uses]

    def _used(self, event: dict[str, Any], cell: str, at: datetime) -> None:
        uri = _uri(event["uri"])
        dataset, version = f"dataset:{uri}", str(event.get("version") or "")
        columns = event.get("columns")
        self.additions.nodes.append(Node(dataset, "dataset", str(event.get("name") or name_of(uri)), uri))
        if event["type"] == "read":
            self.additions.edges.append(Edge(dataset, cell, "read", "observed", at, version))
            self.additions.used += [(dataset, cell, Field(str(column)), at) for column in columns or ()]
        else:
            self.additions.edges.append(Edge(cell, dataset, "wrote", "observed", at, version))
        if sql := event.get("sql"):
            known = self.statements.setdefault(
                (cell, str(sql)), Statement(cell, str(sql), str(event.get("dialect") or ""), at)
            )
            (known.reads if event["type"] == "read" else known.writes).append(dataset)

    def _flow(self, event: dict[str, Any], cell: str, at: datetime) -> None:
        target = f"dataset:{_uri(event['target'])}"
        if event.get("append"):
            self.appended.add((cell, target))
        how = cast(How, event.get("how") if event.get("how") in HOWS else "inferred")
        for source in event["sources"]:
            fields = [Field(str(column)) for column in source.get("columns") or ()]
            self.additions.flows.append(Flow(f"dataset:{_uri(source['uri'])}", target, cell, how, at, fields))
        if not event["sources"]:  # proven to be made in the cell itself
            self.additions.flows.append(Flow(cell, target, cell, how, at))

    def _run(self, event: dict[str, Any], cell: str, at: datetime) -> None:
        run = f"run:{event['run']}"
        self.additions.nodes.append(Node(run, "run", str(event.get("name") or event["run"]), str(event["notebook"])))
        self.additions.edges.append(Edge(cell, run, "logged", "observed", at))

    def _model(self, event: dict[str, Any], cell: str, at: datetime) -> None:
        model = f"model:{event['name']}/{event['version']}"
        origin = f"run:{event['run']}" if event.get("run") else cell
        self.additions.nodes.append(Node(model, "model", f"{event['name']} {event['version']}", str(event["notebook"])))
        self.additions.edges.append(Edge(origin, model, "registered", "observed", at))


def _uri(value: Any) -> str:
    """The URI of a dataset; raises ValueError where there is none."""
    if not isinstance(value, str) or not value:
        raise ValueError("a dataset has no URI")
    return value


def time_of(text: str) -> datetime:
    """A time of a line; one without a zone is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _execution(event: dict[str, Any], at: datetime) -> dict[str, Any]:
    error, line = str(event.get("error", "")), int(event.get("line") or 0)
    return {
        "notebook": event["notebook"],
        "cell": event["cell"][:200],
        "kernel": str(event.get("kernel", ""))[:100],
        "count": min(max(int(event.get("count") or 0), 0), MOST_COUNT),
        "ok": bool(event.get("ok", True)),
        "source": str(event.get("source", "")),
        "error": f"line {line}: {error}" if line > 0 and error else error,
        "at": at,
    }


def _title(event: dict[str, Any]) -> str:
    lines = [line.strip() for line in str(event.get("source", "")).splitlines() if line.strip()]
    first = lines[0] if lines else str(event["cell"])
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"
