"""Slices, jobs and their verification."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Layer = Literal["value", "environment"]
Verdict = Literal["verified", "different", "failed", "refused"]
JobState = Literal["new", "verifying", "verified", "different", "failed", "refused", "edited"]
Result = Literal["identical", "within_tolerance", "different", "not_comparable", "not_deterministic"]


class KeptLine(msgspec.Struct, frozen=True):
    """One line of a cell; ``kept`` says whether it goes into the job and ``reason`` why."""

    number: int
    text: str
    kept: bool
    reason: str


class KeptCell(msgspec.Struct, frozen=True):
    """A cell of the notebook as the slice sees it; ``lines`` are first and last of each kept range, from 1."""

    index: int
    id: str
    lines: list[tuple[int, int]]
    layer: Layer
    reasons: list[str]


class CellView(msgspec.Struct, frozen=True):
    """A code cell line by line, for the preview; ``note`` is the cell's summary."""

    index: int
    id: str
    kept: bool
    note: str
    lines: list[KeptLine]


class Parameter(msgspec.Struct, frozen=True):
    """A literal that becomes an option of the job."""

    name: str
    type: str
    default: Any
    cell: str
    line: int


class Input(msgspec.Struct, frozen=True):
    """Something the job reads: a dataset or an environment variable. ``ref`` is empty where the catalog has none."""

    name: str
    kind: str
    ref: str


class Output(msgspec.Struct, frozen=True):
    """A value that the job yields and verification compares."""

    name: str
    kind: str


class Slice(msgspec.Struct, frozen=True):
    """What a job made from a cell would hold, and why."""

    cells: list[KeptCell]
    parameters: list[Parameter]
    inputs: list[Input]
    outputs: list[Output]
    opaque: list[str]
    warnings: list[str]
    view: list[CellView]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells to export: a notebook's path in the project, and cell ids or indices (as text)."""

    notebook: str
    cells: list[str]


class NewJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job to write. ``kernel_id`` is the live kernel to take values from; ``run`` runs the notebook afresh."""

    notebook: str
    cells: list[str]
    name: str = ""
    out: str = ""
    target: str = "folder"
    kernel_id: str = ""
    run: bool = False
    verify: bool = False


class OutputVerdict(msgspec.Struct, frozen=True):
    """How one output of the job compares with the notebook's."""

    name: str
    result: Result
    detail: str


class Step(msgspec.Struct, frozen=True):
    """One step of a verification and how long it took."""

    name: str
    ok: bool
    seconds: float
    detail: str = ""


class Verification(msgspec.Struct, frozen=True):
    """The verdict on a job; "verified" only if every step ran and no output differs."""

    verdict: Verdict
    outputs: list[OutputVerdict]
    steps: list[Step]
    seconds: float
    reason: str = ""
    at: datetime | None = None


class Job(msgspec.Struct, frozen=True, rename="camel"):
    """An exported job. ``path`` is its folder; ``run`` the experiment run it reproduces, empty where there is none."""

    name: str
    path: str
    state: JobState
    notebook: str
    cells: list[str]
    files: list[str]
    run: str
    warnings: list[str]
    exported_at: datetime
    verification: Verification | None
