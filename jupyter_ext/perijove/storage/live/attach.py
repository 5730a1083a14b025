"""Gives every room of jupyter-collaboration Perijove's merging, its journal and its store for large outputs."""

from __future__ import annotations

import asyncio
import weakref
from functools import wraps
from logging import Logger
from pathlib import Path
from typing import Any

from jupyter_server_ydoc.loaders import FileLoader

from perijove.core.project import Project
from perijove.storage.documents import Documents
from perijove.storage.live.journal import Journal
from perijove.storage.live.sources import ContentsSource, DocumentSource, Source

AT_EXIT = 2.5
"""Seconds that a server which ends gives its rooms to save; jupyter_server_ydoc waits three."""

rooms: weakref.WeakSet[Any] = weakref.WeakSet()
"""Every room that is open in this process."""

_stores: weakref.WeakKeyDictionary[Any, tuple[Project, Documents]] = weakref.WeakKeyDictionary()


def install(server: Any) -> None:
    """Let the document rooms of a Jupyter Server be Perijove's; needs jupyter-collaboration."""
    from jupyter_server_ydoc import app, handlers
    from jupyter_server_ydoc.websocketserver import JupyterWebsocketServer

    from perijove.storage.live.room import Room

    manager = server.contents_manager
    project = Project.find(Path(server.root_dir))
    own = getattr(manager, "documents", None)
    _stores[manager] = (project, Documents(project) if own is None else own)
    if handlers.DocumentRoom is Room:
        return
    handlers.DocumentRoom = app.DocumentRoom = Room
    _without_warning(handlers.YDocWebSocketHandler)
    _saving_at_exit(JupyterWebsocketServer)


def documents_for(loader: FileLoader) -> Documents | None:
    """The store of large outputs: that of the contents manager, else that of the project."""
    found = _stores.get(loader._contents_manager)
    return found[1] if found else None


def source_for(loader: FileLoader, file_format: str, file_type: str) -> Source:
    """Where the document of a room is read and written."""
    manager = loader._contents_manager
    own = getattr(manager, "documents", None)
    if own is not None and (file_type == "notebook" or (file_type == "file" and file_format == "text")):
        return DocumentSource(loader, manager, own, file_type)
    return ContentsSource(loader, manager, documents_for(loader), file_format, file_type)


def journal_for(file_type: str, loader: FileLoader, store: Any, log: Logger | None) -> Journal | None:
    """The journal of a room: whatever store was configured, for only a journal knows what lay on disk."""
    if store is None or isinstance(store, Journal):
        return store
    found = _stores.get(loader._contents_manager)
    return Journal(f"{file_type}:{loader.file_id}", log=log, folder=found[0].state / "journal") if found else None


def _without_warning(handler: Any) -> None:
    """Two views of one file are no danger here, so nobody is warned of them."""
    emit = handler._emit

    @wraps(emit)
    def quieter(self: Any, level: Any, action: str | None = None, msg: str | None = None) -> None:
        if action is None and msg and msg.startswith("There is another collaborative session"):
            return
        emit(self, level, action, msg)

    handler._emit = quieter


def _saving_at_exit(server: Any) -> None:
    """A server that ends saves what autosave would have saved a moment later."""
    clean = server.clean

    @wraps(clean)
    async def saving(self: Any) -> None:
        open_rooms = [room for room in self.rooms.values() if room in rooms]
        if open_rooms:
            await asyncio.wait([asyncio.create_task(room.flush()) for room in open_rooms], timeout=AT_EXIT)
        await clean(self)

    server.clean = saving
