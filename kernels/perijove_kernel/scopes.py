"""Where names stand while a cell's flow of data is worked out, and which of its reads and writes come next."""

from __future__ import annotations

import ast
import builtins
import linecache
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perijove_kernel import datasets, stack
from perijove_kernel.origins import NOTHING, UNKNOWN, Value, join
from perijove_kernel.touches import Event, Flow, Happened

MISSING = object()
BUDGET = 20_000
_ADDING = frozenset(["to_hdf", "put", "execute", ""])  # what an engine did has no function: it is told afterwards
SINK = "\0sink:"
_PLAIN: tuple[type, ...] = (
    *(int, float, complex, bool, str, bytes, type(None), range, slice, type),
    *(types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType),
)
_parsed: dict[str, tuple[int, dict[tuple[int, str], ast.AST]]] = {}


@dataclass
class Scope:
    """The names of a cell or of one run of a function."""

    env: dict[str, Value]
    space: dict[str, Any]
    parent: Scope | None = None
    depth: int = 0
    activation: int = 0
    shared: set[str] = field(default_factory=set)
    returns: list[Value] = field(default_factory=list)
    loops: list[list[ast.stmt]] = field(default_factory=list)  # the bodies of the loops that turn now

    def home_of(self, name: str) -> Scope:
        """The scope in which a name that is changed here lives."""
        scope: Scope = self
        while name not in scope.env and scope.parent is not None:
            scope = scope.parent
        return scope if name in scope.env else self

    def get(self, name: str) -> Value:
        """What is known of a name."""
        scope: Scope | None = self
        last = self
        while scope is not None:
            if name in scope.env:
                return scope.env[name]
            last, scope = scope, scope.parent
        found = last.live(name)
        return NOTHING if is_plain(found) else UNKNOWN

    def live(self, name: str) -> Any:
        """The object that a name of a module or of Python means; MISSING where it is known by the code alone."""
        scope: Scope | None = self
        last = self
        while scope is not None:
            if name in scope.env:
                value = scope.env[name]
                return value.scope if value.form == "live" else MISSING
            last, scope = scope, scope.parent
        return last.space.get(name, getattr(builtins, name, MISSING))

    def put(self, name: str, value: Value) -> None:
        """Set a name."""
        scope = self
        if name in self.shared:
            while scope.parent is not None:
                scope = scope.parent
        scope.env[name] = value

    def forget(self, names: Iterable[str]) -> None:
        """Nothing is known of these names any more; modules and classes stay what they are."""
        for name in names:
            if isinstance(self.live(name), types.ModuleType | type):
                continue
            self.home_of(name).env[name] = UNKNOWN

    def change(self, name: str, value: Value) -> None:
        """A variable's object was changed in place; another name of the same container is no longer known."""
        home = self.home_of(name)
        before = home.env.get(name)
        home.env[name] = value
        if before is None or not before.parts:
            return
        scope: Scope | None = self
        while scope is not None:
            for other, known in scope.env.items():
                if known is before and other != name:
                    scope.env[other] = UNKNOWN
            scope = scope.parent

    def forget_all(self) -> None:
        """Something ran that may have set any name."""
        scope: Scope | None = self
        while scope is not None:
            scope.forget([name for name, value in scope.env.items() if value.function is None])
            scope = scope.parent

    def unseen(self) -> None:
        """Code that is not read was called: it may have set what functions here declare as global."""
        self.root.forget(self.root.shared)

    @property
    def root(self) -> Scope:
        """The scope of the cell or module."""
        return self if self.parent is None else self.parent.root


def is_plain(found: Any) -> bool:
    """Whether an object is no data: a number, a name, a function, or a short list of such."""
    if isinstance(found, list | tuple | set | frozenset) and len(found) <= 64:
        return all(isinstance(one, _PLAIN) for one in found)
    if isinstance(found, dict) and len(found) <= 64:
        return all(isinstance(one, _PLAIN) for one in found.values())
    return isinstance(found, _PLAIN)


class Trace:
    """The reads and writes of a cell in the order in which they happened, taken one after the other."""

    def __init__(self, happened: Happened) -> None:
        self.events = [event for event in happened.events if event.place.steps]
        self.happened = happened
        self.position = 0
        self.left = BUDGET
        self._ends: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for event in self.events:
            for depth, step in enumerate(event.place.steps):
                self._ends.setdefault((depth, step.activation), set()).add(step.end)
        self.flows: list[Flow] = []
        self.closed: set[str] = set()  # open files that were written to, and then as a whole by something else

    def overwritten(self, event: Event) -> None:
        """What went before into a file that is written as a whole is not in it any more."""
        if event.adds or event.function in _ADDING:
            return
        for origin in event.origins:
            if event.function == "to_sql" or is_file(origin.uri):
                self.flows = [flow for flow in self.flows if flow.target != origin.uri]
                self.closed.add(origin.uri)

    def written(self, flow: Flow) -> None:
        """An engine wrote a dataset; as a whole where it is a file."""
        if is_file(flow.target):
            self.flows = [one for one in self.flows if one.target != flow.target]
        self.flows.append(flow)

    def next_for(self, scope: Scope) -> Event | None:
        """The next event, if it happened in this run of this code."""
        if self.position >= len(self.events):
            return None
        event = self.events[self.position]
        steps = event.place.steps
        if len(steps) > scope.depth and steps[scope.depth].activation == scope.activation:
            return event
        return None

    def is_next_in(self, nodes: Iterable[ast.AST], scope: Scope) -> bool:
        """Whether the next event happened inside these nodes."""
        event = self.next_for(scope)
        return event is not None and any(within(event.place.steps[scope.depth].end, node) for node in nodes)

    def touches(self, node: ast.AST, scope: Scope) -> bool:
        """Whether any event of this run of this code happened inside a node."""
        ends = self._ends.get((scope.depth, scope.activation))
        return ends is not None and any(within(end, node) for end in ends)

    def touches_beside(self, nodes: Iterable[ast.AST], node: ast.AST, scope: Scope) -> bool:
        """Whether any event happened inside these nodes at another call than this one."""
        ends = self._ends.get((scope.depth, scope.activation), set()) - {end_of(node)}
        return any(within(end, one) for end in ends for one in nodes)

    def spend(self) -> bool:
        """Count one step of work; False when there was too much of it."""
        self.left -= 1
        return self.left > 0


def is_file(uri: str) -> bool:
    """Whether a dataset is one local file, which is written as a whole; it may be gone or moved again by now."""
    path = datasets.local_path(uri)
    return bool(path) and not Path(path).is_dir()


def within(end: tuple[int, int], node: ast.AST) -> bool:
    """Whether an expression that ends there lies inside a node."""
    begin = (node.lineno, node.col_offset)  # type: ignore[attr-defined]
    return begin < end <= end_of(node)


def end_of(node: ast.AST) -> tuple[int, int]:
    """Where a node ends."""
    return node.end_lineno or 0, node.end_col_offset or 0  # type: ignore[attr-defined]


def merge(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    """Names after one of two ways was taken, nobody knows which."""
    found = {}
    for name in first.keys() | second.keys():
        one, other = first.get(name), second.get(name)
        if name.startswith(SINK) and (one is None or other is None) or one is None or other is None:
            found[name] = UNKNOWN
        else:
            found[name] = one if one is other else join([one, other])
    return found


def function_at(file: str, first: int, name: str) -> ast.AST | None:
    """The syntax of a function by where its code begins; None where the source is not at hand."""
    lines = linecache.getlines(file)
    if not lines or stack.kind_of(file) != "own":
        return None
    text = "".join(lines)
    if file not in _parsed or _parsed[file][0] != hash(text):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return None
        _parsed[file] = (hash(text), _functions(tree))
        if len(_parsed) > 200:
            del _parsed[next(iter(_parsed))]
    return _parsed[file][1].get((first, name))


def _functions(tree: ast.AST) -> dict[tuple[int, str], ast.AST]:
    found: dict[tuple[int, str], ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            found[(first, node.name)] = node
    return found


def stored_in(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that statements set, change or call methods on, without looking into functions."""
    names: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            names |= root_of(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names |= root_of(node.func)
        waiting.extend(ast.iter_child_nodes(node))
    return names


def root_of(node: ast.AST) -> set[str]:
    """The variable at the start of ``x.a.b[0]``; nothing for anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
