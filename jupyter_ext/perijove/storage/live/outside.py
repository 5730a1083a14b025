"""Large notebooks are read and written by a process of their own: parsing 100 MB here would hold up everyone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from perijove.core import errors
from perijove.core.project import Project
from perijove.storage.documents import Documents
from perijove.storage.model import Changed, Document, Notebook, Version

LARGE = 4_000_000
"""Bytes of an ``.ipynb`` from which it is worth to start a process."""


async def load(documents: Documents, path: Path) -> Document:
    """Read a notebook with stubs for its large outputs."""
    if not _is_large(documents, path):
        return await asyncio.to_thread(documents.load, path, stubs=True, ids=True)
    found = await asyncio.to_thread(_ask, documents, {"verb": "load", "path": str(path)})
    return Document(found["notebook"], _version(found), found["text"], found["conflicts"])


async def save(documents: Documents, path: Path, notebook: Notebook, base: Version | None) -> Version:
    """Write a notebook that has stubs; raises Changed if the file is no longer ``base``."""
    if base is None or not _is_large(documents, path):
        return await asyncio.to_thread(documents.save, path, notebook, base=base)
    asked = {"verb": "save", "path": str(path), "notebook": notebook, "digest": base.digest}
    await asyncio.to_thread(_ask, documents, asked)
    return await asyncio.to_thread(documents.version, path)


def _is_large(documents: Documents, path: Path) -> bool:
    try:
        return path.suffix == ".ipynb" and documents.at(path) == path and path.stat().st_size > LARGE
    except OSError:
        return False


def _version(found: dict[str, Any]) -> Version:
    return Version(found["token"], found["digest"])


def _ask(documents: Documents, asked: dict[str, Any]) -> dict[str, Any]:
    project = documents.project
    asked |= {"root": str(project.root), "state": str(project.state)}
    done = subprocess.run(
        [sys.executable, "-m", "perijove.storage.live.outside"],
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    if done.returncode:
        raise errors.Failed(f"{asked['path']} could not be read or written: {done.stderr.decode()[-500:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "kind" in answer:
        kind = Changed if answer["kind"] == "Changed" else getattr(errors, answer["kind"])
        raise kind(answer["message"], hint=answer["hint"])
    return answer


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What the process answers to one question."""
    documents = Documents(Project(Path(asked["root"]), Path(asked["state"])))
    path = Path(asked["path"])
    try:
        if asked["verb"] == "save":
            saved = documents.save(path, asked["notebook"], base=Version(0, asked["digest"]))
            return {"token": saved.token, "digest": saved.digest}
        found = documents.load(path, stubs=True, ids=True)
    except errors.PerijoveError as error:
        return {"kind": error.kind, "message": error.message, "hint": error.hint}
    return {
        "notebook": found.notebook,
        "text": found.text,
        "conflicts": found.conflicts,
        "token": found.version.token,
        "digest": found.version.digest,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
