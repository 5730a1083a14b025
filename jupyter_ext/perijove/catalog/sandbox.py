"""Calls the worker: starts it, reads its lines, and ends it with all it started when its time is up."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from perijove.catalog.model import Preview, Reading
from perijove.core.errors import Busy, Conflict, Failed, Invalid, NotAllowed, NotFound, PerijoveError
from perijove.core.tasks import end_group

ERRORS: dict[str, type[PerijoveError]] = {
    kind.__name__: kind for kind in (Invalid, NotFound, NotAllowed, Conflict, Busy, Failed)
}
MEMORY = 2 * 2**30
PREVIEW_SECONDS = 10.0
SCAN_SECONDS = 600.0
MOST_OUTPUT = 256 * 2**20
TICK = 0.25


@dataclass(frozen=True)
class Limits:
    """What one call may take: bytes of memory, seconds for a look, seconds for a scan."""

    memory: int = MEMORY
    preview_seconds: float = PREVIEW_SECONDS
    scan_seconds: float = SCAN_SECONDS


class Sandbox:
    """Reads sources through worker processes, within limits."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()

    def datasets(self, kind: str, uri: str, check: Callable[[], None]) -> Iterator[Reading]:
        """Every dataset of a source as it is found; ``check`` is called often and may raise to stop it."""
        request = self._request("datasets", kind, uri)
        for line in self._lines(request, self.limits.scan_seconds, check):
            if "found" in line:
                yield msgspec.convert(line["found"], type=Reading)

    def describe(self, kind: str, source: str, uri: str) -> Reading:
        """One dataset."""
        return msgspec.convert(self._one(self._request("describe", kind, source, uri=uri), "found"), type=Reading)

    def preview(self, kind: str, source: str, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows of one dataset."""
        request = self._request("preview", kind, source, uri=uri, rows=rows, options=options)
        return msgspec.convert(self._one(request, "preview"), type=Preview)

    def _request(self, verb: str, kind: str, source: str, **more: Any) -> dict[str, Any]:
        return {"verb": verb, "kind": kind, "config": {"uri": source}, "memory": self.limits.memory, **more}

    def _one(self, request: dict[str, Any], key: str) -> Any:
        answers = [line[key] for line in self._lines(request, self.limits.preview_seconds, lambda: None) if key in line]
        if not answers:
            raise Failed("The source gave no answer.", hint="Try again; if it stays so, scan the source.")
        return answers[0]

    def _lines(self, request: dict[str, Any], seconds: float, check: Callable[[], None]) -> Iterator[dict[str, Any]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "perijove.catalog.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"},
        )
        ended = False
        try:
            _ask(process, request)
            for raw in _read(process, time.monotonic() + seconds, seconds, check):
                line = msgspec.json.decode(raw)
                if "error" in line:
                    error = line["error"]
                    raise ERRORS.get(error["kind"], Failed)(error["message"], hint=error["hint"])
                ended = "done" in line
                yield line
        finally:
            if process.poll() is None:
                end_group(process, grace=0.2)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if not ended:
            raise Invalid(
                "Reading this ended its worker process: the data is damaged, or needs more memory than it may use.",
                hint="Read it in a kernel, in smaller parts, or write it again.",
            )


def _ask(process: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(msgspec.json.encode(request))
        process.stdin.close()
    except BrokenPipeError as error:
        raise Failed("The worker process could not start.", hint="Run `perijove doctor`.") from error


def _read(process: subprocess.Popen[bytes], until: float, seconds: float, check: Callable[[], None]) -> Iterator[bytes]:
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    rest, total = b"", 0
    while True:
        check()
        if time.monotonic() > until:
            raise Invalid(
                f"Reading this took longer than the {seconds:.0f} seconds it may take.",
                hint="Read it in a kernel, or write it again in smaller parts.",
            )
        if not select.select([descriptor], [], [], TICK)[0]:
            continue
        chunk = os.read(descriptor, 2**20)
        if not chunk:
            return
        total += len(chunk)
        if total > MOST_OUTPUT:
            raise Invalid("The source says more about itself than can be kept.", hint="Add a smaller part of it.")
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
