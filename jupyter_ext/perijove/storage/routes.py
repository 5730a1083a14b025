"""Storage over HTTP."""

from __future__ import annotations

from perijove.core.access import Person
from perijove.core.model import Task
from perijove.core.routing import File, Router
from perijove.storage.model import (
    Cleaned,
    Convert,
    DiffRequest,
    MergeView,
    NotebookDiff,
    NotebookVersion,
    Resolve,
    Restore,
    Status,
)
from perijove.storage.service import Storage

router = Router("storage")


@router.get("/status", may="storage.read")
def notebook_status(storage: Storage, path: str) -> Status:
    """How a notebook is stored, and how it stands to git."""
    return storage.status(path)


@router.get("/versions", may="storage.read")
def list_versions(storage: Storage, path: str, limit: int = 100) -> list[NotebookVersion]:
    """The commits that changed a notebook, newest first."""
    return storage.versions(path, limit)


@router.post("/diff", may="storage.read")
def diff_notebook(storage: Storage, body: DiffRequest) -> NotebookDiff:
    """What differs between two sides of a notebook."""
    return storage.diff(body)


@router.get("/merge", may="storage.read")
def show_merge(storage: Storage, path: str) -> MergeView:
    """The merge of a notebook that waits for a person."""
    return storage.merge(path)


@router.post("/merge", may="storage.write")
def resolve_merge(storage: Storage, body: Resolve, who: Person) -> Status:
    """Finish a merge by a pick for each conflict."""
    return storage.resolve(body, who)


@router.post("/restore", may="storage.write")
def restore_notebook(storage: Storage, body: Restore, who: Person) -> Status:
    """Bring a notebook, or one cell of it, back to how it was in a commit."""
    return storage.restore(body, who)


@router.post("/convert", may="storage.write")
def convert_notebooks(storage: Storage, body: Convert, who: Person) -> Task:
    """Make text notebooks of notebooks or back, as a task with a report."""
    return storage.convert(body, who)


@router.get("/blobs/{sha}", may="storage.read")
def read_blob(storage: Storage, sha: str, mime: str = "application/octet-stream") -> File:
    """One output's bytes, by their SHA-256."""
    return storage.blob(sha, mime)


@router.post("/clean", may="storage.write")
def clean_storage(storage: Storage) -> Cleaned:
    """Take away blobs and manifests that nothing refers to."""
    return storage.clean()
