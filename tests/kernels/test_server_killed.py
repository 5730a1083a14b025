"""``kill -9`` of a real Jupyter server: kernel and cluster go too, or the clean-up of the next start removes them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from perijove.clusters.leftovers import clean
from perijove_kernel import home

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def server(environment, monkeypatch):
    monkeypatch.delenv("PERIJOVE_NOTEBOOK")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    argv += ["--IdentityProvider.token=t", f"--ServerApp.root_dir={environment}", "--ServerApp.disable_check_xsrf=True"]
    with (environment / "server.log").open("w") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)

    def ask(path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": "token t"})
        request.data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    yield process, ask
    process.kill()
    process.wait()


def marked(state):
    """Every process of this project that a kernel or cluster has started."""
    found = []
    for process in psutil.process_iter():
        try:
            env = process.environ()
            mine = env.get("PERIJOVE_HOME") == str(state) and home.CLUSTER in env
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def test_nothing_is_left_after_the_clean_up(environment, server, until):
    process, ask = server

    def answers():
        try:
            return ask("/api/status")
        except OSError:
            return None

    (environment / "deep").mkdir()
    until(answers, 30)
    body = {"path": "deep/road.ipynb", "name": "road.ipynb", "type": "notebook", "kernel": {"name": "perijove-dask"}}
    session = ask("/api/sessions", body)
    state = environment / ".perijove"
    (path,) = until(lambda: list((state / "clusters").glob("*.json")))
    until(lambda: home.read_json(path).get("state") == "running" and home.read_json(path)["kernelPid"], 30)
    record = home.read_json(path)
    assert (record["kernelId"], record["notebook"]) == (session["kernel"]["id"], "deep/road.ipynb")
    assert len(marked(state)) >= 4
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not home.alive(record["kernelPid"], record["kernelCreated"]), 10, "the kernel")
    begun = time.monotonic()
    assert [said.rpartition(": ")[2] for said in clean(state)] == ["its kernel is gone."]
    assert time.monotonic() - begun < 8
    assert marked(state) == [] and list((state / "clusters").iterdir()) == []
