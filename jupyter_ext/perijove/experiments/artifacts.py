"""The files that a run kept, and the walls around them: nothing outside the run's own folder is ever read."""

from __future__ import annotations

import mimetypes
import os
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

from perijove.core.errors import Invalid, NotFound
from perijove.core.routing import File
from perijove.experiments.model import Artifact

LARGEST = 50 * 1024 * 1024
MOST = 10_000


def folder(uri: str, root: Path) -> Path:
    """The local folder that an artifact URI means, relative to the project; raises Invalid for a remote one."""
    if uri.startswith("file:///"):
        return Path(os.fsdecode(unquote_to_bytes(uri[len("file://") :])))
    if "://" in uri or uri.startswith(("mlflow-artifacts:", "dbfs:", "runs:", "file:")):
        raise Invalid(
            f"The files of this run are in {uri.partition(':')[0]} storage, which is not read here.",
            hint="Get them with MLflow in a notebook: mlflow.artifacts.download_artifacts(run_id=…)",
        )
    return root / uri


def listed(base: Path) -> list[Artifact]:
    """The files below a folder in order of path; links that lead out of it are left out."""
    found: list[Artifact] = []
    real = base.resolve()
    for where, folders, names in os.walk(real):
        folders.sort()
        for name in sorted(names):
            path = Path(where) / name
            if path.is_file() and path.resolve().is_relative_to(real) and len(found) < MOST:
                shown = os.fsencode(path.relative_to(real).as_posix()).decode("utf-8", "replace")
                found.append(Artifact(shown, path.stat().st_size, media_type(path)))
    return sorted(found, key=lambda artifact: artifact.path)


def read(base: Path, path: str) -> File:
    """One file of a folder; raises Invalid for a path that leaves it, NotFound where there is none."""
    parts = path.split("/")
    if "\0" in path or "\\" in path or path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise Invalid("The path of the file is not one of this run's.", hint="Use a path from the list of its files.")
    real = base.resolve()
    target = (real / path).resolve()
    if not target.is_relative_to(real):
        raise Invalid(f"{path} leads out of the run's own folder.", hint="Use a path from the list of its files.")
    return File(_content(target, path), media_type(target), target.name)


def _content(target: Path, shown: str) -> bytes:
    try:
        descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"The run keeps no {shown}.", hint="Use a path from the list of its files.") from error
    except OSError as error:
        raise Invalid(f"{shown} cannot be read: {error.strerror}.", hint="Check the file's permissions.") from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise Invalid(f"{shown} is not a file.", hint="Use a path from the list of its files.")
        if facts.st_size > LARGEST:
            raise Invalid(
                f"{shown} has {facts.st_size / 1e6:.0f} MB; at most {LARGEST // 2**20} MB are shown here.",
                hint="Open it from a notebook with mlflow.artifacts.download_artifacts.",
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST)
    finally:
        os.close(descriptor)


def media_type(path: Path) -> str:
    """The media type that a file's name suggests."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
