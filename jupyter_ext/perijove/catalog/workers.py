"""Where fresh worker processes come from: a nursery that forks them, started when the first one is needed.

One worker is asked for ahead, so that a request finds it prepared and goes to it straight. A command at the terminal
has a brief nursery instead: it is started while the command itself still loads, and prepares nothing.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import weakref

from perijove.catalog.nursery import AHEAD, BRIEF, NOW
from perijove.catalog.worker import environment
from perijove.core.errors import Failed

START_SECONDS = 20.0


class Workers:
    """Gives a socket and a process id for each worker; a nursery that died or has other packages is replaced."""

    def __init__(self, *, brief: bool = False) -> None:
        self._brief = brief
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._path: str | None = None
        self._ahead: socket.socket | None = None
        weakref.finalize(self, _end, self.__dict__)

    def warm(self) -> None:
        """Start the nursery, and have it prepare a worker."""
        with self._lock:
            self._prepare()

    def start(self) -> tuple[socket.socket, int]:
        """A connection to a fresh worker, and its process id (that of its process group too)."""
        with self._lock:
            prepared = self._prepared()
        if prepared is not None:
            return prepared
        for _ in range(2):
            with self._lock:
                ours = self._asked(NOW)
            pid = _first_line(ours) if ours is not None else b""
            if ours is not None and pid:
                with self._lock:
                    self._prepare()
                return ours, int(pid)
            with self._lock:
                self._close()
            if ours is not None:
                ours.close()
        raise Failed("No worker process could start.", hint="Run `perijove doctor`.")

    def close(self) -> None:
        """End the nursery; workers that are under way go on."""
        with self._lock:
            self._close()

    def _prepared(self) -> tuple[socket.socket, int] | None:
        """The worker that was asked for ahead, if it is prepared; the next one is asked for."""
        line = self._ahead
        self._nursery()  # a new one has no worker ahead
        if line is None or line is not self._ahead or not select.select([line], [], [], 0)[0]:
            return None
        self._ahead = None
        pid = _first_line(line)
        self._prepare()
        if pid:
            return line, int(pid)
        line.close()
        return None

    def _prepare(self) -> None:
        if self._brief:
            self._nursery()
        elif self._ahead is None:
            self._ahead = self._asked(AHEAD)

    def _asked(self, when: bytes) -> socket.socket | None:
        """A line to a worker that the nursery is asked for; None where the nursery cannot be reached."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._nursery(), [when], [theirs.fileno()])
            except OSError:
                ours.close()
                return None
        return ours

    def _nursery(self) -> socket.socket:
        if self._control is not None and self._path == os.environ.get("PYTHONPATH") and self._is_alive():
            return self._control
        self._close()
        ours, theirs = socket.socketpair()
        with theirs:
            self._path = os.environ.get("PYTHONPATH")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "perijove.catalog.nursery", *([BRIEF] if self._brief else [])],
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
        self._control = self._process = self._ahead = None


_begun: list[Workers] = []


def begin() -> None:
    """Start the nursery of a command, so that it loads beside the command; who asks ``brief`` next gets it."""
    if not _begun:
        _begun.append(Workers(brief=True))
        _begun[0].warm()


def brief() -> Workers:
    """The workers of a command: those that were begun, else new ones."""
    return _begun.pop() if _begun else Workers(brief=True)


def _end(state: dict[str, object]) -> None:
    process = state.get("_process")
    for line in (state.get("_ahead"), state.get("_control")):
        if isinstance(line, socket.socket):
            line.close()
    if isinstance(process, subprocess.Popen):
        if state.get("_brief"):
            process.kill()  # it has nothing to give back, and a command need not wait for it
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
