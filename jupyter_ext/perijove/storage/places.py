"""Where the parts of a text notebook lie: its manifest, blobs, attachments and view, as the project's settings say.

``perijove.toml`` in a folder, for all notebooks below::

    [storage]
    outputs = "local"    # under .perijove/outputs, which git ignores
    #         "commit"   beside the text in <name>.outputs, for git (with git-LFS, by .gitattributes)
    #         "sidecar"  the same folder, ignored by git
    #         "remote"   under .perijove/outputs, and a copy at `remote`
    remote = "s3://bucket/folder"
    view = true          # keep <name>.ipynb beside the text for tools that read files
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from perijove.core.errors import Invalid
from perijove.core.project import SETTINGS, Project

Outputs = Literal["local", "commit", "sidecar", "remote"]
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Settings:
    """What a project, or a folder of it, decides about its notebooks; ``folder`` is where it says so."""

    outputs: Outputs = "local"
    remote: str = ""
    view: bool = True
    folder: Path = Path()


@dataclass(frozen=True)
class Place:
    """Where the parts of one text notebook lie; ``state`` is the folder of what Perijove remembers about it."""

    text: Path
    state: Path
    manifest: Path
    blobs: Path
    attachments: Path
    view: Path
    outputs: Outputs = "local"

    @property
    def base(self) -> Path:
        """The text as it was last read or saved, with every id."""
        return self.state / "base.txt"

    def pending(self, digest: str) -> Path:
        """Where the manifest of a text waits until the text is in place."""
        return self.manifest.with_name(f".manifest.{digest[:16]}.json")


def outputs_folder(text: str) -> str:
    """The folder beside a text for outputs not kept in ``.perijove``: ``churn.outputs``, ``churn.R.outputs``."""
    path = PurePosixPath(text)
    return str(path.with_name(f"{path.stem if path.suffix == '.py' else path.name}.outputs"))


def attachments_folder(text: str) -> str:
    """The folder beside a text for its attachments, which are content and belong in git."""
    path = PurePosixPath(text)
    return str(path.with_name(f"{path.stem}.attachments"))


class Places:
    """Finds the parts of text notebooks in one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.folder = project.state / "outputs"
        self.blobs = self.folder / "blobs"
        self._read: dict[Path, tuple[tuple[int, int], Settings]] = {}

    def settings(self, text: Path) -> Settings:
        """What is decided about a notebook now, by the nearest file upwards; raises Invalid where it makes no sense."""
        for folder in text.parents:
            found = self._settings(folder / SETTINGS)
            if found is not None:
                return found
        return Settings(folder=self.project.root)

    def remotes(self) -> list[str]:
        """The remote places that notebooks read so far are sent to."""
        return list(dict.fromkeys(one.remote for _, one in self._read.values() if one.outputs == "remote"))

    def _settings(self, file: Path) -> Settings | None:
        try:
            stat = file.stat()
        except OSError:
            self._read.pop(file, None)
            return None
        mark = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(file)
        if known is None or known[0] != mark:
            known = self._read[file] = (mark, _parse(file))
        return known[1]

    def of(self, text: Path) -> Place:
        """Where the parts of a text notebook are to lie."""
        return self.at(text, self.settings(text).outputs)

    def at(self, text: Path, outputs: Outputs) -> Place:
        """Where they would lie with another setting."""
        state = self.state(text)
        beside = Path(outputs_folder(str(text)))
        near = outputs in ("commit", "sidecar")
        return Place(
            text=text,
            state=state,
            manifest=(beside if near else state) / MANIFEST,
            blobs=beside / "blobs" if near else self.blobs,
            attachments=Path(attachments_folder(str(text))),
            view=text.with_suffix(".ipynb"),
            outputs=outputs,
        )

    def state(self, path: Path) -> Path:
        """The folder of what Perijove remembers about a file, or about all files of a folder."""
        if path.is_relative_to(self.project.root):
            return self.folder / "notebooks" / path.relative_to(self.project.root)
        return self.folder / "elsewhere" / hashlib.sha256(os.fsencode(path)).hexdigest()[:32]


def _parse(file: Path) -> Settings:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("storage", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read as TOML: {error}.", hint="Correct the file.") from error
    if not isinstance(table, dict):
        raise Invalid(f"{file}: storage must be a table.", hint="Write [storage] on a line of its own.")
    if unknown := sorted(set(table) - {"outputs", "remote", "view"}):
        raise Invalid(f"{file}: [storage] knows no “{unknown[0]}”.", hint="It has outputs, remote and view.")
    outputs, remote, view = table.get("outputs", "local"), table.get("remote", ""), table.get("view", True)
    known = get_args(Outputs)
    if outputs not in known:
        raise Invalid(f"{file}: [storage] outputs cannot be “{outputs}”.", hint=f"Choose one of {', '.join(known)}.")
    if not isinstance(view, bool) or not isinstance(remote, str):
        raise Invalid(f"{file}: [storage] view is true or false, remote is a URL.", hint="Correct the file.")
    if outputs == "remote" and not remote:
        raise Invalid(
            f"{file}: [storage] outputs = “remote” needs remote.", hint="Name a URL, like s3://bucket/folder."
        )
    return Settings(outputs, remote, view, file.parent)
