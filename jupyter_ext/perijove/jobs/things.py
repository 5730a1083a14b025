"""What the slicer knows of a program at one point: names, the things they may stand for, and who changed those.

Vocabulary
  thing     an abstract value, one for each place of the program that makes values
  holds     the things that may be reached from a thing: members, arguments it was made from, its library
  binding   what a name may stand for, and the statements that may have given it that
  pseudo    a name that begins with § and stands for state outside the program: §rng, §plt, §fs, §db
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress, islice
from typing import Self

KINDS = frozenset(
    ("container", "iterator", "function", "class", "instance", "method", "module", "root", "hub", "file", "unknown")
)
"""The kinds of things that are named here; a library of such a name has another."""
Things = frozenset["Thing"]
NOTHING: Things = frozenset()


class Thing(int):
    """An abstract value. ``kind`` is container, iterator, function, class, instance, module, root, or a library.

    It is its number in its walk, so that sets of things are gone through the same way each time, and fast. What one
    holds is not part of its ``repr``: things hold each other, and a report of one would never end.
    """

    kind: str
    path: str
    holds: set[Thing]
    node: ast.AST | None
    scope: Scope | None
    defaults: dict[str, Things]
    bases: Things

    def __new__(cls, number: int, kind: str, path: str = "", node: ast.AST | None = None) -> Self:
        """A thing that holds nothing yet."""
        self = super().__new__(cls, number)
        self.kind, self.path, self.node = kind, path, node
        self.holds, self.defaults = set(), {}
        self.scope, self.bases = None, NOTHING
        return self

    def __repr__(self) -> str:
        return f"Thing({int(self)}, {self.kind!r}, {self.path!r})"


@dataclass(frozen=True)
class Binding:
    """The statements that may have bound a name, and what it may stand for."""

    by: frozenset[int]
    things: Things


class Scope:
    """The names of one block. ``kind`` is module, function, class or comprehension."""

    def __init__(self, parent: Scope | None = None, kind: str = "module") -> None:
        self.parent = parent
        self.kind = kind
        self.names: dict[str, Binding] = {}
        self.outer: dict[str, str] = {}
        self.captured = False

    @property
    def top(self) -> Scope:
        """The scope of the notebook."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def home(self, name: str) -> Scope:
        """The scope in which an assignment to a name takes place."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        how = scope.outer.get(name)
        if how == "global":
            return scope.top
        if how == "nonlocal":
            found = scope.parent.find(name) if scope.parent else None
            return found or scope.top
        return scope

    def find(self, name: str) -> Scope | None:
        """The scope that a read of a name looks into, or None where nobody has bound it."""
        scope: Scope | None = self.top if self.outer.get(name) == "global" else self
        first = True
        while scope is not None:
            if name in scope.names and (first or scope.kind != "class"):
                return scope
            first = False
            scope = scope.parent
        return None

    def join(self, other: dict[str, Binding]) -> None:
        """Take in what another path through the program has bound."""
        names = self.names
        # Both mostly grew out of one, and then what follows is done for the few names that differ.
        aligned = all(map(operator.is_, names, other))
        begin = list(compress(other, map(operator.is_not, names.values(), other.values()))) if aligned else other
        for name in (*begin, *islice(other, len(names), None)):
            one, two = names.get(name), other[name]
            if one is None:
                names[name] = two
            elif one is not two and one != two:
                names[name] = Binding(one.by | two.by, one.things | two.things)


def reach(things: Iterable[Thing]) -> set[Thing]:
    """All things that may be reached from these, with the libraries they come from."""
    seen = set(things)
    stack = list(seen)
    while stack:
        new = stack.pop().holds - seen
        if new:
            seen |= new
            stack += new
    return seen
