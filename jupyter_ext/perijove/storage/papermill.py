"""Lets papermill read and write text notebooks: ``papermill churn.py run.ipynb -p depth 7``.

papermill finds this by the entry point ``perijove://`` of the group ``papermill.io``. It chooses handlers by how a path
begins and never by how it ends, so loading this also teaches its handler of local files the endings of text notebooks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perijove.core.project import Project
from perijove.storage.languages import ENDINGS

SCHEME = "perijove://"


class TextHandler:
    """What papermill asks to read and write ``perijove://churn.py``."""

    def read(self, path: str) -> str:
        """The notebook in a text, as JSON; raises Invalid for a program that is none."""
        from perijove.storage import ipynb
        from perijove.storage.documents import Documents

        file = Path(path.removeprefix(SCHEME)).absolute()
        return ipynb.serialise(Documents(Project.find(file.parent)).load(file).notebook).decode()

    def write(self, buf: str, path: str) -> None:
        """Save a notebook, given as JSON, as text with its outputs beside it."""
        from perijove.storage import ipynb
        from perijove.storage.documents import Documents

        file = Path(path.removeprefix(SCHEME)).absolute()
        documents = Documents(Project.find(file.parent))
        documents.save(file, ipynb.parse(buf.encode(), file.name))
        documents.close()

    def listdir(self, path: str) -> list[str]:
        """The files of a folder."""
        return [str(file) for file in Path(path.removeprefix(SCHEME)).iterdir()]

    def pretty_path(self, path: str) -> str:
        """What papermill prints."""
        return path


def _teach(local: Any) -> None:
    """Have papermill's handler of local files pass text notebooks on."""
    read, write, ours = local.read, local.write, TextHandler()

    def read_any(path: str) -> Any:
        return ours.read(_place(local, path)) if _is_text(path) else read(path)

    def write_any(buf: str, path: str) -> Any:
        return ours.write(buf, _place(local, path)) if _is_text(path) else write(buf, path)

    local.read, local.write = read_any, write_any


def _is_text(path: str) -> bool:
    return Path(path).suffix in ENDINGS and "\n" not in path


def _place(local: Any, path: str) -> str:
    """A path as papermill means it: it may have been told another folder to work in."""
    return str(Path(getattr(local, "_cwd", None) or ".", path))


def __getattr__(name: str) -> TextHandler:
    """``handler`` is what the entry point gives; papermill asks for it at the end of its own start."""
    if name != "handler":
        raise AttributeError(name)
    from papermill.iorw import papermill_io

    _teach(papermill_io.get_handler("local"))
    return TextHandler()
