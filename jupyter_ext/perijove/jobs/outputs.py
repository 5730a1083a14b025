"""Which cells made a thing that somebody wants a job for: a run, a model, or a file that was written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from perijove.core.errors import Invalid, NotFound
from perijove.core.executions import Executions
from perijove.jobs.log import Entry
from perijove.jobs.notebook import Notebook
from perijove.jobs.slice import Analysis

KINDS = ("run", "model", "dataset")


def makers_of(
    ref: str, notebook: Notebook, entries: Sequence[Entry], analysis: Analysis, log: Executions | None
) -> list[str]:
    """The ids of the cells that made it, among these entries; raises NotFound or Invalid."""
    kind, sign, name = ref.partition(":")
    if kind not in KINDS or not sign or not name:
        raise Invalid(f"“{ref}” is no ref of a run, a model or a dataset.", hint="Write run:…, model:… or dataset:….")
    known = {entry.cell for entry in entries}
    seen = log.makers(ref) if log is not None else []
    cells = [cell for path, cell, _ in seen if path == notebook.path and cell in known]
    if not cells and kind == "dataset":
        cells = _writers(name, notebook, entries, analysis)
    if cells:
        return cells if kind != "dataset" else cells[:1]
    elsewhere = sorted({path for path, _, _ in seen if path != notebook.path})
    raise NotFound(
        f"No cell of {notebook.path} is known to have made {ref}.",
        hint=f"It was made in {', '.join(elsewhere)}." if elsewhere else "Run the cell that makes it, then try again.",
    )


def _writers(uri: str, notebook: Notebook, entries: Sequence[Entry], analysis: Analysis) -> list[str]:
    """The cell that writes a file last, told by its source alone."""
    wanted = _local(uri, notebook)
    found = [
        analysis.units[at].cell
        for path, users in analysis.walk.notes.writes.items()
        if path != "*" and _local(path, notebook) == wanted
        for at in users
    ]
    return [entries[max(found)].cell] if found else []


def _local(uri: str, notebook: Notebook) -> str:
    """A path or a file's URI as one absolute path; other URIs as they are."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return str(Path(unquote(parts.path)).resolve())
    return uri if parts.scheme else str((notebook.file.parent / uri).resolve())
