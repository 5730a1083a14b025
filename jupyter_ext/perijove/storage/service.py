"""The verbs of storage: what changed in a notebook, merges that wait, earlier versions, conversion, blobs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.access import Person
from perijove.core.errors import Invalid, NotFound
from perijove.core.events import Events, Happened
from perijove.core.model import Task
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.routing import File
from perijove.core.tasks import Progress, Tasks
from perijove.storage import atomic, convert, disk, text
from perijove.storage.diff import diff
from perijove.storage.documents import Documents
from perijove.storage.git import Repository, Standing, standings
from perijove.storage.history import History, Then
from perijove.storage.merge import merge
from perijove.storage.model import (
    Cleaned,
    Convert,
    Converted,
    DiffRequest,
    MergeView,
    Notebook,
    NotebookDiff,
    NotebookVersion,
    Resolve,
    Restore,
    Side,
    Status,
)
from perijove.storage.pairs import bodies, pair
from perijove.storage.resolution import Open, resolve, view

_SHA = re.compile(r"[0-9a-f]{64}")
_MIME = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,64}")


class _Cell(msgspec.Struct):
    """What a cell of a notebook from outside has to be for a comparison."""

    cell_type: str
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}
    outputs: list[dict[str, Any]] = []
    id: str = ""
    execution_count: int | None = None


class _Notebook(msgspec.Struct):
    cells: list[_Cell]
    metadata: dict[str, Any] = {}


class Storage:
    """The verbs of storage; paths are relative to the project and never leave it."""

    def __init__(self, project: Project, documents: Documents, events: Events, tasks: Tasks) -> None:
        self.project = project
        self.documents = documents
        self.events = events
        self.tasks = tasks
        self.history = History(documents)

    def read_text(self, path: Path) -> Notebook | None:
        """The notebook in a text notebook; None where the file is none."""
        return self.documents.load(path).notebook if self.documents.is_text(path) else None

    def status(self, path: str, standing: Standing | None = None) -> Status:
        """How a notebook is stored, and how it stands to the last commit; ``standing`` if that is known already."""
        file = self._file(path)
        stored = self.documents.is_text(file)
        _, state, branch = standing or standings([file])[file]
        stale: list[str] = []
        try:
            conflicts = self.documents.load(file, stubs=stored).conflicts
        except Invalid:
            if state != "conflict":
                raise
            conflicts = self._view(file).conflicts
        if stored:
            found = disk.read(self.documents.places, file)
            stale = text.stale(disk.decoded(found.text, file.name), found.manifest)
        return Status(
            path=self.project.relative(file),
            stored="text" if stored else "notebook",
            git=state,
            branch=branch,
            outputs=self.documents.places.settings(file).outputs if stored else "",
            conflicts=conflicts,
            stale=stale,
        )

    def versions(self, path: str, limit: int = 100) -> list[NotebookVersion]:
        """The commits that changed a notebook, newest first."""
        return self.history.versions(self._path(path), limit)

    def diff(self, request: DiffRequest) -> NotebookDiff:
        """Compare two sides of a notebook."""
        file = self._path(request.path)
        before, old_name = self._side(file, request.before)
        after, new_name = self._side(file, request.after)
        named = self.project.relative(file)
        return diff(before, after, outputs=request.outputs, names=(old_name, new_name), path=named)

    def merge(self, path: str) -> MergeView:
        """The merge of a notebook that waits for a person; raises NotFound where none does."""
        return self._view(self._file(path))

    def resolve(self, request: Resolve, who: Person) -> Status:
        """Finish a merge by a pick for each conflict, and stage the notebook where git waits for it."""
        file = self._file(request.path)
        waiting = self._open(file)
        self.documents.save(file, resolve(waiting, request.picks))
        repository = Repository.of(file)
        if repository and repository.state(file) == "conflict":
            repository.add(file)
        self._tell("merged", file, who, {"conflicts": len(request.picks)})
        return self.status(request.path)

    def restore(self, request: Restore, who: Person) -> Status:
        """Bring a notebook, or one cell of it, back to how it was in a commit."""
        file = self._path(request.path)
        then, version = self.history.at(file, request.rev)
        if request.cell:
            self.documents.save(file, _with_cell(self.documents.load(file).notebook, then, request.cell))
        else:
            self._put_back(file, then, self.history.file(file, request.rev))
        self._tell("restored", file, who, {"rev": version.rev, "cell": request.cell})
        return self.status(request.path)

    def convert(self, request: Convert, who: Person) -> Task:
        """Make text notebooks of notebooks or back, as a task with a report."""
        target = self._path(request.path)
        if not target.exists():
            raise NotFound(f"There is no {self.project.relative(target)}.", hint="Name a notebook or a folder.")

        def work(progress: Progress) -> list[Converted]:
            def step(share: float | None, message: str) -> None:
                progress.check()
                progress.step(share, message)

            report = convert.convert(self.project, target, request.to, step, self.documents)
            for one in report:
                progress.log(f"{one.path}: {one.problem or f'became {one.became}'}")
                if not one.problem:
                    self._tell("converted", self.project.root / one.became, who, {"from": one.path})
            return report

        named = self.project.relative(target)
        title = f"Convert {named} to {'text notebooks' if request.to == 'text' else '.ipynb'}"
        return self.tasks.start("storage.convert", title, work, who, ref=f"notebook:{named}")

    def blob(self, sha: str, mime: str) -> File:
        """One output's bytes."""
        if not _SHA.fullmatch(sha):
            raise Invalid("That is not the name of a blob.", hint="A blob is named by its SHA-256.")
        if not _MIME.fullmatch(mime):
            raise Invalid("That is not a media type.", hint="Write it like image/png.")
        return File(self.documents.get_blob(sha), mime, sha)

    def clean(self) -> Cleaned:
        """Take away blobs and manifests that nothing refers to."""
        return self.documents.clean()

    def _put_back(self, file: Path, notebook: Notebook, then: Then) -> None:
        """Write a notebook as it was with its outputs; in the same format with the very bytes of the commit."""
        atomic.make(file.parent)
        plain = file.suffix == ".ipynb"
        if plain != then.name.endswith(".ipynb"):
            self.documents.save(file, notebook)
        elif plain:
            self.documents.save_bytes(file, then.data)
        else:
            old = file.read_bytes() if file.exists() else then.data
            self.documents.save(file, notebook)
            self.documents.save_bytes(file, disk.encoded(disk.decoded(then.data, then.name), old))

    def _side(self, file: Path, side: Side) -> tuple[Notebook, str]:
        """The notebook on a side of a comparison, with its name for people."""
        if side.kind == "commit":
            found, version = self.history.at(file, side.value or "HEAD")
            rev = side.value or "HEAD"
            return found, version.short if version.rev.startswith(rev) else f"{rev}, {version.short}"
        if side.kind == "file":
            other = self._file(side.value)
            return self.documents.load(other, stubs=True).notebook, self.project.relative(other)
        if side.kind == "open":
            return self._hollow(_checked(side.notebook)), "open"
        return self.documents.load(self._file(file), stubs=True).notebook, "saved"

    def _view(self, file: Path) -> MergeView:
        return view(self.project.relative(file), self._open(file))

    def _open(self, file: Path) -> Open:
        """The merge that waits: the conflicts in the file; git's three versions where the file cannot be read."""
        stages = self.history.stages(file)
        repository = Repository.of(file)
        theirs = (repository.theirs() if repository else "") or "theirs"
        merged = merge(*stages, theirs_name=theirs) if stages else None
        try:
            document = self.documents.load(file, stubs=True)
        except Invalid:
            if merged is None:
                raise
            return Open(merged.notebook, merged, theirs)
        if not document.conflicts and merged is None:
            raise NotFound(f"{self.project.relative(file)} has no conflict.", hint="There is nothing to merge.")
        return Open(document.notebook, merged, theirs if merged else "")

    def _hollow(self, notebook: Notebook) -> Notebook:
        from perijove.storage.outputs import hollow_notebook

        return hollow_notebook(notebook, self.documents.put_blob)

    def _path(self, path: str | Path) -> Path:
        """A path of this project; a view is taken for the text it shows."""
        return self.documents.at(self.project.inside(path))

    def _file(self, path: str | Path) -> Path:
        file = self._path(path)
        if not file.is_file():
            raise NotFound(f"There is no notebook {self.project.relative(file)}.", hint="Check the path.")
        return file

    def _tell(self, verb: str, file: Path, who: Person, new: Any) -> None:
        ref = Ref("notebook", self.project.relative(file))
        self.events.publish(Happened(f"storage.notebook.{verb}", ref, who.name, new=new))


def _checked(notebook: Any) -> Notebook:
    """A notebook from outside; raises Invalid where it cannot be compared."""
    if not isinstance(notebook, dict):
        raise Invalid("The open side needs its notebook.", hint="Send it as “notebook”.")
    try:
        msgspec.convert(notebook, _Notebook)
    except msgspec.ValidationError as error:
        raise Invalid(f"The open notebook is not understood: {error}.", hint="Send it as nbformat 4.") from error
    return notebook


def _with_cell(now: Notebook, then: Notebook, cell_id: str) -> Notebook:
    """The notebook with one cell as it was; a cell that is gone comes back behind the one it stood behind."""
    was, here = ([str(cell.get("id")) for cell in side["cells"]] for side in (then, now))
    cells = list(now["cells"])
    if cell_id in here:
        place = here.index(cell_id)
        before = dict(pair(bodies(cells), bodies(then["cells"]))).get(place)
        if before is not None:  # under another id, perhaps: notebooks below 4.5 have none of their own
            cells[place] = {**then["cells"][before], "id": cell_id}
            return {**now, "cells": cells}
    if cell_id in here or cell_id not in was:
        raise NotFound(f"There was no cell “{cell_id}” then.", hint="Compare the versions to see its id.")
    place = was.index(cell_id)
    above = next((name for name in reversed(was[:place]) if name in here), None)
    cells.insert(0 if above is None else here.index(above) + 1, then["cells"][place])
    return {**now, "cells": cells}
