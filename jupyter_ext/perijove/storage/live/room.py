"""A room in which people edit one document together, and which takes in what changes on disk without losing an edit.

Everything that touches the disk happens under one lock: a save is based on the version that was read, and when another
one lies there, what lies there and what is in the room are merged first. Merging reads and changes the document without
letting go of the loop, so nobody's keystroke falls between.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server_ydoc.rooms import DocumentRoom
from jupyter_server_ydoc.utils import JUPYTER_COLLABORATION_EVENTS_URI, LogLevel
from pycrdt import Doc, UndoManager
from pycrdt.store import YDocNotFound
from tornado.web import HTTPError

from perijove.core.errors import Busy, NotAllowed, PerijoveError
from perijove.storage.live import kinds, slim
from perijove.storage.live.journal import Base, Journal
from perijove.storage.live.sources import Loaded, Source
from perijove.storage.model import Changed, Version

PATIENCE = 10
"""So many save delays a document that people never stop to edit waits for its save."""
RETRY = 10.0
"""Seconds after which a save that failed is tried again."""
TRIES = 20
"""How often a save is tried while somebody else writes the file all the time."""
AT_ONCE = 100_000_000
"""Nanoseconds after a save in which a program may write that had read the file before it."""
TURNS = 1000
"""How many turns of the loop a save waits at most for edits that arrived before it."""
SETTLE = 0.05
"""Seconds for a program that writes a file in place to finish."""


class Room(DocumentRoom):  # type: ignore[misc]  # the library has no types
    """A document room with a memory of what lies on disk."""

    source: Source
    journal: Journal | None
    ystore: Any
    ready: Any
    _subscription: Any
    _saving_document: asyncio.Task[None] | None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        from perijove.storage.live import attach

        super().__init__(*arguments, **options)
        self.blobs = attach.documents_for(self._file)
        self.source = attach.source_for(self._file, self._file_format, self._file_type)
        self.journal = attach.journal_for(self._file_type, self._file, self.ystore, self.log)
        self.ystore = self.journal
        self.kind = kinds.kind_of(self._document)
        self.version = Version(0, "")
        self._document._undo_manager = UndoManager()  # the first one would keep all that was ever deleted
        self._disk = asyncio.Lock()
        self._last_change = self._first_change = 0.0
        self._watcher: asyncio.Task[None] | None = None
        self._complaints: set[str] = set()
        self._blobs: set[str] = set()
        self._slimming: asyncio.Task[None] | None = None
        if self.journal is not None:
            self.journal.on_large = self._on_large

    async def initialize(self) -> None:
        """Read the file, and what the journal kept of an earlier room; only the first client waits for it."""
        async with self._disk:
            if self.ready:
                return
            loaded = await self.source.load()
            self.version = loaded.version
            self.kind.take(loaded)
            self._blobs = self._named(loaded.content)
            if not await self._recover(loaded):
                self.ydoc.apply_update(self.kind.first())
                if self.journal is not None:
                    self.journal.quiet = True  # the file itself tells all there is to know
            await self._absorb()
            self.ready = True
            if not self._document_progressively_loaded.done():
                self._document_progressively_loaded.set_result(None)
            self._emit(LogLevel.INFO, "initialize", "Room initialized")
        from perijove.storage.live import attach

        attach.rooms.add(self)
        if self._file._poll_interval:
            self._watcher = asyncio.create_task(self._watch(self._file._poll_interval))
        if self._is_dirty():
            self._schedule()

    async def stop(self) -> None:
        """Save what is not saved, and let go of everything."""
        from perijove.storage.live import attach

        attach.rooms.discard(self)
        if self._watcher is not None:
            self._watcher.cancel()
        if self.ready:
            await self.flush()
        for task in (self._slimming, self._saving_document):
            if task is not None:
                task.cancel()
        await self._say_the_last()
        if self.ready and not self._is_dirty() and self.source.name.endswith(".ipynb"):
            await self._drop_blobs(set())  # the file has the outputs
        if self.journal is not None:
            await self._trim()
            await self.journal.stop()
        await super().stop()

    async def _say_the_last(self) -> None:
        """Send what is still on its way to people; the library would trip over it."""
        if self._subscription is not None:
            self.ydoc.unobserve(self._subscription)
            self._subscription = None
            while self._update_receive_stream.statistics().current_buffer_used:
                await asyncio.sleep(0)

    async def flush(self) -> None:
        """Write what autosave would write later; what cannot be written stays in the journal."""
        if self._save_delay is not None and self._autosaves() and self._is_dirty():
            try:
                await self._save()
            except (PerijoveError, HTTPError, OSError) as error:
                self._complain("saving", error)
        if self.journal is not None:
            await self.journal.sync()

    async def sync(self) -> None:
        """Take in what changed on disk, now."""
        async with self._disk:
            if self.ready and await self._merge_disk() and self._is_dirty():
                self._schedule()

    def _on_document_change(self, target: str, event: Any) -> None:
        if target == "state" or not self.ready:
            return
        if self.journal is not None and self.journal.quiet:
            self.journal.quiet = False
            self.create_task(self._begin_journal())
        self._schedule()

    async def _on_outofband_change(self) -> None:
        await self._sync_or_say()

    def _save_to_disc(self) -> asyncio.Task[None]:
        """Save because a person wants it; the answer is sent when all of it is durable."""
        return asyncio.create_task(self._save_or_say())

    def _autosaves(self) -> bool:
        states = [state.get("autosave", True) for state in self.awareness.states.values() if state]
        return any(states) if states else True

    def _schedule(self) -> None:
        if self._save_delay is None:
            return
        self._last_change = asyncio.get_running_loop().time()
        if self._saving_document is None or self._saving_document.done():
            self._first_change = self._last_change
            self._saving_document = asyncio.create_task(self._autosave())

    async def _autosave(self) -> None:
        """Save when nobody edited for the save delay, or after some patience; try again after a failure."""
        loop, delay = asyncio.get_running_loop(), self._save_delay or 0.0
        while True:
            due = min(self._last_change + delay, self._first_change + PATIENCE * delay)
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
                continue
            if not self._autosaves():
                return
            self._first_change = loop.time() + delay
            started = loop.time()
            try:
                await self._save()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may succeed
                self._complain("saving", error)
                await asyncio.sleep(RETRY)
                continue
            if self._last_change < started:
                return

    async def _save(self, by_hand: bool = False) -> None:
        """Write what the room holds, merged with what lies on disk; durable when it returns."""
        await self._caught_up()
        async with self._disk:
            for _ in range(TRIES):
                await self._slim()
                now = self.kind.now()
                content = self.kind.outgoing(now)
                gone = by_hand and not await self.source.exists()  # who saves now wants it back
                if not gone and not self.kind.is_news(content):
                    break
                if not gone and not await self._may_write(by_hand):
                    return
                base = None if gone else self.version
                try:
                    version = await asyncio.shield(self.source.save(content, base, self.kind.trusted))
                except Changed:
                    await self._merge_disk(settle=True)
                    continue
                self.kind.written(content)
                self.version = version
                break
            else:
                raise Busy(f"{self.source.name} is changed all the time.", hint="It is saved when that ends.")
            self._complaints.clear()
            await self._exported()
            await self._drop_blobs(self._named(now) | self._named(self.kind.base))
        self._emit(LogLevel.INFO, "save", "Content saved.")
        self._tell_siblings()

    async def _may_write(self, by_hand: bool) -> bool:
        if self.kind.held_back and not by_hand:
            return False
        if await self.source.writable():
            return True
        if by_hand:
            raise NotAllowed(f"You may not write {self.source.name}.", hint="Save it under another name.")
        return False

    async def _save_or_say(self) -> None:
        try:
            await self._save(by_hand=True)
        except Exception as error:
            self._complaints.clear()  # who asks again is told again
            self._complain("saving", error)
            raise

    async def _caught_up(self) -> None:
        """Return when what people had sent is in the document: "save" overtakes their edits on its way here."""
        for _ in range(TURNS):
            if all(client._message_queue.empty() for client in self.clients if hasattr(client, "_message_queue")):
                return
            await asyncio.sleep(0)

    async def _exported(self) -> None:
        """After a save: say so to the people in the room, and trim the journal."""
        if self._document.dirty is not False:
            self._document.dirty = False
        if self._document.hash != self.version.digest:
            self._document.hash = self.version.digest
        await self._trim()

    async def _merge_disk(self, settle: bool = False) -> bool:
        """Bring in what lies on disk; says whether there was anything new."""
        if (await self.source.version()).digest == self.version.digest:
            return False
        for _ in range(TRIES):
            loaded = await self.source.load()
            if settle:
                await asyncio.sleep(SETTLE)
            if not settle or (await self.source.version()).digest == loaded.version.digest:
                break
        after = loaded.version.token - self.version.token
        conflicts = self.kind.merge(loaded, at_once=0 < after < AT_ONCE)
        self.version = loaded.version
        self.log.info("Room %s took in a change on disk; %d conflicts", self._room_id, conflicts)
        self._document.hash = self.version.digest
        await self._trim()
        return True

    async def _watch(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._sync_or_say()

    async def _sync_or_say(self) -> None:
        try:
            async with self._disk:
                if self.ready and await self._merge_disk(settle=True):
                    self._complaints.clear()
                    if self._is_dirty():
                        self._schedule()
        except Exception as error:  # noqa: BLE001 - whatever lies on disk, the room must outlive it
            self._complain("reading", error)

    def _is_dirty(self) -> bool:
        return self.kind.is_news(self.kind.outgoing(self.kind.now()))

    def _tell_siblings(self) -> None:
        """A room that shows the same document otherwise takes in at once what this one wrote."""
        from perijove.storage.live import attach

        for other in list(attach.rooms):
            if other is not self and other.source.key == self.source.key:
                other.create_task(other._sync_or_say())

    def _complain(self, doing: str, error: Exception) -> None:
        sentence = f"Error {doing} file: {self._document.path}\n{error}"
        if sentence not in self._complaints:  # once, not every second
            self._complaints.add(sentence)
            self.log.error(sentence, exc_info=None if isinstance(error, PerijoveError | HTTPError) else error)
            self._emit(LogLevel.ERROR, None, sentence)

    def _emit(self, level: LogLevel, action: str | None = None, msg: str | None = None) -> None:
        data = {"level": level.value, "room": self.room_id, "path": self.source.name}
        told = {key: value for key, value in (("action", action), ("msg", msg)) if value}
        self._logger.emit(schema_id=JUPYTER_COLLABORATION_EVENTS_URI, data=data | told)

    async def _recover(self, loaded: Loaded) -> bool:
        """Go on from the journal of an earlier room: its history, its unsaved edits, and what changed on disk since."""
        if self.journal is None:
            return False
        base = await self.journal.base()
        try:
            updates = [update async for update, *_ in self.journal.read()]
        except YDocNotFound:
            return False
        if base is None or not self._applies(updates):
            await self.journal.set_aside()
            return False
        self.kind.take(loaded._replace(content=base.content))
        if base.digest != loaded.version.digest:
            self.kind.merge(loaded)
        else:
            self.kind.take(loaded)
        await self._trim()
        self._emit(LogLevel.INFO, "load", "Content loaded from the journal")
        return True

    async def _absorb(self) -> None:
        """Take in the unsaved edits of servers that had this document open, too, and were killed."""
        for left in self.journal.left() if self.journal is not None else []:
            trial = type(self._document)(Doc())
            try:
                base = await left.base()
                async for update, *_ in left.read():
                    trial.ydoc.apply_update(update)
            except YDocNotFound:
                base = None
            except (RuntimeError, ValueError):
                base = None
                await left.set_aside()
            if base is not None:
                there = kinds.kind_of(trial)
                there.take(Loaded(base.content, self.version))
                if there.is_news(edited := there.now()):
                    self.kind.absorb(base.content, edited)
                    await self._begin_journal()
                    await left.remove()
            await left.stop()

    def _applies(self, updates: list[bytes]) -> bool:
        trial: Doc[Any] = Doc()
        try:
            for update in updates:
                trial.apply_update(update)
        except (RuntimeError, ValueError) as error:
            self.log.warning("The journal of %s cannot be used: %s", self.source.name, error)
            return False
        self.ydoc.apply_update(trial.get_update())
        return True

    async def _begin_journal(self) -> None:
        if self.journal is not None:
            await self.journal.replace(self.ydoc.get_update(), Base(self.kind.base, self.version.digest))

    async def _trim(self) -> None:
        if self.journal is not None and not self.journal.quiet:
            await self._begin_journal()

    def _on_large(self) -> None:
        """A large update came: what is large in it leaves the document now, not at the next save."""
        if self._slimming is None or self._slimming.done():
            self._slimming = asyncio.create_task(self._slim_and_trim())

    async def _slim_and_trim(self) -> None:
        async with self._disk:
            if await self._slim():
                await self._trim()
                await self._drop_blobs(self._named(self.kind.now()) | self._named(self.kind.base))

    async def _slim(self) -> bool:
        if self.blobs is None or self._file_type != "notebook":
            return False
        put = await slim.slim(self._document, self.blobs.put_blob)
        self._blobs |= put
        return bool(put)

    def _named(self, content: Any) -> set[str]:
        return slim.named(content) if self._file_type == "notebook" else set()

    async def _drop_blobs(self, kept: set[str]) -> None:
        """Forget the outputs that were replaced; what a manifest names stays."""
        from perijove.storage.live import attach

        others: set[str] = set().union(*(room._blobs for room in attach.rooms if room is not self))
        gone, self._blobs = self._blobs - kept - others, self._blobs & kept
        if gone and self.blobs is not None:
            await asyncio.to_thread(slim.drop, self.blobs, gone)
