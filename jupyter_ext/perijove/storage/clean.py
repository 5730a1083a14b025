"""Takes away what nothing refers to any more; only when somebody asks, for git may bring a notebook back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from perijove.core.errors import PerijoveError
from perijove.storage import atomic, blobs
from perijove.storage.model import Cleaned
from perijove.storage.places import MANIFEST

if TYPE_CHECKING:
    from perijove.storage.documents import Documents


def clean(documents: Documents) -> Cleaned:
    """Forget notebooks that are gone, outputs of cells that are gone, and blobs that nothing names.

    What is on another branch, in a stash or under a tag is not gone.
    """
    manifests = sum(_forget(documents, file) for file in _gone(documents))
    _drop_gone_cells(documents)
    unnamed = documents.store.unnamed()
    size = sum(blob.stat().st_size for blob in unnamed)
    for blob in unnamed:
        blobs.remove(documents.places.blobs, blob.name)
    for folder in documents.places.blobs.glob("??"):
        atomic.sweep(folder)
    return Cleaned(blobs=len(unnamed), bytes=size, manifests=manifests)


def _gone(documents: Documents) -> list[Path]:
    root = documents.places.folder / "notebooks"
    found = [manifest.parent for manifest in documents.store.index.manifests() if manifest.name == MANIFEST]
    texts = {state: documents.project.root / state.relative_to(root) for state in found if state.is_relative_to(root)}
    return [state for state, text in texts.items() if not text.exists() and not _in_git(text)]


def _in_git(text: Path) -> list[bytes]:
    """What a text is elsewhere in its repository; nothing without one."""
    from perijove.storage.git import Repository

    repository = Repository.of(text)
    return repository.everywhere(repository.name(text)) if repository else []


def _keys(data: bytes) -> set[str]:
    """The keys of the cells of a text; none for what is no text notebook."""
    from perijove.storage import disk, text
    from perijove.storage.reading import cell_keys

    try:
        source = disk.decoded(data, "")
        return set(cell_keys(text.from_text(source)["cells"])) if text.is_text_notebook(source) else set()
    except PerijoveError:
        return set()


def _forget(documents: Documents, state: Path) -> int:
    root = documents.places.folder / "notebooks"
    view = (documents.project.root / state.relative_to(root)).with_suffix(".ipynb")
    if not view.exists():
        shutil.rmtree(documents.places.state(view), ignore_errors=True)
    shutil.rmtree(state)
    return 1


def _drop_gone_cells(documents: Documents) -> None:
    """Outputs of deleted cells are kept in the manifest until now."""
    from perijove.storage.reading import cell_keys, manifest_of

    root = documents.places.folder / "notebooks"
    for manifest in documents.store.index.manifests():
        if manifest.name != MANIFEST or not manifest.is_relative_to(root):
            continue
        text = documents.project.root / manifest.parent.relative_to(root)
        if not documents.is_text(text):
            continue
        try:
            here = set(cell_keys(documents.load(text, stubs=True).notebook["cells"]))
        except PerijoveError:  # it cannot be read now: who repairs it wants its outputs
            continue
        here = here.union(*map(_keys, _in_git(text)))
        found = manifest_of(manifest.read_bytes())
        if left := {key: entry for key, entry in found.cells.items() if key in here}.keys() ^ found.cells.keys():
            for key in left:
                del found.cells[key]
            atomic.write(manifest, found.dumps())
