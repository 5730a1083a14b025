"""Finds the dataset that a table in a SQL statement stands for, among those that were seen to be touched by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Candidate:
    """A dataset: its ref, and its columns where they are known."""

    ref: str
    columns: list[str] | None = None
    _real: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def real(self, column: str) -> str:
        """The name of a column as the dataset writes it; a dialect may have changed its case."""
        if not self._real and self.columns:
            self._real = {name.lower(): name for name in self.columns}
        return self._real.get(column.lower(), column)

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of its name: schema and table, or the folders and file of its path."""
        uri = self.ref.partition(":")[2]
        if "#" in uri:
            return tuple(uri.rpartition("#")[2].lower().split("."))
        return tuple(part for part in unquote(urlsplit(uri).path).split("/") if part)


def matched(table: Any, candidates: list[Candidate], *, alone: bool = False) -> Candidate | None:
    """The candidate that a table names; a single table may only be a single candidate."""
    path, parts = parts_of(table)
    fits = [one for one in candidates if _fits(one, path, parts)]
    if len(fits) == 1:
        return fits[0]
    if alone and not fits and len(candidates) == 1:
        return candidates[0]
    return None


def parts_of(table: Any) -> tuple[bool, tuple[str, ...]]:
    """Whether a table is named by a path, and the parts of its name."""
    from sqlglot import exp

    if isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier):
        text = table.name
        if "/" in text or (table.this.quoted and "." in text and not table.db):
            return True, _path(text)
        return False, tuple(part.name.lower() for part in table.parts)
    literal = table.find(exp.Literal) if hasattr(table, "find") else None
    if literal is not None and literal.is_string:
        return True, _path(literal.name)
    return False, (str(getattr(table, "name", "")).lower(),)


def _path(text: str) -> tuple[str, ...]:
    """The folders and file of a path; a pattern stands for the folder above it."""
    parts = [part for part in urlsplit(text).path.split("/") if part not in ("", ".")]
    for index, part in enumerate(parts):
        if set("*?[") & set(part):
            return tuple(parts[:index])
    while ".." in parts:
        parts = parts[parts.index("..") + 1 :]
    return tuple(parts)


def _fits(candidate: Candidate, path: bool, parts: tuple[str, ...]) -> bool:
    names = candidate.names
    if path != ("#" not in candidate.ref):
        return False
    if not parts or not names:
        return False
    short = min(len(names), len(parts))
    return names[-short:] == parts[-short:]
