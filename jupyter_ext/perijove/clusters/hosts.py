"""Talks to cluster hosts over their unix sockets, and finds their processes; the server itself never imports Dask."""

from __future__ import annotations

import os
import time
from typing import Any

import httpx
import psutil

from perijove.clusters.store import Record
from perijove.core.errors import Busy, Failed

PATIENCE = 1.0
STARTING_GRACE = 60.0


def alive(record: Record) -> bool:
    """Whether the very host that wrote the record still runs, or has just been started and had no time to write it."""
    if record.pid == 0:
        return record.state == "starting" and time.time() - record.started_at.timestamp() < STARTING_GRACE
    return _runs(record.pid, record.created)


def kernel_gone(record: Record) -> bool:
    """Whether the kernel that the cluster serves has ended."""
    return record.kernel_pid != 0 and not _runs(record.kernel_pid, record.kernel_created)


def _runs(pid: int, created: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < 1.0
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def ask(record: Record, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to a cluster's host; raises Busy when it does not answer, Failed with its reason when it refuses."""
    transport = httpx.HTTPTransport(uds=record.socket)
    try:
        with httpx.Client(transport=transport, base_url="http://cluster", timeout=PATIENCE, trust_env=False) as client:
            answer = client.request(method, what, json=body)
            value = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Busy(
            f"The cluster {record.name} does not answer.", hint="Try again in a moment, or stop it and start a new one."
        ) from error
    if answer.status_code != 200:
        raise Failed(str(value.get("problem", f"The cluster answered {answer.status_code}.")), hint="See its log.")
    return dict(value)


def processes(cluster_id: str) -> list[psutil.Process]:
    """Host and workers of a cluster, found by their environment; a kernel that uses it is not among them."""
    found = []
    for process in psutil.process_iter():
        try:
            env = process.environ()
            mine = env.get("PERIJOVE_CLUSTER_ID") == cluster_id and "PERIJOVE_KERNEL_ID" not in env
            if mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end(cluster_id: str, grace: float = 0.0) -> int:
    """End what is left of a cluster after some seconds; tells how many processes had to be killed."""
    until = time.monotonic() + grace
    while (left := processes(cluster_id)) and time.monotonic() < until:
        time.sleep(0.05)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=3)
    return len(left)
