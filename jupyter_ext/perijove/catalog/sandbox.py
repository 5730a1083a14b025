"""Calls the worker: has one started for each call, reads its lines, and ends it with all it started when it must.

A call ends when its time is up, when it has used more computing time than a look may (hostile data costs computing,
slow storage only waits), when it says too much, or when whoever asked gives up. The clock begins when the worker has
loaded its libraries: the first look at a kind of data must not fail because they were not in memory yet.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import psutil

from perijove.catalog.kept import Kept, Place, place_of
from perijove.catalog.model import Level, Listing, Preview, Profile, Reading, Version, Window
from perijove.catalog.workers import Workers
from perijove.core.errors import Busy, Conflict, Failed, Invalid, NotAllowed, NotFound, PerijoveError

ERRORS: dict[str, type[PerijoveError]] = {
    kind.__name__: kind for kind in (Invalid, NotFound, NotAllowed, Conflict, Busy, Failed)
}
MEMORY = 2 * 2**30
PREVIEW_SECONDS = 10.0
COMPUTING_SECONDS = 1.5
ORDER_SECONDS = 6.0
SCAN_SECONDS = 600.0
LOADING_SECONDS = 60.0
MOST_OUTPUT = 256 * 2**20
TICK = 0.1
Check = Callable[[], None]


@dataclass(frozen=True)
class Limits:
    """What one call may take: bytes of memory, and seconds: of a look (in all, computing, ordering), of a scan."""

    memory: int = MEMORY
    preview_seconds: float = PREVIEW_SECONDS
    computing_seconds: float = COMPUTING_SECONDS
    order_seconds: float = ORDER_SECONDS
    scan_seconds: float = SCAN_SECONDS


class Sandbox:
    """Reads sources through worker processes, within limits."""

    def __init__(self, limits: Limits | None = None, workers: Workers | None = None) -> None:
        self.limits = limits or Limits()
        self.workers = workers or Workers()
        self.kept = Kept()

    def warm(self) -> None:
        """Start what starts workers, so that the first look is fast too."""
        self.workers.warm()

    def close(self) -> None:
        """End what starts workers, and those that wait."""
        self.kept.close()
        self.workers.close()

    def datasets(self, kind: str, uri: str, check: Check) -> Iterator[Reading]:
        """Every dataset of a source as it is found; ``check`` is called often and may raise to stop it."""
        for line in self._lines(self._request("datasets", kind, uri), self.limits.scan_seconds, check):
            if "found" in line:
                yield msgspec.convert(line["found"], type=Reading)

    def describe(self, kind: str, source: str, uri: str) -> Reading:
        """One dataset."""
        return msgspec.convert(self._one(self._request("describe", kind, source, uri=uri), "found"), type=Reading)

    def preview(self, kind: str, source: str, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows of one dataset."""
        request = self._request("preview", kind, source, uri=uri, rows=rows, options=options)
        return msgspec.convert(self._one(request, "preview"), type=Preview)

    def look(self, kind: str, source: str, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """Rows after filter and order, from an offset, of a version."""
        request = self._request("look", kind, source, uri=uri, window=window, options=options)
        orders = bool(window.sort or window.where or window.offset)
        computing = self.limits.order_seconds if orders else self.limits.computing_seconds
        return msgspec.convert(self._one(request, "preview", computing), type=Preview)

    def profile(
        self,
        kind: str,
        source: str,
        uri: str,
        level: Level,
        options: dict[str, str],
        version: str = "",
        check: Check = lambda: None,
        step: Callable[[float], None] = lambda share: None,
    ) -> Profile:
        """Figures of a dataset; a full profile may take as long as a scan, and ``step`` hears how much is done."""
        request = self._request("profile", kind, source, uri=uri, level=level, options=options, version=version)
        if level != "full":
            return msgspec.convert(self._one(request, "profile"), type=Profile)
        found = None
        for line in self._lines(request, self.limits.scan_seconds, check):
            if "share" in line:
                step(line["share"])
            found = line.get("profile", found)
        return msgspec.convert(_given(found), type=Profile)

    def versions(self, kind: str, source: str, uri: str, options: dict[str, str]) -> list[Version]:
        """The versions of one dataset, newest first."""
        request = self._request("versions", kind, source, uri=uri, options=options)
        return msgspec.convert(self._one(request, "versions"), type=list[Version])

    def children(self, kind: str, source: str, uri: str, more: str = "", limit: int = 200) -> Listing:
        """What is in a place, some at a time."""
        request = self._request("children", kind, source, uri=uri, more=more, limit=limit)
        return msgspec.convert(self._one(request, "listing"), type=Listing)

    def _request(self, verb: str, kind: str, source: str, **more: Any) -> dict[str, Any]:
        limits = {"memory": self.limits.memory, "environment": dict(os.environ)}
        return {"verb": verb, "kind": kind, "config": {"uri": source}, **limits, **more}

    def _one(self, request: dict[str, Any], key: str, computing: float | None = None) -> Any:
        computing = computing or self.limits.computing_seconds
        lines = self._lines(request, self.limits.preview_seconds, lambda: None, computing)
        with closing(lines):
            found = next((line[key] for line in lines if key in line), None)
            if place_of(request):
                deque(lines, 0)  # whoever may be asked again is heard to the end
        return _given(found)

    def _lines(
        self, request: dict[str, Any], seconds: float, check: Check, computing: float | None = None
    ) -> Generator[dict[str, Any], None, None]:
        place = place_of(request)
        kept = self.kept.take(place) if place else None
        if kept is not None:
            with suppress(_Gone, _Ended):  # while it waited, or by what it read before: a fresh one is asked
                yield from list(self._said(kept, request, place, _Clock(kept[1], seconds, computing), check))
                return
        worker = self.workers.start()
        try:
            yield from self._said(worker, request, place, _Clock(worker[1], seconds, computing), check)
        except _Gone as error:
            raise Failed("The worker process could not start.", hint="Run `perijove doctor`.") from error
        except _Ended as error:
            raise Invalid(
                "Reading this ended its worker process: the data is damaged, or needs more memory than it may use.",
                hint="Read it in a kernel, in smaller parts, or write it again.",
            ) from error

    def _said(
        self,
        worker: tuple[socket.socket, int],
        request: dict[str, Any],
        place: Place | None,
        clock: _Clock,
        check: Check,
    ) -> Generator[dict[str, Any], None, None]:
        """What a worker answers; raises _Gone where it ended before it said anything."""
        line, pid = worker
        ended = waits = heard = False
        try:
            _ask(line, {**request, "keep": place is not None})
            for raw in _read(line, clock, check):
                said, heard = msgspec.json.decode(raw), True
                if "ready" in said:
                    clock.begin(said["ready"])
                    continue
                if "error" in said:
                    error = said["error"]
                    raise ERRORS.get(error["kind"], Failed)(error["message"], hint=error["hint"])
                if "done" in said:
                    ended, waits = True, said["done"] == "waits"
                    break
                yield said
        finally:
            if not ended:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
            if waits and place:
                self.kept.give(place, line, pid)
            else:
                line.close()
        if not heard:
            raise _Gone
        if not ended:
            raise _Ended


def _given(found: Any) -> Any:
    if found is None:
        raise Failed("The source gave no answer.", hint="Try again; if it stays so, scan the source.")
    return found


def _ask(line: socket.socket, request: dict[str, Any]) -> None:
    try:
        line.sendall(msgspec.json.encode(request) + b"\n")
    except OSError as error:
        raise _Gone from error


class _Ended(Exception):
    """A worker ended in the middle of its work."""


class _Gone(Exception):
    """A worker ended before it said anything."""


class _Clock:
    """Says when a call has taken too long; ``begin`` is called when the worker has its libraries."""

    def __init__(self, pid: int, seconds: float, computing: float | None) -> None:
        self.pid, self.seconds, self.computing = pid, seconds, computing
        self.until = time.monotonic() + LOADING_SECONDS
        self.loading: float | None = None

    def begin(self, loading: float) -> None:
        """Count from now on; the worker has computed for so many seconds already."""
        self.until = time.monotonic() + self.seconds
        self.loading = loading

    def check(self) -> None:
        """Raise Invalid where the time is up."""
        if time.monotonic() > self.until:
            raise _slow(self.seconds)
        if self.computing is None or self.loading is None:
            return
        with suppress(psutil.Error):
            used = psutil.Process(self.pid).cpu_times()
            if used.user + used.system > self.computing + self.loading:
                raise _slow(self.computing)


def _read(line: socket.socket, clock: _Clock, check: Check) -> Iterator[bytes]:
    looked = time.monotonic()
    rest, total = b"", 0
    while True:
        check()
        said = select.select([line], [], [], TICK)[0]
        if time.monotonic() - looked > TICK:
            looked = time.monotonic()
            clock.check()
        if not said:
            continue
        try:
            chunk = line.recv(2**20)
        except ConnectionResetError:
            return
        if not chunk:
            return
        total += len(chunk)
        if total > MOST_OUTPUT:
            raise Invalid("The source says more about itself than can be kept.", hint="Add a smaller part of it.")
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


def _slow(seconds: float) -> Invalid:
    return Invalid(
        f"Reading this took longer than the {seconds:.2g} seconds it may take.",
        hint="Read it in a kernel, or write it again in smaller parts.",
    )
