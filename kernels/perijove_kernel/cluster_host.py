"""The process that owns one cluster: scheduler, workers, a small HTTP door on a unix socket, and a watch on its kernel.

Run as ``python -m perijove_kernel.cluster_host --id ID --home STATE --workers N``. It ends by itself when its kernel is
gone for ten seconds and no restart took over, when a cluster without a kernel has had no client for twenty minutes, or
when its record is removed. Ending takes workers, socket, keys and record along; a failed start leaves the record with
the reason.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from perijove_kernel import home

KERNEL_GRACE = 10.0
CLIENT_GRACE = 20 * 60.0
FIRST_KERNEL_GRACE = 60.0
TASK_STATES = ("processing", "waiting", "queued", "memory", "erred")


class Host:
    """One cluster with its record; ``run`` returns when it is over."""

    def __init__(self, state: Path, cluster_id: str, workers: int, memory: str) -> None:
        self.state = state
        self.id = cluster_id
        self.wanted = workers
        self.memory = memory
        self.cluster: Any = None
        self.over = asyncio.Event()
        self._kernel_gone_since: float | None = None
        self._no_client_since: float | None = None
        self.record = home.read_json(home.record_path(state, cluster_id))
        self.record.update(pid=os.getpid(), created=home.created(os.getpid()))

    def write(self, **changes: Any) -> None:
        """Change the record, unless it was removed meanwhile."""
        self.record.update(changes)
        if home.record_path(self.state, self.id).exists():
            home.write_json(home.record_path(self.state, self.id), self.record)

    async def run(self) -> None:
        """Start the cluster, serve until it is over, close."""
        self.write()
        self.cluster = await self._make_cluster()
        server = self._serve()
        self.write(state="running", address=self.cluster.scheduler_address, wanted=self.wanted)
        print(f"The cluster runs at {self.cluster.scheduler_address} with {self.wanted} workers.", flush=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.over.set)
        watch = asyncio.create_task(self._watch())
        await self.over.wait()
        watch.cancel()
        server.stop()
        await self._close()

    async def _make_cluster(self) -> Any:
        import dask
        from dask.system import CPU_COUNT
        from distributed import LocalCluster
        from distributed.security import Security
        from distributed.system import MEMORY_LIMIT

        routes = dask.config.get("distributed.scheduler.http.routes")
        dask.config.set(
            {
                "distributed.worker.multiprocessing-method": "forkserver",
                "distributed.scheduler.http.routes": [route for route in routes if route != "distributed.http.proxy"],
            }
        )
        security = Security.temporary()
        self._write_keys(security)
        shares = max(1, self.wanted)
        return await LocalCluster(
            n_workers=self.wanted,
            threads_per_worker=max(1, CPU_COUNT // shares),
            memory_limit=self.memory or int(MEMORY_LIMIT / max(shares, CPU_COUNT)),
            host="127.0.0.1",
            protocol="tls://",
            security=security,
            dashboard_address="127.0.0.1:0",
            asynchronous=True,
        )

    def _write_keys(self, security: Any) -> None:
        folder = home.keys_folder(self.state, self.id)
        texts = {"ca.pem": "tls_ca_file", "cert.pem": "tls_client_cert", "key.pem": "tls_client_key"}
        for name, attribute in texts.items():
            home.write_private(folder / name, getattr(security, attribute))

    def _serve(self) -> Any:
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_unix_socket

        from perijove_kernel.host_routes import make_application

        server = HTTPServer(make_application(self))
        server.add_socket(bind_unix_socket(self.record["socket"], mode=0o600))
        return server

    def status(self) -> dict[str, Any]:
        """What the cluster does now: its workers, and its tasks counted by state."""
        scheduler = self.cluster.scheduler
        tasks: Counter[str] = Counter()
        for group in scheduler.task_groups.values():
            tasks.update(group.states)
        workers = [
            {
                "name": str(worker.name),
                "cpu": float(worker.metrics.get("cpu", 0.0)),
                "memoryUsed": int(worker.metrics.get("memory", 0)),
                "memoryLimit": int(worker.memory_limit or 0),
                "threads": int(worker.nthreads),
                "processing": len(worker.processing),
            }
            for worker in scheduler.workers.values()
        ]
        return {
            "workers": workers,
            "wanted": self.wanted,
            "tasks": {state: tasks[state] for state in TASK_STATES},
            "address": self.cluster.scheduler_address,
            "dashboard": f"http://127.0.0.1:{scheduler.services['dashboard'].port}"
            if "dashboard" in scheduler.services
            else "",
        }

    def scale(self, workers: int) -> None:
        """Ask for another number of workers; they come and go in the background."""
        self.cluster.scale(workers)
        self.wanted = workers
        self.write(wanted=workers)

    async def _watch(self) -> None:
        while not self.over.is_set():
            await asyncio.sleep(1)
            reason = self._reason_to_end(time.monotonic())
            if reason:
                print(reason, flush=True)
                self.over.set()

    def _reason_to_end(self, now: float) -> str:
        if not home.record_path(self.state, self.id).exists():
            return "The record of this cluster was removed, so it ends."
        if self.record.get("kernelId"):
            return self._kernel_reason(now)
        clients = [name for name in self.cluster.scheduler.clients if name != "fire-and-forget"]
        self._no_client_since = None if clients else self._no_client_since or now
        if self._no_client_since and now - self._no_client_since > CLIENT_GRACE:
            return "No client was connected for twenty minutes, so the cluster ends."
        return ""

    def _kernel_reason(self, now: float) -> str:
        note = home.read_json(home.keys_folder(self.state, self.id) / "kernel.json")
        if note and note.get("kernelPid") != self.record["kernelPid"]:
            self.write(**note)
        pid, since = int(self.record["kernelPid"]), float(self.record["kernelCreated"])
        if home.alive(pid, since):
            self._kernel_gone_since = None
            return ""
        self._kernel_gone_since = self._kernel_gone_since or now
        grace = KERNEL_GRACE if pid else FIRST_KERNEL_GRACE
        return "The kernel is gone, so its cluster ends." if now - self._kernel_gone_since > grace else ""

    async def _close(self) -> None:
        self.write(state="stopping")
        with suppress(TimeoutError):
            await asyncio.wait_for(self.cluster.close(), timeout=4)
        home.end_cluster(self.id)
        home.forget_cluster(self.state, self.id)


def _sentence(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{sys.executable} has no {error.name}; install perijove-kernel[dask] there."
    text = str(error).strip() or type(error).__name__
    return f"The cluster could not start: {text}"


def main(argv: list[str] | None = None) -> int:
    """Run one cluster until it is over; 1 when it could not start."""
    parser = argparse.ArgumentParser(prog="perijove_kernel.cluster_host", description=__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="", help="memory of one worker, for instance 2GiB; empty for an even share")
    parser.add_argument("--profile", default="local")
    options = parser.parse_args(argv)
    state: Path = options.home
    try:
        asyncio.run(_run(state, options.id, options.workers, options.memory))
    except BaseException as error:  # noqa: BLE001 - whatever ended the start is written down and shown
        record = home.read_json(home.record_path(state, options.id))
        if record:
            changes = {"state": "failed", "problem": _sentence(error)}
            home.write_json(home.record_path(state, options.id), {**record, **changes})
        home.end_cluster(options.id)
        print(_sentence(error), file=sys.stderr, flush=True)
        return 1
    return 0


async def _run(state: Path, cluster_id: str, workers: int, memory: str) -> None:
    await Host(state, cluster_id, workers, memory).run()


if __name__ == "__main__":
    sys.exit(main())
