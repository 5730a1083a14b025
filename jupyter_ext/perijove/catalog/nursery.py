"""Starts a fresh worker process in milliseconds, by forking one that has its libraries loaded already.

The nursery is a small process of its own with one thread. Its parent sends it a socket for each request; it forks, and
the child reads the request from that socket and answers on it. Nothing that a child does reaches the nursery or the
next child. After the first request it uses its idle time to load what workers need; it ends when its parent does.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
from contextlib import suppress

from perijove.catalog.worker import serve

IDLE_SECONDS = 0.3
LOADED: tuple[tuple[str, ...], ...] = (
    ("numpy", "pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet", "perijove.catalog.profile_column"),
    ("perijove.catalog.sources.files", "perijove.catalog.sources.parquet", "perijove.catalog.window"),
    ("perijove.catalog.sources.sql", "sqlalchemy.dialects.sqlite", "sqlalchemy.engine.reflection"),
    ("deltalake",),
    ("pyiceberg.table", "pyiceberg.io.pyarrow"),
)
"""What is loaded in idle times, a group at a time; none of it starts a thread that a fork would lose."""


def main() -> None:
    """Fork a worker for each socket that comes in on standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=0)
    waiting = list(LOADED)
    while True:
        while waiting and not select.select([control], [], [], IDLE_SECONDS)[0]:
            _load(waiting.pop(0))
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            _fork(control, descriptor)


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(ImportError):  # the worker will say what is missing
            importlib.import_module(name)
    gc.freeze()


def _fork(control: socket.socket, descriptor: int) -> None:
    if os.fork():
        os.close(descriptor)
        return
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        control.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        with socket.socket(fileno=descriptor) as line:
            line.sendall(b"%d\n" % os.getpid())
            serve(_asked(line), line.sendall)
    finally:
        os._exit(0)  # nothing of the nursery is to be flushed or closed twice


def _asked(line: socket.socket) -> bytes:
    parts = []
    while chunk := line.recv(2**16):
        parts.append(chunk)
    return b"".join(parts)


if __name__ == "__main__":
    main()
