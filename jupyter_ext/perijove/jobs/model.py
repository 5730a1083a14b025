"""Slices, jobs and their verification."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Layer = Literal["value", "environment"]
Verdict = Literal["verified", "different", "failed", "refused"]
JobState = Literal["new", "verifying", "verified", "different", "failed", "refused", "edited", "drifting"]
Result = Literal["identical", "within_tolerance", "different", "not_comparable", "not_deterministic"]
Order = Literal["auto", "log", "document"]
Origin = Literal["literal", "path", "seed", "date", "widget", "parameters_cell", "environment"]
Severity = Literal["info", "warning", "refusal"]


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
    """A literal that becomes an option of the job; ``kind`` says where it was found."""

    name: str
    type: str
    default: Any
    cell: str
    line: int
    kind: Origin = "literal"


class Input(msgspec.Struct, frozen=True):
    """Something the job reads: a dataset, a file, a table or an environment variable.

    ``ref`` and ``version`` are empty where the catalog has none.
    """

    name: str
    kind: str
    ref: str
    version: str = ""


class Output(msgspec.Struct, frozen=True):
    """A value that the job yields and verification compares, or a file, table or model that it writes."""

    name: str
    kind: str


class Finding(msgspec.Struct, frozen=True):
    """Something about the notebook to know before or after an export; a ``refusal`` forbids it.

    ``kind`` is a word for scripts (out_of_order, hidden_state, opaque, unpinned_data, secret, interactive_input,
    unpicklable, missing_package…); ``cell`` is the id of the cell, empty where it is no one cell's.
    """

    kind: str
    severity: Severity
    cell: str
    message: str
    hint: str = ""


class Slice(msgspec.Struct, frozen=True):
    """What a job made from a choice would hold, and why.

    ``order`` is the order of execution it was taken over; ``environment`` the packages it imports, at the versions of
    the Python that looks; the lock takes those of the kernel.
    """

    cells: list[KeptCell]
    parameters: list[Parameter]
    inputs: list[Input]
    outputs: list[Output]
    opaque: list[str]
    warnings: list[str]
    view: list[CellView]
    order: Order = "document"
    environment: dict[str, str] = {}
    findings: list[Finding] = []


class LineRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a cell, from 1; the cell by its id or index."""

    cell: str
    line: int


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to export from a notebook, named by its path in the project: cells, a variable at the end, or a ref.

    ``ref`` is a run, a model, or an output file (``dataset:…``) of the notebook. ``kernel_id`` is the live kernel whose
    log and values count. ``order`` is "auto" for the log where it still agrees with the notebook's text, else the
    document's. ``keep`` and ``drop`` force lines in and out.
    """

    notebook: str
    cells: list[str] = []
    variable: str = ""
    ref: str = ""
    kernel_id: str = ""
    order: Order = "auto"
    keep: list[LineRef] = []
    drop: list[LineRef] = []


class NewJob(Choice, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A job to write. ``run`` runs the notebook afresh for values to compare with; ``verify`` verifies what is written.

    ``target`` is an installed job target, ``target_options`` its settings.
    """

    name: str = ""
    out: str = ""
    target: str = "folder"
    target_options: dict[str, str] = {}
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
    """The verdict on a job; "verified" only if every step ran and no output differs.

    ``findings`` are about the notebook; ``widened`` are the cells added because the first slice did not suffice;
    ``tree`` is the digest of the job's files as they were verified.
    """

    verdict: Verdict
    outputs: list[OutputVerdict]
    steps: list[Step]
    seconds: float
    reason: str = ""
    at: datetime | None = None
    findings: list[Finding] = []
    widened: list[str] = []
    tree: str = ""


class Clash(msgspec.Struct, frozen=True):
    """A place that both the engineer and the notebook changed: a hunk of a file and its cell, or a whole file."""

    path: str
    cell: str
    reason: str
    mine: str
    base: str
    notebook: str


Take = Literal["mine", "notebook", "edited"]


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to bring a job up to date. ``take`` decides files in conflict: mine, the notebook's, or what was edited.

    ``kernel_id`` is the live kernel to take values from; ``run`` runs the notebook afresh; without either, the stored
    values serve as long as no kept cell has changed. ``moved_to`` is the notebook's path in the project where it is not
    the one that the job was made from any more.
    """

    run: bool = False
    kernel_id: str = ""
    verify: bool = True
    take: dict[str, Take] = {}
    moved_to: str = ""


class Update(msgspec.Struct, frozen=True):
    """What a re-export did: the files it changed, those in conflict, and what the engineer did that was kept.

    ``conflicts`` are empty, or nothing in the job's files was touched and the merge with its marks lies in ``place``.
    """

    merged: list[str]
    conflicts: list[str]
    kept: list[str]
    clashes: list[Clash] = []
    place: str = ""
    verification: Verification | None = None


class CellOrigin(msgspec.Struct, frozen=True):
    """A cell that a job was made from: the lines of its steps that came of it, and what the notebook says now.

    ``index`` is the cell's place in the notebook, null where it is gone; ``run`` which run of it, from 1; ``step`` the
    function that the lines stand in, empty for imports and definitions; ``code`` those lines as they were generated.
    """

    cell: str
    index: int | None
    run: int
    chosen: bool
    state: Literal["same", "changed", "gone"]
    step: str
    lines: list[tuple[int, int]]
    code: str
    now: str


class Approval(msgspec.Struct, frozen=True):
    """Who approved a job for production, when and why. ``tree`` is the digest of its files then; ``holds`` whether they
    are still the same."""

    by: str
    at: datetime
    note: str
    tree: str
    holds: bool = True


class Job(msgspec.Struct, frozen=True, rename="camel"):
    """An exported job. ``path`` is its folder; ``run`` the experiment run it reproduces, empty where there is none.

    ``behind`` says that its notebook has changed since; ``conflicts`` are files of an update that wait for a decision.
    ``owner`` answers for it; ``schedule`` says when its own files have it run, empty where they do not.
    """

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
    behind: bool = False
    conflicts: list[str] = []
    owner: str = ""
    approval: Approval | None = None
    schedule: str = ""


class ColumnDrift(msgspec.Struct, frozen=True):
    """How far one column is from its reference. ``place`` is an input's name, "features" or "predictions".

    ``source`` is what left the profile: a run, a scored file, or answers over HTTP.

    ``psi`` and ``ks`` are None where they say nothing of such a column; ``limit`` is the index above which it drifts.
    """

    place: str
    column: str
    psi: float | None
    ks: float | None
    limit: float
    drifting: bool
    reason: str = ""
    source: str = ""


class MetricDecay(msgspec.Struct, frozen=True):
    """A metric of predictions whose labels have come, beside its baseline."""

    name: str
    baseline: float
    value: float
    rows: int
    drifting: bool


class Watched(msgspec.Struct, frozen=True):
    """One profile of the history: of a run, a scored file, or answers over HTTP."""

    id: str
    at: datetime
    source: str
    rows: int
    drifting: bool
    worst_psi: float | None
    worst_ks: float | None
    columns: list[str]
    breaches: int
    metrics: dict[str, float] = {}


class Alert(msgspec.Struct, frozen=True):
    """What became of the alerts: none, sent, waiting to be sent again, or off where no webhook is set."""

    state: Literal["none", "sent", "waiting", "off"]
    detail: str = ""
    waiting: int = 0


class DriftLimits(msgspec.Struct, frozen=True):
    """What is too far, of ``[monitor]`` in a job's config.toml; few rows raise the ``psi`` of a column."""

    psi: float
    ks: float
    metric_decay: float


class Webhook(msgspec.Struct, frozen=True):
    """Where alerts go: the environment variable that holds the address, and whether it does; never the address."""

    variable: str
    is_set: bool


class Monitor(msgspec.Struct, frozen=True):
    """How a job does: drift of what it reads and answers, breaches of the contract, metrics, and how it went before."""

    name: str
    state: Literal["steady", "drifting", "unknown"]
    columns: list[ColumnDrift]
    breaches: list[str]
    metrics: list[MetricDecay]
    history: list[Watched]
    alert: Alert
    limits: DriftLimits
    webhook: Webhook


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """True answers for the last scored file: a Parquet or CSV file, in the same order or joined by a ``key``.

    ``column`` holds the labels; it may be left out where the file has only one column beside the key.
    """

    file: str
    column: str = ""
    key: str = ""


class LookAtJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to look at a job: ``accept`` takes what is now for normal, and writes the job's ``reference.json``.

    The file of ``labels`` is one of the project, by its path from there.
    """

    accept: bool = False
    labels: Labels | None = None


class Parity(msgspec.Struct, frozen=True):
    """How far a portable form of a model is from the model itself, on the same rows.

    ``max_difference_float32`` is the difference to the model asked in single precision. A form that does not agree is
    never served; ``detail`` says why, or why there is none.
    """

    model: str
    form: str
    agrees: bool
    rows: int = 0
    max_difference: float | None = None
    label_flips: int | None = None
    max_difference_float32: float | None = None
    label_flips_float32: int | None = None
    detail: str = ""
