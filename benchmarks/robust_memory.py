"""The most memory that a worker held, read from the kernel every two milliseconds while it lives."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path

from perijove.catalog.workers import Workers

EVERY = 0.002
MOST = re.compile(rb"VmHWM:\s+(\d+) kB")


class Watched(Workers):
    """Workers that are watched; ``most_resident`` is in bytes, of the worker that held most since it was set to 0."""

    def __init__(self) -> None:
        super().__init__()
        self.most_resident = 0
        self._watching: set[int] = set()
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self) -> tuple[socket.socket, int]:
        """A worker, from now on watched."""
        line, pid = super().start()
        self._watching.add(pid)
        return line, pid

    def _watch(self) -> None:
        while True:
            time.sleep(EVERY)
            for pid in list(self._watching):
                held = resident(pid)
                if held is None:
                    self._watching.discard(pid)
                else:
                    self.most_resident = max(self.most_resident, held)


def resident(pid: int) -> int | None:
    """The most memory that a process has held, in bytes; None when it is gone."""
    try:
        found = MOST.search(Path(f"/proc/{pid}/status").read_bytes())
    except OSError:
        return None
    return int(found.group(1)) * 1024 if found else None
