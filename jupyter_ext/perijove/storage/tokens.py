"""Versions of files by ``stat`` alone: content is read only when its signature changed.

Vocabulary
  signature  what the system says of a file: time of change, size, inode, time of status change
  digest     the name of the content
  token      nanoseconds that only grow; it is new when, and only when, the content is

The time of status change cannot be set back by a program, so a file that is replaced by an older one is noticed. A file
that changed so lately that a second change could carry the same time is looked at again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perijove.storage.model import Version

Signature = tuple[tuple[int, int, int, int] | None, ...]
TICK = 1000
"""The smallest step of a token: a microsecond, which is the finest a contents model can tell."""
LATELY = 100_000_000
"""Nanoseconds: file systems tell times apart that are further apart than this."""


def signature(*paths: Path) -> Signature:
    """What the system says of files; None for one that is not there."""
    return tuple(_one(path) for path in paths)


def settled(seen: Signature) -> bool:
    """Whether a signature is so old that no other content can have it."""
    return time.time_ns() - max((part[3] for part in seen if part), default=0) > LATELY


def _one(path: Path) -> tuple[int, int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns


@dataclass
class _Known:
    signature: Signature
    digest: str
    token: int
    settled: bool


class Tokens:
    """The versions of the files of one project, as this process has seen them."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def token(self, key: Path, seen: Signature, digest: Callable[[], str]) -> int:
        """The token of a file; its content is asked for only if it was read before and its signature changed."""
        known = self._known.get(os.fspath(key))
        if known is not None and known.signature == seen and (known.settled or not known.digest):
            return known.token
        return self.note(key, seen, digest() if known is not None and known.digest else "").token

    def version(self, key: Path, seen: Signature, digest: Callable[[], str]) -> Version:
        """The version of a file; its content is asked for only when its signature changed."""
        known = self._known.get(os.fspath(key))
        if known is not None and known.signature == seen and known.settled and known.digest:
            return Version(known.token, known.digest)
        return self.note(key, seen, digest())

    def note(self, key: Path, seen: Signature, digest: str) -> Version:
        """Remember what was found; the token grows if the content is another one."""
        latest = max((part[3] for part in seen if part), default=0)
        with self._lock:
            known = self._known.get(os.fspath(key))
            token = latest // TICK * TICK
            if known is not None:
                if digest and known.digest:
                    same = digest == known.digest
                else:
                    same = known.signature == seen
                token = known.token if same else max(known.token + TICK, token)
            self._known[os.fspath(key)] = _Known(seen, digest, token, settled(seen))
        return Version(token, digest)

    def forget(self, key: Path) -> None:
        """Look at a file as if for the first time, with a token no smaller than before."""
        with self._lock:
            known = self._known.get(os.fspath(key))
            if known is not None:
                self._known[os.fspath(key)] = _Known((), "-", known.token, False)
