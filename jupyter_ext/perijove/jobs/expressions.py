"""The walk through expressions: which things each may stand for, and what reading it does."""

from __future__ import annotations

import ast

from perijove.jobs.calls import Calls
from perijove.jobs.functions import Arguments
from perijove.jobs.state import BUILTINS
from perijove.jobs.things import NOTHING, Scope, Thing, Things

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
COPYING = ("pandas", "polars")


class Expressions(Calls):
    """Gives for every expression the things it may stand for."""

    def eval(self, node: ast.expr | None) -> Things:
        """The things that an expression may stand for."""
        if node is None:
            return NOTHING
        verb = self.verbs.get(type(node))
        if verb is None:
            verb = self.verbs[type(node)] = getattr(self, f"eval_{type(node).__name__}", self._operator)
        found = verb(node)
        self.tick(1 + len(found) // 4)
        return found

    def _operator(self, node: ast.expr) -> Things:
        """An operator makes a new value of the kind of its operands; lists added together hold what those held."""
        operands = [self.eval(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        things: Things = frozenset().union(*operands)
        results = self.touch(things)
        if isinstance(node, ast.Compare | ast.JoinedStr | ast.FormattedValue | ast.Constant):
            if isinstance(node, ast.Compare):
                self.consume(things)
            return results | self._new(node, {thing for thing in things if self.effects.library(thing.kind).known})
        return results | self._new(node, set(things)) if things else NOTHING

    def eval_BoolOp(self, node: ast.BoolOp) -> Things:
        """One of the operands; those after the first may not be looked at."""
        found = self.eval(node.values[0])
        self.weak += 1
        for value in node.values[1:]:
            found |= self.eval(value)
        self.weak -= 1
        self.touch(found)
        return found

    def eval_IfExp(self, node: ast.IfExp) -> Things:
        """One of two values."""
        self.touch(self.eval(node.test))
        self.weak += 1
        found = self.eval(node.body) | self.eval(node.orelse)
        self.weak -= 1
        return found

    def _new(self, node: ast.expr, things: set[Thing]) -> Things:
        hubs = frozenset(thing for thing in things if thing.kind == "hub")
        kinds = sorted({thing.kind for thing in things} - {"module", "root", "function", "class", "hub"})
        if not kinds:
            return hubs
        kind = next((one for one in ("pandas", "polars", "dask", "numpy", "data") if one in kinds), kinds[0])
        holds = {held for thing in things for held in thing.holds if held.kind == "root" or thing.kind == "container"}
        return hubs | {self.thing(node, "unknown" if kind == "instance" else kind, holds)}

    def eval_Constant(self, node: ast.Constant) -> Things:
        """A constant stands for nothing that could change."""
        return NOTHING

    def eval_Name(self, node: ast.Name) -> Things:
        """Read a name."""
        things = self.read(node.id)
        if self.depth == 0:
            self.demand(things)
        return things

    def demand(self, things: Things) -> None:
        """Note what the functions among these things need, for the case that the statement at hand is chosen."""
        functions = frozenset(thing for thing in things if thing.kind in ("function", "class"))
        if not functions:
            return
        outer, self.edges[self.now] = self.edges[self.now], {}
        self.asking += 1
        try:
            self.outermost(lambda: self.escape(functions), functions, NOTHING)
        finally:
            self.asking -= 1
            self.demand_all(outer, " when it is called")

    def eval_Attribute(self, node: ast.Attribute) -> Things:
        """Read an attribute: of a library its part, of other things whatever they hold."""
        found: set[Thing] = set()
        for thing in self.eval(node.value):
            if thing.kind == "module":
                found.add(self._part(f"{thing.path}.{node.attr}"))
            elif thing.kind in ("instance", "class"):
                found |= {held for held in thing.holds if held.kind != "root"} | {thing}
                for method in self.methods(thing, node.attr, "__getattr__"):
                    if getattr(method.node, "decorator_list", []) or method.node is None:
                        found |= self.run_function(method, Arguments([frozenset({thing})], {}))
                    found.add(method)
                if thing.kind == "class" and thing.scope is not None and node.attr in thing.scope.names:
                    found |= thing.scope.names[node.attr].things
            elif thing.kind in COPYING:
                found.add(thing)
            elif thing.kind == "hub":
                found |= self.touch(frozenset({thing})) | {thing}
            else:
                found |= {thing, *(held for held in thing.holds if held.kind != "root")}
                if self.may_change(thing, node.attr):
                    found.add(self.thing(node, "method", {thing}, node.attr))
        return frozenset(found)

    def _part(self, path: str) -> Thing:
        self.need(self.loaded.get(path, ()), f"loads {path}")
        return self.library(path)

    def eval_Subscript(self, node: ast.Subscript) -> Things:
        """Read a part: a member of a container, a view of an array, a copy of a frame."""
        base, place = self.eval(node.value), self.eval(node.slice)
        found: set[Thing] = set(self.touch(base) | self.touch(place))
        for thing in base:
            if thing.kind == "module":
                if thing.path == "os.environ":
                    self.note_environment(node)
                found.add(self.thing(node, self.effects.library(thing.path).name, {self.root(thing.path)}))
            elif thing.kind == "container":
                held = {one for one in thing.holds if one.kind != "root"}
                found |= {self.thing(node, "container", held)} if isinstance(node.slice, ast.Slice) else held
            elif thing.kind in COPYING:
                found.add(self.thing(node, thing.kind, {held for held in thing.holds if held.kind == "root"}))
            else:
                found |= {thing} | self.members(frozenset({thing}))
        return frozenset(found)

    def _display(self, node: ast.expr) -> Things:
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            parts = [*node.keys, *node.values]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = list(node.elts)
        return frozenset({self.thing(node, "container", frozenset().union(*(self.eval(part) for part in parts)))})

    eval_List = eval_Tuple = eval_Set = eval_Dict = _display  # noqa: N815 - named after the nodes of ast

    def eval_Starred(self, node: ast.Starred) -> Things:
        """A starred part is what its members are."""
        things = self.eval(node.value)
        self.consume(things)
        return self.members(things)

    def eval_Lambda(self, node: ast.Lambda) -> Things:
        """A lambda is a function whose names are looked up when it is called."""
        return frozenset({self.function(node)})

    def function(self, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> Thing:
        """The thing of a function, with what its defaults stand for."""
        thing = self.thing(node, "function")
        thing.scope = self.scope
        positional = [*node.args.posonlyargs, *node.args.args]
        for argument, default in zip(reversed(positional), reversed(node.args.defaults), strict=False):
            thing.defaults[argument.arg] = self.eval(default)
        for argument, given in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            thing.defaults[argument.arg] = self.eval(given)
        self.hold(thing, frozenset().union(*thing.defaults.values()))
        self.scope.captured = True
        return thing

    def eval_NamedExpr(self, node: ast.NamedExpr) -> Things:
        """A walrus binds its name in the block around."""
        things = self.eval(node.value)
        self.bind(node.target.id, things, weak=self.scope.kind == "comprehension")
        return things

    def _comprehension(self, node: ast.expr) -> Things:
        assert isinstance(node, Comprehension)
        first = self.eval(node.generators[0].iter)
        if isinstance(node, ast.GeneratorExp):
            later = self.thing(node, "function", first)
            later.scope, later.defaults = self.scope, {".0": first}
            self.scope.captured = True
            return frozenset({self.thing(node, "iterator", {later, *first})})
        return frozenset({self.thing(node, "container", self._rounds(node, first))})

    def walk_generator(self, node: ast.GeneratorExp, first: Things) -> Things:
        """Walk through a generator expression whose first iterable is known."""
        return self._rounds(node, first)

    def _rounds(self, node: Comprehension, first: Things) -> Things:
        outer, self.scope = self.scope, Scope(self.scope, "comprehension")
        held: Things = NOTHING
        self.weak += 1
        try:
            for _ in range(2):
                for at, generator in enumerate(node.generators):
                    things = self.eval(generator.iter) if at else first
                    self.consume(things)
                    self.bind_members(generator.target, things)
                    for condition in generator.ifs:
                        self.touch(self.eval(condition))
                parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                held |= frozenset().union(*(self.eval(part) for part in parts))
        finally:
            self.scope = outer
            self.weak -= 1
        return held

    eval_ListComp = eval_SetComp = eval_GeneratorExp = eval_DictComp = _comprehension  # noqa: N815 - as above

    def bind_members(self, target: ast.expr, things: Things) -> None:
        """Bind a loop's target to the members of what is looped over."""
        if isinstance(target, ast.Name):
            self.bind(target.id, self.members(things))

    def eval_Await(self, node: ast.Await) -> Things:
        """Waiting for a value gives the value."""
        things = self.eval(node.value)
        self.consume(things)
        return things | self.members(things)

    def eval_Yield(self, node: ast.Yield) -> Things:
        """What is yielded belongs to the generator."""
        self.returned |= self.eval(node.value)
        return NOTHING

    def eval_YieldFrom(self, node: ast.YieldFrom) -> Things:
        """What is yielded belongs to the generator."""
        things = self.eval(node.value)
        self.consume(things)
        self.returned |= things | self.members(things)
        return NOTHING

    # -- calls

    def eval_Call(self, node: ast.Call) -> Things:
        """A call: of a builtin, a library, a method, or whatever the expression may stand for."""
        func = node.func
        if isinstance(func, ast.Name) and func.id in BUILTINS and self.scope.find(func.id) is None:
            return self._builtin(func.id, node)
        receiver = self.eval(func.value) if isinstance(func, ast.Attribute) else NOTHING
        given = self._arguments(node)
        result: set[Thing] = set()
        if isinstance(func, ast.Attribute):
            modules = {thing for thing in receiver if thing.kind == "module"}
            for module in modules:
                result |= self.call_library(f"{module.path}.{func.attr}", given, node)
            others = receiver - modules
            if others or not modules:
                result |= self.call_method(frozenset(others), func.attr, given, node)
            return frozenset(result)
        callee = self.read(func.id) if isinstance(func, ast.Name) else self.eval(func)
        if not callee:
            self.escape(given.all, given.all)
            self.change_deep(given.all)
            return frozenset({self.thing(node, "unknown", given.all)})
        for thing in callee:
            result |= self.call_thing(thing, given, node)
        return frozenset(result)

    def _arguments(self, node: ast.Call) -> Arguments:
        named: dict[str, Things] = {}
        for keyword in node.keywords:
            things = self.eval(keyword.value)
            named[keyword.arg or "**"] = things if keyword.arg else self.members(things)
        positional: list[Things] = []
        for argument in node.args:
            things = self.eval(argument)
            if isinstance(argument, ast.Starred) or "*" in named:
                named["*"] = named.get("*", NOTHING) | things
            else:
                positional.append(things)
        return Arguments(positional, named)

    def _builtin(self, name: str, node: ast.Call) -> Things:
        if self._is_opaque(name, node):
            self.notes.opaque[self.now] = f"{name}() may read and define any name"
            return NOTHING
        if name == "__import__" and node.args and isinstance(node.args[0], ast.Constant):
            return frozenset({self.module(str(node.args[0].value))})
        given = self._arguments(node)
        builtins = self.effects.table["builtins"]
        results = self.touch(given.all) | self.escape(given.all, given.all)
        if name == "open":
            return frozenset({self._open(node)})
        if name in builtins["changes_first"] and given.positional:
            self.change_deep(given.positional[0])
            self._retain(given)
            self.escape(frozenset().union(*(thing.holds for thing in given.positional[0])))
        if name in builtins["lazy"]:
            return frozenset({self.thing(node, "iterator", given.all | results)})
        if name in builtins["consumes"]:
            self.consume(given.all)
        if name in ("getattr", "super") or name in builtins["changes_first"]:
            return self.members(given.all) | given.all | results
        if name in builtins["plain"]:
            return NOTHING
        made = self.thing(node, "container", self.members(given.all) | results)
        if name in builtins["makes"]:
            return frozenset({made})
        return frozenset({made}) | self.members(given.all) | given.all | results

    def _retain(self, given: Arguments) -> None:
        for thing in given.positional[0]:
            self.hold(thing, given.all)

    def _is_opaque(self, name: str, node: ast.Call) -> bool:
        if name in ("vars", "__import__"):
            return not node.args or (name == "__import__" and not isinstance(node.args[0], ast.Constant))
        if name == "dir" and not node.args:
            return not self.plain_dir
        return self.effects.is_any(name, "builtins", "opaque")

    plain_dir = False

    def eval_Compare(self, node: ast.Compare) -> Things:
        """A comparison; ``'x' in dir()`` asks whether x is defined."""
        call = node.comparators[0]
        if (
            isinstance(node.left, ast.Constant)
            and isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in ("dir", "globals", "locals")
            and isinstance(node.left.value, str)
        ):
            home = self.scope.find(node.left.value)
            if home is not None:
                self.need(home.names[node.left.value].by, f"decides whether {node.left.value} is defined")
            return NOTHING
        return self._operator(node)

    def _open(self, node: ast.Call) -> Thing:
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        text = (
            mode.value
            if isinstance(mode, ast.Constant) and isinstance(mode.value, str)
            else ("r" if mode is None else "r+")
        )
        if not set(text) & set("wx"):
            self.read_file("open", node)
        if not set(text) & set("wxa+"):
            return self.thing(node, "iterator")
        self.write_file(node)
        return self.thing(node, "file", path=f"§fs:{self.first_path(node)}")

    def module(self, path: str) -> Thing:
        """The thing of a library or a part of it, with what it takes to load the part."""
        return self._part(path) if "." in path else self.library(path)
