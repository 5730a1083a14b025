"""A copy of outputs in remote storage, by fsspec: sent a moment after a save, fetched where this computer lacks it.

It lies as under ``.perijove/outputs``: ``blobs/ab/<sha256>`` and ``notebooks/<path>/manifest.json``. A manifest is sent
after the blobs it names. Without a network all goes on with what is here, and is sent with the next save.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from pathlib import Path
from typing import Any

import msgspec

from perijove.storage import atomic, blobs
from perijove.storage.index import names
from perijove.storage.places import MANIFEST, Place, Places

_log = logging.getLogger(__name__)


class Sent(msgspec.Struct):
    """What was last sent or fetched: the digest of the manifest, and the remote file's mark."""

    digest: str
    mark: str


def blob(url: str, sha: str) -> bytes | None:
    """A blob from remote storage; None where it has none or cannot be reached."""
    try:
        system, root = _system(url)
        data: bytes = system.cat_file(f"{root}/blobs/{sha[:2]}/{sha}")
    except Exception as error:  # noqa: BLE001 - every kind of storage has its own errors
        _log.warning("Blob %s could not be fetched from %s: %s", sha[:12], url, error)
        return None
    return data if blobs.name(data) == sha else None


def send(places: Places, text: Path) -> None:
    """Send what changed of a notebook's outputs."""
    place, url = places.of(text), places.settings(text).remote
    if place.outputs != "remote" or not place.manifest.exists():
        return
    manifest = place.manifest.read_bytes()
    sent = _sent(place)
    if sent is not None and sent.digest == _digest(manifest):
        return
    try:
        system, root = _system(url)
        for sha in sorted(names(manifest)):
            target = f"{root}/blobs/{sha[:2]}/{sha}"
            if blobs.has(place.blobs, sha) and not system.exists(target):
                system.makedirs(f"{root}/blobs/{sha[:2]}", exist_ok=True)
                system.pipe_file(target, blobs.get(place.blobs, sha))
        target = _manifest(places, root, text)
        system.makedirs(target.rpartition("/")[0], exist_ok=True)
        system.pipe_file(target, manifest)
        _remember(place, manifest, _mark(system, target))
    except Exception as error:  # noqa: BLE001 - every kind of storage has its own errors
        _log.warning("The outputs of %s could not be sent to %s: %s", text.name, url, error)


def fetch(places: Places, text: Path) -> None:
    """Fetch a notebook's manifest where somebody sent a newer one and this computer has nothing that was not sent."""
    place, url = places.of(text), places.settings(text).remote
    if place.outputs != "remote":
        return
    here, sent = place.manifest.read_bytes() if place.manifest.exists() else None, _sent(place)
    if here is not None and (sent is None or sent.digest != _digest(here)):
        return
    try:
        system, root = _system(url)
        target = _manifest(places, root, text)
        if not system.exists(target):
            return
        mark = _mark(system, target)
        if here is None or sent is None or sent.mark != mark:
            manifest: bytes = system.cat_file(target)
            atomic.make(place.manifest.parent)
            atomic.write(place.manifest, manifest)
            _remember(place, manifest, mark)
    except Exception as error:  # noqa: BLE001 - every kind of storage has its own errors
        _log.warning("The outputs of %s could not be fetched from %s: %s", text.name, url, error)


def _system(url: str) -> tuple[Any, str]:
    import fsspec

    system, root = fsspec.core.url_to_fs(url)
    system.invalidate_cache()
    return system, str(root).rstrip("/")


def _manifest(places: Places, root: str, text: Path) -> str:
    folder = places.settings(text).folder  # the same for all who share it, wherever their project begins
    name = text.relative_to(folder).as_posix() if text.is_relative_to(folder) else text.as_posix().lstrip("/")
    return f"{root}/notebooks/{name}/{MANIFEST}"


def _mark(system: Any, target: str) -> str:
    info = system.info(target)
    return repr([info.get(key) for key in ("ETag", "etag", "LastModified", "mtime", "created", "size")])


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sent(place: Place) -> Sent | None:
    with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
        return msgspec.json.decode((place.state / "remote.json").read_bytes(), type=Sent)
    return None


def _remember(place: Place, manifest: bytes, mark: str) -> None:
    atomic.write(place.state / "remote.json", msgspec.json.encode(Sent(_digest(manifest), mark)), durable=False)
