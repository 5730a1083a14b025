"""A project with notebooks and the rooms in which they are open, without a server."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_server_ydoc.loaders import FileLoader
from jupyter_server_ydoc.test_utils import FakeFileIDManager

from perijove.core.project import Project
from perijove.storage.documents import Documents
from perijove.storage.live import attach
from perijove.storage.live.journal import Journal
from perijove.storage.live.room import Room
from perijove.storage.live.ydoc import edit_text, snapshot

PNG: dict[str, Any] = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "QUJD" * 2000}}


class Notary:
    """Trusts nothing, as on a computer where a notebook was never run."""

    def check_signature(self, notebook: Any) -> bool:
        return False

    def sign(self, notebook: Any) -> None:
        """Nothing to remember."""


class Manager:
    """What a room asks of a contents manager when documents do the work."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.notary = Notary()

    def _get_os_path(self, path: str) -> str:
        return str(self.documents.project.root / path)

    def get(self, path: str, content: bool = True, **_: Any) -> dict[str, Any]:
        file = Path(self._get_os_path(path))
        return {"writable": os.access(file, os.W_OK), "last_modified": file.stat().st_mtime_ns}


class Events:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def emit(self, schema_id: str, data: dict[str, Any]) -> None:
        self.told.append(data)


class Place:
    """A project with notebooks, and rooms in which they are open."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.documents = Documents(project)
        self.manager = Manager(self.documents)
        self.events = Events()
        attach._stores[self.manager] = (project, self.documents)

    @asynccontextmanager
    async def open(
        self, name: str, kind: str = "notebook", save_delay: float | None = None, poll: float | None = None
    ) -> AsyncIterator[Room]:
        loader = FileLoader(name, FakeFileIDManager({name: name}), self.manager, poll_interval=poll)
        store = Journal(f"{kind}:{name}", folder=self.project.state / "journal")
        form = "json" if kind == "notebook" else "text"
        room = Room(f"{form}:{kind}:{name}", form, kind, loader, self.events, store, None, save_delay)
        running = asyncio.create_task(room.start())
        await room.started.wait()
        await room.initialize()
        await room.ydoc_observed.wait()
        try:
            yield room
        finally:
            await room.stop()
            await loader.clean()
            await asyncio.wait([running], timeout=5)

    def write(self, name: str, *cells: dict[str, Any], minor: int = 5) -> Path:
        file = self.project.root / name
        file.write_text(json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": minor}))
        return file

    def text(self, name: str, *cells: dict[str, Any]) -> Path:
        """A text notebook made by a save, as any is."""
        file = self.project.root / name
        file.write_text('# perijove-notebook 1 {"kernel": "python3"}\n')
        self.documents.save(file, {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        return file

    def read(self, file: Path) -> dict[str, Any]:
        return self.documents.load(file).notebook


def code(cell_id: str | None, source: str = "", *made: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "execution_count": None,
        "outputs": list(made),
    }
    return cell if cell_id is None else {"id": cell_id, **cell}


def sources(found: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in found["cells"]]


def edit(room: Room, index: int, source: str) -> None:
    edit_text(room._document.ycells[index]["source"], source)


def shown(room: Room) -> list[str]:
    return sources(snapshot(room._document))
