"""Workers that have answered a look and wait for the next one at the same place, for some seconds.

Someone who opens a dataset pages on, sorts and filters; a process that has read there has its memory at hand, which
takes a fresh one longer than the reading itself. A worker is kept for one source only, and only where it reads local
files: libraries for far places remember what they listed.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any

MOST = 4
SECONDS = 10.0  # shorter than the worker waits, so that none leaves while it is asked
Place = tuple[str, str, str | None]


class Kept:
    """The workers that wait, at most ``most``; the one that waits longest goes first when there are too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._lines: dict[socket.socket, tuple[Place, int, float]] = {}
        weakref.finalize(self, _hang_up, self._lines)

    def take(self, place: Place) -> tuple[socket.socket, int] | None:
        """The line to a worker that waits for this place, and its process id; those that left are forgotten."""
        with self._lock:
            gone = set(select.select(list(self._lines), [], [], 0)[0])  # it says nothing while it waits
            gone |= {line for line, (_, _, since) in self._lines.items() if time.monotonic() - since > SECONDS}
            for line in gone:
                del self._lines[line]
                line.close()
            for line, (kept, pid, _) in self._lines.items():
                if kept == place:
                    del self._lines[line]
                    return line, pid
        return None

    def give(self, place: Place, line: socket.socket, pid: int) -> None:
        """Keep a worker that said it waits."""
        with self._lock:
            self._lines[line] = (place, pid, time.monotonic())
            while len(self._lines) > self._most:
                oldest = next(iter(self._lines))
                del self._lines[oldest]
                oldest.close()

    def close(self) -> None:
        """Let all of them go."""
        with self._lock:
            _hang_up(self._lines)


def place_of(request: Mapping[str, Any]) -> Place | None:
    """What a worker may be kept for after this request; None where it may not."""
    source = request["config"]["uri"]
    if request["verb"] not in ("look", "preview") or request["kind"] != "files" or not source.startswith("file:"):
        return None
    return request["kind"], source, os.environ.get("PYTHONPATH")


def _hang_up(lines: dict[socket.socket, tuple[Place, int, float]]) -> None:
    for line in lines:
        line.close()
    lines.clear()
