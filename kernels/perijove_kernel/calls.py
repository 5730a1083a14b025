"""The arguments of a call, and calls whose effect on containers is known: list, zip, append, items and the like."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from perijove_kernel.origins import NOTHING, UNKNOWN, Value, of, sequence, union

INTO = frozenset(
    [
        "dump",
        "dumps",
        "dump_all",
        "print",
        "copyfileobj",
        "writerows",
        "savetxt",
        "save",
        "write",
    ]
)
_NO_DATA = frozenset(
    [
        "len",
        "type",
        "isinstance",
        "issubclass",
        "id",
        "hash",
        "hasattr",
        "callable",
        "range",
        "repr",
        "print",
        "exists",
        "is_file",
        "dir",
        "help",
        "display",
    ]
)


@dataclass
class Given:
    """What a call was given."""

    values: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    loose: bool = False  # arguments that cannot be told apart: *args, **kwargs

    @classmethod
    def of(cls, values: list[tuple[Value, bool]]) -> Given:
        """Positional arguments; the flag says which stand behind a star."""
        found: list[Value] = []
        loose = False
        for value, starred in values:
            items = listed(value) if starred else [value]
            loose = loose or items is None
            found += items if items is not None else [value]
        return cls(found, loose=loose)

    @classmethod
    def unknown(cls) -> Given:
        """Arguments of which nothing is known."""
        return cls(loose=True)

    def all(self) -> list[Value]:
        """Every argument; of functions, nothing."""
        return [one for one in (*self.values, *self.named.values()) if one.function is None and one.form != "live"]

    def functions(self) -> list[Value]:
        """The functions among the arguments."""
        return [one for one in (*self.values, *self.named.values()) if one.function is not None]

    def sink(self) -> str:
        """The open file among the arguments."""
        found = [one.sink for one in self.all() if one.sink]
        return found[0] if len(found) == 1 else ""

    def data(self, which: tuple[int, str] | str, receiver: Value | None) -> Value:
        """The argument that is written."""
        if which == "self":
            return receiver if receiver is not None else UNKNOWN
        if self.loose or not which:
            return UNKNOWN
        if which == "rest":
            return union([*self.values[1:], *self.named.values()])
        if isinstance(which, str):
            return UNKNOWN
        position, name = which
        if position < len(self.values):
            return self.values[position]
        return self.named.get(name, UNKNOWN)

    def bind(self, arguments: ast.arguments, scope: Any, evaluator: Any, owner: Any) -> None:
        """Set the parameters of a function."""
        every = [*arguments.posonlyargs, *arguments.args]
        loose = self.loose or any(name.startswith("**") for name in self.named)
        defaults = dict(zip(reversed(every), reversed(arguments.defaults), strict=False))
        defaults.update(
            {one: value for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
        )
        for index, one in enumerate([*every, *arguments.kwonlyargs]):
            if loose:
                value = UNKNOWN
            elif index < len(self.values) and index < len(every):
                value = self.values[index]
            elif one.arg in self.named:
                value = self.named[one.arg]
            else:
                value = evaluator.value(defaults.get(one), owner) if one in defaults else UNKNOWN
            scope.env[one.arg] = value
        if arguments.vararg:
            rest = self.values[len(every) :]
            scope.env[arguments.vararg.arg] = UNKNOWN if loose else sequence(rest)
        if arguments.kwarg:
            names = {one.arg for one in (*every, *arguments.kwonlyargs)}
            parts = tuple((name, value) for name, value in self.named.items() if name not in names)
            scope.env[arguments.kwarg.arg] = UNKNOWN if loose else Value(parts=parts, form="map")


def listed(value: Value) -> list[Value] | None:
    """The elements of a list or tuple in their order; None where they are not known one by one."""
    if value.form != "map" or any(type(key) is not int or key != index for index, (key, _) in enumerate(value.parts)):
        return None
    return [part for _, part in value.parts]


def plain_call(evaluator: Any, name: str, given: Given, scope: Any, *, makes: bool = False) -> Value:
    """A call of a trusted function, or of a class that ``makes`` objects: the answer is made of what it was given."""
    if name in _NO_DATA:
        return NOTHING
    if name in _ONE_OF and given.values:
        one = given.values[0].any_part()
        return one if one.form == "map" or not one.parts else UNKNOWN
    if name == "dict" and given.named and not given.values and not given.loose and "**" not in "".join(given.named):
        return Value(parts=tuple(given.named.items()), form="map")
    if name in ("collect_all", "compute", "persist") and not given.loose:
        return _done(given.values)
    special = _SPECIAL.get(name)
    if special is not None and not given.loose:
        found = special(given.values)
        if found is not None:
            return found
    if name in _OF_COLUMNS and len(given.values) == 1 and not given.named and _is_columns(given.values[0]):
        return Value(parts=given.values[0].parts)
    if name in ("merge", "merge_asof", "merge_ordered") and not any(one.mixed for one in given.all()):
        return of(union(given.all()).all()) if all(one.whole for one in given.all()) else UNKNOWN
    if name in _STACKING and _is_labelled(given):
        return replace(union(given.all()), form="labelled") if all(one.whole for one in given.all()) else UNKNOWN
    if makes and name not in _TABLES and len(set().union(*(one.sets() for one in given.all()), set())) > 1:
        return UNKNOWN  # an object of several things: what one takes out of it may be one of them alone
    outcomes = [
        evaluator.run(one, Given(given.all()) if name != "partial" else Given.unknown(), scope)
        for one in given.functions()
    ]
    return union([*given.all(), *outcomes])


_ONE_OF = frozenset(["next", "choice", "choices", "max", "min", "getitem", "getattr", "nth", "heappop", "sample"])
_OF_COLUMNS = frozenset(["DataFrame", "LazyFrame", "table"])
_TABLES = frozenset(["DataFrame", "LazyFrame", "Series", "Index", "ndarray", "Tensor", "GeoDataFrame"])
_STACKING = frozenset(
    ["concat", "vstack", "hstack", "concatenate", "column_stack", "stack", "union_all", "concat_tables"]
)


def _is_columns(value: Value) -> bool:
    return value.form == "map" and all(isinstance(name, str) for name, _ in value.parts)


def _is_labelled(given: Given) -> bool:
    """Whether the pieces of what is stacked can be told apart afterwards: by keys, by side, by a constant column."""
    if given.named.keys() & {"keys", "axis", "how", "names"} or not given.values:
        return True
    first = given.values[0]
    items = listed(first)
    if items is None:
        return first.form == "map" and not all(isinstance(key, tuple) for key, _ in first.parts)
    return any(not part.all() for item in items for _, part in item.parts)


def _zip(values: list[Value]) -> Value | None:
    lists = [listed(value) for value in values]
    count = min((len(one) for one in lists if one is not None), default=0)
    if not count or any(one is None and value.sets() for one, value in zip(lists, values, strict=True)):
        return None
    full = [one if one is not None else [NOTHING] * count for one in lists]
    return sequence(sequence(items) for items in zip(*full, strict=False))


def _enumerate(values: list[Value]) -> Value | None:
    items = listed(values[0]) if values else None
    return None if items is None else sequence(sequence([NOTHING, item]) for item in items)


def _list(values: list[Value]) -> Value | None:
    if not values:
        return Value(form="map")
    return values[0] if len(values) == 1 and listed(values[0]) is not None else None


def _dict(values: list[Value]) -> Value | None:
    if not values:
        return None
    return values[0] if len(values) == 1 and values[0].form == "map" and listed(values[0]) is None else None


def _done(values: list[Value]) -> Value:
    """What was only planned, carried out: ``pl.collect_all([a, b])``, ``dask.compute(a, b)``."""
    given = listed(values[0]) if len(values) == 1 else values
    return sequence(given) if given is not None else UNKNOWN


def _unordered(values: list[Value]) -> Value | None:
    items = listed(values[0]) if values else None
    return None if items is None else Value(parts=tuple((("?", i), one) for i, one in enumerate(items)), form="map")


_SPECIAL: dict[str, Callable[[list[Value]], Value | None]] = {
    "zip": _zip,
    "enumerate": _enumerate,
    "list": _list,
    "tuple": _list,
    "dict": _dict,
    "sorted": _unordered,
    "reversed": _unordered,
    "set": _unordered,
}


def container_method(value: Value, name: str, given: Given, node: ast.Call) -> tuple[Value, Value | None]:
    """A method of a list or dictionary: its answer, and the container afterwards where it changed."""
    key = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    count = len(value.parts)
    if name in ("append", "add") and len(given.values) == 1:
        return NOTHING, Value(parts=(*value.parts, (count, given.values[0])), form="map")
    if name in ("extend", "update") and len(given.values) == 1 and not given.named:
        added = given.values[0]
        if added.form == "map":
            pairs = enumerate(listed(added) or (), count) if listed(added) is not None else added.parts
            kept = value
            for one, part in pairs:
                kept = kept.with_part(one, part)
            return NOTHING, kept
        return NOTHING, Value(parts=(*value.parts, (("?", count), added)), form="map") if added.known else UNKNOWN
    if name == "items":
        return sequence(sequence([NOTHING, part]) for _, part in value.parts), None
    if name == "values":
        return sequence(part for _, part in value.parts), None
    if name in ("keys", "index", "count"):
        return NOTHING, None
    if name == "copy":
        return value, None
    if name in ("get", "pop", "setdefault"):
        found = value.part(key) if key is not None else None
        if found is None:
            found = value.any_part()
        after = (
            None if name == "get" else value.without_part(key) if name == "pop" and isinstance(key, str) else UNKNOWN
        )
        return found, after
    return UNKNOWN, UNKNOWN
