"""Where a value's data came from: a set of datasets that is either known exactly or not at all.

Vocabulary
  origin   a dataset, with the columns that were read where only some were
  value    what is known of one Python value: its origins, its parts, and the file that it writes to
  UNKNOWN  nothing is proven; what comes of it is never said to come from anywhere
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """A dataset that data came from; ``columns`` None when all were read."""

    uri: str
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Value:
    """What is known of a value. ``parts`` are elements of a container (``map``) or columns added to a frame."""

    origins: frozenset[Origin] = frozenset()
    known: bool = True
    parts: tuple[tuple[Any, Value], ...] = ()
    # "map": a list or dictionary whose parts are all there is. "many": made of different inputs, a piece may be of one.
    # "labelled": the same, and a column or key tells which. "live": an object of a module. "function": has syntax.
    form: str = ""
    sink: str = ""
    function: ast.AST | None = None
    scope: Any = None

    def all(self) -> frozenset[Origin]:
        """The origins of it and of its parts."""
        found = self.origins
        if not self.parts:
            return found
        for _, part in self.parts:
            found |= part.all()
        return found

    def sets(self) -> set[frozenset[Origin]]:
        """The different origins of what it holds: one set, unless it is a container of different things."""
        if self.form == "map":
            return set().union(*(part.sets() for _, part in self.parts))
        found = self.all()
        return {found} if found else set()

    @property
    def mixed(self) -> bool:
        """Whether a piece of it may come from one of its inputs alone."""
        return self.form in ("many", "labelled")

    @property
    def whole(self) -> bool:
        """Whether it and all its parts are known."""
        if not self.parts:
            return self.known
        return self.known and all(part.whole for _, part in self.parts)

    def part(self, key: Any) -> Value | None:
        """One part by its key."""
        return next((part for name, part in self.parts if type(name) is type(key) and name == key), None)

    def with_part(self, key: Any, part: Value) -> Value:
        """The same with one part set."""
        return replace(self, parts=(*(one for one in self.parts if one[0] != key), (key, part)))

    def without_part(self, key: Any) -> Value:
        """The same with one part taken out."""
        return replace(self, parts=tuple(one for one in self.parts if one[0] != key))

    def any_part(self) -> Value:
        """A part of which nobody knows which one: known only where all are alike."""
        if self.mixed:
            return UNKNOWN
        if self.form != "map":
            return self
        parts = [part for _, part in self.parts]
        return join(parts) if parts else replace(self, form="")


NOTHING = Value()
UNKNOWN = Value(known=False)


def of(origins: Iterable[Origin]) -> Value:
    """A value with these origins."""
    return Value(frozenset(origins))


def union(values: Iterable[Value]) -> Value:
    """What was made of all these values together."""
    given = [value for value in values if value is not NOTHING]
    if not given:
        return NOTHING
    if not all(value.whole for value in given):
        return UNKNOWN
    if len(given) == 1 and not given[0].parts and not given[0].sink:
        return given[0]
    sets = set().union(*(value.sets() for value in given))
    mixed = len(sets) > 1 or any(value.mixed for value in given)
    labelled = any(value.form == "labelled" for value in given)
    return Value(frozenset().union(*sets), form="labelled" if labelled else "many" if mixed else "")


def join(values: Iterable[Value]) -> Value:
    """One of these values, of which nobody knows which."""
    given = list(dict.fromkeys(values))
    if len(given) == 1:
        return given[0]
    if not all(value.whole for value in given) or any(value.sink or value.function for value in given):
        return UNKNOWN
    sets = {value.all() for value in given}
    return Value(sets.pop()) if len(sets) == 1 else UNKNOWN


def sequence(values: Iterable[Value]) -> Value:
    """A list or tuple of these."""
    return Value(parts=tuple(enumerate(values)), form="map")
