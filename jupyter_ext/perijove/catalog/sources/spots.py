"""A file or folder anywhere: on this computer, or where fsspec reaches (S3, GCS, Azure, HTTP, memory).

Vocabulary
  spot   a file or folder, known by its URI; asking it reads the storage, holding it does not
  mark   what changes when a file changes: its time and size, or the ETag that an object store gives and its size, as
         kernels note them too
Credentials are never in a URI: fsspec takes them from the environment, its own configuration or the cloud's.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from perijove.catalog.places import file_uri, path_of, text_of
from perijove.core.errors import Invalid, NotFound, PerijoveError

PIPES = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
EXTRAS = {"s3": "s3", "gs": "gcs", "abfs": "azure", "abfss": "azure", "az": "azure"}
AHEAD = 256 * 1024


class Spot(Protocol):
    """What readers need of a file or folder."""

    @property
    def uri(self) -> str:
        """Its URI."""
        ...

    @property
    def name(self) -> str:
        """Its last name."""
        ...

    def exists(self) -> bool:
        """Whether it is there."""
        ...

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        ...

    def size(self) -> int:
        """Bytes."""
        ...

    def modified(self) -> float | None:
        """Seconds since 1970, where known."""
        ...

    def mark(self) -> str:
        """What changes when the file changes."""
        ...

    def open(self) -> BinaryIO:
        """Its bytes."""
        ...

    def children(self) -> list[Spot]:
        """What is in the folder, in order of name."""
        ...

    def child(self, name: str) -> Spot:
        """A file or folder in it."""
        ...


class Local:
    """A file or folder of this computer."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def uri(self) -> str:
        """Its ``file:///`` URI, links followed."""
        return file_uri(self.path)

    @property
    def name(self) -> str:
        """Its last name as text."""
        return text_of(self.path.name)

    def exists(self) -> bool:
        """Whether it is there."""
        return self.path.exists()

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def modified(self) -> float | None:
        """Seconds since 1970."""
        return self.path.stat().st_mtime_ns / 1e9

    def mark(self) -> str:
        """Time and size."""
        found = self.path.stat()
        return f"{found.st_mtime_ns}-{found.st_size}"

    def open(self) -> BinaryIO:
        """Its bytes, as Python reads them; raises Invalid where it is a pipe or the like, which nobody may write to."""
        self.refuse_pipe()
        return self.path.open("rb")

    def refuse_pipe(self) -> None:
        """Raise Invalid where this is neither a file nor a folder: to open a pipe waits for somebody to write."""
        kind = PIPES.get(stat.S_IFMT(self.path.stat().st_mode))
        if kind:
            raise Invalid(f"{self.name} is {kind}, and no file.", hint="Write what comes out of it to a file.")

    def children(self) -> list[Spot]:
        """What is in the folder, in order of name."""
        return [Local(one) for one in sorted(self.path.iterdir(), key=lambda one: one.name)]

    def child(self, name: str) -> Spot:
        """A file or folder in it."""
        return Local(self.path / name)


class Remote:
    """A file or folder that fsspec reaches; ``info`` is what a listing said of it."""

    def __init__(self, system: Any, path: str, scheme: str, info: dict[str, Any] | None = None) -> None:
        self.system = system
        self.path = path.rstrip("/") or path
        self.scheme = scheme
        self._info = info

    @property
    def uri(self) -> str:
        """Its URL, without a slash at the end."""
        if self.scheme in ("http", "https"):
            return self.path
        return f"{self.scheme}://{self.path.lstrip('/')}"

    @property
    def name(self) -> str:
        """Its last name."""
        return PurePosixPath(self.path).name

    def info(self) -> dict[str, Any]:
        """What the storage says of it."""
        if self._info is None:
            with reaching(self.uri):
                self._info = dict(self.system.info(self.path))
        return self._info

    def exists(self) -> bool:
        """Whether it is there."""
        try:
            return bool(self.info())
        except NotFound:
            return False

    def is_dir(self) -> bool:
        """Whether it is a folder, or a prefix with objects below it."""
        return bool(self.info().get("type") == "directory")

    def size(self) -> int:
        """Bytes; 0 where the storage does not say."""
        return int(self.info().get("size") or 0)

    def modified(self) -> float | None:
        """Seconds since 1970, where the storage says."""
        for key in ("LastModified", "last_modified", "mtime", "updated", "created"):
            found = self.info().get(key)
            if isinstance(found, datetime):
                return found.timestamp()
            if isinstance(found, int | float):
                return float(found)
        return None

    def mark(self) -> str:
        """The ETag where there is one, else time; and the size."""
        info = self.info()
        tag = info.get("ETag") or info.get("etag") or info.get("md5Hash")
        head = str(tag).strip('"') if tag else f"{self.modified() or 0:.0f}"
        return f"{head}-{self.size()}"

    def open(self) -> BinaryIO:
        """Its bytes, read as they are asked for."""
        with reaching(self.uri):
            return io.BufferedReader(self.system.open(self.path, "rb", block_size=AHEAD, cache_type="readahead"))

    def children(self) -> list[Spot]:
        """What is in the folder, in order of name."""
        with reaching(self.uri):
            listed = self.system.ls(self.path, detail=True)
        here = self.path.strip("/")
        kept = [info for info in listed if info["name"].strip("/") != here]
        return [
            Remote(self.system, info["name"], self.scheme, dict(info))
            for info in sorted(kept, key=lambda info: str(info["name"]))
        ]

    def child(self, name: str) -> Spot:
        """A file or folder in it."""
        return Remote(self.system, f"{self.path}/{name}", self.scheme)


def spot(uri: str, options: dict[str, Any] | None = None) -> Spot:
    """The file or folder of a URI; raises Invalid where no package reaches such a place."""
    if uri.startswith("file:"):
        return Local(path_of(uri))
    scheme = uri.partition("://")[0]
    try:
        from fsspec.core import url_to_fs

        with reaching(uri):
            system, path = url_to_fs(uri, **(options or {}))
    except ImportError as error:
        extra = EXTRAS.get(scheme, "")
        hint = f'Run: pip install "perijove[{extra}]"' if extra else f"Install the fsspec package for {scheme}."
        raise Invalid(f"No package here reads {scheme}:// places.", hint=hint) from error
    except ValueError as error:
        raise Invalid(f"“{uri}” is not a place that can be read: {error}.", hint="Check how it is written.") from error
    return Remote(system, str(path), scheme)


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a storage into a sentence."""
    try:
        yield
    except (PerijoveError, MemoryError, ImportError, ValueError):
        raise
    except FileNotFoundError as error:
        cause = error.__cause__
        if isinstance(cause, TimeoutError) or type(cause).__module__.startswith("aiohttp"):  # fsspec says so of both
            raise _unreached(uri, cause or error) from error
        raise NotFound(f"There is no {uri}.", hint="Check the path, or scan its source again.") from error
    except PermissionError as error:
        raise Invalid(
            f"{uri} may not be read: {reason(error)}.", hint="Check your credentials for this storage."
        ) from error
    except Exception as error:  # noqa: BLE001 - every storage package has its own errors
        if "credential" in str(error).lower() or "Credential" in type(error).__name__:
            raise Invalid(
                f"There are no credentials for {uri}: {reason(error)}.",
                hint="Set them where Perijove starts, for instance AWS_PROFILE or fsspec's own configuration.",
            ) from error
        raise _unreached(uri, error) from error


def _unreached(uri: str, error: BaseException) -> Invalid:
    return Invalid(f"{uri} cannot be reached: {reason(error)}.", hint="Check the address and the network.")


def reason(error: BaseException) -> str:
    """What an error says, on one line, not too long."""
    said = " ".join(str(error).split()).partition(" 0: <unknown>")[0]
    return said[:300].rstrip(".") or type(error).__name__


def arrow_file(place: Spot) -> Any:
    """A file as Arrow opens it: by path where it can, else through Python (remote, or a name that is not UTF-8)."""
    import pyarrow as pa

    if isinstance(place, Local):
        place.refuse_pipe()
        try:
            return str(place.path).encode("utf-8").decode("utf-8")
        except UnicodeEncodeError:
            pass
    return pa.PythonFile(place.open(), mode="r")


def below(place: Spot, keep: Callable[[str], bool], most: int = 100_000) -> list[Spot]:
    """Every file under a folder whose name is kept, in order of path; hidden ones are left out."""
    found: list[Spot] = []
    for one in place.children():
        if hidden(one.name):
            continue
        if one.is_dir():
            found += below(one, keep, most - len(found))
        elif keep(one.name):
            found.append(one)
        if len(found) > most:
            raise Invalid(f"There are more than {most:,} files in {place.name}.", hint="Name a smaller folder.")
    return found


def hidden(name: str) -> bool:
    """Whether a name is one that data tools pass over."""
    return name.startswith((".", "_"))
