"""The file in which a kernel leaves what it did, one JSON object a line, until a server or command takes it in.

A reader may rename or remove a file at any time. Each line is written under a lock on a file that still has its name,
so that no line ends up in a file that is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perijove_kernel import home


class Spool:
    """Appends what happens to ``<state>/spool``; when its file was taken away, the next line begins a new one."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "spool"
        self._path = self.folder / f"{uuid.uuid4().hex}.jsonl"

    def write(self, line: dict[str, Any]) -> None:
        """Append one line, with the time at which it was written."""
        home.private_folder(self.folder)
        text = json.dumps({**line, "at": datetime.now(UTC).isoformat()}, default=str) + "\n"
        while not self._append(text.encode()):
            self._path = self.folder / f"{uuid.uuid4().hex}.jsonl"

    def _append(self, text: bytes) -> bool:
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                same = self._path.stat().st_ino == os.fstat(handle).st_ino
            except FileNotFoundError:
                same = False
            if same:
                os.write(handle, text)
            return same
        finally:
            os.close(handle)
