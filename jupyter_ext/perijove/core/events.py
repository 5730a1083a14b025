"""Things that happen, and who hears of them.

A service publishes one ``Happened``; the audit log keeps it, the live feed shows it, and other capabilities may
listen. Listeners run in the order they came; one that fails is logged and never breaks what happened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from perijove.core.refs import Ref

log = logging.getLogger("perijove")


class Happened(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that happened.

    ``what`` is ``<capability>.<thing>.<verb in the past>``, for instance ``catalog.source.added``.
    ``actor`` is a login name; ``door`` is how they came, web or cli; empty for the one that the events
    know. ``old`` and ``new`` are plain values.
    """

    what: str
    ref: Ref
    actor: str
    door: str = ""
    old: Any = None
    new: Any = None
    at: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))


Listener = Callable[[Happened], None]


class Events:
    """Hands what happened to everyone who listens; ``door`` is how people come to this process: web or cli."""

    def __init__(self, door: str = "web") -> None:
        self.door = door
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of everything from now on; the answer stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, happened: Happened) -> None:
        """Tell everyone who listens."""
        happened = msgspec.structs.replace(happened, door=happened.door or self.door)
        for listener in list(self._listeners):
            try:
                listener(happened)
            except Exception:  # noqa: BLE001 - a listener of another part must not undo what has happened
                log.exception("A listener failed on %s", happened.what)
