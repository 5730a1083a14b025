"""The state of the slicer's walk: reads and writes of names and things, each noted as an edge between statements."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

from perijove.jobs.effects import Effects
from perijove.jobs.things import NOTHING, Binding, Scope, Thing, Things, reach

BUILTINS = frozenset(dir(builtins)) | {
    "display",
    "get_ipython",
    "__name__",
    "__file__",
    "__doc__",
    "In",
    "Out",
    "_",
    "__",
}
Edges = dict[int, tuple[str, bool]]


@dataclass
class Notes:
    """What the walk found out beside the edges: inputs, names nobody defines, opaque statements."""

    files: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    environment: dict[str, set[int]] = field(default_factory=dict)
    missing: dict[str, set[int]] = field(default_factory=dict)
    opaque: dict[int, str] = field(default_factory=dict)
    reports: set[int] = field(default_factory=set)
    binds: dict[int, set[str]] = field(default_factory=dict)
    writes: dict[str, set[int]] = field(default_factory=dict)
    shows: dict[int, bool] = field(default_factory=dict)


class State:
    """Where the walk stands. ``edges[n]`` are the statements that statement n needs, with the reason and its layer;
    ``demands[n]`` what it needs besides if it is chosen, for the functions it shows to be called by anyone.

    While ``weak`` is not 0, what is bound may not have been; while ``asking`` is not 0, nothing that is walked through
    takes place.
    """

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.scope = Scope()
        self.now = 0
        self.depth = 0
        self.weak = 0
        self.asking = 0
        self.edges: list[Edges] = []
        self.demands: dict[int, Edges] = {}
        self.changes: dict[Thing, set[int]] = {}
        self.made: dict[tuple[int, int, str], Thing] = {}
        self.roots: dict[str, Thing] = {}
        self.star: set[int] = set()
        self.loaded: dict[str, set[int]] = {}
        self.opaque: list[int] = []
        self.notes = Notes()

    def thing(self, node: ast.AST, kind: str, holds: Iterable[Thing] = (), path: str = "") -> Thing:
        """The thing that is made at this place of the program."""
        key = (id(node), self.now, kind)
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = Thing(kind, path, node=node)
        found.holds.update(thing for thing in holds if thing is not found)
        return found

    def root(self, path: str) -> Thing:
        """The thing that stands for a library as a whole: its options, its patched attributes."""
        name = path.partition(".")[0]
        if name not in self.roots:
            self.roots[name] = Thing("root", name)
            if name != "os":
                self.roots[name].holds.add(self.root("os"))
        return self.roots[name]

    def need(self, others: Iterable[int], why: str, environment: bool = False) -> None:
        """Note that the statement at hand needs others."""
        edges = self.edges[self.now]
        for other in others:
            known = edges.get(other)
            if other != self.now and (known is None or (known[1] and not environment)):
                edges[other] = (why, environment)

    def read(self, name: str) -> Things:
        """Read a name: need whoever bound it and whoever changed what it stands for."""
        home = self.scope.find(name)
        if home is None:
            if name not in BUILTINS:
                self.notes.missing.setdefault(name, set()).add(self.now)
            self.need(self.star, f"may define {name}")
            self.need(self.opaque, f"may define {name}")
            return NOTHING
        binding = home.names[name]
        self.need(binding.by, f"defines {name}")
        self.need(self.opaque, f"may change {name}")
        self.read_things(binding.things, name)
        return binding.things

    def read_things(self, things: Things, name: str) -> None:
        """Need whoever changed these things or anything that can be reached from them."""
        for thing in reach(things):
            if thing.kind == "root":
                self.need(self.changes.get(thing, ()), f"sets options of {thing.path}", environment=True)
            else:
                self.need(self.changes.get(thing, ()), f"changes {name}")
            if thing.kind == "matplotlib":
                self.read_pseudo("§plt")

    def bind(self, name: str, things: Things, *, weak: bool = False) -> None:
        """Give a name a new meaning; weak where the old one may stay."""
        home = self.scope.home(name)
        if self.asking and home.kind == "module":
            return
        weak = weak or self.weak > 0 or (self.depth > 0 and home.kind == "module")
        old = home.names.get(name)
        by = frozenset({self.now})
        if weak and old is not None:
            home.names[name] = Binding(old.by | by, old.things | things)
        else:
            home.names[name] = Binding(by, things)
        if home.kind == "module":
            self.notes.binds.setdefault(self.now, set()).add(name)

    def change(self, things: Iterable[Thing]) -> None:
        """Note that the statement at hand may change these things."""
        if self.asking:
            return
        for thing in things:
            real = self.root(thing.path) if thing.kind == "module" else thing
            self.changes.setdefault(real, set()).add(self.now)

    def change_deep(self, things: Iterable[Thing]) -> None:
        """Note that the statement at hand may change these things and all they hold."""
        self.change(reach(things, roots=False))

    def read_pseudo(self, name: str, why: str = "") -> None:
        """Read a part of the state outside the program."""
        binding = self.scope.top.names.get(name)
        if binding is not None:
            self.need(binding.by, why or _PSEUDO.get(name.partition(":")[0], "sets state"), environment=True)

    def write_pseudo(self, name: str, *, fresh: bool = False) -> None:
        """Change a part of the state outside the program; fresh where nothing of it stays."""
        if self.asking:
            return
        fresh = fresh and not self.weak and not self.depth
        names = self.scope.top.names
        old = names.get(name)
        by = frozenset({self.now})
        names[name] = Binding(by if fresh or old is None else old.by | by, NOTHING)


_PSEUDO = {
    "§rng": "sets the random state",
    "§plt": "draws into the figure",
    "§fs": "writes files that are read",
    "§db": "writes the database that is read",
}
