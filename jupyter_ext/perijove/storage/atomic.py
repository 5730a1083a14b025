"""Writes files so that a reader, a crash or a full disk finds the old content or the new one, never a part."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""As Linux numbers them."""

TEMPORARY = ".perijove-*.tmp"
"""What files are called while they are written; a killed writer leaves one, :func:`sweep` takes it away."""

FORGOTTEN_AFTER = 3600.0
"""Seconds after which a temporary file can only be one that a killed writer left."""


def write(path: Path, data: bytes, *, durable: bool = True, over: bytes | None = None) -> os.stat_result:
    """Put ``data`` at ``path`` in one step and say how it lies there; on an error all is as it was before.

    ``over`` is what must lie there until that step: if somebody else wrote meanwhile, Changed is raised.
    """
    temporary = path.with_name(f".perijove-{secrets.token_hex(6)}.tmp")
    descriptor = _create(temporary, path)
    try:
        try:
            _fill(descriptor, data, durable)
            if over is None:
                temporary.replace(path)
            else:
                _replace(temporary, path, over)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        if durable:
            sync_folder(path.parent)
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def stage(path: Path, data: bytes) -> None:
    """Write a file that nobody reads before it is complete: durable, but not in one step."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        _fill(descriptor, data, True)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Give a file its final name, durably; both names are in one folder."""
    source.replace(target)
    sync_folder(target.parent)


def make(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    make(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Take away what killed writers left in a folder."""
    for left in folder.glob(TEMPORARY):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > FORGOTTEN_AFTER:
                left.unlink()


def _replace(temporary: Path, path: Path, over: bytes) -> None:
    """Replace a file that has a certain content: the two change places, and back if it was another."""
    from perijove.storage.model import Changed

    try:
        exchanged = exchange(temporary, path)
        if (temporary if exchanged else path).read_bytes() == over:
            temporary.unlink() if exchanged else temporary.replace(path)
            return
        if exchanged:
            exchange(temporary, path)
    except FileNotFoundError as error:
        raise Changed(f"{path.name} is gone.", hint="Load it again, then save.") from error
    raise Changed(f"{path.name} was changed by someone else.", hint="Load it again, then save.")


def exchange(one: Path, other: Path) -> bool:
    """Let two files change places in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _create(temporary: Path, path: Path) -> int:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with contextlib.suppress(FileNotFoundError, PermissionError):  # another's file: its mode cannot be given on
        os.fchmod(descriptor, path.stat().st_mode & 0o7777)
    return descriptor


def _fill(descriptor: int, data: bytes, durable: bool) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    if durable:
        os.fsync(descriptor)


class Lock:
    """Keeps out the other threads of this process and, by a lock on a file, other processes; may be taken again."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._inside = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock and hold it."""
        with self._inside:
            if self._depth == 0:
                self._descriptor = self._take()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    os.close(self._descriptor)  # which gives the lock back

    def _take(self) -> int:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor
