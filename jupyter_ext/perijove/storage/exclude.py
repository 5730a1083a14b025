"""git's own list of ignored files, which is not shared: views are on it.

A list that cannot be written is left alone: git then shows the view as a new file, and nothing is lost.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from perijove.storage import atomic


def exclude(view: Path) -> None:
    """Have git ignore a view."""
    with contextlib.suppress(OSError):
        file, line = _list(view)
        lines = _lines(file) if file else []
        if file and line not in lines:
            file.parent.mkdir(exist_ok=True)
            _write(file, [*lines, line])


def include(view: Path) -> None:
    """Have git see a notebook that is a view no more."""
    with contextlib.suppress(OSError):
        file, line = _list(view)
        lines = _lines(file) if file else []
        if file and line in lines:
            _write(file, [kept for kept in lines if kept != line])


def _list(view: Path) -> tuple[Path | None, str]:
    """The list of the repository that a file lies in, and the line for the file; no list outside of one."""
    for folder in view.parents:
        git = folder / ".git"
        if git.is_dir() or git.is_file():
            line = f"/{view.relative_to(folder).as_posix()}"
            for sign in "\\*?[":  # which mean more than themselves there
                line = line.replace(sign, f"\\{sign}")
            line = line.replace("\n", "?").replace("\r", "?")  # a line holds no line break: any character
            return (git if git.is_dir() else _linked(git)) / "info" / "exclude", line
    return None, ""


def _lines(file: Path) -> list[str]:
    text = file.read_bytes().decode("utf-8", "surrogateescape") if file.exists() else ""
    return text.removesuffix("\n").split("\n") if text else []


def _write(file: Path, lines: list[str]) -> None:
    atomic.write(file, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def _linked(file: Path) -> Path:
    """The folder of a repository whose work tree is elsewhere."""
    git = (file.parent / file.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()
    common = git / "commondir"
    return (git / common.read_text(encoding="utf-8").strip()).resolve() if common.exists() else git
