"""The table of what library code does, as questions with answers."""

from __future__ import annotations

import sys
import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Library(NamedTuple):
    """How values of one library behave; ``known`` is false for a library the table does not name."""

    name: str
    methods_keep: bool
    exceptions: tuple[str, ...]
    alias: tuple[str, ...]
    returns_self: tuple[str, ...]
    holds: bool
    known: bool

    def changes(self, method: str) -> bool:
        """Whether a method of such a value may change the value."""
        return self.methods_keep == matches(method, self.exceptions)


@cache
def table() -> dict[str, Any]:
    """The whole table, read once."""
    return tomllib.loads(files("perijove.jobs").joinpath("effects.toml").read_text("utf-8"))


def matches(name: str, patterns: tuple[str, ...] | list[str]) -> bool:
    """Whether a name matches one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@cache
def is_any(name: str, *where: str) -> bool:
    """Whether a name matches the list that stands at this place of the table."""
    return matches(name, _at(*where))


@cache
def value_of(name: str, *where: str) -> Any:
    """The value of the first pattern that a name matches in the table at this place, or None."""
    for pattern, value in _at(*where).items():
        if fnmatchcase(name, pattern):
            return value
    return None


def _at(*where: str) -> Any:
    found: Any = table()
    for key in where:
        found = found[key]
    return found


@cache
def library(path: str) -> Library:
    """The library that a dotted name belongs to, by the longest entry of the table that it begins with."""
    entries = table()["library"]
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in entries:
            return _library(name, entries[name])
    standard = parts[0] in sys.stdlib_module_names
    return Library(parts[0], False, tuple(table()["unknown"]["keeps"]), (), (), True, standard)


def _library(name: str, entry: dict[str, Any]) -> Library:
    keep = entry["methods"] == "keep"
    exceptions = entry.get("changes" if keep else "keeps", [])
    return Library(
        name,
        keep,
        tuple(exceptions),
        tuple(entry.get("alias", [])),
        tuple(entry.get("returns_self", [])),
        bool(entry["holds"]),
        True,
    )
