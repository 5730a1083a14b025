"""Where fresh worker processes come from: a nursery that forks them, started when the first one is needed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import weakref

from perijove.catalog.worker import environment
from perijove.core.errors import Failed

START_SECONDS = 20.0


class Workers:
    """Gives a socket and a process id for each worker; a nursery that died or has other packages is replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._path: str | None = None
        weakref.finalize(self, _end, self.__dict__)

    def warm(self) -> None:
        """Start the nursery."""
        with self._lock:
            self._nursery()

    def start(self) -> tuple[socket.socket, int]:
        """A connection to a fresh worker, and its process id (that of its process group too)."""
        for _ in range(2):
            ours, theirs = socket.socketpair()
            with theirs, self._lock:
                try:
                    socket.send_fds(self._nursery(), [b"w"], [theirs.fileno()])
                except OSError:
                    self._close()
                    ours.close()
                    continue
            pid = _first_line(ours)
            if pid:
                return ours, int(pid)
            ours.close()
            with self._lock:
                self._close()
        raise Failed("No worker process could start.", hint="Run `perijove doctor`.")

    def close(self) -> None:
        """End the nursery; workers that are under way go on."""
        with self._lock:
            self._close()

    def _nursery(self) -> socket.socket:
        if self._control is not None and self._path == os.environ.get("PYTHONPATH") and self._is_alive():
            return self._control
        self._close()
        ours, theirs = socket.socketpair()
        with theirs:
            self._path = os.environ.get("PYTHONPATH")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "perijove.catalog.nursery"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=environment(os.environ),
            )
        self._control = ours
        return ours

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _close(self) -> None:
        _end(self.__dict__)
        self._control = self._process = None


def _end(state: dict[str, object]) -> None:
    control, process = state.get("_control"), state.get("_process")
    if isinstance(control, socket.socket):
        control.close()
    if isinstance(process, subprocess.Popen):
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(line: socket.socket) -> bytes:
    line.settimeout(START_SECONDS)
    found = b""
    try:
        while not found.endswith(b"\n"):
            one = line.recv(1)
            if not one:
                return b""
            found += one
    except OSError:
        return b""
    line.settimeout(None)
    return found.strip()
