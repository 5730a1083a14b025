"""The state of the slicer's walk: reads and writes of names and things, each noted as an edge between statements."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

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
MOST_TICKS = 1_500
ONCE_MORE = 300
CODE = ("function", "class", "module", "root", "hub")
KEPT = ("function", "class", "module", "file", "matplotlib")
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
    outside: set[int] = field(default_factory=set)  # who changes state outside the program
    unseeded: set[int] = field(default_factory=set)  # who draws from a global random state that nobody has seeded


class TooMuch(Exception):
    """A statement would take too long to walk through in every way it may run."""


class State:
    """Where the walk stands. ``edges[n]`` are the statements that statement n needs, with the reason and its layer;
    ``demands[n]`` what it needs besides if it is chosen, for the functions it shows to be called by anyone.

    While ``weak`` is not 0, what is bound may not have been; while ``asking`` is not 0, nothing that is walked through
    takes place.
    """

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.scope = Scope()
        self.count = 0
        self.now = 0
        self.depth = 0
        self.weak = 0
        self.asking = 0
        self.edges: list[Edges] = []
        self.demands: dict[int, Edges] = {}
        self.changes: dict[Thing, set[int]] = {}
        self.changed: set[Thing] = set()
        self.written: set[str] = set()
        self.hubs: dict[Thing, Thing] = {}
        self.made: dict[tuple[int, int, str], Thing] = {}
        self.roots: dict[str, Thing] = {}
        self.star: set[int] = set()
        self.loaded: dict[str, set[int]] = {}
        self.opaque: list[int] = []
        self.version = 0
        self.bound = 0
        self.walks = 0
        self.ticks = 0
        self.running: list[ast.AST] = []
        self.recursed: set[ast.AST] = set()
        self.given_up: set[ast.AST] = set()
        self.results: dict[ast.AST, Things] = {}
        self.walked: dict[tuple[object, ...], tuple[tuple[int, int], Things]] = {}
        self.covered: tuple[int, int, Things, Things, Things] = (-1, 0, NOTHING, NOTHING, NOTHING)
        self.reached: dict[Things, frozenset[Thing]] = {}
        self.exits: list[list[dict[str, Binding]]] = []
        self.notes = Notes()
        self.things: list[Thing] = []
        self.texts: dict[tuple[int, str], str] = {}
        self.yields = True  # whether there may be a generator function in the program
        self.lazy: dict[ast.AST, bool] = {}
        self.around: dict[ast.AST, tuple[list[str], list[str]]] = {}
        self.verbs: dict[type[ast.AST], Callable[[Any], Things]] = {}

    def thing(self, node: ast.AST, kind: str, holds: Iterable[Thing] = (), path: str = "") -> Thing:
        """The thing that is made at this place of the program."""
        key = (id(node), self.now, kind)
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = self.new(kind, path, node)
        self.hold(found, holds)
        return found

    def new(self, kind: str, path: str = "", node: ast.AST | None = None) -> Thing:
        """A thing with the next number."""
        self.count += 1
        found = Thing(self.count, kind, path, node=node)
        self.things.append(found)
        return found

    def dissolve(self) -> None:
        """Let all things go, when nothing is asked of the walk any more: they hold each other, and would stay in memory
        until somebody looks through all of it for such circles."""
        for thing in self.things:
            thing.holds, thing.defaults, thing.scope, thing.bases = set(), {}, None, NOTHING
        self.things.clear()
        self.verbs.clear()
        self.scope.top.names.clear()

    def hold(self, thing: Thing, others: Iterable[Thing]) -> None:
        """Put things within reach of another."""
        new = {one for one in others if one not in thing.holds and one is not thing}
        if new:
            thing.holds |= new
            self.version += 1
            self.reached.clear()

    def reach(self, things: Things) -> frozenset[Thing]:
        """All things that may be reached from these, with the libraries they come from."""
        if not things:
            return NOTHING
        found = self.reached.get(things)
        if found is None:
            found = self.reached[things] = frozenset(reach(things))
            self.tick(len(found) // 4)
        return found

    def tie(self, node: ast.AST, things: Iterable[Thing]) -> Thing:
        """Put each of these things, which hold nothing else but libraries, within reach of each other: by way of a hub,
        which stands for them from now on and keeps what is asked for by its kind."""
        own = [thing for thing in things if thing.kind not in CODE]
        known = [self.hubs[thing] for thing in own if thing in self.hubs]
        hubs = list(dict.fromkeys([*(thing for thing in things if thing.kind == "hub"), *known]))
        hub = hubs[0] if hubs else self.thing(node, "hub")
        self.hold(hub, [thing for thing in things if thing.kind in KEPT])
        for other in hubs[1:]:
            self.hold(hub, {other})
            self.hold(other, {hub})
        for thing in own:
            if thing not in self.hubs:
                self.hubs[thing] = hub
                self.hold(hub, [one for one in thing.holds if one.kind == "root"])
                thing.holds = {hub}
                self.changes.setdefault(hub, set()).update(self.changes.pop(thing, ()))
                self.version += 1
        self.reached.clear()
        return hub

    def plain(self, things: Things) -> Things:
        """These things, with hubs for those that are tied to others."""
        if self.hubs and not self.hubs.keys().isdisjoint(things):
            return frozenset(self.hubs.get(thing, thing) for thing in things)
        return things

    def tick(self, count: int = 1) -> None:
        """Count how long a statement takes; raises TooMuch where it takes too long."""
        self.ticks += count
        if self.ticks > MOST_TICKS:
            raise TooMuch

    def root(self, path: str) -> Thing:
        """The thing that stands for a library as a whole: its options, its patched attributes."""
        name = path.partition(".")[0]
        if name not in self.roots:
            self.roots[name] = self.new("root", name)
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
        return self.read_from(self.scope.find(name), name)

    def read_from(self, home: Scope | None, name: str) -> Things:
        """Read a name in the scope that has it."""
        things = self.read_name(home, name)
        if home is not None:
            self.read_all(self.reach(things), f"changes {name}")
        return things

    def read_name(self, home: Scope | None, name: str) -> Things:
        """Need whoever bound a name; what it stands for is not looked into."""
        if home is None:
            if name not in BUILTINS:
                self.notes.missing.setdefault(name, set()).add(self.now)
            self.need(self.star, f"may define {name}")
            self.need(self.opaque, f"may define {name}")
            return NOTHING if name in BUILTINS else self.unbound(name)
        binding = home.names[name]
        self.need(binding.by, f"defines {name}")
        self.need(self.opaque, f"may change {name}")
        return self.plain(binding.things)

    def read_all(self, things: Iterable[Thing], why: str) -> None:
        """Need whoever changed these things."""
        for thing in things:
            changes = self.changes.get(thing)
            if changes and thing.kind == "root":
                self.need(changes, f"sets options of {thing.path}", environment=True)
            elif changes:
                self.need(changes, why)
            if thing.kind == "matplotlib":
                self.read_pseudo("§plt")

    def unbound(self, name: str) -> Things:
        """What a name that nobody binds stands for: some part of a library, by its usual name."""
        path = str(self.effects.table["aliases"].get(name, name))
        return frozenset({self.library(path)})

    def library(self, path: str) -> Thing:
        """The thing of a library or a part of it, by its dotted name."""
        key = (0, 0, f"module {path}")
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = self.new("module", path)
            found.holds.add(self.root(path))
        return found

    def bind(self, name: str, things: Things, *, weak: bool = False) -> None:
        """Give a name a new meaning; weak where the old one may stay."""
        self.bind_in(self.scope.home(name), name, things, weak=weak)

    def bind_in(self, home: Scope, name: str, things: Things, *, weak: bool = False) -> None:
        """Give a name of a scope a new meaning."""
        if self.asking and home.kind == "module":
            return
        weak = weak or self.weak > 0 or (self.depth > 0 and home.kind == "module")
        old = home.names.get(name)
        by = frozenset({self.now})
        new = Binding(old.by | by, old.things | things) if weak and old is not None else Binding(by, things)
        if new != old:
            home.names[name] = new
            if home is not self.scope:
                self.version += 1
            elif home.kind != "function" or home.captured:
                self.bound += 1
        if home.kind == "module":
            self.notes.binds.setdefault(self.now, set()).add(name)

    def keep_names(self) -> None:
        """Where the statement at hand is chosen, its names have values even if it does not give them new ones."""
        for name in self.notes.binds.get(self.now, ()):
            binding = self.scope.top.names.get(name)  # none where a walk was broken off between two branches
            if binding is not None and binding.by != {self.now}:
                outer, self.edges[self.now] = self.edges[self.now], {}
                self.need(binding.by, f"may define {name}")
                self.read_all(self.reach(binding.things), f"changes {name}")
                self.demand_all(outer)

    def demand_all(self, outer: Edges, how: str = "") -> None:
        """Go on with these edges; those gathered since count only where the statement at hand is chosen."""
        later, self.edges[self.now] = self.edges[self.now], outer
        demands = self.demands.setdefault(self.now, {})
        for other, (why, _) in later.items():
            demands.setdefault(other, (f"{why}{how}", True))

    def change(self, things: Iterable[Thing]) -> None:
        """Note that the statement at hand may change these things."""
        if self.asking:
            return
        for thing in things:
            real = self.root(thing.path) if thing.kind == "module" else self.hubs.get(thing, thing)
            changes = self.changes.setdefault(real, set())
            if self.now not in changes:
                changes.add(self.now)
                self.changed.add(real)
                self.version += 1
            if thing.kind == "file":
                self.read_pseudo(thing.path)
                self.write_pseudo(thing.path)

    def change_deep(self, things: Iterable[Thing]) -> None:
        """Note that the statement at hand may change these things and all they hold."""
        self.change(thing for thing in self.reach(frozenset(things)) if thing.kind != "root")

    def read_pseudo(self, name: str, why: str = "") -> None:
        """Read a part of the state outside the program."""
        binding = self.scope.top.names.get(name)
        if binding is not None:
            self.need(binding.by, why or _PSEUDO.get(name.partition(":")[0], "sets state"), environment=True)

    def write_pseudo(self, name: str, *, fresh: bool = False) -> None:
        """Change a part of the state outside the program; fresh where nothing of it stays."""
        if self.asking:
            return
        self.notes.outside.add(self.now)
        fresh = fresh and not self.weak and not self.depth
        names = self.scope.top.names
        old = names.get(name)
        by = frozenset({self.now})
        new = Binding(by if fresh or old is None else old.by | by, NOTHING)
        if new != old:
            names[name] = new
            self.written.add(name)
            self.version += 1

    def settle(self) -> None:
        """Forget changes that the statement at hand needs where it made the next one: whoever needs it needs them."""
        edges = self.edges[self.now]
        for thing in self.changed:
            layer = thing.kind == "root"  # whose changes are only ever needed as state around the values
            if thing in self.changes:
                self.changes[thing] -= {at for at, (_, environment) in edges.items() if layer or not environment}
        names = self.scope.top.names
        for name in self.written:
            names[name] = Binding(names[name].by - edges.keys(), names[name].things)


_PSEUDO = {
    "§rng": "sets the random state",
    "§plt": "draws into the figure",
    "§fs": "writes files that are read",
    "§db": "writes the database that is read",
}
