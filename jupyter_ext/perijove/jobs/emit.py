"""Turns a slice into steps: one function per kept cell, with values passed from one to the next.

Statements keep their own text. Imports and plain functions move to the top of the module. A name that a function reads
when it is called, or that may stay undefined, cannot be passed from hand to hand: it is kept as a global of the module.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from perijove.core.errors import Invalid
from perijove.jobs.slice import BackwardSlice, Unit
from perijove.jobs.source import text_of

OWN = ("run", "asyncio", "annotations")
SIMPLE = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.AugAssign)


@dataclass(frozen=True)
class Step:
    """One function of the job: the cell it comes from, what it takes, gives and declares global, and its statements."""

    cell: int
    name: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    shared: tuple[str, ...]
    body: tuple[str, ...]
    waits: bool
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Program:
    """A whole job: imports, definitions at the top, globals, parameters and steps."""

    imports: tuple[str, ...]
    definitions: tuple[str, ...]
    shared: tuple[str, ...]
    parameters: dict[str, object]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    modules: tuple[str, ...]
    uses_cluster: bool
    injected: tuple[str, ...] = field(default=())


def program(found: BackwardSlice, outputs: Sequence[str], parameters: dict[str, object]) -> Program:
    """The job for a slice; raises Invalid where a cell cannot be seen through or a name is defined by nobody."""
    _refuse(found)
    return _Emission(found, outputs, parameters).program()


def _refuse(found: BackwardSlice) -> None:
    for cell, why in sorted(found.opaque.items()):
        raise Invalid(
            f"Cell {cell} cannot become part of a job: {why}.", hint="Write it as plain code, or choose another cell."
        )
    for name, users in sorted(found.notes.missing.items()):
        if name != "client" and users & found.kept and not found.star:
            cell = found.units[min(users & found.kept)].cell
            raise Invalid(
                f"Cell {cell} uses “{name}”, which no cell before it defines.",
                hint="Define it in a cell above: the kernel may hold it from a cell that is gone.",
            )


class _Emission:
    """The names of a slice, sorted into imports, definitions, globals, parameters and values that are passed."""

    def __init__(self, found: BackwardSlice, outputs: Sequence[str], parameters: dict[str, object]) -> None:
        self.found = found
        self.outputs = tuple(outputs)
        self.parameters = parameters
        self.order = [at for at in sorted(found.kept) if found.units[at].head_of == 0 or at not in found.notes.reports]
        self.order = self._without_inner(self.order)
        self.injected = ("client",) if found.notes.missing.get("client", set()) & found.kept else ()
        self.times = Counter(name for at in self.order for name in self._binds(at))
        self.hoisted = {at for at in self.order if self._is_import(at)}
        self.imported = {name for at in self.hoisted for name in self._binds(at)}
        self.read = {name for at in self.order for name in _reads(self._node(at))} | set(outputs)
        self._hoist_definitions()
        self.top = {name for at in self.hoisted for name in self._binds(at)}
        self.shared = self._shared()

    def _without_inner(self, order: list[int]) -> list[int]:
        """A block whose head is kept is written as a whole, not line by line."""
        units = self.found.units
        inner = {at + offset for at in order if (count := units[at].head_of) for offset in range(1, count + 1)}
        return [at for at in order if at not in inner]

    def _node(self, at: int) -> ast.stmt:
        node = self.found.units[at].node
        assert node is not None
        return node

    def _binds(self, at: int) -> set[str]:
        unit = self.found.units[at]
        names = set(self.found.notes.binds.get(at, set()))
        for inner in range(at + 1, at + 1 + unit.head_of):
            names |= self.found.notes.binds.get(inner, set())
        return names

    def _is_import(self, at: int) -> bool:
        node = self._node(at)
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return False
        late = any(_sets_environment(self._node(other)) for other in self.order if other < at)
        star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        return star or (not late and all(self._same_import(name) for name in self._binds(at)))

    def _same_import(self, name: str) -> bool:
        """Whether all that binds a name imports it, the same thing each time."""
        meanings = set()
        for other in self.order:
            if name not in self._binds(other):
                continue
            node = self._node(other)
            if not isinstance(node, ast.Import | ast.ImportFrom):
                return False
            source = node.module if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) == name:
                    meanings.add((source, alias.name if alias.asname or source else alias.name.partition(".")[0]))
        return len(meanings) == 1

    def _hoist_definitions(self) -> None:
        """Move plain functions and classes to the top, once everything they need to be defined is there."""
        changed = True
        while changed:
            changed = False
            top = {name for at in self.hoisted for name in self._binds(at)}
            for at in self.order:
                node = self._node(at)
                if at in self.hoisted or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    continue
                if self.times[node.name] == 1 and _plain_definition(node, top):
                    self.hoisted.add(at)
                    changed = True

    def _shared(self) -> set[str]:
        """Names that are kept as globals of the module."""
        shared: set[str] = set()
        bound = {name for at in self.order for name in self._binds(at)} | set(self.injected)
        for at in self.order:
            node = self._node(at)
            shared |= _late_reads(node) & bound
            for part in ast.walk(node):
                if isinstance(part, ast.Global):
                    shared |= set(part.names)
                if isinstance(part, ast.Delete):
                    shared |= {target.id for target in part.targets if isinstance(target, ast.Name)}
            if (
                isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
                and at not in self.hoisted
            ):
                shared |= self._binds(at)
        known: set[str] = set()
        for at in self.order:
            if not isinstance(self._node(at), SIMPLE):
                certain = _certainly_bound(self._node(at))
                shared |= {name for name in self._binds(at) if name not in known and name not in certain}
            known |= self._binds(at)
        return (shared & bound) - self.top

    def program(self) -> Program:
        """Put everything together; raises Invalid for a name that the job's own module needs."""
        for name in sorted(self.shared | self.top):
            if name in OWN or re.fullmatch(r"cell_\d+", name):
                raise Invalid(f"The job's own code needs the name “{name}”.", hint="Give the variable another name.")
        steps: list[Step] = []
        cells = sorted({self.found.units[at].cell for at in self.order})
        for cell in cells:
            mine = [at for at in self.order if self.found.units[at].cell == cell and at not in self.hoisted]
            mine = [at for at in mine if not self._is_parameter(at) and not _only_shows(self._node(at))]
            if mine:
                later = [at for at in self.order if self.found.units[at].cell > cell and at not in self.hoisted]
                steps.append(self._step(cell, mine, later))
        return Program(
            tuple(self._text(at) for at in sorted(self.hoisted) if self._is_import_node(at) and self._text(at)),
            tuple(self._text(at) for at in sorted(self.hoisted) if not self._is_import_node(at)),
            tuple(sorted(self.shared)),
            self.parameters,
            tuple(steps),
            self.outputs,
            tuple(sorted(self._modules())),
            self._uses_cluster(),
            self.injected,
        )

    def _is_import_node(self, at: int) -> bool:
        return isinstance(self._node(at), ast.Import | ast.ImportFrom)

    def _is_parameter(self, at: int) -> bool:
        node = self._node(at)
        names = self._binds(at)
        return isinstance(node, ast.Assign | ast.AnnAssign) and len(names) == 1 and names <= self.parameters.keys()

    def _text(self, at: int) -> str:
        unit = self.found.units[at]
        if self._is_import_node(at):
            return self._used_import(at)
        return text_of(self.found.cells[unit.cell].source, self._node(at), alone=self._alone(unit))

    def _used_import(self, at: int) -> str:
        """An import without the names that no kept line reads; empty where none is left."""
        node = self._node(at)
        assert isinstance(node, ast.Import | ast.ImportFrom)
        names = [one for one in node.names if "." in one.name and not one.asname or self._is_read(one)]
        if not names:
            return ""
        if isinstance(node, ast.Import):
            return ast.unparse(ast.Import(names))
        return ast.unparse(ast.ImportFrom(node.module, names, node.level))

    def _is_read(self, alias: ast.alias) -> bool:
        return alias.name == "*" or (alias.asname or alias.name.partition(".")[0]) in self.read

    def _alone(self, unit: Unit) -> bool:
        others = (one for one in self.found.units if one.cell == unit.cell and one is not unit and not one.head_of)
        return not any(one.first <= unit.last and unit.first <= one.last for one in others)

    def _step(self, cell: int, mine: list[int], later: list[int]) -> Step:
        nodes = [self._node(at) for at in mine]
        bound = {name for at in mine for name in self._binds(at)}
        before = {name for at in self.order if at < mine[0] and at not in self.hoisted for name in self._binds(at)}
        before |= set(self.injected) | set(self.parameters)
        reads = {name for node in nodes for name in _reads(node)}
        weak = {
            name
            for at in mine
            if not isinstance(self._node(at), ast.Assign | ast.AnnAssign)
            for name in self._binds(at)
        }
        takes = ((reads | weak) & before) - self.shared - self.top
        wanted = {name for at in later for name in _reads(self._node(at)) | self._binds(at)} | set(self.outputs)
        gives = (bound & wanted) - self.shared - self.top
        waits = any(_awaits(node) for node in nodes)
        lines = tuple((self.found.units[at].first, self._last(at)) for at in mine)
        shared = tuple(sorted(bound & self.shared))
        body = tuple(text for at in mine if (text := self._text(at)))
        return Step(cell, f"cell_{cell}", tuple(sorted(takes)), tuple(sorted(gives)), shared, body, waits, lines)

    def _last(self, at: int) -> int:
        return self._node(at).end_lineno or self.found.units[at].last

    def _modules(self) -> set[str]:
        """The modules that kept code imports, wherever in it."""
        found: set[str] = set()
        for at in self.order:
            node = ast.parse(self._text(at)) if self._is_import_node(at) else self._node(at)
            for part in ast.walk(node):
                if isinstance(part, ast.Import):
                    found |= {alias.name for alias in part.names}
                elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
                    found.add(part.module)
        return found

    def _uses_cluster(self) -> bool:
        code = "\n".join(ast.unparse(self._node(at)) for at in self.order)
        return (
            bool(self.injected)
            or "Client(" in code
            and any(module.split(".")[0] in ("dask", "distributed") for module in self._modules())
        )


def _only_shows(node: ast.stmt) -> bool:
    """Whether a statement shows a value in the notebook and does nothing else."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    call = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "display"
    return call or isinstance(value, ast.Name | ast.Constant)


def _sets_environment(node: ast.stmt) -> bool:
    """Whether a statement may set variables that a library reads when it is imported."""
    return not isinstance(node, ast.Import | ast.ImportFrom) and "environ" in ast.unparse(node)


def _plain_definition(node: ast.stmt, top: set[str]) -> bool:
    """Whether a definition does nothing but define, with all it needs at hand at the top of the module."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    if node.decorator_list:
        return False
    if isinstance(node, ast.ClassDef):
        plain = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass, ast.Expr, ast.Assign, ast.AnnAssign)
        needed = {name for part in node.body if not isinstance(part, ast.FunctionDef) for name in _names(part)}
        needed |= {name for base in (*node.bases, *(word.value for word in node.keywords)) for name in _names(base)}
        simple = all(isinstance(part, plain) for part in node.body)
        return simple and needed <= top | _BUILTIN | {node.name}
    defaults = [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]
    return all(isinstance(one, ast.Constant) for one in defaults) and not _annotations(node) - top - _BUILTIN


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    spec = node.args
    given = [one.annotation for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)] + [node.returns]
    return {name for one in given if one is not None for name in _names(one)}


_BUILTIN = frozenset(dir(builtins))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def _reads(node: ast.AST) -> set[str]:
    """The names a statement reads, those it changes in place included."""
    found = _names(node)
    for part in ast.walk(node):
        if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            found.add(part.target.id)
        elif isinstance(part, ast.Delete):
            found |= {target.id for target in part.targets if isinstance(target, ast.Name)}
    return found


def _late_reads(node: ast.AST) -> set[str]:
    """The names that functions, lambdas and classes inside a statement look up when they are called."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            spec = part.args
            own = {one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg) if one}
            body = part.body if isinstance(part.body, list) else [part.body]
            found |= {name for one in body for name in _names(one)} - own
    return found


def _certainly_bound(node: ast.stmt) -> set[str]:
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
            found |= _certainly_bound(node)
    return found


def _awaits(node: ast.AST) -> bool:
    """Whether a statement waits outside any function of its own."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    return any(_awaits(child) for child in ast.iter_child_nodes(node))
