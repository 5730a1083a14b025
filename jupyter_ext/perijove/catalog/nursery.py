"""Starts a fresh worker process in milliseconds, by forking one that has its libraries loaded already.

Vocabulary
  worker  a child for one request, which comes on the socket that its parent's parent sent here for it; where it is
          asked to, it waits for some seconds for the next request about the same place
  ahead   a worker that is asked for before its request: it reads a tiny file of ours while it waits, so that what a
          fork leaves to the first use (pages of memory to copy, a heap to grow) is done when the request comes
The nursery is a small process of its own with one thread. Nothing that a child does reaches the nursery or the next
child. In its idle time it loads what workers need, and it ends when its parent does; so does a worker, whatever it
waits for, because its line is then hung up.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from perijove.catalog.worker import known_parts, serve

IDLE_SECONDS = 0.3
REST_SECONDS = 0.05  # the worker at work answers first, then the next one is made ready
WAIT_SECONDS = 20.0  # for the next request, where a worker is kept
HEAP = 16 * 2**20
NOW, AHEAD, BRIEF = b"w", b"a", "brief"
FIRST = ("numpy", "pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet", "perijove.catalog.sources.parquet")
"""What is loaded before the first worker of a nursery that lives for one command, which has no idle time."""
LOADED: tuple[tuple[str, ...], ...] = (
    ("numpy", "pandas", "pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet", "email.parser"),
    ("perijove.catalog.sources.parquet", "perijove.catalog.sources.sql", "sqlalchemy.dialects.sqlite"),
    ("deltalake",),
    ("pyiceberg.table", "pyiceberg.io.pyarrow"),
)
"""What is loaded in idle times, a group at a time; none of it starts a thread that a fork would lose."""


def main() -> None:
    """Give a worker to each socket that comes in on standard input: at once, or ahead of its request in idle time."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=0)
    waiting = list(LOADED)
    if BRIEF in sys.argv[1:]:
        waiting.clear()
        _load(FIRST)
        known_parts()
        gc.freeze()
    ahead: list[int] = []
    while True:
        if not select.select([control], [], [], _rest(waiting, ahead))[0]:
            if waiting:
                _load(waiting.pop(0))
                with suppress(ImportError):
                    _rehearse()
                gc.freeze()
            else:
                _fork(ahead[0], ahead[1:], prepared=True)
                os.close(ahead.pop(0))
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if message == AHEAD:
            ahead += descriptors
            continue
        for descriptor in descriptors:
            _fork(descriptor, ahead)
            os.close(descriptor)


def _rest(waiting: Sequence[object], ahead: Sequence[int]) -> float | None:
    """How long to listen before there is other work; None where there is none."""
    if waiting:
        return IDLE_SECONDS
    return REST_SECONDS if ahead else None


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(ImportError):  # the worker will say what is missing
            importlib.import_module(name)


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


def _fork(descriptor: int, others: Sequence[int], prepared: bool = False) -> None:
    """A child that answers on a socket; ``others`` are sockets that it must not keep open."""
    if os.fork():
        return
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for other in others:
            os.close(other)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)  # standard input was the nursery's own line
        hung_up = select.poll()
        hung_up.register(descriptor, 0)  # only that whoever asks is gone; a request that is complete is no such thing
        threading.Thread(target=_work, args=(descriptor, prepared)).start()
        hung_up.poll()
        os.killpg(0, signal.SIGKILL)  # with all it started
    finally:
        os._exit(0)  # nothing of the nursery is to be flushed or closed twice


def _work(descriptor: int, prepared: bool) -> None:
    """Answer; in a thread, whose heap is its own: in the one that comes from the nursery each page is copied first."""
    try:
        line = socket.socket(fileno=descriptor)
        if prepared:
            _prepare()
        line.sendall(b"%d\n" % os.getpid())
        asked = _asked(line)
        while asked and serve(asked, line.sendall):
            asked = _asked(line, WAIT_SECONDS)
    finally:
        os._exit(0)


def _prepare() -> None:
    """Do what need not wait for the request."""
    known_parts()
    with suppress(ImportError):
        _rehearse()
    b"." * HEAP  # what is free now stays with the process: environment() says so
    gc.freeze()


def _asked(line: socket.socket, seconds: float | None = None) -> bytes:
    """A request, without its line's end; nothing where none comes in time."""
    if not select.select([line], [], [], seconds)[0]:
        return b""
    asked = b""
    while not asked.endswith(b"\n"):
        chunk = line.recv(2**16)
        if not chunk:
            return b""
        asked += chunk
    return asked


if __name__ == "__main__":
    main()
