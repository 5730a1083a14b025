"""The journal of a room: what was saved and every edit since, so that a server that is killed loses nothing.

Vocabulary
  update  a change of the document as its clients send it
  state   one update that makes the whole document; it stands for all before it
  base    the content of the file that the state comes from, with the name of its version

The file is a line that names the format and then records: kind, length, checksum, time, content. Updates are appended;
after a save the file is replaced by a base and a state. What a killed server left half-written at the end is not read.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import struct
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from logging import Logger, getLogger
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pycrdt.store import BaseYStore, YDocNotFound

from perijove.storage import atomic

HEADER = b"perijove-journal 1\n"
HEAD = struct.Struct("<cQId")
BASE, STATE, UPDATE = b"B", b"S", b"U"
LARGE = 256 * 1024
"""Bytes of an update that is told to the room, so that it can make the document smaller."""


class Base(NamedTuple):
    """What lay on disk when the state was kept: its content as JSON has it, and the name of its version."""

    content: Any
    digest: str


class Record(NamedTuple):
    """One record of a journal; ``when`` is in seconds since 1970."""

    kind: bytes
    data: bytes
    when: float


class Journal(BaseYStore):
    """One file for each document, appended in batches and made durable by :meth:`sync`."""

    pause: ClassVar[float] = 0.2
    """Seconds between two batches: the most that a killed server forgets of what no client holds any more."""

    def __init__(
        self,
        path: str,
        metadata_callback: Callable[[], Awaitable[bytes] | bytes] | None = None,
        log: Logger | None = None,
        folder: Path = Path(".perijove/journal"),
    ) -> None:
        self.metadata_callback = metadata_callback
        self.log = log or getLogger(__name__)
        self.quiet = False
        """Updates are not kept while nothing but the file itself was loaded."""
        self.on_large: Callable[[], None] | None = None
        self._name = re.sub(r"[^A-Za-z0-9_-]", "_", path.strip(".")) or "document"
        self._folder = folder
        self._owned: tuple[Path, int] | None = None
        self._waiting: list[Record] = []
        self._writing = asyncio.Lock()
        self._batch: asyncio.Task[None] | None = None

    @property
    def file(self) -> Path:
        """Where the journal lies; another server that has the same document open keeps its own."""
        return self._own()

    @property
    def size(self) -> int:
        """How many bytes are kept, those included that wait to be written."""
        kept = self.file.stat().st_size if self.file.exists() else 0
        return kept + sum(len(record.data) for record in self._waiting)

    async def write(self, data: bytes) -> None:
        """Keep an update; it is on its way to the file when this returns."""
        if self.quiet:
            return
        self._waiting.append(Record(UPDATE, data, time.time()))
        if self._batch is None or self._batch.done():
            self._batch = asyncio.create_task(self._write_batches())
        if len(data) > LARGE and self.on_large is not None:
            self.on_large()

    async def sync(self) -> None:
        """Return when all that was written is durable."""
        async with self._writing:
            await self._flush()

    async def replace(self, state: bytes, base: Base) -> None:
        """Let one state and its base stand for everything that came before."""
        self.quiet = False
        self._waiting.clear()  # those updates are part of the state
        async with self._writing:
            await asyncio.to_thread(self._replace, state, base)

    async def read(self) -> AsyncIterator[tuple[bytes, bytes, float]]:
        """The state and the updates after it, oldest first; raises YDocNotFound when there are none."""
        await self.sync()
        found = [each for each in await asyncio.to_thread(self._records) if each.kind != BASE]
        if not found and not self.quiet:
            raise YDocNotFound
        for record in found:
            yield record.data, b"", record.when

    async def base(self) -> Base | None:
        """What lay on disk when the state was kept."""
        await self.sync()
        for record in reversed(await asyncio.to_thread(self._records)):
            if record.kind == BASE:
                found = json.loads(zlib.decompress(record.data))
                return Base(found["content"], found["digest"])
        return None

    def left(self) -> list[Journal]:
        """The journals of this document that other servers left behind; they belong to this one now."""
        own, found = self.file, []
        for file in sorted(self._folder.glob(f"{self._name}.*journal")):
            lock = _locked(file) if file != own else None
            if lock is not None:
                other = Journal(self._name, log=self.log, folder=self._folder)
                other._owned = file, lock
                found.append(other)
        return found

    async def remove(self) -> None:
        """Forget everything."""
        async with self._writing:
            self._waiting.clear()
            self.file.unlink(missing_ok=True)

    async def set_aside(self) -> None:
        """Keep a journal that cannot be used under another name, and begin anew."""
        async with self._writing:
            await asyncio.to_thread(self._set_aside)

    async def stop(self) -> None:
        """Make everything durable, and let others have the file."""
        await self.sync()
        if self._batch is not None:
            self._batch.cancel()
        if self._owned is not None:
            os.close(self._owned[1])
            self._owned = None
        with contextlib.suppress(RuntimeError):  # it was never started
            await super().stop()

    async def _write_batches(self) -> None:
        while self._waiting:
            async with self._writing:
                await self._flush()
            await asyncio.sleep(self.pause)

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            await asyncio.shield(asyncio.to_thread(self._append, batch))

    def _append(self, batch: list[Record]) -> None:
        file = self.file
        new = not file.exists()
        with file.open("ab") as out:
            if new:
                out.write(HEADER)
            out.writelines(encoded(record) for record in batch)
            out.flush()
            os.fsync(out.fileno())

    def _replace(self, state: bytes, base: Base) -> None:
        now = time.time()
        content = json.dumps({"content": base.content, "digest": base.digest}).encode()
        records = [Record(BASE, zlib.compress(content, 1), now), Record(STATE, state, now)]
        atomic.write(self.file, HEADER + b"".join(map(encoded, records)))

    def _records(self) -> list[Record]:
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return []
        if not data.startswith(HEADER):
            self._set_aside()
            return []
        records = list(decoded(data))
        kept = len(HEADER) + sum(HEAD.size + len(record.data) for record in records)
        if kept < len(data):
            os.truncate(self.file, kept)  # what is appended now must not follow half a record
        return records

    def _set_aside(self) -> None:
        aside = self.file.with_suffix(f".unreadable-{time.time_ns()}")
        self.file.rename(aside)
        self.log.warning("%s cannot be used; it is kept as %s", self.file, aside)

    def _own(self) -> Path:
        if self._owned is None:
            atomic.make(self._folder)
            for turn in range(100):
                file = self._folder / (f"{self._name}.journal" if not turn else f"{self._name}.{turn}.journal")
                lock = _locked(file)
                if lock is not None:
                    self._owned = file, lock
                    break
            else:
                raise BlockingIOError(f"The journal {self._name} is in use.")
        return self._owned[0]


def _locked(file: Path) -> int | None:
    """Take a journal for this server; None if another one has it."""
    lock = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def encoded(record: Record) -> bytes:
    """A record as it lies in the file."""
    return HEAD.pack(record.kind, len(record.data), zlib.crc32(record.data), record.when) + record.data


def decoded(data: bytes) -> Iterator[Record]:
    """The records of a journal, up to the first that is not whole."""
    place = len(HEADER)
    while place + HEAD.size <= len(data):
        kind, length, checksum, when = HEAD.unpack_from(data, place)
        start = place + HEAD.size
        content = data[start : start + length]
        if len(content) < length or zlib.crc32(content) != checksum or kind not in (BASE, STATE, UPDATE):
            return
        yield Record(kind, content, when)
        place = start + length
