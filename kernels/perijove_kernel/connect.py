"""Joins a kernel to its cluster: settings for plain ``Client()``, and a ``client`` that connects when first used."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wrapt

from perijove_kernel import home

PATIENCE = 90.0
_ELSEWHERE = {"address", "scheduler_file", "n_workers", "threads_per_worker", "processes"}


class ClusterNotReady(RuntimeError):
    """The kernel's cluster did not start or is gone; the sentence says why and what to do."""


class Connection:
    """What one kernel knows of its cluster."""

    def __init__(self, state: Path, cluster_id: str) -> None:
        self.state = state
        self.id = cluster_id
        self._lock = threading.Lock()
        self._client: Any = None
        self._address = ""

    def follow(self) -> None:
        """Wait for the cluster in the background, so that its settings are there before they are needed."""
        threading.Thread(target=self._follow, name="perijove-cluster", daemon=True).start()

    def _follow(self) -> None:
        try:
            self.ready()
        except ClusterNotReady:
            return  # said again, with the reason, to whoever asks for the client

    def ready(self, patience: float = PATIENCE) -> str:
        """Wait until the cluster runs, set its address and keys, answer the address; raises ClusterNotReady."""
        address = self._wait(patience)
        with self._lock:
            if not self._address:
                self._configure(address)
                self._address = address
        return address

    def _wait(self, patience: float) -> str:
        log = home.log_path(self.state, self.id)
        until = time.monotonic() + patience
        while True:
            record = home.read_json(home.record_path(self.state, self.id))
            state = record.get("state", "gone")
            if state == "running":
                return str(record["address"])
            if state == "failed":
                raise ClusterNotReady(f"{record['problem']} The log is {log}; restart the kernel to try again.")
            if state != "starting":
                raise ClusterNotReady("The cluster of this kernel was stopped. Restart the kernel to get a new one.")
            if time.monotonic() > until:
                raise ClusterNotReady(f"The cluster did not start within {patience:.0f} s. The log is {log}.")
            time.sleep(0.05)

    def _configure(self, address: str) -> None:
        keys = home.keys_folder(self.state, self.id)
        settings = {
            "scheduler-address": address,
            "distributed.comm.tls.ca-file": str(keys / "ca.pem"),
            "distributed.comm.tls.client.cert": str(keys / "cert.pem"),
            "distributed.comm.tls.client.key": str(keys / "key.pem"),
        }
        for name, value in settings.items():
            variable = "DASK_" + name.replace("-", "_").replace(".", "__").upper()
            os.environ[variable] = str(value)
        # Dask may be half imported by another thread; then it has no "set" yet and will read the variables itself.
        change = getattr(sys.modules.get("dask.config"), "set", None)
        if change is not None:
            change(settings)

    def overruled(self) -> bool:
        """Whether the person has named another scheduler in Dask's settings."""
        named = sys.modules["dask.config"].get("scheduler-address", None)
        return bool(named) and named != self._address

    def client(self) -> Any:
        """The kernel's client, connected; made once, and again when the old one was closed."""
        address = self.ready()
        from distributed import Client

        if self._client is None or self._client.status not in ("running", "connecting"):
            self._client = Client(address, set_as_default=True)
        return self._client


def lazy_client(connection: Connection) -> Any:
    """A stand-in for the client that connects when something is asked of it."""
    return wrapt.LazyObjectProxy(connection.client)


def let_plain_client_wait(connection: Connection) -> None:
    """Make ``Client()`` without an address wait for the kernel's cluster instead of starting one inside the kernel."""

    def wait_first(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not args and not kwargs.keys() & _ELSEWHERE and not connection.overruled():
            connection.ready()
        return wrapped(*args, **kwargs)

    def wrap(module: Any) -> None:
        wrapt.wrap_function_wrapper(module, "Client.__init__", wait_first)

    wrapt.register_post_import_hook(wrap, "distributed.client")
