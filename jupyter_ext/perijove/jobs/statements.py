"""The walk through statements: bindings, branches, loops, definitions."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from contextlib import suppress

from perijove.jobs.expressions import Expressions
from perijove.jobs.functions import Arguments
from perijove.jobs.state import Edges, TooMuch
from perijove.jobs.things import NOTHING, Binding, Scope, Thing, Things

MOST_ROUNDS = 8
OWN = ("instance", "iterator", "unknown", "hub")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Walk(Expressions):
    """Walks through a program, statement by statement, and notes which needs which."""

    def walk(self, nodes: list[ast.stmt]) -> None:
        """Walk through statements in their order."""
        for node in nodes:
            self.do(node)

    def do(self, node: ast.stmt) -> None:
        """Walk through one statement."""
        special: Callable[[ast.stmt], None] | None = getattr(self, f"do_{type(node).__name__}", None)
        if special is not None:
            special(node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child)

    def walk_body(self, node: Function) -> Things:
        """Walk through the body of a function and give what it may return."""
        outer, self.returned = self.returned, NOTHING
        try:
            self.walk(node.body)
            return self.returned
        finally:
            self.returned = outer

    def do_Return(self, node: ast.Return) -> None:
        """What is returned belongs to the caller."""
        self.returned = self.returned | self.eval(node.value)

    # -- bindings

    def do_Assign(self, node: ast.Assign) -> None:
        """Bind targets to a value."""
        for target in node.targets:
            self.assign(target, node.value)

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Bind an annotated target; without a value nothing happens."""
        self.eval(node.annotation)
        if node.value is not None:
            self.assign(node.target, node.value)

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Bind a target to an expression, part by part where both are written out."""
        plain = isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)
        if plain:
            assert isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)
            starred = any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
            if not starred and len(target.elts) == len(value.elts):
                things = [self.eval(part) for part in value.elts]
                for part, found in zip(target.elts, things, strict=True):
                    self.bind_to(part, found)
                return
        self.note_text(target, value)
        self.bind_to(target, self.eval(value))

    def bind_to(self, target: ast.expr, things: Things) -> None:
        """Bind a target to things: a name, a part of something, or several targets to the members."""
        if isinstance(target, ast.Name):
            own = self.scope.kind == "comprehension"  # a comprehension's targets are its own, a walrus is not a target
            self.bind_in(self.scope if own else self.scope.home(target.id), target.id, things)
        elif isinstance(target, ast.Starred):
            self.bind_to(target.value, frozenset({self.thing(target, "container", things)}))
        elif isinstance(target, ast.Tuple | ast.List):
            self.consume(things)
            inside = self.members(things)
            for part in target.elts:
                self.bind_to(part, inside)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            self._store(target, things)

    def _store(self, target: ast.Attribute | ast.Subscript, things: Things) -> None:
        base = self.eval(target.value)
        if isinstance(target, ast.Subscript):
            self.eval(target.slice)
            if isinstance(target.slice, ast.Slice):
                self.run_out(things)
        self.touch(base)
        self.change(base | self.whole(target))
        for thing in base:
            real = self.root(thing.path) if thing.kind == "module" else thing
            if real.kind not in ("root", "pandas", "polars"):
                self.hold(real, things)
                self._own(real, target, things)
            elif real.kind == "root":
                self.hold(real, (one for one in things if one.kind in ("function", "class")))

    def _own(self, thing: Thing, target: ast.Attribute | ast.Subscript, things: Things) -> None:
        """Give an instance or a class an attribute that it may be asked for by its name."""
        if isinstance(target, ast.Attribute) and thing.kind in ("instance", "class"):
            if thing.scope is None:
                thing.scope = Scope(None, thing.kind)
            old = thing.scope.names.get(target.attr, Binding(frozenset(), NOTHING))
            new = Binding(old.by, old.things | things)
            if new != old:
                thing.scope.names[target.attr] = new
                self.version += 1

    def bind_members(self, target: ast.expr, things: Things) -> None:
        """Bind a loop's target to the members of what is looped over."""
        self.bind_to(target, self.members(things))

    def do_AugAssign(self, node: ast.AugAssign) -> None:
        """Change a value in its place, or bind the name anew: it cannot be known which."""
        if not isinstance(node.target, ast.Name):
            self.eval(node.target)
        else:
            old = self.eval(ast.copy_location(ast.Name(node.target.id, ast.Load()), node))
        added = self.eval(node.value)
        self.consume(added)
        if isinstance(node.target, ast.Name):
            self.touch(old)
            self.change(thing for thing in old if thing.kind != "module")
            for thing in old:
                if thing.kind == "container":
                    self.hold(thing, added | self.members(added))
            new = old | ({one for one in added if one not in old} if not old else NOTHING)
            self.bind(node.target.id, frozenset(new))
        else:
            self._store(node.target, added)

    def do_Delete(self, node: ast.Delete) -> None:
        """A deleted name is bound to nothing, so that asking for it needs the deletion."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.read(target.id)
                self.bind(target.id, NOTHING)
            elif isinstance(target, ast.Attribute | ast.Subscript):
                self._store(target, NOTHING)

    def do_Import(self, node: ast.Import) -> None:
        """Bind the names of imported modules."""
        for alias in node.names:
            self._load(alias.name)
            path = alias.name if alias.asname else alias.name.partition(".")[0]
            self._bind_module(alias.asname or path, path)

    def do_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind names from a module; a star may bind any."""
        source = "." * node.level + (node.module or "")
        self._load(source)
        for alias in node.names:
            if alias.name == "*":
                self.star.add(self.now)
            else:
                self._bind_module(alias.asname or alias.name, f"{source}.{alias.name}")

    def _load(self, path: str) -> None:
        """Loading a part of a package puts it within reach of everyone who has the package."""
        for length in range(2, path.count(".") + 2):
            part = ".".join(path.split(".")[:length])
            self.loaded.setdefault(part, set()).add(self.now)

    def _bind_module(self, name: str, path: str) -> None:
        thing = self.module(path)
        self.need(self.changes.get(self.root("os"), ()), "sets the environment", environment=True)
        self.bind(name, frozenset({thing}))

    def do_Global(self, node: ast.Global) -> None:
        """These names are the notebook's."""
        self.scope.outer.update(dict.fromkeys(node.names, "global"))

    def do_Nonlocal(self, node: ast.Nonlocal) -> None:
        """These names are the enclosing function's."""
        self.scope.outer.update(dict.fromkeys(node.names, "nonlocal"))

    # -- branches and loops

    def _either(self, *paths: Callable[[], None]) -> None:
        """Walk through each path from the same beginning; afterwards any may have been taken."""
        before = dict(self.scope.names)
        ends: list[dict[str, Binding]] = []
        for path in paths:
            self.scope.names = dict(before)
            path()
            ends.append(self.scope.names)
        self.scope.names = dict(ends[0])
        for end in ends[1:]:
            self.scope.join(end)

    def do_If(self, node: ast.If) -> None:
        """One of two branches."""
        self.touch(self.eval(node.test))
        self._either(lambda: self.walk(node.body), lambda: self.walk(node.orelse))

    def do_While(self, node: ast.While) -> None:
        """A loop that may not run at all, or more than once."""

        def once() -> None:
            self.walk(node.body)
            self.touch(self.eval(node.test))

        self.touch(self.eval(node.test))
        self._loop(once)
        self._either(lambda: None, lambda: self.walk(node.orelse))

    def _loop(self, once: Callable[[], None]) -> None:
        """Walk through a loop's body until nothing new comes of it."""
        exits: list[dict[str, Binding]] = []
        self.exits.append(exits)
        for _ in range(MOST_ROUNDS):
            before, version = dict(self.scope.names), self.version
            once()
            self.scope.join(before)
            for end in exits:
                self.scope.join(end)
            if self.version == version and self.scope.names == before:
                break
        self.exits.pop()

    def do_Break(self, node: ast.Break) -> None:
        """What holds here holds after the loop, too."""
        if self.exits:
            self.exits[-1].append(dict(self.scope.names))

    do_Continue = do_Break  # noqa: N815 - named after the node of ast

    def do_For(self, node: ast.For | ast.AsyncFor) -> None:
        """A loop over members."""
        things = self.eval(node.iter)

        def once() -> None:
            self.consume(things)
            self.bind_members(node.target, things)
            self.walk(node.body)

        self._loop(once)
        self._either(lambda: None, lambda: self.walk(node.orelse))

    do_AsyncFor = do_For  # noqa: N815 - named after the node of ast

    def do_Try(self, node: ast.Try | ast.TryStar) -> None:
        """A body that may stop anywhere, and its handlers."""

        def handled(handler: ast.ExceptHandler) -> Callable[[], None]:
            def path() -> None:
                self.weak += 1
                self.walk(node.body)
                self.weak -= 1
                self.eval(handler.type)
                if handler.name:
                    self.bind(handler.name, NOTHING)
                self.walk(handler.body)

            return path

        def whole() -> None:
            self.walk(node.body)
            self.walk(node.orelse)

        self._either(whole, *(handled(handler) for handler in node.handlers))
        self.walk(node.finalbody)

    do_TryStar = do_Try  # noqa: N815 - named after the node of ast

    def do_With(self, node: ast.With | ast.AsyncWith) -> None:
        """A block inside a context."""
        contexts: set[Thing] = set()
        for item in node.items:
            things = self.eval(item.context_expr)
            contexts |= things | self.touch(things)
            own = frozenset(thing for thing in things if thing.kind in OWN)
            self.consume(own)
            if item.optional_vars is not None:
                self.bind_to(item.optional_vars, frozenset(contexts) | self.members(own))
        forgiving = any(thing.kind in ("contextlib", *OWN) for thing in contexts)
        self.weak += forgiving  # an error inside may not end the program
        self.walk(node.body)
        self.weak -= forgiving
        left = frozenset(contexts)
        self.touch(left)
        self.consume(frozenset(thing for thing in left if thing.kind in OWN))
        self.change(thing for thing in left if thing.kind == "file")

    do_AsyncWith = do_With  # noqa: N815 - named after the node of ast

    def do_Match(self, node: ast.Match) -> None:
        """One of several cases; a pattern's names stand for parts of the subject."""
        things = self.eval(node.subject)

        def case(one: ast.match_case) -> Callable[[], None]:
            def path() -> None:
                for part in ast.walk(one.pattern):
                    name = getattr(part, "name", None) or getattr(part, "rest", None)
                    if isinstance(name, str):
                        self.bind(name, things | self.members(things))
                    if isinstance(part, ast.expr):
                        self.eval(part)
                self.eval(one.guard)
                self.walk(one.body)

            return path

        self._either(lambda: None, *(case(one) for one in node.cases))

    # -- definitions

    def do_FunctionDef(self, node: Function) -> None:
        """Define a function; its body counts when it is called."""
        thing = self.function(node)
        things = self._decorate(node.decorator_list, thing)
        self.bind(node.name, things)
        if self.depth == 0 and self.scope.kind == "module":
            self.demand(things)

    do_AsyncFunctionDef = do_FunctionDef  # noqa: N815 - named after the node of ast

    def _decorate(self, decorators: list[ast.expr], thing: Thing) -> Things:
        things: Things = frozenset({thing})
        for decorator in reversed(decorators):
            if isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod", "property"):
                continue
            call = ast.copy_location(ast.Call(ast.Name("_", ast.Load()), [], []), decorator)
            given = _single(things)
            for callee in self.eval(decorator):
                things = things | self.call_thing(callee, given, call)
        return things

    def do_ClassDef(self, node: ast.ClassDef) -> None:
        """Define a class: its body runs now, its methods when they are called."""
        bases: Things = frozenset().union(*(self.eval(base) for base in node.bases))
        for keyword in node.keywords:
            self.eval(keyword.value)
        thing = self.thing(node, "class", bases)
        thing.scope = Scope(self.scope, "class")
        thing.bases = frozenset({base for base in bases if base.kind in ("class", "module")} | {thing})
        outer, self.scope = self.scope, thing.scope
        try:
            self.walk(node.body)
        finally:
            self.scope = outer
        for binding in thing.scope.names.values():
            self.hold(thing, binding.things)
        self.bind(node.name, self._decorate(node.decorator_list, thing))
        if self.depth == 0:
            self.demand(frozenset({thing}))

    def at_end(self, name: str) -> Edges:
        """What the value of a name needs where the walk stands now; the walk goes on as if nobody had asked."""
        before, weak = self.now, self.weak
        self.now, self.weak, self.walks, self.ticks = len(self.edges), 0, 0, 0
        self.edges.append({})
        self.asking += 1
        try:
            with suppress(TooMuch):
                self.eval(ast.Name(name, ast.Load()))
            self.ticks = -sys.maxsize
            self.read(name)
            return {**self.demands.pop(self.now, {}), **self.edges.pop()}
        finally:
            self.asking -= 1
            self.now, self.weak = before, weak

    def only_reports(self, node: ast.stmt) -> bool:
        """Whether a statement does nothing but log."""
        if not isinstance(node, ast.Expr):
            return False
        return self._only_reports(node.value)

    def _only_reports(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        parts: list[str] = []
        func: ast.expr = node.func
        while isinstance(func, ast.Attribute):
            parts.append(func.attr)
            func = func.value
        home = self.scope.find(func.id) if isinstance(func, ast.Name) else None
        if home is None or not isinstance(func, ast.Name):
            return False
        for thing in home.names[func.id].things:
            path = ".".join([thing.path, *reversed(parts)])
            if thing.kind == "module" and self.effects.is_any(path, "reports", "functions"):
                return True
        return False


def _single(things: Things) -> Arguments:
    return Arguments([things], {})
