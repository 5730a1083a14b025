"""Both hosts as real processes: a Jupyter Server with Perijove, and the team's service beside a small JupyterHub."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx

from tests.loopback import serving

TOKEN = "for-tests-only"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Host:
    """A running host: ``call`` speaks to its routes as a person with a token."""

    def __init__(self, base: str, token: str, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.base, self.token, self.process, self.folder = base, token, process, folder

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"token {self.token if token is None else token}"}
        return httpx.request(
            method, f"{self.base}/perijove{path}", json=body, params=query or None, headers=headers, timeout=60
        )

    def wait_for_task(self, task_id: str, seconds: float = 300) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            task: dict[str, Any] = self.call("GET", f"/tasks/{task_id}").json()
            if task["state"] in ("done", "failed", "cancelled"):
                return task
            time.sleep(0.2)
        raise AssertionError(f"task {task_id} did not end in {seconds} s")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a server gets: its own Jupyter folders and state, nothing of the person who runs the tests."""
    own = {
        "PERIJOVE_HOME": str(folder / ".perijove"),
        "JUPYTER_RUNTIME_DIR": str(folder / ".jupyter-runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / ".jupyter-config"),
        "IPYTHONDIR": str(folder / ".ipython"),
        "MPLBACKEND": "agg",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY", "MLFLOW"))}
    kept.pop("PERIJOVE_DATABASE_URL", None)
    return {**kept, **own, **more}


@contextmanager
def jupyter_host(folder: Path, *options: str, lab: bool = False) -> Iterator[Host]:
    """A Jupyter Server (or JupyterLab) on a folder; stopped at the end."""
    port = free_port()
    arguments = [
        *("-m", "jupyterlab" if lab else "jupyter_server", "--no-browser", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"),
        *(["--allow-root"] if os.getuid() == 0 else []),
        *options,
    ]
    with running(
        arguments, folder, environment(folder), f"http://127.0.0.1:{port}/api/status?token={TOKEN}"
    ) as process:
        yield Host(f"http://127.0.0.1:{port}", TOKEN, process, folder)


@contextmanager
def hub_host(folder: Path, people: dict[str, dict[str, Any]], database_url: str = "") -> Iterator[Host]:
    """The team's service, beside a JupyterHub that knows ``people`` by their tokens."""
    port = free_port()
    with small_hub(people) as hub:
        env = environment(folder, JUPYTERHUB_API_URL=hub, JUPYTERHUB_SERVICE_URL=f"http://127.0.0.1:{port}")
        if database_url:
            env["PERIJOVE_DATABASE_URL"] = database_url
        with running(["-m", "perijove.hub"], folder, env, f"http://127.0.0.1:{port}/perijove/") as process:
            yield Host(f"http://127.0.0.1:{port}", next(iter(people)), process, folder)


@contextmanager
def running(arguments: list[str], folder: Path, env: dict[str, str], ready: str) -> Iterator[subprocess.Popen[bytes]]:
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
    )
    try:
        until = time.monotonic() + 90
        while True:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{arguments[1]} did not start:\n{(folder / 'server.log').read_text()[-4000:]}")
            try:
                if httpx.get(ready, timeout=5).status_code < 500:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield process
    finally:
        stop(process)
        log.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server politely, then for good; its whole group goes."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def small_hub(people: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The one route of JupyterHub's API that matters here: whose token is this?"""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            user = people.get(self.headers.get("Authorization", "").removeprefix("token "))
            self.send_response(200 if user and self.path == "/user" else 403)
            self.end_headers()
            self.wfile.write(json.dumps(user or {}).encode())

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with serving(Answer) as url:
        yield url
