"""What a call does: to its receiver, its arguments, and the state around the program."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from perijove.jobs.effects import Library
from perijove.jobs.functions import FRAMES, OWN, PLAIN, Arguments
from perijove.jobs.paths import Paths, may_meet
from perijove.jobs.things import NOTHING, Thing, Things

DATA = (*PLAIN, "dask", "pyarrow")
EAGER = ("product", "permutations", "combinations", "combinations_with_replacement")


class Calls(Paths):
    """The part of the walk that deals with calls."""

    def call_thing(self, thing: Thing, given: Arguments, node: ast.Call) -> Things:
        """Call one thing that an expression may stand for."""
        if thing.kind == "function":
            return self.run_function(thing, given)
        if thing.kind == "hub":
            return self.poke(thing, given.all)
        if thing.kind == "class":
            made = self.thing(node, "instance", {thing, *given.all})
            made.bases = frozenset({thing})
            for method in self.methods(made, "__init__", "__post_init__", "__new__"):
                self.run_function(method, Arguments([frozenset({made}), *given.positional], given.named))
            if self.foreign(thing):
                self.escape(given.all, given.all)
            return frozenset({made})
        own = self.methods(thing, "__call__") if thing.kind == "instance" else []
        if own:
            with_self = Arguments([frozenset({thing}), *given.positional], given.named)
            return frozenset().union(*(self.run_function(method, with_self) for method in own))
        if thing.kind == "module":
            return self.call_library(thing.path, given, node)
        if thing.kind == "method":
            receivers = frozenset(one for one in thing.holds if one.kind != "method")
            return self.call_method(receivers, thing.path, given, node)
        known = (
            thing.kind not in ("container", "iterator", "unknown", "instance")
            and self.effects.library(thing.kind).known
        )
        results = self.escape(frozenset({thing}) | given.all, given.all | thing.holds)
        if not (known and self.effects.library(thing.kind).methods_keep):
            self.change_deep({thing})
        if not known:
            self.change_given(given.all)
        kind = thing.kind if known else "unknown"
        return results | {self.thing(node, kind, {*thing.holds, *given.all, *results, thing})}

    # -- functions of libraries

    def call_library(self, path: str, given: Arguments, node: ast.Call) -> Things:
        """Call a function or class of a library."""
        about = self.effects.library(path)
        last = path.rpartition(".")[2]
        results = self.escape(given.all, given.all)
        self.library_state(path, node)
        position = self.effects.value_of(path, "changes_argument")
        if position is not None and position < len(given.positional):
            self.change_deep(given.positional[position])
        if not about.known:
            self.change_arguments(given.all)
        self.change_deep(given.named.get("out", NOTHING))
        family = path.partition(".")[0]
        if family != "itertools" or last in EAGER:
            self.run_out(given.all)
        if about.name == "re" or last in ("isclose", "allclose", "isnan"):
            return NOTHING
        if self.effects.is_any(path, "data", "functions"):
            return results | {self.thing(node, "data", {self.root(path)})}
        made = self.thing(node, about.name, {self.root(path)}, path)
        if family in ("functools", "itertools"):
            made = self.thing(node, "iterator", {self.root(path), *given.all, *results})
            return frozenset({made}) | (self.members(given.all) | given.all | results if last == "reduce" else NOTHING)
        if self.effects.is_any(last, "library", "numpy", "alias") and about.name == "numpy":
            return frozenset({made, *given.all})
        if about.holds:
            self.hold(made, given.all | results)
        return frozenset({made}) | results

    def library_state(self, path: str, node: ast.Call) -> None:
        """What a library's function does to its options, the random state, figures, files and databases."""
        seed = self.effects.value_of(path, "random", "seed")
        if seed is not None:
            self.write_pseudo(f"§rng:{seed}", fresh=True)
        elif not self.effects.is_any(path, "random", "none", "functions"):
            draw = self.effects.value_of(path, "random", "draw")
            if draw is not None and not fixed_seed(node):
                self.draw(draw)
        if self.effects.is_any(path, "options", "functions") and not self.effects.is_any(path, "reports", "functions"):
            self.change({self.root(path)})
        if self.effects.is_any(path, "figures", "functions"):
            self.read_pseudo("§plt")
            self.write_pseudo("§plt", fresh=self.effects.is_any(path, "figures", "fresh") and not node.args)
        if path in ("os.getenv", "os.environ.get"):
            self.note_environment(node)
        if self.effects.is_any(path, "databases", "reads"):
            self.read_pseudo("§db")
        if self.effects.is_any(path, "files", "reads") and ".read_sql" not in path and ".read_database" not in path:
            self.read_file(path, node)
        if self.effects.is_any(path, "files", "writes"):
            self.write_file(node)

    def draw(self, which: str) -> None:
        """Draw from a global random state; without a seed there is nothing to reproduce."""
        if f"§rng:{which}" in self.scope.top.names:
            self.read_pseudo(f"§rng:{which}")
            self.write_pseudo(f"§rng:{which}")
        elif not self.asking:
            self.notes.unseeded.add(self.now)

    def read_file(self, via: str, node: ast.Call, receiver: ast.expr | None = None) -> None:
        """Need whoever wrote the file that is read, or any file where it is not known which."""
        path = self.path(receiver) if receiver is not None else self.first_path(node)
        for name in list(self.scope.top.names):
            if name.startswith("§fs:") and may_meet(name[4:], path):
                self.read_pseudo(name)
        if path != "*":
            self.notes.files.setdefault((path, via), set()).add(self.now)

    def write_file(self, node: ast.Call, receiver: ast.expr | None = None) -> None:
        """Note that a file is written."""
        path = self.path(receiver) if receiver is not None else self.first_path(node)
        self.write_pseudo(f"§fs:{path}")
        self.notes.writes.setdefault(path, set()).add(self.now)

    def note_environment(self, node: ast.Call | ast.Subscript) -> None:
        """Note the environment variable that is read."""
        place = node.args[0] if isinstance(node, ast.Call) and node.args else getattr(node, "slice", None)
        if isinstance(place, ast.Constant) and isinstance(place.value, str):
            self.notes.environment.setdefault(place.value, set()).add(self.now)

    # -- methods

    def call_method(self, receiver: Things, name: str, given: Arguments, node: ast.Call) -> Things:
        """Call a method on things that are not modules."""
        result: set[Thing] = set()
        self.method_state(name, receiver, node)
        if not receiver:
            self._of_type(name, given)
        results = self.escape(given.all, given.all | receiver)
        if not receiver or not all(thing.kind in PLAIN for thing in receiver):
            result |= results
        self.change_deep(given.named.get("out", NOTHING))
        if "inplace" in given.named and not constant_false(node, "inplace"):
            self.change(receiver | self.whole(node.func))
        for thing in receiver:
            self.tick()
            result |= self._method(thing, name, given, node)
        return frozenset(result)

    def _of_type(self, name: str, given: Arguments) -> None:
        """A method of a plain value, or one that is called through its type: ``str.join``, ``list.extend(a, b)``."""
        self.run_out(given.all)
        if self.effects.is_any(name, "containers", "changes") and given.positional:
            self.change(given.positional[0])
            for thing in given.positional[0]:
                self.hold(thing, given.all)

    def _method(self, thing: Thing, name: str, given: Arguments, node: ast.Call) -> Things:
        if thing.kind in ("instance", "class"):
            return self._own_method(thing, name, given, node)
        if thing.kind in ("container", "iterator"):
            return self._container_method(thing, name, given, node)
        if thing.kind in ("function", "hub"):
            return self.call_thing(thing, given, node)
        about = self.effects.library(thing.kind) if thing.kind != "unknown" else self.effects.library("unknown_library")
        changed = about.changes(name)
        if changed:
            self.change({thing})
            if about.name not in PLAIN:
                self.change_given({thing}, about)
            if about.holds:
                self.hold(thing, given.all)
        if not about.known and changed:
            self.change_arguments(given.all)
        if name in about.returns_self:
            return frozenset({thing})
        holds = {held for held in thing.holds if held.kind == "root"}
        if about.name in ("numpy", "numpy.random", "data") and self.effects.is_any(name, "library", "numpy", "alias"):
            return frozenset({thing})
        if about.name in PLAIN:
            kind = "numpy" if about.name == "numpy.random" else about.name
            kind = "data" if self.effects.is_any(name, "data", "leaves") else kind
            return frozenset({self.thing(node, kind, holds)})
        if self.effects.is_any(name, "data", "methods"):
            return frozenset({self.thing(node, "data", holds)})
        return frozenset({self.thing(node, thing.kind, {*holds, *given.all, thing})})

    def _own_method(self, thing: Thing, name: str, given: Arguments, node: ast.Call) -> Things:
        found = self.methods(thing, name)
        if thing.kind == "class" and thing.scope is not None and name in thing.scope.names:
            found = [one for one in thing.scope.names[name].things if one.kind == "function"]
        given_to_it = thing.scope.names.get(name) if thing.kind == "instance" and thing.scope is not None else None
        if given_to_it is not None:
            return frozenset().union(*(self.call_thing(one, given, node) for one in given_to_it.things))
        if not found:
            self.change_deep({thing})
            self.change_deep(given.all)
            self.escape(frozenset({thing}), given.all | {thing})
            return frozenset({self.thing(node, "unknown", {thing, *given.all}), thing})
        result: set[Thing] = set()
        for method in found:
            decorators = getattr(method.node, "decorator_list", [])
            static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in decorators)
            own: list[Things] = [] if static or thing.kind == "class" and not decorators else [frozenset({thing})]
            result |= self.run_function(method, Arguments([*own, *given.positional], given.named))
        return frozenset(result)

    def _container_method(self, thing: Thing, name: str, given: Arguments, node: ast.Call) -> Things:
        if self.effects.is_any(name, "containers", "changes") or thing.kind == "iterator":
            self.change({thing})
            self.hold(thing, given.all)
        if thing.kind == "iterator":
            self.consume(frozenset({thing}))
        elif not self.effects.is_any(name, "containers", "takes"):
            self.consume(given.all)
        held = {one for one in thing.holds if one.kind != "root"}
        more = frozenset().union(*given.positional[1:]) if name == "get" else given.all
        return frozenset({self.thing(node, "container", {*held, *more}), *held, *(more if name == "get" else ())})

    def change_given(self, things: Iterable[Thing], about: Library | None = None) -> None:
        """What a library is given it may go on with: iterators, objects, models. It leaves data alone."""
        reached = self.reach(frozenset(things))
        if about is not None and not about.reaches:
            reached = frozenset(thing for thing in reached if thing.kind in (about.name, *OWN))
        self.change(thing for thing in reached if _goes_on(thing))

    def change_arguments(self, things: Things) -> None:
        """Arguments that go on with a life of their own, and those within containers; not what those hold."""
        inside = self.members(frozenset(thing for thing in things if thing.kind == "container"))
        self.change(thing for thing in things | inside if _goes_on(thing))

    def whole(self, part: ast.expr) -> Things:
        """The frames that a part of one was taken from: a change of the part may be one of the whole."""
        found: Things = NOTHING
        while isinstance(part, ast.Attribute | ast.Subscript):
            part = part.value
            if isinstance(part, ast.Name):
                found = self.read(part.id)
        return frozenset(thing for thing in found if thing.kind in FRAMES)

    def may_change(self, thing: Thing, name: str) -> bool:
        """Whether a method of this name changes a thing that is not of the notebook."""
        if thing.kind in ("container", "unknown"):
            return self.effects.is_any(name, "containers", "changes")
        about = self.effects.library(thing.kind)
        return thing.kind in ("iterator", "file") or (about.known and about.methods_keep and about.changes(name))

    def method_state(self, name: str, receiver: Things, node: ast.Call) -> None:
        """What a method does to the random state, figures, files and databases, told by its name."""
        kinds = {thing.kind for thing in receiver}
        which = self.effects.table["random"]["methods"].get(name)
        if which is not None and not fixed_seed(node) and kinds - {"container", "instance"}:
            self.draw(which)
        if (
            name in self.effects.table["figures"]["methods"]
            and kinds & {"pandas", "unknown", "seaborn", "hub"}
            or "matplotlib" in kinds
        ):
            self.read_pseudo("§plt")
            self.write_pseudo("§plt")
        if name in self.effects.table["databases"]["writes"]:
            self.read_pseudo("§db")
            self.write_pseudo("§db")
        own = node.func.value if isinstance(node.func, ast.Attribute) and "pathlib" in kinds else None
        if name in self.effects.table["files"]["read_methods"] and kinds - {"container"}:
            self.read_file(name, node, own)
        if name in self.effects.table["files"]["write_methods"] and not (name == "replace" and "pathlib" not in kinds):
            self.write_file(node, own)
        if name == "open" and "pathlib" in kinds:
            self.write_file(node, own)


def _goes_on(thing: Thing) -> bool:
    """Whether a thing is an object with a life of its own: what a class made that is not one of data."""
    made = thing.path.rpartition(".")[2][:1].isupper() and thing.kind not in ("module", "root")
    return thing.kind in OWN or (made and thing.kind not in DATA)


def fixed_seed(node: ast.Call) -> bool:
    """Whether a call is given its own random state."""
    for keyword in node.keywords:
        if keyword.arg in ("random_state", "seed", "rng"):
            return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
    return False


def constant_false(node: ast.Call, name: str) -> bool:
    """Whether an argument is given as plain False."""
    return any(
        keyword.arg == name and isinstance(keyword.value, ast.Constant) and not keyword.value.value
        for keyword in node.keywords
    )
