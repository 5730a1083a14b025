"""Names for the files that a cell reads and writes: absolute URIs, the version of what stands there, never a secret."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}
_seen_versions: OrderedDict[str, str] = OrderedDict()
_being_written: dict[str, Callable[[], str]] = {}


@dataclass(frozen=True)
class Dataset:
    """A dataset's URI, the name people know it by, and a version that changes when its content does."""

    uri: str
    name: str
    version: str


def of_path(value: Any, filesystem: Any = None) -> list[Dataset]:
    """The datasets behind a path, a glob, a URL, an open file or a list of these; none for a buffer."""
    if isinstance(value, (list, tuple, set, frozenset)):
        found = [dataset for one in value for dataset in of_path(one, filesystem)]
        folders = {_parent(one.uri) for one in found}
        return of_path(folders.pop()) if len(folders) == 1 and len(found) > 1 else list(dict.fromkeys(found))
    text = _text_of(value)
    if not text or text.startswith("<"):
        return []
    if filesystem is not None:
        text = _on(filesystem, text)
    text = text.rpartition("::")[2]  # fsspec's chains: simplecache::s3://bucket/key
    scheme = urlsplit(text).scheme
    if scheme in ("file", "local"):
        text = text.partition("://")[2] or text.partition(":")[2]
    elif len(scheme) > 1 and "://" in text:
        return [_remote(text)]
    return [_local(text)]


def of_url(url: str, version: str) -> list[Dataset]:
    """A dataset whose URL or path and version are known already."""
    return [Dataset(one.uri, one.name, version or one.version) for one in of_path(url)]


def note_version(uri: str, version: str) -> None:
    """Remember the version that a store told when a file was opened there."""
    _seen_versions[uri] = version
    _seen_versions.move_to_end(uri)
    if len(_seen_versions) > 1000:
        _seen_versions.popitem(last=False)


def forget_versions() -> None:
    """What a store told before is not what it would tell now."""
    _seen_versions.clear()


def note_writing(uri: str, ask: Callable[[], str]) -> None:
    """Remember how to ask a store for the version of what is being written there."""
    _being_written[uri] = ask
    _seen_versions.pop(uri, None)


def written_version(uri: str) -> str:
    """The version of what was written to a store, asked once, after it is whole; empty where the store tells none."""
    ask = _being_written.pop(uri, None)
    if ask is not None:
        note_version(uri, ask())
    return _seen_versions.get(uri, "")


def _text_of(value: Any) -> str:
    """The path in a string, a path, or something that was opened."""
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        return os.fsdecode(text) if isinstance(text, bytes) else text
    if isinstance(value, bytes):
        return ""
    store = getattr(value, "fs", None)
    if store is not None and hasattr(store, "unstrip_protocol") and isinstance(getattr(value, "path", None), str):
        return str(store.unstrip_protocol(value.path))
    for attribute in ("name", "path", "_perijove_path"):
        text = getattr(value, attribute, None)
        if isinstance(text, str):
            return text
    return ""


def _on(filesystem: Any, path: str) -> str:
    """The URL of a path on a file system of fsspec or pyarrow."""
    if "://" in path or not hasattr(filesystem, "type_name") and not hasattr(filesystem, "unstrip_protocol"):
        return path
    handler = getattr(filesystem, "handler", None)
    store = getattr(handler, "fs", filesystem)
    if hasattr(store, "unstrip_protocol"):
        return str(store.unstrip_protocol(path))
    if hasattr(filesystem, "base_path"):
        return _on(filesystem.base_fs, f"{filesystem.base_path.rstrip('/')}/{path.lstrip('/')}")
    kind = str(filesystem.type_name)
    return path if kind in ("local", "mock") else f"{ {'gcs': 'gs'}.get(kind, kind) }://{path}"


def _remote(url: str) -> Dataset:
    clean = without_login(url)
    scheme, _, rest = clean.partition("://")
    clean = f"{_SCHEMES.get(scheme, scheme)}://{rest}"
    starred = re.search(r"[*?\[]", clean)
    if starred:
        clean = clean[: starred.start()].rpartition("/")[0]
    clean = clean.rstrip("/")
    return Dataset(clean, clean.rsplit("/", 1)[-1], _seen_versions.get(clean, ""))


def _local(text: str) -> Dataset:
    path = Path(text).expanduser()
    parts = path.parts
    starred = next((index for index, part in enumerate(parts) if re.search(r"[*?\[]", part)), None)
    if starred is not None and not path.exists():
        path = Path(*parts[:starred]) if starred else Path()
    full = path.resolve()
    return Dataset(full.as_uri(), full.name, version_of(full))


def _parent(uri: str) -> str:
    return uri.rpartition("/")[0]


def version_of(path: Path) -> str:
    """``<time of change in ns>-<bytes>`` of a file; of a folder, the newest time and all bytes."""
    try:
        stats = [path.stat()]
        if path.is_dir():
            stats = [Path(entry.path).stat() for entry in _files(path)]
    except OSError:
        return ""
    return f"{max(stat.st_mtime_ns for stat in stats)}-{sum(stat.st_size for stat in stats)}" if stats else ""


def _files(folder: Path, most: int = 2000) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    waiting = [folder]
    while waiting and len(found) < most:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    waiting.append(Path(entry.path))
                else:
                    found.append(entry)
    return found


def local_path(uri: str) -> str:
    """The path of a file URI; empty for anything else."""
    return unquote(urlsplit(uri).path) if uri.startswith("file://") else ""


def without_login(url: str) -> str:
    """A URL without user, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
