"""Plain ``open`` and fsspec: a person's own files, and none of those that libraries open for themselves."""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import wrapt

from perijove_kernel import datasets, home, stack
from perijove_kernel.recorder import Recorder
from perijove_kernel.touches import Touch

log = logging.getLogger("perijove_kernel")
_IGNORED = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|__pycache__|node_modules|mpl-data|fonts?|ipykernel_\d+)/"
    r"|(?:^|/)\.[^/.]|^/(?:proc|sys|dev|etc|usr|lib|run|opt/conda|var/lib)/"
    r"|\.(?:py[cdiw]?|so(?:\.\d+)*|dll|dylib|ttf|otf|woff2?|afm|mplstyle|pth|lock|swp|ipynb|db-(?:wal|shm|journal))$"
)


def ignored(path: str) -> bool:
    """Whether a path is nobody's data: code, fonts, caches, hidden and system files."""
    return path.startswith(_prefixes) or _IGNORED.search(path) is not None


_prefixes = tuple({f"{Path(one).resolve()}/lib" for one in (sys.prefix, sys.base_prefix)})


def watch(recorder: Recorder) -> None:
    """See files being opened from now on; what is seen is written down when the cell ends."""
    root = str(home.project_root(recorder.state).resolve())

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in ("open", "os.rename") or recorder.closed:
            return
        try:
            if event == "open":
                _opened(recorder, root, *args)
            else:
                _renamed(recorder, *args[:2])
        except Exception:  # noqa: BLE001 - a file that can be opened must not fail because it could not be noted
            log.debug("A file could not be noted.", exc_info=True)

    sys.addaudithook(hook)
    wrapt.register_post_import_hook(lambda module: _watch_fsspec(recorder, module), "fsspec.spec")


def _opened(recorder: Recorder, root: str, path: Any, mode: str | None, flags: int) -> None:
    from perijove_kernel import hooks

    if isinstance(path, int) or path is None or hooks.inside.get() or recorder.current is None:
        return
    full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - it runs at every open, and pathlib is ten times slower
    if ignored(full):
        return
    writes = _writes(mode, flags)
    token = hooks.inside.set(True)
    try:
        if not writes and not stat.S_ISREG(os.stat(full).st_mode):  # noqa: PTH116 - as above
            return
        if _is_theirs(recorder, root, full, mode):
            found = tuple(datasets.of_path(full))
            touch = Touch("write" if writes else "read", found, "open", data="later" if writes else "", alone=True)
            touch.function, touch.at_end = "open", True
            touch.append = mode is not None and ("a" in mode or "r+" in mode)
            recorder.touched(touch)
    except OSError:
        return
    finally:
        hooks.inside.reset(token)


def _renamed(recorder: Recorder, source: Any, target: Any) -> None:
    """Follow a file that a person's code, or a function like ``shutil.move``, gives another name."""
    from perijove_kernel import hooks

    if hooks.inside.get() or recorder.current is None:
        return
    found = [datasets.of_path(os.path.abspath(os.fsdecode(one))) for one in (source, target)]  # noqa: PTH100 - as above
    if all(len(one) == 1 for one in found):
        recorder.current.happened.rename(found[0][0].uri, found[1][0].uri)


def _writes(mode: str | None, flags: int) -> bool:
    if mode is not None:
        return any(letter in mode for letter in "wax+")
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


def _is_theirs(recorder: Recorder, root: str, full: str, mode: str | None) -> bool:
    """A person's own code opens what it likes; a library counts where it opens something in the project for them."""
    file = stack.caller()
    if not file:
        return False
    if stack.kind_of(file) == "own":
        return True
    if mode is None or not full.startswith(f"{root}/") or stack.works_for_itself(file):
        return False
    return bool(recorder.place().steps)


def _watch_fsspec(recorder: Recorder, module: Any) -> None:
    """Note what a person opens on a file system of fsspec, and remember the version a store tells on the way."""
    from perijove_kernel import hooks

    def wrapper(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        outermost = not hooks.inside.get()
        token = hooks.inside.set(True)
        try:
            file = wrapped(*args, **kwargs)
            mode = args[1] if len(args) > 1 else kwargs.get("mode", "rb")
            try:
                _note_fsspec(recorder, instance, args[0] if args else kwargs["path"], str(mode), file, outermost)
            except Exception:  # noqa: BLE001 - a file that was opened must not fail because it could not be noted
                log.debug("A file could not be noted.", exc_info=True)
        finally:
            hooks.inside.reset(token)
        return file

    wrapt.wrap_function_wrapper(module, "AbstractFileSystem.open", wrapper)


def _note_fsspec(recorder: Recorder, store: Any, path: Any, mode: str, file: Any, outermost: bool) -> None:
    uri = store.unstrip_protocol(path)
    uri = uri[0] if isinstance(uri, list) else str(uri)
    writes = any(letter in mode for letter in "wax+")
    if not writes:
        datasets.note_version(datasets.without_login(uri), version_of(getattr(file, "details", None)))
    local = datasets.local_path(uri)
    if writes and not local:
        datasets.note_writing(datasets.without_login(uri), lambda: _ask(store, path))
    if not outermost or recorder.current is None or (local and ignored(local)):
        return
    if stack.kind_of(_outside("/fsspec/")) == "own":
        touch = Touch("write" if writes else "read", tuple(datasets.of_path(uri)), "fsspec.open", alone=True)
        touch.append = "a" in mode
        touch.data, touch.function, touch.at_end = "later" if writes else "", "open", writes
        recorder.touched(touch)


def _outside(layer: str) -> str:
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if layer not in file and stack.kind_of(file) != "python" and "/wrapt/" not in file:
            return file
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return ""


def _ask(store: Any, path: Any) -> str:
    """The version of an object that was just written."""
    try:
        store.invalidate_cache()
        return version_of(store.info(path))
    except Exception:  # noqa: BLE001 - a store may refuse to tell
        return ""


def version_of(details: Any) -> str:
    """``<etag>-<bytes>`` of an object in a store; empty where the store tells neither."""
    if not isinstance(details, dict):
        return ""
    tag = str(details.get("ETag") or details.get("etag") or details.get("md5Hash") or "").strip('"')
    size = details.get("size")
    return f"{tag}-{size}" if tag and size is not None else ""
