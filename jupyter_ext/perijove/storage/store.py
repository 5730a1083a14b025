"""The blobs of one project: where each document keeps its own, and which are needed no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from perijove.core.errors import NotFound
from perijove.storage import atomic, blobs
from perijove.storage.index import Index, names
from perijove.storage.places import Place, Places

Get = Callable[[str], bytes]


class Store:
    """Finds and keeps blobs; those that were put and not yet saved are never taken away."""

    def __init__(self, places: Places, index: Index) -> None:
        self.places = places
        self.index = index
        self._waiting: set[str] = set()
        self._beside: set[Path] = set()

    def get(self, sha: str) -> bytes:
        """An output's bytes; raises NotFound."""
        for folder in [self.places.blobs, *sorted(self._beside)]:
            if blobs.has(folder, sha):
                return blobs.get(folder, sha)
        data = self._remote(sha)
        if data is None:
            raise NotFound("This output is no longer kept.", hint="Run the cell again.")
        return data

    def put(self, data: bytes) -> str:
        """Keep an output's bytes until a save names them; gives their name."""
        sha = blobs.name(data)
        self._waiting.add(sha)
        return blobs.put(self.places.blobs, data, sha)

    def getter(self, place: Place) -> Get:
        """Finds the blobs and attachments of one document; raises KeyError where one is missing."""
        if place.blobs != self.places.blobs:
            self._beside.add(place.blobs)

        def get(sha: str) -> bytes:
            attachment = place.attachments / sha
            if attachment.is_file():
                data = attachment.read_bytes()
                if blobs.name(data) == sha:
                    return data
            try:
                return self.get(sha)
            except NotFound as error:
                raise KeyError(sha) from error

        return get

    def keep(self, place: Place, outputs: dict[str, bytes], attachments: dict[str, bytes], manifest: bytes) -> None:
        """Before a save: write the blobs of a document that its store lacks."""
        for sha, data in outputs.items():
            blobs.put(place.blobs, data, sha)
        for sha in names(manifest) - set(outputs):
            if not blobs.has(place.blobs, sha) and (found := self._found(sha)) is not None:
                blobs.put(place.blobs, found, sha)
        for sha, data in attachments.items():
            if not (place.attachments / sha).is_file():
                atomic.make(place.attachments)
                atomic.write(place.attachments / sha, data)
        if place.outputs == "sidecar" and not (place.manifest.parent / ".gitignore").exists():
            atomic.make(place.manifest.parent)
            atomic.write(place.manifest.parent / ".gitignore", b"*\n")

    def saved(self, place: Place, replaced: set[str], manifest: bytes) -> None:
        """After a save: forget the blobs of replaced outputs that nothing names any more."""
        now = names(manifest)
        self._waiting -= now
        gone = replaced - now - self._waiting
        if gone and place.blobs == self.places.blobs:
            gone -= self.index.named(but=place.manifest)
        for sha in gone:
            blobs.remove(place.blobs, sha)

    def drop(self, unwanted: set[str]) -> None:
        """Forget blobs that were put and never saved."""
        self._waiting -= unwanted
        for sha in unwanted - self.index.named():
            blobs.remove(self.places.blobs, sha)

    def unnamed(self) -> list[Path]:
        """Blobs of the project's store that no manifest names."""
        named = self.index.named() | self._waiting
        return [blob for blob in blobs.all_in(self.places.blobs) if blob.name not in named]

    def _found(self, sha: str) -> bytes | None:
        try:
            return self.get(sha)
        except NotFound:
            return None

    def _remote(self, sha: str) -> bytes | None:
        for url in self.places.remotes():
            from perijove.storage import remote

            data = remote.blob(url, sha)
            if data is not None:
                blobs.put(self.places.blobs, data, sha)
                return data
        return None
