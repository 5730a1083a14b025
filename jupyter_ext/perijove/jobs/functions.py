"""What happens when functions of the notebook run: at a call, when somebody else calls them, when an iterator goes on.

A function's body is walked through at each call, with what it is given there. Where that would take too long, all
that its names stand for counts as read and changed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial

from perijove.jobs.names import free_names
from perijove.jobs.state import BUILTINS, MOST_TICKS, ONCE_MORE, State, TooMuch
from perijove.jobs.things import NOTHING, Scope, Thing, Things

DEEPEST = 7
MOST_WALKS = 40
MOST_ROUNDS = 4
ANYTHING = "anything"
SPREAD = ("*", "**", ANYTHING)
Code = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp
PLAIN_NEW = ("__init__", "__new__", "__init_subclass__", "__class_getitem__")


@dataclass(frozen=True)
class Arguments:
    """The things that a call gets, by position and by name."""

    positional: list[Things]
    named: dict[str, Things]

    @cached_property
    def all(self) -> Things:
        """All of them together."""
        return frozenset().union(*self.positional, *self.named.values())


HUB = ast.Pass()
FRAMES = ("pandas", "polars")
OWN = ("unknown", "iterator", "file", "instance", "hub")
PLAIN = (*FRAMES, "numpy", "numpy.random", "data")


class Functions(State):
    """The part of the walk that runs functions."""

    returned: Things = NOTHING

    def run_function(self, function: Thing, given: Arguments) -> Things:
        """Walk through a function of the notebook with these arguments, and give what it may return."""
        node = function.node
        assert isinstance(node, Code)
        key = (
            id(node),
            id(function.scope),
            tuple(given.positional),
            tuple(sorted(given.named.items(), key=lambda one: one[0])),
            self.now,
            self.asking > 0,
            self.weak > 0,
        )
        known = self.walked.get(key)
        if known is not None and known[0] == (self.version, self.bound):
            return known[1]
        if node in self.running:
            self.recursed.add(node)
            self.change_deep(given.all)
            return given.all | self.results.get(node, NOTHING)
        if self.depth >= DEEPEST or self.walks >= MOST_WALKS or node in self.given_up:
            return self.summary(function, given.all)
        if self.depth:
            result = self._until_known(function, node, given)
        else:
            run = partial(self._until_known, function, node, given)
            result = self.outermost(run, frozenset({function}), given.all)
        self.walked[key] = ((self.version, self.bound), result)
        return result

    def outermost(self, run: Callable[[], Things], functions: Things, given: Things) -> Things:
        """Run functions as long as that does not take too long; else all that they may reach counts."""
        scope, weak, asking, exits, returned = self.scope, self.weak, self.asking, self.exits, self.returned
        try:
            return run()
        except TooMuch:
            self.scope, self.weak, self.asking, self.exits, self.returned = scope, weak, asking, exits, returned
            self.ticks = -sys.maxsize
            found = frozenset().union(*(self.summary(function, given) for function in functions))
            self.ticks = MOST_TICKS - ONCE_MORE
            return found

    def _until_known(self, function: Thing, node: Code, given: Arguments) -> Things:
        result = self._run(function, node, given)
        for _ in range(MOST_ROUNDS):
            grown = result - self.results.get(node, NOTHING)
            self.results[node] = self.results.get(node, NOTHING) | result
            if node not in self.recursed or not grown:
                break
            self.recursed.discard(node)
            result |= self._run(function, node, given)
        return result

    def _run(self, function: Thing, node: Code, given: Arguments) -> Things:
        self.walks += 1
        outer, self.scope = self.scope, Scope(function.scope, "function")
        self.depth += 1
        self.running.append(node)
        exits, self.exits = self.exits, []
        try:
            if isinstance(node, ast.GeneratorExp):
                return self.walk_generator(node, function.defaults.get(".0", NOTHING))
            self._bind_parameters(node.args, function, given)
            returned = self.eval(node.body) if isinstance(node, ast.Lambda) else self.walk_body(node)
        finally:
            self.running.pop()
            self.depth -= 1
            self.scope = outer
            self.exits = exits
        if self._is_lazy(node):
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
        spread = frozenset().union(*(given.named.get(name, NOTHING) for name in SPREAD))
        for name in known - self.scope.names.keys():
            self.bind(name, function.defaults.get(name, NOTHING) | spread)
        for extra in (spec.vararg, spec.kwarg):
            if extra is not None:
                self.bind(extra.arg, frozenset({self.thing(extra, "container", rest)}))

    def summary(self, function: Thing, given: Things) -> Things:
        """All that a function may reach counts as read and changed, and may be returned."""
        at, asking, functions, known, hub = self.covered
        if (at, asking) != (self.now, self.asking):
            functions, known = NOTHING, NOTHING
        if function in functions and given <= known:
            return hub
        seen: set[Thing] = set()
        ran: set[Thing] = set()
        stack, waiting = [*known, *given], [function]
        while stack or waiting:
            if waiting:
                one = waiting.pop()
                if one not in ran and one.node is not None:
                    ran.add(one)
                    self.given_up.add(one.node)
                    stack.extend(one.holds)
                    stack.extend(self._all_names(one, given))
                continue
            one = stack.pop()
            if one not in seen:
                seen.add(one)
                stack.extend(one.holds)
                if one.kind == "function":
                    waiting.append(one)
        for name in [name for name in self.scope.top.names if name.startswith("§")]:
            self.read_pseudo(name)
            self.write_pseudo(name)
        inside = [thing for thing in seen if thing.kind != "root"]
        self.read_all(seen, f"changes what {getattr(function.node, 'name', 'it')} uses")
        self.change(inside)
        hub = frozenset({self.tie(function.node or HUB, inside)} if inside else ())
        self.covered = (self.now, self.asking, functions | ran, hub.union(inside), hub)
        return hub

    def poke(self, hub: Thing, given: Things = NOTHING) -> Things:
        """Something is done to one of the things that are tied together; nobody knows to which."""
        results = self.escape(given | {hub}, given | {hub})
        self.hold(hub, given)
        self.change(one for one in self.reach(frozenset({hub})) if one.kind in OWN)
        return results | {hub}

    def _all_names(self, function: Thing, given: Things) -> set[Thing]:
        """What the names stand for that a function finds around it."""
        found: set[Thing] = set()
        assert function.node is not None
        names, outside = self.around.get(function.node) or self._names_in(function.node)
        scope = function.scope or self.scope.top
        for name in names:
            home = scope.find(name)
            if home is not None or name not in BUILTINS:
                found |= self.read_name(home, name)
        for name in outside:
            self.bind_in(scope.find(name) or self.scope.top, name, frozenset(found) | given, weak=True)
        return found

    def escape(self, things: Things, others: Things = NOTHING) -> Things:
        """Functions that are handed to somebody else may be called with anything that is handed along."""
        if not things:
            return NOTHING
        reached = self.reach(things)
        functions = [thing for thing in reached if thing.kind == "function"]
        for method in [thing for thing in reached if thing.kind == "method"]:
            self.change_deep(method.holds)
            for held in method.holds:
                self.hold(held, others)
        if not functions:
            return NOTHING
        near = others | self.members(others)
        anything = frozenset(thing for thing in near if thing.kind not in ("function", "module", "root"))
        found: set[Thing] = set()
        for function in functions:
            node = function.node
            assert isinstance(node, Code)
            if node in self.running:
                continue
            found |= self.run_function(function, Arguments([], {ANYTHING: anything}))
        return frozenset(found)

    def methods(self, thing: Thing, *names: str) -> list[Thing]:
        """The methods of these names that the classes of an instance have; all its special methods for no names."""
        found = []
        for base in self.reach(thing.bases):
            if base.kind != "class" or base.scope is None:
                continue
            for name, binding in base.scope.names.items():
                if name in names or (not names and name.startswith("__") and name not in PLAIN_NEW):
                    found += [method for method in binding.things if method.kind == "function"]
        return found

    def foreign(self, thing: Thing) -> bool:
        """Whether a class has a base that is not of the notebook."""
        return any(base.kind == "module" for base in thing.bases)

    def touch(self, things: Things) -> Things:
        """An operator on an instance of a class of the notebook runs its special methods."""
        found: set[Thing] = set()
        for thing in things:
            if thing.kind == "hub":
                found |= self.escape(frozenset({thing}), things)
            elif thing.kind == "instance":
                for method in self.methods(thing):
                    found |= self.run_function(method, Arguments([frozenset({thing}), things], {ANYTHING: things}))
        return frozenset(found)

    def consume(self, things: Things) -> None:
        """Run iterators to their end, with the functions they hold."""
        for thing in things:
            self.tick()
            if thing.kind == "hub":
                self.poke(thing)
            elif thing.kind in ("iterator", "unknown"):
                self.change(
                    inner
                    for inner in self.reach(frozenset({thing}))
                    if inner.kind in ("iterator", "unknown", "instance", "hub")
                )
                results = self.escape(frozenset(thing.holds), frozenset(thing.holds))
                self.hold(thing, results)
            elif thing.kind == "instance":
                self.hold(thing, self.touch(frozenset({thing})))

    def run_out(self, things: Things) -> None:
        """Run the iterators among these things to their end: whoever is given one may go through it."""
        self.consume(frozenset(thing for thing in things if thing.kind == "iterator"))

    def members(self, things: Things) -> Things:
        """What one finds inside these things; inside those that an iterator goes through, too."""
        found: set[Thing] = set()
        seen: set[Thing] = set()
        stack = list(things)
        while stack:
            thing = stack.pop()
            if thing in seen:
                continue
            seen.add(thing)
            if thing.kind == "hub":
                found.add(thing)
                continue
            held = self.plain(frozenset(one for one in thing.holds if one.kind != "root"))
            found |= {one for one in held if not isinstance(one.node, ast.GeneratorExp) or one.kind != "function"}
            if thing.kind != "container":
                found.add(thing)
            if thing.kind not in ("container", *PLAIN):
                stack.extend(held)
        return frozenset(found)

    def give_up(self, node: ast.stmt) -> None:
        """A statement that cannot be walked through: all that its names stand for counts as read, changed and bound."""
        self.scope, self.depth, self.asking, self.exits, self.running = self.scope.top, 0, 0, [], []
        self.ticks = -sys.maxsize
        whole = self.new("function", node=node)
        whole.scope = self.scope
        found = self.summary(whole, NOTHING)
        for part in ast.walk(node):
            names = [getattr(part, field, None) for field in ("name", "rest", "asname")]
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                names = [part.id]
            for name in names:
                if isinstance(name, str):
                    self.bind_in(self.scope, name.partition(".")[0], found, weak=True)

    def _is_lazy(self, node: ast.AST) -> bool:
        """Whether calling a function only makes something that runs it later."""
        found = self.lazy.get(node)
        if found is None:
            found = isinstance(node, ast.AsyncFunctionDef | ast.GeneratorExp)
            found = found or (self.yields and any(isinstance(one, ast.Yield | ast.YieldFrom) for one in _own(node)))
            self.lazy[node] = found
        return found

    def _names_in(self, node: ast.AST) -> tuple[list[str], list[str]]:
        """The names a function finds around it, and those it may bind there."""
        outer = [part.names for part in ast.walk(node) if isinstance(part, ast.Global | ast.Nonlocal)]
        outside = {name for names in outer for name in names}
        found = self.around[node] = (sorted(free_names(node) | outside), sorted(outside))
        return found

    # -- filled by the walk

    def eval(self, node: ast.expr | None) -> Things:
        """The things that an expression may stand for."""
        raise NotImplementedError

    def walk_body(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Things:
        """Walk through the body of a function and give what it may return."""
        raise NotImplementedError

    def walk_generator(self, node: ast.GeneratorExp, first: Things) -> Things:
        """Walk through a generator expression whose first iterable is known."""
        raise NotImplementedError


def _own(node: ast.AST) -> Iterable[ast.AST]:
    """The parts of a function that are not inside another one."""
    stack = list(ast.iter_child_nodes(node))
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(part))
