"""What is known of one read or write at the moment it happens, and which objects hold data just as it was read."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perijove_kernel import datasets
from perijove_kernel.datasets import Dataset
from perijove_kernel.origins import Origin
from perijove_kernel.stack import Place


@dataclass
class Touch:
    """A read or write that has just succeeded.

    ``data`` says what is written: "self", an argument (position, name), "rest" of the arguments, "later", "" unknown.
    ``alone``: what the call answers holds this dataset and nothing of its arguments. ``at_end``: write it down when
    the cell has ended, because a file is whole only then. ``sources``: the engine itself says what went in.
    """

    kind: str
    datasets: tuple[Dataset, ...]
    via: str
    columns: tuple[str, ...] | None = None
    sql: str = ""
    dialect: str = ""
    data: tuple[int, str] | str = ""
    function: str = ""
    made: Any = None
    written: Any = None
    alone: bool = False
    at_end: bool = False
    sources: tuple[Dataset, ...] = ()
    more: bool = False  # the same call touches more, told next
    append: bool = False  # what was there stays
    part: bool = False  # it goes to an open writer, which holds what it was given before too
    late: bool = False  # it is told when the cell has ended, from nowhere in its code


@dataclass(frozen=True)
class Event:
    """One read or write as the flow of data is worked out from it; it holds no data and no object."""

    kind: str
    origins: tuple[Origin, ...]
    place: Place
    function: str
    data: tuple[int, str] | str
    alone: bool
    tagged: frozenset[Origin] | None = None  # where the object that was written came from, if it is one that was read
    sources: tuple[Origin, ...] = ()
    more: bool = False
    adds: bool = False  # what the cell wrote there before stays

    @property
    def near(self) -> bool:
        """Whether the call in the person's own code is the reader itself."""
        return self.place.direct or self.alone


class Tags:
    """Remembers of objects that a reader answered where they came from, for as long as they live."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[weakref.ref[Any], frozenset[Origin]]] = {}

    def put(self, made: Any, origins: frozenset[Origin]) -> None:
        """An object is, as it stands, what was read from there."""
        key = id(made)
        try:
            reference = weakref.ref(made, lambda _: self._found.pop(key, None))
        except TypeError:
            return  # plain lists and dictionaries; the code around them says what becomes of them
        self._found[key] = (reference, origins)

    def of(self, written: Any) -> frozenset[Origin] | None:
        """Where an object came from; None when it is not one that was read."""
        entry = self._found.get(id(written))
        return entry[1] if entry is not None and entry[0]() is written else None


@dataclass
class Flow:
    """Datasets that one written dataset was made of."""

    target: str
    sources: frozenset[Origin]
    how: str


@dataclass
class Happened:
    """What happened in one run of a cell."""

    events: list[Event] = field(default_factory=list)
    overflow: bool = False
    seen: set[tuple[str, str]] = field(default_factory=set)
    later: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    appended: set[str] = field(default_factory=set)  # what was written to, and what was there stayed
    engine_writes: set[str] = field(default_factory=set)
    engine_reads: set[str] = field(default_factory=set)
    exchanged: bool = False  # the connection that DuckDB keeps for the process was another one before
    flows: list[Flow] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)  # what was written, and the name it was given afterwards

    def rename(self, source: str, target: str) -> None:
        """A file was given another name; it counts if it was written in this run."""
        first = [one for one, name in self.moved.items() if name == source]
        if not first and ("write", source) not in self.seen:
            return
        self.moved = {one: name for one, name in self.moved.items() if name != target}  # what was there is gone
        self.moved.update(dict.fromkeys([*first, *([source] if not first else [])], target))

    def kept(self) -> dict[str, str]:
        """The names under which files are there now that were written under others."""
        there = {name: Path(datasets.local_path(name)).exists() for pair in self.moved.items() for name in pair}
        return {one: name for one, name in self.moved.items() if there[name] and not there[one]}
