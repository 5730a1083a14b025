"""The earlier states of a notebook: what git has of it, put together with the outputs that still belong to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from perijove.core.errors import Invalid, NotFound
from perijove.core.ranges import within
from perijove.storage import conflicts, disk, ipynb, outputs, text
from perijove.storage.documents import Documents
from perijove.storage.git import MOST_VERSIONS, Change, Repository
from perijove.storage.identity import keys, source_hash
from perijove.storage.languages import ENDINGS
from perijove.storage.manifest import Manifest
from perijove.storage.model import Notebook, NotebookVersion
from perijove.storage.pairs import joined
from perijove.storage.places import MANIFEST, attachments_folder, outputs_folder
from perijove.storage.plainfile import with_ids

_POINTER = b"version https://git-lfs.github.com/spec/"
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


class Then(NamedTuple):
    """A notebook's file in a commit: what it was called, its bytes, and the commit."""

    name: str
    data: bytes
    commit: str
    repository: Repository


class History:
    """Reads the versions of notebooks from git; large outputs come as stubs, their bytes as blobs."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents

    def versions(self, path: Path, limit: int = 100) -> list[NotebookVersion]:
        """The commits that changed a notebook, newest first; nothing outside of a repository."""
        within("limit", limit, 1, MOST_VERSIONS)
        repository = Repository.of(path)
        if repository is None:
            return []
        return [change.version for change in _past(repository, repository.name(path), limit)]

    def at(self, path: Path, rev: str, *, stubs: bool = True) -> tuple[Notebook, NotebookVersion]:
        """A notebook in a commit, and the commit; raises NotFound where it was not there.

        Without ``stubs`` its outputs are whole, and nothing is written to the store of blobs.
        """
        name, data, commit, repository = self.file(path, rev)
        return self.parse(data, name, path, commit, repository, stubs=stubs), repository.about(commit)

    def file(self, path: Path, rev: str) -> Then:
        """The file that a notebook was in a commit, under an earlier name too; raises NotFound where there was none."""
        repository = Repository.need(path)
        commit = repository.commit(rev)
        own = repository.name(path)
        names = _names(own)
        there = repository.present(commit, names)
        if not there:
            names = list(dict.fromkeys(change.name for change in _past(repository, own, MOST_VERSIONS)))
            there = repository.present(commit, names)
        for name in there:
            data = repository.read(commit, name)
            if data is not None and (name.endswith(".ipynb") or text.is_text_notebook(data[:200])):
                return Then(name, _smudged(data, repository) or data, commit, repository)
        if there:
            raise Invalid(f"{there[0]} was no notebook then.", hint="Choose a later version.")
        raise NotFound(f"{path.name} was not there in {rev}.", hint="See `perijove nb log` for its versions.")

    def stages(self, path: Path) -> tuple[Notebook | None, Notebook, Notebook] | None:
        """Base, ours and theirs of a notebook that git could not merge; None where there is nothing to merge."""
        repository = Repository.of(path)
        found = repository.stages(path) if repository else {}
        if repository is None or 2 not in found or 3 not in found:
            return None
        name = repository.name(path)
        base = self.parse(found[1], name, path, "", repository) if 1 in found else None
        ours, theirs = (self.parse(found[stage], name, path, "", repository) for stage in (2, 3))
        return base, ours, theirs

    def parse(
        self, data: bytes, name: str, path: Path, commit: str, repository: Repository, *, stubs: bool = True
    ) -> Notebook:
        """A notebook from the bytes git has; its outputs from the commit, else those here that belong to its cells."""
        if name.endswith(".ipynb"):
            found = with_ids(ipynb.parse(data, name))
        else:
            found = self._from_text(disk.decoded(data, name), name, path, commit, repository, stubs)
        if stubs:
            found = outputs.hollow_notebook(found, self.documents.put_blob)
        conflicts.lift(found)
        return found

    def _from_text(
        self, source: str, name: str, path: Path, commit: str, repository: Repository, stubs: bool
    ) -> Notebook:
        committed = repository.read(commit, f"{outputs_folder(name)}/{MANIFEST}") if commit else None
        manifest = Manifest.loads(committed) if committed is not None else self._present(path, source)
        get = self._getter(path, name, commit, repository)
        return text.from_text(source, manifest, get, stubs=stubs and committed is None, ids=True)

    def _present(self, path: Path, source: str) -> Manifest:
        """The outputs here, of the cells whose source they were made from is the source in this text."""
        if self.documents.is_text(path):
            data = disk.read(self.documents.places, path).manifest
        else:  # a text that was deleted has left its outputs; what is no text has none
            kept = self.documents.places.of(path).manifest
            data = kept.read_bytes() if not path.exists() and kept.exists() else None
        manifest = Manifest.loads(data) if data else Manifest()
        cells = text.from_text(source, None, None, ids=True)["cells"]
        names = keys(cell["id"] for cell in cells)
        hashes = {key: source_hash(joined(cell["source"])) for key, cell in zip(names, cells, strict=True)}
        manifest.cells = {key: entry for key, entry in manifest.cells.items() if hashes.get(key) == entry.get("source")}
        return manifest

    def _getter(self, path: Path, name: str, commit: str, repository: Repository) -> Callable[[str], bytes]:
        here = self.documents.store.getter(self.documents.places.of(path))

        def get(sha: str) -> bytes:
            try:
                return here(sha)
            except KeyError:
                for place in (f"{outputs_folder(name)}/blobs/{sha[:2]}/{sha}", f"{attachments_folder(name)}/{sha}"):
                    found = _smudged(repository.read(commit, place), repository)  # no commit is the index
                    if found is not None:
                        return found
                raise

        return get


def _smudged(data: bytes | None, repository: Repository) -> bytes | None:
    """The content a git-LFS pointer stands for, if it has been fetched; other bytes as they are."""
    if data is None or not data.startswith(_POINTER):
        return data
    hit = _OID.search(data)
    return repository.lfs_object(hit[1].decode()) if hit else None


def _past(repository: Repository, name: str, limit: int) -> list[Change]:
    """The commits that changed a notebook, newest first, through renames and conversions."""
    found: list[Change] = []
    start = "HEAD"
    while len(found) < limit:
        part = repository.changes(_own(repository, name, start), limit - len(found), start)
        found += part
        if not part or not part[-1].added:
            break
        earlier = repository.renamed(part[-1].version.rev, part[-1].name)
        if earlier is None:
            break
        name, start = earlier, f"{part[-1].version.rev}^"
    return found


def _own(repository: Repository, name: str, start: str) -> list[str]:
    """A notebook's names up to a commit; a program beside an ``.ipynb`` is no earlier form of it."""
    names = _names(name)
    if not name.endswith(".ipynb") or not repository.exists(start):
        return names
    return [name, *repository.holders(names[1:], "perijove-notebook", start)]


def _names(name: str) -> list[str]:
    """A notebook's name, and what it may have been called before it was converted."""
    stem, dot, ending = name.rpartition(".")
    if f".{ending}" == ".ipynb":
        return [name, *(f"{stem}{other}" for other in sorted(ENDINGS, key=lambda one: (one != ".py", one)))]
    return [name, f"{stem}.ipynb"] if dot and f".{ending}" in ENDINGS else [name]
