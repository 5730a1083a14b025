"""Which names a cell takes from earlier cells, and which it gives to later ones; read from its syntax alone."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import Any

_BUILTINS = frozenset(dir(builtins))
# Methods that change what they are called on even though their answer is kept.
_CHANGING = frozenset(
    [
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "fit",
        "insert",
        "load_state_dict",
        "partial_fit",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "set_index",
        "set_params",
        "setdefault",
        "sort",
        "update",
    ]
)
_SHOWING = frozenset(["describe", "display", "head", "info", "plot", "print", "sample", "show", "tail"])
_methods: dict[type, Any] = {}
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass
class Names:
    """``reads`` come from earlier cells; ``writes`` are given or changed here."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)


def parse(source: str) -> ast.Module | None:
    """The syntax of a cell; None where it is no Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def of_cell(source: str) -> Names:
    """The names of one cell; a cell that cannot be parsed has none."""
    return of_tree(parse(source))


def of_tree(tree: ast.Module | None) -> Names:
    """The names of a cell that was parsed."""
    if tree is None:
        return Names()
    walk = _Walk()
    for statement in tree.body:
        walk.visit(statement)
    return Names(walk.reads - _BUILTINS | (walk.reads & walk.changed), walk.stored | walk.changed)


class _Walk(ast.NodeVisitor):
    """Goes through a cell in the order in which it runs, keeping what was stored so far."""

    def __init__(self, known: set[str] | None = None) -> None:
        self.reads: set[str] = set()
        self.stored: set[str] = set(known or ())
        self.changed: set[str] = set()

    def visit(self, node: ast.AST) -> None:
        """As the base class does, four times as fast: it runs over every cell."""
        kind = type(node)
        method = _methods.get(kind)
        if method is None:
            method = _methods[kind] = getattr(_Walk, f"visit_{kind.__name__}", _Walk.generic_visit)
        method(self, node)

    def generic_visit(self, node: ast.AST) -> None:
        """Go through what stands inside."""
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                self.visit(value)
            elif isinstance(value, list):
                for one in value:
                    if isinstance(one, ast.AST):
                        self.visit(one)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A constant has no names."""

    def visit_Name(self, node: ast.Name) -> None:
        """A name read before it was stored comes from elsewhere."""
        if isinstance(node.ctx, ast.Load):
            if node.id not in self.stored:
                self.reads.add(node.id)
        else:
            self.stored.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value runs before the targets are stored."""
        self.visit(node.value)
        for target in node.targets:
            self._target(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``x += 1`` reads x and changes it."""
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
            self.changed.add(node.target.id)
        else:
            self._target(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The value runs before the target is stored."""
        if node.value:
            self.visit(node.value)
            self._target(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """``(x := value)`` runs the value first."""
        self.visit(node.value)
        self._target(node.target)

    def _target(self, target: ast.expr) -> None:
        self._change(target)
        self.visit(target)

    def _change(self, target: ast.AST) -> None:
        """``x.a = …`` and ``x[…] = …`` change x."""
        for node in ast.walk(target):
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                self.changed |= _root(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        """``del x.a`` and ``del x[…]`` change x."""
        for target in node.targets:
            self._change(target)
            if not isinstance(target, ast.Name):
                self.visit(target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """The iterable runs before the loop's variable is stored."""
        self.visit(node.iter)
        self._target(node.target)
        for child in (*node.body, *node.orelse):
            self.visit(child)

    visit_AsyncFor = visit_For

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call whose answer is thrown away may have been made for what it changes."""
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr not in _SHOWING:
            self.changed |= _root(call.func)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """``x.fit(…)`` changes x wherever it stands."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
            self.changed |= _root(node.func)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import stores the name it binds."""
        for alias in node.names:
            self.stored.add(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function reads what is free in its body, and stores its own name."""
        for child in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(child)
        self.stored.add(node.name)
        self._inside(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A lambda reads what is free in its body."""
        for child in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(child)
        self._inside(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class reads what its bases and body read, and stores its own name."""
        for child in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(child)
        inner = _Walk(self.stored)
        for statement in node.body:
            inner.visit(statement)
        self.reads |= inner.reads
        self.stored.add(node.name)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        inner = _Walk(self.stored)
        for generator in node.generators:
            inner.visit(generator.iter)
            inner.visit(generator.target)
            for condition in generator.ifs:
                inner.visit(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            inner.visit(part)
        self.reads |= inner.reads
        self.changed |= inner.changed

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _inside(self, node: _Function, body: list[ast.stmt] | list[ast.expr]) -> None:
        inner = _Walk(self.stored)
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [one for one in (arguments.vararg, arguments.kwarg) if one]
        local = {one.arg for one in every} | _stored_in(body)
        shared = {name for part in body for n in ast.walk(part) if isinstance(n, ast.Global) for name in n.names}
        inner.stored |= local - shared
        for part in body:
            inner.visit(part)
        self.reads |= inner.reads
        self.changed |= (inner.changed - local) | (inner.stored & shared)


def _stored_in(body: list[ast.stmt] | list[ast.expr]) -> set[str]:
    names = (node for part in body for node in ast.walk(part))
    return {node.id for node in names if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _root(node: ast.AST) -> set[str]:
    """The variable at the start of ``x.a.b[0]``; nothing for anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
