"""Questions to the syntax of a statement: which names it reads, binds for certain, or looks up later."""

from __future__ import annotations

import ast
import builtins
import copy
import symtable
from collections.abc import Sequence

_LOOKS = ("head", "tail", "describe", "value_counts", "nunique")
_FACTS = ("shape", "dtypes", "columns", "index", "size")


def only_shows(node: ast.stmt) -> bool:
    """Whether a statement shows a value in the notebook and does nothing else."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Name):
        given = [*value.args, *(word.value for word in value.keywords)]
        return value.func.attr in _LOOKS and all(isinstance(one, ast.Constant) for one in given)
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        return value.attr in _FACTS
    call = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "display"
    return call or isinstance(value, ast.Name | ast.Constant)


def sets_environment(node: ast.stmt) -> bool:
    """Whether a statement may set variables that a library reads when it is imported."""
    return not isinstance(node, ast.Import | ast.ImportFrom) and "environ" in ast.unparse(node)


def plain_definition(node: ast.stmt, top: set[str]) -> bool:
    """Whether a definition does nothing but define, with all it needs at hand at the top of the module."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    if node.decorator_list:
        return False
    if isinstance(node, ast.ClassDef):
        plain = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass, ast.Expr, ast.Assign, ast.AnnAssign)
        needed = {name for part in node.body if not isinstance(part, ast.FunctionDef) for name in names(part)}
        needed |= {name for base in (*node.bases, *(word.value for word in node.keywords)) for name in names(base)}
        simple = all(isinstance(part, plain) for part in node.body)
        return simple and needed <= top | _BUILTIN | {node.name}
    defaults = [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]
    return all(isinstance(one, ast.Constant) for one in defaults) and not _annotations(node) - top - _BUILTIN


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    spec = node.args
    given = [one.annotation for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)] + [node.returns]
    return {name for one in given if one is not None for name in names(one)}


_BUILTIN = frozenset(dir(builtins))


def names(node: ast.AST) -> set[str]:
    """The names a statement loads."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def reads(node: ast.AST) -> set[str]:
    """The names a statement reads, those it changes in place included."""
    found = names(node)
    for part in ast.walk(node):
        if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            found.add(part.target.id)
        elif isinstance(part, ast.Delete):
            found |= {target.id for target in part.targets if isinstance(target, ast.Name)}
    return found


def late_reads(node: ast.stmt) -> set[str]:
    """The names that functions and lambdas inside a statement look up around it when they are called."""
    found: set[str] = set()
    for scope, late in _scopes(node):
        if late:
            found |= {one.get_name() for one in scope.get_symbols() if one.is_referenced() and one.is_global()}
    return found


def free_names(node: ast.AST) -> set[str]:
    """The names that a piece of code looks up or binds around it: all but those of its own functions."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id.startswith("__")}  # mangled
    for scope, _ in _scopes(node):
        inner = scope.get_type() == "function"
        found |= {one.get_name() for one in scope.get_symbols() if one.is_global() or not inner}
    return found


def _scopes(node: ast.AST) -> list[tuple[symtable.SymbolTable, bool]]:
    """Every scope of a statement, and whether it runs later than the statement: it is a function's, or in one."""
    if any(isinstance(part, ast.Nonlocal) for part in ast.walk(node)):
        node = _Outward().visit(copy.deepcopy(node))  # the function around it may not be part of the statement
    waiting = [(symtable.symtable(ast.unparse(node), "<statement>", "exec"), False)]
    found = []
    while waiting:
        scope, late = waiting.pop()
        found.append((scope, late))
        waiting.extend((one, late or _is_late(one)) for one in scope.get_children())
    return found


class _Outward(ast.NodeTransformer):
    """Names of an outer function as if they were the program's."""

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Global:
        """Look further out."""
        return ast.copy_location(ast.Global(node.names), node)


def _is_late(scope: symtable.SymbolTable) -> bool:
    """Whether a scope is a function's; comprehensions and the bodies of classes run at once."""
    return scope.get_type() == "function" and scope.get_name() not in ("listcomp", "setcomp", "dictcomp", "genexpr")


def certainly_bound(node: ast.stmt) -> set[str]:
    """The names that a compound statement binds whichever way it goes."""
    if isinstance(node, ast.If):
        return _bound_in(node.body) & _bound_in(node.orelse)
    if isinstance(node, ast.With | ast.AsyncWith):
        targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
        names = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        return names | _bound_in(node.body)
    if isinstance(node, ast.Try):
        paths = [_bound_in(node.body), *(_bound_in(one.body) for one in node.handlers)]
        return set.intersection(*paths) | _bound_in(node.finalbody)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return set()


def _bound_in(nodes: Sequence[ast.stmt]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign):
            parts = [part for target in node.targets for part in ast.walk(target)]
            found |= {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        else:
            found |= certainly_bound(node)
    return found


def awaits(node: ast.AST) -> bool:
    """Whether a statement waits outside any function of its own."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    return any(awaits(child) for child in ast.iter_child_nodes(node))


def identifiers(node: ast.AST) -> set[str]:
    """Every name that stands anywhere in a statement, as a variable, an argument, a definition or an import."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.arg):
            found.add(part.arg)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.alias):
            found.add(part.asname or part.name.partition(".")[0])
        elif isinstance(part, ast.Global | ast.Nonlocal):
            found |= set(part.names)
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            found.add(part.name)
    return found


def globals_of(node: ast.stmt) -> set[str]:
    """The names that a statement reads from the program around it, those its functions look up later included."""
    found: set[str] = set()
    for scope, _ in _scopes(node):
        top = scope.get_type() == "module"
        found |= {one.get_name() for one in scope.get_symbols() if one.is_referenced() and (top or one.is_global())}
    return found
