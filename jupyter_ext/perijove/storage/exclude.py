"""git's own list of ignored files, which is not shared: views are on it."""

from __future__ import annotations

from pathlib import Path

from perijove.storage import atomic


def exclude(view: Path) -> None:
    """Have git ignore a view."""
    found = _list(view)
    if found is not None:
        file, line = found
        lines = _lines(file)
        if line not in lines:
            file.parent.mkdir(exist_ok=True)
            atomic.write(file, "".join(f"{kept}\n" for kept in [*lines, line]).encode())


def include(view: Path) -> None:
    """Have git see a notebook that is a view no more."""
    found = _list(view)
    if found is not None:
        file, line = found
        lines = _lines(file)
        if line in lines:
            atomic.write(file, "".join(f"{kept}\n" for kept in lines if kept != line).encode())


def _list(view: Path) -> tuple[Path, str] | None:
    """The list of the repository that a file lies in, and the line for the file."""
    for folder in view.parents:
        git = folder / ".git"
        if git.is_dir() or git.is_file():
            line = f"/{view.relative_to(folder).as_posix()}"
            for sign in "\\*?[":  # which mean more than themselves there
                line = line.replace(sign, f"\\{sign}")
            return (git if git.is_dir() else _linked(git)) / "info" / "exclude", line
    return None


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").removesuffix("\n").split("\n") if file.exists() else []


def _linked(file: Path) -> Path:
    """The folder of a repository whose work tree is elsewhere."""
    git = (file.parent / file.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()
    common = git / "commondir"
    return (git / common.read_text(encoding="utf-8").strip()).resolve() if common.exists() else git
