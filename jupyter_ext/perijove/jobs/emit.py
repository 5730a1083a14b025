"""Turns a slice into steps: one function per kept run of a cell, with values passed from one to the next.

Statements keep their own text, but for literals that became parameters. Imports and plain functions move to the top of
the module. A name that a function reads when it is called, or that may stay undefined, cannot be passed from hand to
hand: it is kept as a global of the module.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perijove.core.errors import Invalid
from perijove.jobs.names import (
    awaits,
    certainly_bound,
    globals_of,
    identifiers,
    late_reads,
    only_shows,
    plain_definition,
    reads,
    sets_environment,
)
from perijove.jobs.parameters import Setting
from perijove.jobs.roles import role, step_names
from perijove.jobs.signatures import Types, aliases, makers, static_type
from perijove.jobs.slice import BackwardSlice, Unit
from perijove.jobs.source import replaced, text_of

SIMPLE = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.AugAssign)


@dataclass(frozen=True)
class Piece:
    """A statement as it goes into the job: its text, and the lines of the cell it comes from."""

    text: str
    cell: int
    first: int
    last: int


@dataclass(frozen=True)
class Step:
    """One function of the job: the run of a cell it comes from, what it takes, gives and declares global, its lines."""

    cell: int
    name: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    shared: tuple[str, ...]
    body: tuple[Piece, ...]
    waits: bool


@dataclass(frozen=True)
class Program:
    """A whole job: imports, definitions at the top, globals, settings and steps.

    ``words`` are the names of the job's own parts in this program, so chosen that they hide none of the notebook's.
    """

    imports: tuple[Piece, ...]
    definitions: tuple[Piece, ...]
    shared: tuple[str, ...]
    settings: tuple[Setting, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    modules: tuple[str, ...]
    uses_cluster: bool
    uses_dask: bool
    injected: tuple[str, ...] = field(default=())
    words: Mapping[str, str] = field(default_factory=dict)
    types: Types = field(default_factory=lambda: Types({}))


def program(
    found: BackwardSlice,
    outputs: Sequence[str],
    settings: Sequence[Setting] = (),
    labels: Sequence[str] = (),
    ids: Sequence[str] = (),
) -> Program:
    """The job for a slice; raises Invalid where a cell cannot be seen through or a name is defined by nobody.

    ``labels`` are what people call the cells, for the messages; ``ids`` are the cells', for the names of steps.
    """
    _refuse(found, labels or [f"cell {index}" for index in range(len(found.cells))])
    return _Emission(found, outputs, settings).program(ids or [""] * len(found.cells))


def _refuse(found: BackwardSlice, labels: Sequence[str]) -> None:
    for cell, why in sorted(found.opaque.items()):
        raise Invalid(
            f"{_big(labels[cell])} cannot become part of a job: {why}.",
            hint="Write it as plain code, or choose another cell.",
        )
    bound = set().union(*(found.notes.binds.get(at, ()) for at in found.kept))
    for name, users in sorted(found.notes.missing.items()):
        now = {at for at in users & found.kept if _is_missing(found, name, at, bound)}
        if name != "client" and now and not found.star:
            cell = found.units[min(now)].cell
            raise Invalid(
                f"{_big(labels[cell])} uses “{name}”, which no cell before it defines.",
                hint="Define it in a cell above: the kernel may hold it from a cell that is gone.",
            )


def _is_missing(found: BackwardSlice, name: str, at: int, bound: set[str]) -> bool:
    """Whether a statement needs a name that nothing gives it: neither it looks the name up later, nor owns it."""
    node = found.units[at].node
    if name in bound and _waits(node):
        return False
    return node is None or (name in globals_of(node) and name not in found.notes.binds.get(at, ()))


def _waits(node: ast.stmt | None) -> bool:
    """Whether a statement looks its names up later, when it is called."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _big(text: str) -> str:
    return text[:1].upper() + text[1:]


class _Emission:
    """The names of a slice, sorted into imports, definitions, globals, parameters and values that are passed."""

    def __init__(self, found: BackwardSlice, outputs: Sequence[str], settings: Sequence[Setting]) -> None:
        self.found = found
        self.outputs = tuple(outputs)
        self.settings = tuple(settings)
        self.parameters = {one.shown.name for one in settings}
        self.gone = {at for one in settings for at in ((one.at,) if one.whole else ()) + one.drops}
        self.sources, self.nodes = _with_names(found, settings)
        self.order = [at for at in sorted(found.kept) if found.units[at].head_of == 0 or at not in found.notes.reports]
        self.order = self._without_inner(self.order)
        self.injected = ("client",) if found.notes.missing.get("client", set()) & found.kept else ()
        self.times = Counter(name for at in self.order for name in self._binds(at))
        self.hoisted = {at for at in self.order if self._is_import(at)}
        self.imported = {name for at in self.hoisted for name in self._binds(at)}
        self.read = {name for at in self.order if at not in self.gone for name in reads(self._node(at))} | set(outputs)
        self._hoist_definitions()
        self.top = {name for at in self.hoisted for name in self._binds(at)}
        self.shared = self._shared()

    def _without_inner(self, order: list[int]) -> list[int]:
        """A block whose head is kept is written as a whole, not line by line."""
        units = self.found.units
        inner = {at + offset for at in order if (count := units[at].head_of) for offset in range(1, count + 1)}
        return [at for at in order if at not in inner]

    def _node(self, at: int) -> ast.stmt:
        return self.nodes[at]

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
        late = any(sets_environment(self._node(other)) for other in self.order if other < at)
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
                if self.times[node.name] == 1 and plain_definition(node, top):
                    self.hoisted.add(at)
                    changed = True

    def _shared(self) -> set[str]:
        """Names that are kept as globals of the module."""
        shared: set[str] = set()
        bound = {name for at in self.order for name in self._binds(at)} | set(self.injected)
        for at in self.order:
            node = self._node(at)
            shared |= late_reads(node) & bound
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
                certain = certainly_bound(self._node(at))
                shared |= {name for name in self._binds(at) if name not in known and name not in certain}
            known |= self._binds(at)
        return (shared & bound) - self.top

    def program(self, ids: Sequence[str]) -> Program:
        """Put everything together."""
        used = set().union(*(identifiers(self._node(at)) for at in self.order), self.outputs, self.parameters)
        groups = [
            (cell, mine)
            for cell in sorted({self.found.units[at].cell for at in self.order})
            if (mine := self._own(cell))
        ]
        made = makers(self._node(at) for at in self.order)
        roles = [role([self._node(at) for at in mine], made) for _, mine in groups]
        passed = [self._passed(cell, mine) for cell, mine in groups]
        words = {
            word: _free(word, used) for word in ("run", "step", "Parameters", "parameters", "asyncio", "distributed")
        }
        called = step_names(
            roles,
            [gives for _, gives in passed],
            [ids[cell] for cell, _ in groups],
            used | set(words.values()) | {"Any"},
        )
        steps = tuple(
            self._step(cell, name, mine, takes, gives)
            for (cell, mine), name, (takes, gives) in zip(groups, called, passed, strict=True)
        )
        imports = [at for at in sorted(self.hoisted) if self._is_import_node(at) and self._text(at)]
        return Program(
            tuple(self._piece(at) for at in imports),
            tuple(self._piece(at) for at in sorted(self.hoisted) if not self._is_import_node(at)),
            tuple(sorted(self.shared)),
            self.settings,
            steps,
            self.outputs,
            tuple(sorted(self._modules())),
            self._uses_cluster(),
            any(module.split(".")[0] in ("dask", "distributed") for module in self._modules()),
            self.injected,
            words,
            self._types(imports),
        )

    def _own(self, cell: int) -> list[int]:
        """The statements of one run of a cell that go into its step."""
        mine = [at for at in self.order if self.found.units[at].cell == cell and at not in self.hoisted]
        return [at for at in mine if at not in self.gone and not only_shows(self._node(at))]

    def _types(self, imports: Sequence[int]) -> Types:
        """What the text of the program tells of the types of names that are bound once."""
        types = Types(aliases(ast.parse(self._text(at)).body[0] for at in imports))
        for at in self.order:
            node = self._node(at)
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                full = static_type(node.value, types.aliases) if self.times[name] == 1 else ""
                if full and name not in self.parameters:
                    types.learn(name, full)
        for one in self.settings:
            types.known[one.shown.name] = one.shown.type if one.whole or self.times[one.shown.name] == 0 else "Any"
        return types

    def _is_import_node(self, at: int) -> bool:
        return isinstance(self._node(at), ast.Import | ast.ImportFrom)

    def _piece(self, at: int) -> Piece:
        return Piece(self._text(at), self.found.units[at].cell, self.found.units[at].first, self._last(at))

    def _text(self, at: int) -> str:
        unit = self.found.units[at]
        if self._is_import_node(at):
            return self._used_import(at)
        return text_of(self.sources[unit.cell], self._node(at), alone=self._alone(unit))

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

    def _passed(self, cell: int, mine: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names that a step takes from earlier ones, and those it gives to later ones."""
        later = [at for at in self.order if self.found.units[at].cell > cell and at not in self.hoisted]
        bound = {name for at in mine for name in self._binds(at)}
        before = {name for at in self.order if at < mine[0] and at not in self.hoisted for name in self._binds(at)}
        before |= set(self.injected) | self.parameters
        read = {name for at in mine for name in reads(self._node(at))}
        weak = {
            name
            for at in mine
            if not isinstance(self._node(at), ast.Assign | ast.AnnAssign)
            for name in self._binds(at)
        }
        takes = ((read | weak) & before) - self.shared - self.top
        wanted = {name for at in later for name in reads(self._node(at)) | self._binds(at)} | set(self.outputs)
        gives = (bound & wanted) - self.shared - self.top
        return tuple(sorted(takes)), tuple(sorted(gives))

    def _step(self, cell: int, name: str, mine: list[int], takes: tuple[str, ...], gives: tuple[str, ...]) -> Step:
        bound = {one for at in mine for one in self._binds(at)}
        body = tuple(piece for at in mine if (piece := self._piece(at)).text)
        waits = any(awaits(self._node(at)) for at in mine)
        return Step(cell, name, takes, gives, tuple(sorted(bound & self.shared)), body, waits)

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


def _free(word: str, used: set[str]) -> str:
    """The word itself, or one made of it that the program does not use."""
    name = word
    while name in used:
        name = f"job_{name}"
    return name


def _with_names(found: BackwardSlice, settings: Sequence[Setting]) -> tuple[list[str], dict[int, ast.stmt]]:
    """The cells with the names of parameters in place of their literals, and the statements as they are then."""
    spots: dict[int, list[tuple[int, int, int, str]]] = {}
    for one in settings:
        for at, (line, first, last) in one.spots:
            spots.setdefault(found.units[at].cell, []).append((line, first, last, one.shown.name))
    sources = [cell.source for cell in found.cells]
    nodes = {at: unit.node for at, unit in enumerate(found.units) if unit.node is not None}
    for cell, places in spots.items():
        sources[cell] = replaced(sources[cell], places)
        old = [node for node in ast.walk(found.cells[cell].tree) if isinstance(node, ast.stmt)]
        new = [node for node in ast.walk(ast.parse(sources[cell])) if isinstance(node, ast.stmt)]
        now = {id(one): two for one, two in zip(old, new, strict=True)}
        nodes.update({at: now[id(node)] for at, node in nodes.items() if id(node) in now})
    return sources, nodes
