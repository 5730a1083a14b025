"""Checkpoints of text notebooks: the text, and beside the manifest a copy of it."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints

from perijove.storage import atomic, disk
from perijove.storage.documents import Documents
from perijove.storage.index import CHECKPOINT


class TextCheckpoints(AsyncFileCheckpoints):
    """Jupyter's own checkpoints, which keep and bring back the outputs of text notebooks, too."""

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> dict[str, Any]:
        """Keep a notebook as it is on disk."""
        file = Path(contents_mgr._get_os_path(path))
        text = await asyncio.to_thread(contents_mgr.documents.at, file)
        if not await asyncio.to_thread(contents_mgr.documents.is_text, text):
            made: dict[str, Any] = await super().create_checkpoint(contents_mgr, path)
            return made
        kept = Path(self.checkpoint_path("checkpoint", path))
        await asyncio.to_thread(_keep, contents_mgr.documents, text, kept)
        model: dict[str, Any] = await self.checkpoint_model("checkpoint", str(kept))
        return model

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:
        """Bring a notebook back to how it was kept."""
        file = Path(contents_mgr._get_os_path(path))
        text = await asyncio.to_thread(contents_mgr.documents.at, file)
        if not await asyncio.to_thread(contents_mgr.documents.is_text, text):
            await super().restore_checkpoint(contents_mgr, checkpoint_id, path)
            return
        kept = Path(self.checkpoint_path(checkpoint_id, path))
        if not kept.is_file():
            self.no_such_checkpoint(path, checkpoint_id)
        await asyncio.to_thread(_bring_back, contents_mgr.documents, text, kept)


def _keep(documents: Documents, text: Path, kept: Path) -> None:
    with documents.lock.held():
        state = disk.read(documents.places, text)
        atomic.write(kept, state.text, durable=False)
        if state.manifest is not None:
            state.place.state.mkdir(parents=True, exist_ok=True)
            atomic.write(state.place.state / CHECKPOINT, state.manifest, durable=False)


def _bring_back(documents: Documents, text: Path, kept: Path) -> None:
    with documents.lock.held():
        state = disk.read(documents.places, text)
        checkpoint = state.place.state / CHECKPOINT
        manifest = checkpoint.read_bytes() if checkpoint.exists() else state.manifest
        disk.settle(state)
        data = kept.read_bytes()
        if manifest is None:
            atomic.write(text, data)
        else:
            disk.replace(state.place, None if data == state.text else data, manifest)
    documents.views.schedule(text)
