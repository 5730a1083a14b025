"""A server killed with -9 in the middle leaves nothing, once the next start or ``perijove doctor --clean`` has run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.hosts import TOKEN, Host, environment, jupyter_host

HEADERS = {"Authorization": f"token {TOKEN}"}


def mine(folder: Path) -> list[psutil.Process]:
    """Every process that belongs to this project: kernels, cluster hosts and workers, not the server itself."""
    found = []
    for process in psutil.process_iter():
        try:
            env = process.environ()
        except psutil.Error:
            continue
        if env.get("PERIJOVE_HOME") == str(folder / ".perijove") and "PERIJOVE_CLUSTER_ID" in env:
            found.append(process)
    return found


def start_kernel_with_cluster(host: Host) -> dict[str, Any]:
    body = {"path": "x.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "perijove-dask"}}
    answer = httpx.post(f"{host.base}/api/sessions", json=body, headers=HEADERS, timeout=60)
    assert answer.status_code == 201, answer.text
    until = time.monotonic() + 90
    while time.monotonic() < until:
        clusters = host.call("GET", "/clusters").json()
        if clusters and clusters[0]["state"] == "running" and clusters[0]["workers"] == 2:
            found: dict[str, Any] = answer.json()
            return found
        time.sleep(0.2)
    raise AssertionError(f"no running cluster: {host.call('GET', '/clusters').text}")


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Path]:
    with jupyter_host(tmp_path) as host:
        start_kernel_with_cluster(host)
        assert len(mine(tmp_path)) >= 4  # kernel, cluster host, two workers
        host.process.send_signal(signal.SIGKILL)
        host.process.wait()
    yield tmp_path
    for process in mine(tmp_path):
        process.kill()


def gone(folder: Path, seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while mine(folder) and time.monotonic() < until:
        time.sleep(0.2)
    return not mine(folder)


def test_doctor_cleans_up(killed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "perijove.cli", "doctor", "--clean"],
        cwd=killed,
        env=environment(killed),
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert gone(killed)
    assert list((killed / ".perijove" / "clusters").glob("*.json")) == []


def test_the_next_start_cleans_up(killed: Path) -> None:
    with jupyter_host(killed):
        assert gone(killed)


def test_closing_the_kernel_leaves_nothing(tmp_path: Path) -> None:
    with jupyter_host(tmp_path) as host:
        session = start_kernel_with_cluster(host)
        host_pid = next(one for one in mine(tmp_path) if "cluster_host" in " ".join(one.cmdline())).pid
        parents = [parent.pid for parent in psutil.Process(host_pid).parents()]
        assert host.process.pid not in parents
        httpx.delete(f"{host.base}/api/sessions/{session['id']}", headers=HEADERS, timeout=60)
        assert gone(tmp_path)
        assert host.call("GET", "/clusters").json() == []


def test_a_polite_stop_leaves_nothing(tmp_path: Path) -> None:
    with jupyter_host(tmp_path) as host:
        start_kernel_with_cluster(host)
    assert gone(tmp_path)
    assert (tmp_path / ".perijove").is_dir()
