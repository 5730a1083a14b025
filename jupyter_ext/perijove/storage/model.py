"""What storage speaks of: versions of a notebook, differences between two, merges of three.

Vocabulary
  text notebook  a program in percent cells whose first line says it is a notebook; the source of truth
  manifest       what the text leaves out, by cell id: outputs, counts, volatile metadata
  blob           one output (or attachment) as bytes, named by its SHA-256
  stub           what stands in a live document for a blob: an output of the mime type ``BLOB_MIME``
  view           the ``.ipynb`` derived from a text notebook for tools that read files
  side           one of the notebooks that are compared: a commit, the disk, another file, an open document
  merge base     the version that both sides of a merge come from
  conflict       a cell that both sides changed, differently, in the same place
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from perijove.core.errors import Conflict

BLOB_MIME = "application/vnd.perijove.blob+json"
"""An output of this type names, slot by slot, the blobs that belong in its place."""

CONFLICT_KEY = "perijove"
"""The key in a cell's metadata that holds its conflict while it is not resolved; it is never written to disk."""

Notebook = dict[str, Any]
"""A notebook as nbformat 4 has it in memory: multi-line strings joined."""


class Changed(Conflict):
    """The file is no longer what was read: someone else wrote it."""


class Version(msgspec.Struct, frozen=True):
    """One state of a document on disk; ``token`` (nanoseconds) only grows, ``digest`` names the content."""

    token: int
    digest: str


class Document(msgspec.Struct, frozen=True):
    """A notebook as it was read, and the state on disk it was read from; ``conflicts`` counts unresolved ones."""

    notebook: Notebook
    version: Version
    text: str = ""
    conflicts: int = 0


class CellConflict(msgspec.Struct, frozen=True, rename="camel"):
    """Both versions of a cell, and the one before; a missing source means the cell is not there on that side."""

    ours: str | None
    theirs: str | None
    base: str | None = None
    ours_name: str = "yours"
    theirs_name: str = "theirs"
    base_name: str = "before"


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """How a notebook is stored and stands to git; ``stale`` are cells whose output is older than their source."""

    path: str
    stored: Literal["text", "notebook"]
    git: Literal["none", "untracked", "unchanged", "changed", "conflict"]
    branch: str = ""
    outputs: str = ""
    conflicts: int = 0
    stale: list[str] = []


class NotebookVersion(msgspec.Struct, frozen=True):
    """A commit that changed a notebook; ``when`` is UTC in ISO form."""

    rev: str
    short: str
    author: str
    when: str
    message: str


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the notebooks compared; ``value`` is the commit, or the path of the other file."""

    kind: Literal["commit", "disk", "file", "open"]
    value: str = ""
    notebook: dict[str, Any] | None = None


class DiffRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Compare two sides of the notebook at ``path``; ``outputs`` false leaves outputs out."""

    path: str
    before: Side
    after: Side
    outputs: bool = True


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """One row of a line comparison; numbers count from 1, null where the side has no such line.

    ``spans_before`` and ``spans_after`` are [start, end) pairs of characters (code points) that differ.
    """

    kind: Literal["same", "changed", "removed", "added"]
    before: int | None
    after: int | None
    text_before: str = ""
    text_after: str = ""
    spans_before: list[tuple[int, int]] = []
    spans_after: list[tuple[int, int]] = []


class OutputPart(msgspec.Struct, frozen=True):
    """One output for showing: ``text`` for text, else ``blob`` (SHA-256) or inline base64 ``data`` of ``mime``."""

    kind: str
    mime: str
    size: int
    text: str = ""
    blob: str = ""
    data: str = ""


class OutputChange(msgspec.Struct, frozen=True):
    """An output that is there on one side only, or differs; text comes with its lines."""

    kind: Literal["changed", "added", "removed"]
    before: OutputPart | None
    after: OutputPart | None
    lines: list[Line] = []


class CellChange(msgspec.Struct, frozen=True, rename="camel"):
    """A cell on both sides; positions count from 0, null where the side has no such cell."""

    kind: Literal["same", "changed", "added", "removed", "moved"]
    id: str
    cell_type: str
    before: int | None
    after: int | None
    count_before: int | None = None
    count_after: int | None = None
    lines: list[Line] = []
    outputs: list[OutputChange] = []
    metadata: list[str] = []
    summary: str = ""


class NotebookDiff(msgspec.Struct, frozen=True, rename="camel"):
    """All cells of both sides in order; ``changed`` counts those that are not the same."""

    path: str
    before_name: str
    after_name: str
    cells: list[CellChange]
    changed: int
    metadata: list[str] = []
    language: str = "python"


class MergeCell(msgspec.Struct, frozen=True, rename="camel"):
    """A cell of a merge: what became of it, and the sources to choose from where it is a conflict."""

    id: str
    cell_type: str
    state: Literal["same", "ours", "theirs", "both", "conflict", "added", "removed"]
    side: Literal["", "ours", "theirs", "both"] = ""
    source: str = ""
    conflict: CellConflict | None = None
    lines_ours: list[Line] = []
    lines_theirs: list[Line] = []
    summary: str = ""


class MergeView(msgspec.Struct, frozen=True, rename="camel"):
    """A merge that waits for a person; ``conflicts`` counts what is open, ``merged`` what merged by itself."""

    path: str
    ours_name: str
    theirs_name: str
    base_name: str
    cells: list[MergeCell]
    conflicts: int
    merged: int
    language: str = "python"


class Pick(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person chose for a conflict; ``source`` counts for "edited" only."""

    id: str
    pick: Literal["ours", "theirs", "both", "edited"]
    source: str = ""


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Finish a merge: one pick for each conflict."""

    path: str
    picks: list[Pick]


class Restore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bring a notebook, or one cell of it, back to how it was in a commit."""

    path: str
    rev: str
    cell: str = ""


class Convert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Convert a notebook, or every notebook below a folder, to text or back."""

    path: str
    to: Literal["text", "notebook"]


class Converted(msgspec.Struct, frozen=True):
    """One converted notebook, or why it was left alone; ``note`` says what else there is to do."""

    path: str
    became: str
    problem: str = ""
    note: str = ""


class Loss(msgspec.Struct, frozen=True):
    """What a round trip through text would lose of a notebook."""

    path: str
    kind: str
    detail: str


class CheckReport(msgspec.Struct, frozen=True):
    """How many notebooks were found, are valid, and come back whole; ``invalid`` says why others are not valid."""

    found: int
    valid: int
    lossless: int
    losses: list[Loss]
    invalid: list[Loss] = []


class Cleaned(msgspec.Struct, frozen=True):
    """What nothing refers to any more: blobs, and manifests of notebooks that are gone."""

    blobs: int
    bytes: int
    manifests: int
