"""What is around a dataset: what is said of it, who may read it, what uses it, how it changed, how it is loaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from perijove.catalog.model import Engine, Version, Window

ReaderKind = Literal["person", "role"]
RequestState = Literal["open", "approved", "refused", "withdrawn"]
Change = Literal["added", "removed", "retyped", "same"]


class About(msgspec.Struct, frozen=True, rename="camel"):
    """What people say of a dataset; ``description`` is Markdown, ``columns`` a sentence by column name.

    ``origin`` names the catalog it was imported from, empty where people wrote it here.
    """

    ref: str
    description: str = ""
    owners: list[str] = []
    tags: list[str] = []
    columns: dict[str, str] = {}
    origin: str = ""
    edited_by: str = ""
    edited_at: datetime | None = None


class NewAbout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; null leaves a part as it is, and an empty text takes a column's sentence away."""

    ref: str
    description: str | None = None
    owners: list[str] | None = None
    tags: list[str] | None = None
    columns: dict[str, str] | None = None


class Reader(msgspec.Struct, frozen=True):
    """Who may read a restricted dataset: a person by login or everyone with a role; ``why`` they may."""

    who: str
    kind: ReaderKind
    why: str
    by: str
    since: datetime | None = None
    ref: str = ""


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """Someone asks to read a dataset; ``reason`` is theirs, ``answer`` that of who decided."""

    id: str
    ref: str
    name: str
    who: str
    reason: str
    state: RequestState
    at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    answer: str = ""


class Access(msgspec.Struct, frozen=True, rename="camel"):
    """Who may read a dataset and why; ``open`` to everyone with ``catalog.read`` unless it is restricted.

    ``restricted_by`` says in words who restricted what, ``rule`` is the ref of that restriction. ``readers`` and
    ``reason`` are shown to those who may read it, other people's requests to those who decide.
    """

    ref: str
    open: bool
    may_read: bool
    why: str
    restricted_by: str
    reason: str
    readers: list[Reader]
    requests: list[Request]
    may_approve: bool
    rule: str = ""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask to read a dataset."""

    ref: str
    reason: str


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Approve or refuse a request, with a reason."""

    id: str
    approve: bool
    reason: str = ""


class Restrict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Restrict a dataset or source to its readers, or open it again."""

    ref: str
    reason: str = ""
    restricted: bool = True


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a person or a role read, or no longer."""

    ref: str
    who: str
    kind: ReaderKind = "person"
    reason: str = ""


class Rule(msgspec.Struct, frozen=True):
    """A restriction, for those who decide over all of them."""

    ref: str
    reason: str
    by: str
    since: datetime
    readers: list[Reader]


class Versions(msgspec.Struct, frozen=True):
    """Versions, newest first; ``note`` says where they come from."""

    versions: list[Version]
    note: str = ""


class ColumnChange(msgspec.Struct, frozen=True):
    """What became of a column; ``before`` and ``after`` are its types."""

    name: str
    change: Change
    before: str = ""
    after: str = ""


class Figure(msgspec.Struct, frozen=True):
    """A figure of a column that differs between two versions, for instance its null share."""

    name: str
    what: str
    before: Any = None
    after: Any = None


class Pair(msgspec.Struct, frozen=True):
    """A number of two versions."""

    before: int | None
    after: int | None


class Diff(msgspec.Struct, frozen=True):
    """How a version differs from an earlier one; ``note`` says what could not be compared."""

    before: Version
    after: Version
    rows: Pair
    bytes: Pair
    columns: list[ColumnChange]
    profile: list[Figure]
    note: str = ""


class Use(msgspec.Struct, frozen=True):
    """Something that uses a dataset: a cell, notebook, run, model or job; ``detail`` is where it is."""

    ref: str
    kind: str
    name: str
    detail: str
    how: str
    at: datetime | None = None


class Uses(msgspec.Struct, frozen=True):
    """What uses a dataset, the newest first."""

    uses: list[Use]
    total: int


class EngineRow(msgspec.Struct, frozen=True):
    """Whether an engine can load a dataset, and why not where it cannot."""

    engine: Engine
    ok: bool
    why: str = ""


class Frame(msgspec.Struct, frozen=True):
    """A dataframe in a live kernel; ``ref`` names it as frame:<kernel>/<variable>."""

    ref: str
    name: str
    kind: str
    rows: int | None
    columns: int
    bytes: int | None


class Skipped(msgspec.Struct, frozen=True):
    """A line of an import that was left out, and why."""

    line: int
    reason: str


class Imported(msgspec.Struct, frozen=True):
    """What an import did: how many datasets were told about, how many of them are new to the catalog."""

    imported: int
    new: int
    skipped: list[Skipped]


class LookAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows of a dataset to look at."""

    ref: str
    window: Window


class LookAtFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows of a dataframe in a live kernel to look at."""

    kernel: str
    name: str
    window: Window


class ProfileOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dataset, or a version of it, to compute figures of."""

    ref: str
    version: str = ""


class Import(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An export of another catalog to take in; without a format it is guessed."""

    place: str
    format: str = ""
