"""What a call does: to its receiver, its arguments, and the state around the program."""

from __future__ import annotations

import ast
import posixpath
from typing import NamedTuple

from perijove.jobs.effects import Effects
from perijove.jobs.state import State
from perijove.jobs.things import NOTHING, Scope, Thing, Things, functions_in, reach

DEEPEST = 7
MOST_CALLS = 4000


class Arguments(NamedTuple):
    """The things that a call gets, by position and by name."""

    positional: list[Things]
    named: dict[str, Things]

    @property
    def all(self) -> Things:
        """All of them together."""
        return frozenset().union(*self.positional, *self.named.values())


class Calls(State):
    """The part of the walk that deals with calls."""

    def __init__(self, effects: Effects) -> None:
        State.__init__(self, effects)
        self.running: list[ast.AST] = []
        self.count = 0

    # -- functions of the notebook

    def run_function(self, function: Thing, given: Arguments) -> Things:
        """Walk through a function of the notebook with these arguments, and give what it may return."""
        node = function.node
        self.count += 1
        if node in self.running or self.depth >= DEEPEST or self.count > MOST_CALLS:
            self.change_deep(given.all)
            return given.all
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        outer, self.scope = self.scope, Scope(function.scope, "function")
        self.depth += 1
        self.running.append(node)
        try:
            self._bind_parameters(node.args, function, given)
            if isinstance(node, ast.Lambda):
                return self.eval(node.body)
            returned = self.walk_body(node)
        finally:
            self.running.pop()
            self.depth -= 1
            self.scope = outer
        if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)):
            return frozenset({self.thing(node, "iterator", {*given.all, *returned, function})})
        return returned

    def _bind_parameters(self, spec: ast.arguments, function: Thing, given: Arguments) -> None:
        names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        rest: set[Thing] = set()
        for at, things in enumerate(given.positional):
            if at < len(names):
                self.bind(names[at], things)
            else:
                rest |= things
        known = {*names, *(argument.arg for argument in spec.kwonlyargs)}
        for name, things in given.named.items():
            if name in known:
                self.bind(name, things)
            else:
                rest |= things
        for name in known - self.scope.names.keys():
            self.bind(name, function.defaults.get(name, NOTHING) | (rest if function.path == "escaped" else NOTHING))
        for extra in (spec.vararg, spec.kwarg):
            if extra is not None:
                self.bind(extra.arg, frozenset({self.thing(extra, "container", rest)}))

    def escape(self, things: Things, others: Things = NOTHING) -> None:
        """Functions that are handed to somebody else may be called with anything that is handed along."""
        for function in functions_in(things):
            node = function.node
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if node in self.running:
                continue
            count = len(node.args.posonlyargs) + len(node.args.args)
            self.run_function(function, Arguments([others] * count, {}))

    def call_thing(self, thing: Thing, given: Arguments, node: ast.Call) -> Things:
        """Call one thing that an expression may stand for."""
        if thing.kind == "function":
            return self.run_function(thing, given)
        if thing.kind == "class":
            made = self.thing(node, "instance", {thing, *given.all})
            made.bases = frozenset({thing})
            for method in self.methods(made, "__init__", "__post_init__", "__new__"):
                self.run_function(method, Arguments([frozenset({made}), *given.positional], given.named))
            if self.foreign(thing):
                self.escape(given.all, given.all)
            return frozenset({made})
        if thing.kind == "instance":
            for method in self.methods(thing, "__call__"):
                return self.run_function(method, Arguments([frozenset({thing}), *given.positional], given.named))
        if thing.kind == "module":
            return self.call_library(thing.path, given, node)
        known = (
            thing.kind not in ("container", "iterator", "unknown", "instance")
            and self.effects.library(thing.kind).known
        )
        self.escape(frozenset({thing}) | given.all, given.all)
        if not (known and self.effects.library(thing.kind).methods_keep):
            self.change_deep({thing})
        if not known:
            self.change_deep(given.all)
        kind = thing.kind if known else "unknown"
        return frozenset({self.thing(node, kind, {*thing.holds, *given.all, thing})})

    def methods(self, thing: Thing, *names: str) -> list[Thing]:
        """The methods of these names that the classes of an instance have; all its special methods for no names."""
        found = []
        for base in reach(thing.bases, roots=False):
            if base.kind != "class" or base.scope is None:
                continue
            for name, binding in base.scope.names.items():
                if name in names or (not names and name.startswith("__") and name not in ("__init__", "__new__")):
                    found += [method for method in binding.things if method.kind == "function"]
        return found

    def foreign(self, thing: Thing) -> bool:
        """Whether a class has a base that is not of the notebook."""
        return any(base.kind == "module" for base in thing.bases)

    def touch(self, things: Things) -> None:
        """An operator on an instance of a class of the notebook runs its special methods."""
        for thing in things:
            if thing.kind == "instance":
                for method in self.methods(thing):
                    self.run_function(method, Arguments([frozenset({thing}), things], {}))

    def consume(self, things: Things) -> None:
        """Run iterators to their end, with the functions they hold."""
        for thing in things:
            if thing.kind == "iterator" or thing.kind == "unknown":
                self.change_deep({thing})
                self.escape(frozenset(thing.holds), frozenset(thing.holds))
            elif thing.kind == "instance":
                self.touch(frozenset({thing}))

    # -- functions of libraries

    def call_library(self, path: str, given: Arguments, node: ast.Call) -> Things:
        """Call a function or class of a library."""
        about = self.effects.library(path)
        last = path.rpartition(".")[2]
        self.escape(given.all, given.all)
        self.library_state(path, node)
        position = self.effects.value_of(path, "changes_argument")
        if position is not None and position < len(given.positional):
            self.change_deep(given.positional[position])
        if not about.known:
            self.change_deep(given.all)
        self.change_deep(given.named.get("out", NOTHING))
        if about.name == "re" or last in ("isclose", "allclose", "isnan"):
            return NOTHING
        result = {self.thing(node, about.name, {self.root(path)})}
        made = next(iter(result))
        if about.name.partition(".")[0] == "functools" or last in ("chain", "islice", "cycle", "tee"):
            made = self.thing(node, "iterator", {self.root(path), *given.all})
            return frozenset({made})
        if self.effects.is_any(last, "library", "numpy", "alias") and about.name == "numpy":
            return frozenset({made, *given.all})
        if path.startswith("sklearn.metrics"):
            return NOTHING
        if about.holds and (last[:1].isupper() or not about.methods_keep or about.name not in ("sklearn",)):
            made.holds.update(given.all - {made})
        return frozenset({made})

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
        if self.effects.is_any(path, "files", "reads"):
            self.read_file(path, node)
        if self.effects.is_any(path, "files", "writes"):
            self.write_file(node)

    def draw(self, which: str) -> None:
        """Draw from a global random state; without a seed there is nothing to reproduce."""
        if f"§rng:{which}" in self.scope.top.names:
            self.read_pseudo(f"§rng:{which}")
            self.write_pseudo(f"§rng:{which}")

    def read_file(self, via: str, node: ast.Call, receiver: ast.expr | None = None) -> None:
        """Need whoever wrote the file that is read, or any file where it is not known which."""
        path = constant_path(receiver) if receiver is not None else first_path(node)
        for name in list(self.scope.top.names):
            if name.startswith("§fs:") and may_meet(name[4:], path):
                self.read_pseudo(name)
        if path != "*":
            self.notes.files.setdefault((path, via), set()).add(self.now)

    def write_file(self, node: ast.Call, receiver: ast.expr | None = None) -> None:
        """Note that a file is written."""
        path = constant_path(receiver) if receiver is not None else first_path(node)
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
        self.escape(given.all, given.all | receiver)
        self.change_deep(given.named.get("out", NOTHING))
        if "inplace" in given.named and not constant_false(node, "inplace"):
            self.change(receiver)
        for thing in receiver:
            result |= self._method(thing, name, given, node)
        return frozenset(result)

    def _method(self, thing: Thing, name: str, given: Arguments, node: ast.Call) -> Things:
        if thing.kind in ("instance", "class"):
            return self._own_method(thing, name, given, node)
        if thing.kind in ("container", "iterator"):
            return self._container_method(thing, name, given, node)
        if thing.kind == "function":
            return self.call_thing(thing, given, node)
        about = self.effects.library(thing.kind) if thing.kind != "unknown" else self.effects.library("unknown_library")
        changed = about.changes(name)
        if changed:
            self.change({thing})
            if about.name not in ("pandas", "numpy", "polars", "numpy.random"):
                self.change_deep({thing})
            if about.holds:
                thing.holds.update(given.all - {thing})
        if not about.known and changed:
            self.change_deep(given.all)
        if name in about.returns_self:
            return frozenset({thing})
        holds = {held for held in thing.holds if held.kind == "root"}
        if about.name == "numpy" and name in about.alias:
            return frozenset({thing})
        if about.name in ("pandas", "numpy", "polars", "numpy.random"):
            kind = "numpy" if about.name == "numpy.random" else about.name
            return frozenset({self.thing(node, kind, holds)})
        return frozenset({self.thing(node, thing.kind, {*holds, *given.all, thing})})

    def _own_method(self, thing: Thing, name: str, given: Arguments, node: ast.Call) -> Things:
        found = self.methods(thing, name)
        if thing.kind == "class" and thing.scope is not None and name in thing.scope.names:
            found = [one for one in thing.scope.names[name].things if one.kind == "function"]
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
            thing.holds.update(given.all - {thing})
        if thing.kind == "iterator":
            self.consume(frozenset({thing}))
        elif not self.effects.is_any(name, "containers", "changes"):
            self.consume(given.all)
        held = {one for one in thing.holds if one.kind != "root"}
        return frozenset({self.thing(node, "container", {*held, *given.all}), *held})

    def method_state(self, name: str, receiver: Things, node: ast.Call) -> None:
        """What a method does to the random state, figures, files and databases, told by its name."""
        kinds = {thing.kind for thing in receiver}
        which = self.effects.table["random"]["methods"].get(name)
        if which is not None and not fixed_seed(node) and kinds - {"container", "instance"}:
            self.draw(which)
        if (
            name in self.effects.table["figures"]["methods"]
            and kinds & {"pandas", "unknown", "seaborn"}
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

    # -- filled by the walk

    def eval(self, node: ast.expr | None) -> Things:
        """The things that an expression may stand for."""
        raise NotImplementedError

    def walk_body(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Things:
        """Walk through the body of a function and give what it may return."""
        raise NotImplementedError


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


def first_path(node: ast.Call) -> str:
    """The path a call names in its first argument, or * where it is not a constant."""
    named = [word.value for word in node.keywords if word.arg in ("path", "filepath_or_buffer", "path_or_buf", "fname")]
    place = node.args[0] if node.args else (named[0] if named else None)
    return constant_path(place)


def constant_path(node: ast.expr | None) -> str:
    """A constant path in its normal form, or *."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        node = node.args[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return posixpath.normpath(node.value) if "://" not in node.value else node.value
    return "*"


def may_meet(one: str, two: str) -> bool:
    """Whether two paths may name the same file, or one a folder of the other."""
    if one == "*" or two == "*" or "*" in one or "*" in two:
        return True
    absolute = posixpath.isabs(one) != posixpath.isabs(two)
    return absolute or one == two or one.startswith(two + "/") or two.startswith(one + "/")
