"""The verbs of clusters: see, start, scale, stop, wait for one, and clear away what crashes left."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from perijove.clusters import hosts, leftovers
from perijove.clusters.model import Cluster, NewCluster, Worker
from perijove.clusters.ports import ClusterBackend
from perijove.clusters.store import Record, Records
from perijove.core.access import Person
from perijove.core.errors import Busy, Failed, Invalid, PerijoveError
from perijove.core.events import Events, Happened
from perijove.core.plugins import Part, Parts
from perijove.core.project import Project
from perijove.core.refs import Ref

MOST_WORKERS = 256
TASK_STATES = ("processing", "waiting", "queued", "memory", "erred")


class _Status(msgspec.Struct, frozen=True):
    """What a host answers about itself."""

    workers: list[Worker]
    wanted: int
    tasks: dict[str, int]
    address: str


class Clusters:
    """The clusters of one project, whoever started them."""

    def __init__(
        self, project: Project, parts: Parts, events: Events, most_workers: Callable[[], int] = lambda: MOST_WORKERS
    ) -> None:
        self.most_workers = most_workers
        self.project = project
        self.parts = parts
        self.events = events
        self.records = Records(project.state)

    def all(self) -> list[Cluster]:
        """Every cluster, newest first, as it is now; hosts are asked side by side."""
        records = self.records.all()
        if not records:
            return []
        with ThreadPoolExecutor(max_workers=min(8, len(records))) as pool:
            return list(pool.map(self._now, records))

    def get(self, id: str) -> Cluster:
        """One cluster as it is now; raises NotFound."""
        return self._now(self.records.get(id))

    def backends(self) -> list[Part]:
        """The places where clusters can run."""
        return self.parts.all()

    def start(self, new: NewCluster, who: Person) -> Cluster:
        """Begin to start a cluster of its own; it is "starting" at first."""
        if new.workers is not None:
            _check_workers(new.workers, self.most_workers())
        config: dict[str, Any] = {} if new.workers is None else {"workers": new.workers}
        backend: ClusterBackend = self.parts.make(new.profile, config)
        self.project.prepare()
        cluster_id = backend.start(self.project.state, new.profile)
        cluster = self.get(cluster_id)
        self._tell("started", cluster_id, who, new=msgspec.to_builtins(new))
        return cluster

    def waiting(self, id: str, seconds: float = 60.0) -> Cluster:
        """Wait until a cluster runs; raises Failed with its reason when it does not."""
        until = time.monotonic() + seconds
        while True:
            cluster = self.get(id)
            if cluster.state == "running" and cluster.workers >= cluster.wanted:
                return cluster
            if cluster.state in ("failed", "lost", "stopped"):
                raise Failed(
                    cluster.problem or f"The cluster {cluster.name} ended while it started.",
                    hint=f"Read `perijove cluster logs {cluster.id}`.",
                )
            if time.monotonic() > until:
                raise Busy(f"The cluster {cluster.name} is not ready after {seconds:.0f} s.", hint="Look again later.")
            time.sleep(0.1)

    def scale(self, id: str, workers: int, who: Person) -> Cluster:
        """Ask for another number of workers; raises Busy when the cluster does not run."""
        _check_workers(workers, self.most_workers())
        record = self.records.get(id)
        if record.state != "running" or not hosts.alive(record):
            state = record.state if hosts.alive(record) or record.state == "failed" else "lost"
            raise Busy(f"The cluster {record.name} is {state}, so it cannot be scaled.", hint="Start a new cluster.")
        hosts.ask(record, "POST", "/scale", {"workers": workers})
        self._tell("scaled", record.id, who, old={"workers": record.wanted}, new={"workers": workers})
        return self.get(record.id)

    def stop(self, id: str, who: Person) -> None:
        """Stop a cluster and leave nothing of it behind; its kernel goes on without it."""
        record = self.records.get(id)
        grace = 0.0
        if record.state == "running" and hosts.alive(record):
            try:
                hosts.ask(record, "POST", "/close")
                grace = 5.0
            except PerijoveError:
                grace = 0.0  # it does not answer, so its processes are ended at once
        hosts.end(record.id, grace)
        self.records.remove(record)
        self._tell("stopped", record.id, who)

    def logs(self, id: str, lines: int = 200) -> list[str]:
        """The last lines that a cluster's host has written."""
        record = self.records.get(id)
        path = self.project.state / "logs" / f"cluster-{record.id}.log"
        try:
            return path.read_text(errors="replace").splitlines()[-lines:]
        except OSError:
            return []

    def clean(self) -> list[str]:
        """Remove what clusters left whose host is gone or never started; says what was removed."""
        return leftovers.clean(self.project.state)

    def _tell(self, verb: str, cluster_id: str, who: Person, *, old: Any = None, new: Any = None) -> None:
        what = f"clusters.cluster.{verb}"
        self.events.publish(Happened(what=what, ref=Ref("cluster", cluster_id), actor=who.name, old=old, new=new))

    def _now(self, record: Record) -> Cluster:
        if not hosts.alive(record):
            # Its host may have written its last word after the record was read, or have removed it.
            last = self.records.find(record.id)
            if last is None:
                return _cluster(record, "stopped", "", None)
            if last.state == "failed":
                return _cluster(last, "failed", last.problem, None)
            problem = "Its host is gone. Stop it to clear it away, and start a new one."
            return _cluster(record, "lost", problem, None)
        if record.state != "running":
            return _cluster(record, record.state, record.problem, None)
        try:
            status = msgspec.convert(hosts.ask(record, "GET", "/status"), type=_Status)
        except (PerijoveError, msgspec.ValidationError) as error:
            return _cluster(record, "running", str(error), None)
        return _cluster(record, "running", "", status)


def _check_workers(workers: int, most: int) -> None:
    if not 0 <= workers <= most:
        raise Invalid(f"{workers} is no number of workers.", hint=f"Ask for 0 to {most}.")


def _cluster(record: Record, state: Any, problem: str, status: _Status | None) -> Cluster:
    workers = status.workers if status else []
    cores = sum(worker.threads for worker in workers)
    return Cluster(
        id=record.id,
        name=record.name,
        profile=record.profile,
        state=state,
        workers=len(workers),
        wanted=status.wanted if status else record.wanted,
        cpu=round(sum(worker.cpu for worker in workers) / cores, 1) if cores else 0.0,
        memory_used=sum(worker.memory_used for worker in workers),
        memory_limit=sum(worker.memory_limit for worker in workers),
        tasks=status.tasks if status else dict.fromkeys(TASK_STATES, 0),
        address=status.address if status else record.address,
        kernel_id=record.kernel_id,
        notebook=record.notebook,
        problem=problem,
        started_at=record.started_at,
        details=workers,
    )
