"""Finds what a job can be told: literals set once, paths, dates, seeds, widgets, cells tagged ``parameters``.

Vocabulary
  setting    a parameter and the places of the program that it takes over
  spot       a literal that the parameter's name replaces, by its place in the cell
  whole      the statement did nothing but give the literal a name, so it is left out of the job
"""

from __future__ import annotations

import ast
import datetime
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from perijove.jobs.model import Origin, Parameter
from perijove.jobs.names import identifiers
from perijove.jobs.slice import BackwardSlice

# Words of the job's own command and of the class that holds the parameters.
RESERVED = frozenset(
    {
        "out",
        "config",
        "data_root",
        "help",
        "command",
        "parameters",
        "json",
        "quiet",
        "verbose",
        "dataclasses",
        "datetime",
    }
)
TYPES: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    datetime.date: "datetime.date",
    datetime.datetime: "datetime.datetime",
}
Spot = tuple[int, int, int]  # line from 1, first and last byte of the line
_SEEDS = re.compile(r"(^|_)(seed|random_state)$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")
_PATH_NAME = re.compile(r"(^|_)(path|file|filename|dir|folder|directory)$")
_PATH = re.compile(
    r"[^\s?*]*\.(csv|tsv|parquet|json|jsonl|xlsx|feather|db|sqlite|txt|npy|npz|arrow|gz|zip|pq|ubj|joblib)"
)
_WRAPPERS: dict[str, Origin] = {
    "Path": "path",
    "PurePath": "path",
    "Timestamp": "date",
    "to_datetime": "date",
    "fromisoformat": "date",
    "datetime64": "date",
}
_SEED_CALLS = ("seed", "default_rng", "manual_seed", "RandomState", "set_seed", "Random", "set_random_seed")


@dataclass(frozen=True)
class Setting:
    """A parameter, the statement that set it, whether that statement goes, and the literals its name replaces."""

    shown: Parameter
    at: int
    whole: bool = True
    spots: tuple[tuple[int, Spot], ...] = ()
    drops: tuple[int, ...] = ()


def settings(
    found: BackwardSlice, outputs: Sequence[str], cells: Sequence[str], tagged: frozenset[int], paths: Sequence[str]
) -> list[Setting]:
    """The settings of a slice. ``cells`` are the ids of what was sliced, ``tagged`` those that hold parameters, and
    ``paths`` the files that the job reads."""
    finder = _Finder(found, outputs, cells, tagged)
    finder.assigned()
    finder.widgets()
    finder.seeds()
    finder.inputs(paths)
    return sorted(finder.found, key=lambda one: (one.at, one.shown.name))


class _Finder:
    """Goes through the kept statements once for each kind of setting."""

    def __init__(
        self, found: BackwardSlice, outputs: Sequence[str], cells: Sequence[str], tagged: frozenset[int]
    ) -> None:
        self.slice = found
        self.cells = cells
        self.tagged = tagged
        self.kept = [at for at in sorted(found.kept) if found.units[at].node is not None]
        self.times = Counter(name for at in found.kept for name in found.notes.binds.get(at, ()))
        self.closed = {*outputs, *RESERVED}
        self.taken: set[str] = {*self.closed}
        for at in self.kept:
            self.taken |= identifiers(self._node(at))
        self.found: list[Setting] = []
        self.done: set[int] = set()

    def _node(self, at: int) -> ast.stmt:
        node = self.slice.units[at].node
        assert node is not None
        return node

    def _add(self, name: str, value: Any, kind: Origin, at: int, node: ast.AST, **more: Any) -> None:
        line = getattr(node, "lineno", 1)
        shown = Parameter(name, type_of(value), value, self.cells[self.slice.units[at].cell], line, kind)
        self.found.append(Setting(shown, at, **more))
        self.taken.add(name)

    def _free(self, name: str) -> str:
        """The name itself or one with a number, whichever nothing in the program uses."""
        number, free = 1, name
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        return free

    def _may_set(self, name: str) -> bool:
        return bool(name) and self.times[name] == 1 and name not in self.closed and not name.startswith("_")

    def assigned(self) -> None:
        """Names set once to a literal, or to a path, a date or a generator made from one."""
        for at in self.kept:
            if self.slice.units[at].head_of:
                continue
            name, value = _target(self._node(at))
            if value is None or not self._may_set(name):
                continue
            tagged = self.slice.units[at].cell in self.tagged
            plain = _literal(value, lists=tagged)
            if plain is not None:
                self._add(name, plain, "parameters_cell" if tagged else _kind(name, plain), at, self._node(at))
                self.done.add(at)
            elif (wrapped := _wrapped(value)) and (spot := _spot(wrapped[0])):
                inner, kind = wrapped
                self._add(name, inner.value, kind, at, inner, whole=False, spots=((at, spot),))
                self.done.add(at)

    def widgets(self) -> None:
        """Values of ipywidgets that nobody but the person at the screen sets."""
        made = {}
        for at in self.kept:
            name, value = _target(self._node(at))
            if isinstance(value, ast.Call) and self._may_set(name):
                default = _widget_default(value)
                if default is not None:
                    made[name] = (at, default)
        for name, (maker, default) in made.items():
            uses = [
                (at, part)
                for at in self.kept
                if at != maker and not _shows(self._node(at))
                for part in _uses(self._node(at), name)
            ]
            spots = [(at, _spot(part)) for at, part in uses if isinstance(part, ast.Attribute)]
            if not uses or len(spots) != len(uses) or not all(spot for _, spot in spots):
                continue
            used = [at for at in self.kept if at != maker and _shows(self._node(at)) and _uses(self._node(at), name)]
            whole = next(iter(at for at, part in uses if _target(self._node(at))[1] is part), None)
            given = _target(self._node(whole))[0] if whole is not None else ""
            kept = tuple((at, spot) for at, spot in spots if spot)
            if len(uses) == 1 and whole is not None and self._may_set(given):
                self._add(given, default, "widget", whole, self._node(whole), drops=(maker, *used))
                self.done.add(whole)
            else:
                self._add(name, default, "widget", maker, self._node(maker), spots=kept, drops=tuple(used))
            self.done.add(maker)

    def seeds(self) -> None:
        """Literal seeds inside calls; equal ones are one parameter."""
        places: dict[int, list[tuple[int, ast.Constant]]] = {}
        for at in self._open():
            for constant in _seeds_in(self._node(at)):
                places.setdefault(constant.value, []).append((at, constant))  # type: ignore[arg-type]  # an int, as found
        for value, found in places.items():
            self._replace(self._free("seed"), value, "seed", found)

    def inputs(self, paths: Sequence[str]) -> None:
        """Literal paths of files that the job reads."""
        for path in paths:
            found = [
                (at, part)
                for at in self._open()
                for part in _constants(self._node(at))
                if part.value == path and _spot(part)
            ]
            stem = re.sub(r"\W+", "_", PurePosixPath(path.rstrip("/*")).name.partition(".")[0]).strip("_").lower()
            if found and len(path) <= 400:
                name = f"{stem}_path" if stem.isidentifier() else "data_path"
                self._replace(self._free(name), path, "path", found)

    def _open(self) -> list[int]:
        """Statements whose literals may be replaced: simple ones that are not a setting themselves."""
        simple = (ast.Assign, ast.AnnAssign, ast.Expr, ast.AugAssign)
        return [at for at in self.kept if at not in self.done and isinstance(self._node(at), simple)]

    def _replace(self, name: str, value: Any, kind: Origin, places: Sequence[tuple[int, ast.Constant]]) -> None:
        spots = tuple((at, spot) for at, part in places if (spot := _spot(part)))
        if spots:
            at, part = places[0]
            self._add(name, value, kind, at, part, whole=False, spots=spots)


def type_of(value: object) -> str:
    """The type of a parameter as Python writes it."""
    if isinstance(value, list):
        inner = {type_of(one) for one in value}
        return f"list[{inner.pop()}]" if len(inner) == 1 else "list[Any]"
    return TYPES[type(value)]


def environment(found: BackwardSlice, cells: Sequence[str]) -> list[Parameter]:
    """The environment variables that kept lines read, with the default the code gives them."""
    result = {}
    own = variables(found, ast.Store)
    for name, users in sorted(found.notes.environment.items()):
        at = min(users & found.kept, default=None)
        node = found.units[at].node if at is not None else None
        if at is not None and node is not None and name not in own:
            default = _environment_default(node, name)
            result[name] = Parameter(name, "str", default, cells[found.units[at].cell], node.lineno, "environment")
    return list(result.values())


def variables(found: BackwardSlice, context: type[ast.expr_context]) -> set[str]:
    """The environment variables that kept lines set (``ast.Store``), or cannot do without (``ast.Load``)."""
    return {
        part.slice.value
        for at in found.kept
        if (node := found.units[at].node) is not None
        for part in ast.walk(node)
        if isinstance(part, ast.Subscript)
        and isinstance(part.ctx, context)
        and isinstance(part.slice, ast.Constant)
        and isinstance(part.slice.value, str)
        and ast.unparse(part.value).rpartition(".")[2] == "environ"
    }


def _environment_default(node: ast.stmt, name: str) -> str:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and len(part.args) == 2:
            key, default = part.args
            if isinstance(key, ast.Constant) and key.value == name and isinstance(default, ast.Constant):
                return default.value if isinstance(default.value, str) and not _SECRET.search(name) else ""
    return ""


_SECRET = re.compile(r"secret|token|passw|credential|api_?key|private_?key|access_?key", re.IGNORECASE)


def _target(node: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return "", None


def _literal(value: ast.expr, *, lists: bool) -> Any:
    """A plain value, a date, or (where ``lists`` says so) a list of plain values of one type; None for all else."""
    try:
        plain = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _date(value)
    if lists and isinstance(plain, list) and plain and len({type(one) for one in plain}) == 1:
        return plain if all(_fits(one) for one in plain) else None
    return plain if _fits(plain) else None


def _fits(plain: object) -> bool:
    if type(plain) is float:
        return math.isfinite(plain)
    return type(plain) in (bool, str) or (type(plain) is int and abs(plain) < 2**63)


def _date(value: ast.expr) -> datetime.date | None:
    """``date(2024, 1, 31)`` and ``datetime(2024, 1, 31)``, by whatever name the module goes."""
    if not isinstance(value, ast.Call) or value.keywords:
        return None
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    numbers = [one.value for one in value.args if isinstance(one, ast.Constant) and type(one.value) is int]
    if len(numbers) != len(value.args) or name not in ("date", "datetime"):
        return None
    try:
        return datetime.date(*numbers) if name == "date" else datetime.datetime(*numbers)  # type: ignore[arg-type]  # ints
    except (TypeError, ValueError):
        return None


def _kind(name: str, value: object) -> Origin:
    if isinstance(value, datetime.date):
        return "date"
    if type(value) is int and _SEEDS.search(name.lower()):
        return "seed"
    if isinstance(value, str) and _DATE.fullmatch(value):
        return "date"
    if isinstance(value, str) and "://" not in value and (_PATH_NAME.search(name.lower()) or _PATH.fullmatch(value)):
        return "path"
    return "literal"


def _wrapped(value: ast.expr) -> tuple[ast.Constant, Origin] | None:
    """The text in a call that makes a path or a date from nothing else, and which of the two."""
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return None
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    inner = value.args[0]
    plain = isinstance(inner, ast.Constant) and isinstance(inner.value, str)
    return (inner, _WRAPPERS[name]) if plain and name in _WRAPPERS else None  # type: ignore[return-value]  # it is one


def _spot(node: ast.AST) -> Spot | None:
    """The place of an expression that stands on one line."""
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return (first, node.col_offset, node.end_col_offset) if first and first == last else None  # type: ignore[attr-defined]  # an expression


def _constants(node: ast.AST) -> Iterator[ast.Constant]:
    """The literals among the arguments of calls that run when the statement does."""
    for part in _walk(node):
        if isinstance(part, ast.Call):
            given = [*part.args, *(word.value for word in part.keywords)]
            yield from (one for one in given if isinstance(one, ast.Constant))


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All parts of a statement but f-strings and the insides of functions."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.JoinedStr):
            yield from _walk(child)


def _seeds_in(node: ast.AST) -> Iterator[ast.Constant]:
    for part in _walk(node):
        if not isinstance(part, ast.Call):
            continue
        name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
        given = [word.value for word in part.keywords if word.arg and _SEEDS.search(word.arg)]
        if name in _SEED_CALLS and len(part.args) == 1:
            given.append(part.args[0])
        yield from (one for one in given if isinstance(one, ast.Constant) and type(one.value) is int and _spot(one))


def _widget_default(call: ast.Call) -> Any:
    """The value a widget starts with, None where the call makes no widget or the value is not written there."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words: Mapping[str, ast.expr] = {word.arg: word.value for word in call.keywords if word.arg}
    if not re.fullmatch(
        r"(Int|Float|BoundedInt|BoundedFloat|FloatLog)(Slider|Text)|Text|Textarea|Checkbox|ToggleButtons?|Dropdown|"
        r"RadioButtons|Select|SelectionSlider|DatePicker|Combobox",
        name,
    ):
        return None
    if "value" in words:
        return _literal(words["value"], lists=False)
    options = words.get("options")
    if isinstance(options, ast.List | ast.Tuple) and options.elts:
        return _literal(options.elts[0], lists=False)
    return None


def _uses(node: ast.AST, name: str) -> list[ast.AST]:
    """Each use of a widget: ``name.value`` where it is read, the name itself where something else is done with it."""
    read, inside = [], set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == name:
            inside.add(part.value)
            read.append(part if part.attr == "value" and isinstance(part.ctx, ast.Load) else part.value)
    others = [part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == name and part not in inside]
    return [*read, *others]


def _shows(node: ast.stmt) -> bool:
    """Whether a statement only puts widgets on the screen."""
    if not isinstance(node, ast.Expr):
        return False
    call = node.value
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Name)
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("display", "VBox", "HBox", "Box", "GridBox", "Tab", "Accordion", "AppLayout", "GridspecLayout")
