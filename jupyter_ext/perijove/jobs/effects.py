"""The tables of what library code does, as questions with answers: ours, and what a project adds to it.

A project's own table is ``.perijove/effects.toml``, written like ours. Its lists are added to ours, its patterns are
asked before ours, and its libraries take the place of ours of the same name, key by key.
"""

from __future__ import annotations

import fnmatch
import re
import sys
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from perijove.core.errors import Invalid
from perijove.jobs.things import KINDS

HINT = "Its tables are those of jobs/effects.toml; docs/jobs.md shows an example."

SWITCHES: list[tuple[str, object]] = [("methods", "keep"), ("methods", "change")]
SWITCHES += [(key, value) for key in ("holds", "reaches") for value in (True, False)]


class Library(NamedTuple):
    """How values of one library behave; ``known`` is false for a library the table does not name."""

    name: str
    methods_keep: bool
    exceptions: tuple[str, ...]
    alias: tuple[str, ...]
    returns_self: tuple[str, ...]
    holds: bool
    known: bool
    reaches: bool = True

    def changes(self, method: str) -> bool:
        """Whether a method of such a value may change the value."""
        return self.methods_keep == matches(method, self.exceptions)


class Effects:
    """One table and the answers it gave already."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table
        self._any: dict[tuple[str, ...], bool] = {}
        self._values: dict[tuple[str, ...], Any] = {}
        self._libraries: dict[str, Library] = {}

    def is_any(self, name: str, *where: str) -> bool:
        """Whether a name matches the list that stands at this place of the table."""
        key = (name, *where)
        found = self._any.get(key)
        if found is None:
            found = self._any[key] = matches(name, tuple(self._at(*where)))
        return found

    def value_of(self, name: str, *where: str) -> Any:
        """The value of the first pattern that a name matches in the table at this place, or None."""
        key = (name, *where)
        if key not in self._values:
            found = (value for pattern, value in self._at(*where).items() if matches(name, (pattern,)))
            self._values[key] = next(found, None)
        return self._values[key]

    def library(self, path: str) -> Library:
        """The library that a dotted name belongs to, by the longest entry of the table that it begins with."""
        found = self._libraries.get(path)
        if found is None:
            found = self._libraries[path] = self._find(path)
        return found

    def _find(self, path: str) -> Library:
        entries = self.table["library"]
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in entries:
                return _library(name, entries[name])
        standard = parts[0] in sys.stdlib_module_names
        name = f"library {parts[0]}" if parts[0] in KINDS else parts[0]
        return Library(name, False, tuple(self.table["unknown"]["keeps"]), (), (), True, standard)

    def _at(self, *where: str) -> Any:
        found: Any = self.table
        for key in where:
            found = found[key]
        return found


@cache
def table() -> dict[str, Any]:
    """Our own table, read once."""
    return tomllib.loads(files("perijove.jobs").joinpath("effects.toml").read_text("utf-8"))


@cache
def built_in() -> Effects:
    """What our own table says."""
    return Effects(table())


def effects_of(state: Path) -> Effects:
    """Our table with what a project adds in ``effects.toml`` in its state folder; raises Invalid with what is wrong."""
    path = state / "effects.toml"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return built_in()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}.", hint=HINT) from error
    return _with(str(path), text)


@lru_cache(8)
def _with(path: str, text: str) -> Effects:
    try:
        added = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{path} is not TOML: {error}.", hint=HINT) from error
    return Effects(_merged(table(), added, path))


def _merged(ours: dict[str, Any], added: dict[str, Any], where: str) -> dict[str, Any]:
    """Both tables in one; a table or key that ours does not have is refused, except below the open ones."""
    result = dict(ours)
    for key, value in added.items():
        place = f"{where}: {key}"
        if key not in ours:
            raise Invalid(f"{place} is not known.", hint=HINT)
        if type(value) is not type(ours[key]):
            raise Invalid(f"{place} should be a {_word(ours[key])}.", hint=HINT)
        if key == "library":
            result[key] = _libraries(ours[key], value, place)
        elif isinstance(value, list):
            result[key] = [*_texts(value, place), *ours[key]]
        elif isinstance(value, dict) and _is_open(ours[key]):
            result[key] = {**_scalars(value, ours[key], place), **ours[key]}
        elif isinstance(value, dict):
            result[key] = _merged(ours[key], value, place)
        else:
            result[key] = value
    return result


def _is_open(ours: dict[str, Any]) -> bool:
    """A table from patterns to answers may have any key; one of lists has fixed ones."""
    return not any(isinstance(one, list | dict) for one in ours.values())


def _libraries(ours: dict[str, Any], added: dict[str, Any], where: str) -> dict[str, Any]:
    result = dict(ours)
    for name, entry in added.items():
        place = f"{where}.{name}"
        if not isinstance(entry, dict):
            raise Invalid(f"{place} should be a table.", hint=HINT)
        whole = {"methods": "change", "holds": True, **ours.get(name, {}), **entry}
        for key, value in entry.items():
            if key in ("changes", "keeps", "alias", "returns_self"):
                _texts(value, f"{place}.{key}")
            elif not (
                key == "methods"
                and value in ("keep", "change")
                or key in ("holds", "reaches")
                and isinstance(value, bool)
            ):
                raise Invalid(f"{place}.{key} is not understood.", hint=HINT)
        result[name] = whole
    return result


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid(f"{where} should be a list of texts.", hint=HINT)
    return value


def _scalars(value: dict[str, Any], ours: dict[str, Any], where: str) -> dict[str, Any]:
    kinds = {type(one) for one in ours.values()}
    for key, one in value.items():
        if type(one) not in kinds:
            raise Invalid(f"{where}.{key} should be a {_word(next(iter(ours.values())))}.", hint=HINT)
    return value


def _word(value: Any) -> str:
    return {dict: "table", list: "list of texts", str: "text", int: "number"}.get(type(value), "value")


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name matches one of the patterns."""
    return bool(patterns) and _pattern(tuple(patterns)).match(name) is not None


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{fnmatch.translate(one)})" for one in patterns))


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
        bool(entry.get("reaches", True)),
    )
