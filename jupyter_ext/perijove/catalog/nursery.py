"""Starts a fresh worker process in milliseconds, by forking one that has its libraries loaded already.

The nursery is a small process of its own with one thread. Its parent sends it a socket for each request; it forks, and
the child reads the request from that socket and answers on it. Nothing that a child does reaches the nursery or the
next child. In its idle time it loads what workers need, and keeps one child ready; it ends when its parent does.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from perijove.catalog.worker import known_parts, serve

IDLE_SECONDS = 0.3
LOADED: tuple[tuple[str, ...], ...] = (
    ("numpy", "pandas", "pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet", "email.parser"),
    ("perijove.catalog.sources.parquet", "perijove.catalog.sources.sql", "sqlalchemy.dialects.sqlite"),
    ("deltalake",),
    ("pyiceberg.table", "pyiceberg.io.pyarrow"),
)
"""What is loaded in idle times, a group at a time; none of it starts a thread that a fork would lose."""


def main() -> None:
    """Give a worker to each socket that comes in on standard input; keep one worker ready for the next."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=0)
    waiting = list(LOADED)
    ready: socket.socket | None = None
    while True:
        while waiting and not select.select([control], [], [], IDLE_SECONDS)[0]:
            _load(waiting.pop(0))
        if not waiting and ready is None:
            ready = _ready(control)
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            if ready is None or not _given(ready, descriptor):
                _fork(control, lambda descriptor=descriptor: descriptor)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            ready = None
            os.close(descriptor)


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(ImportError):  # the worker will say what is missing
            importlib.import_module(name)
    with suppress(ImportError):
        _rehearse()
    gc.freeze()


def _rehearse() -> None:
    """Read and profile a tiny file of our own, so that what Arrow sets up at its first use is set up."""
    import tempfile

    import pyarrow as pa
    import pyarrow.parquet as pq

    from perijove.catalog.profile import of_sample
    from perijove.catalog.rows import Held
    from perijove.catalog.sources.files import FilesSource

    table = pa.table({"number": [1.5, 2.5, None], "word": ["a", "b", None]})
    of_sample(Held(table), "")
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pq.write_table(table, file.name)
        uri = Path(file.name).as_uri()
        FilesSource(FilesSource.Config(uri)).preview(uri, 2, {})


def _ready(control: socket.socket) -> socket.socket:
    """A worker that is forked already and waits for its request."""
    ours, theirs = socket.socketpair()

    def wait() -> int:
        ours.close()
        known_parts()
        message, descriptors, _, _ = socket.recv_fds(theirs, 1, 1)
        theirs.close()
        if not message:
            os._exit(0)
        return descriptors[0]

    _fork(control, wait)
    theirs.close()
    return ours


def _given(ready: socket.socket, descriptor: int) -> bool:
    """Whether the worker that was ready took the socket; it may have been ended while it waited."""
    with ready:
        try:
            socket.send_fds(ready, [b"w"], [descriptor])
        except OSError:
            return False
    return True


def _fork(control: socket.socket, request: Callable[[], int]) -> None:
    if os.fork():
        return
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        control.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        with socket.socket(fileno=request()) as line:
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
