"""Routes as data: path, permission, place and types, read from the signature of a function.

Vocabulary
  route       one verb on one path, with the permission it needs and where it is served
  where       "here": beside the person's kernels; "team": in the shared service when there is one
  service     the first argument of a handler: the verbs of its capability
  who         an argument of this name receives the person who calls
  body        an argument of this name is read from the request's JSON and checked against its type
  other arguments come from the path if it names them, else from the query string
Handlers are plain functions; the host runs each in a thread of its own, so the server's loop never waits for one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

import msgspec

from perijove.core.errors import Invalid, NotFound

Place = Literal["here", "team"]
Handler = Callable[..., Any]


@dataclass(frozen=True)
class File:
    """An answer that is a file, not JSON; served as a download that no page may run."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True)
class Argument:
    """One argument of a route: its name, where it comes from, its type and default."""

    name: str
    source: Literal["path", "query", "body", "who"]
    type: Any
    required: bool
    default: Any


@dataclass(frozen=True)
class Route:
    """One verb on one path."""

    method: str
    path: str
    may: str
    where: Place
    handler: Handler
    slice: str
    arguments: tuple[Argument, ...]
    answer: Any

    @property
    def name(self) -> str:
        """The operation's id in the contract: the handler's own name."""
        return self.handler.__name__

    @property
    def sentence(self) -> str:
        """The first line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression; a {name:path} argument may hold slashes."""
        text = re.sub(r"\{(\w+):path\}", r"(?P<\1>.+)", self.path)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text) + "$")


class Router:
    """Collects the routes of one capability, each registered by a decorator: ``@router.get("/sources", may=…)``."""

    def __init__(self, slice_: str) -> None:
        self.slice = slice_
        self.routes: list[Route] = []

    def get(self, path: str, *, may: str, where: Place = "here") -> Callable[[Handler], Handler]:
        """Serve a GET."""
        return self._add("GET", path, may, where)

    def post(self, path: str, *, may: str, where: Place = "here") -> Callable[[Handler], Handler]:
        """Serve a POST."""
        return self._add("POST", path, may, where)

    def delete(self, path: str, *, may: str, where: Place = "here") -> Callable[[Handler], Handler]:
        """Serve a DELETE."""
        return self._add("DELETE", path, may, where)

    def _add(self, method: str, path: str, may: str, where: Place) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            full = f"/{self.slice}{path}"
            hints = get_type_hints(handler)
            self.routes.append(
                Route(method, full, may, where, handler, self.slice, _arguments(handler, hints, full), hints["return"])
            )
            return handler

        return register


def _arguments(handler: Handler, hints: dict[str, Any], path: str) -> tuple[Argument, ...]:
    in_path = set(re.findall(r"\{(\w+)", path))
    found = []
    for parameter in list(inspect.signature(handler).parameters.values())[1:]:
        name = parameter.name
        source: Literal["path", "query", "body", "who"] = "query"
        if name in ("who", "body"):
            source = name  # type: ignore[assignment]  # the names are the sources
        elif name in in_path:
            source = "path"
        required = parameter.default is inspect.Parameter.empty
        found.append(Argument(name, source, hints[name], required, None if required else parameter.default))
    return tuple(found)


def match(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route for a request and the values its path gives; raises NotFound."""
    for route in routes:
        if route.method == method and (hit := route.pattern.match(path)):
            return route, hit.groupdict()
    raise NotFound(f"There is no {method} {path}.", hint="Look at openapi.json for what there is.")


def read_arguments(route: Route, path: dict[str, str], query: dict[str, str], body: bytes, who: Any) -> dict[str, Any]:
    """The arguments of a call, checked against their types; raises Invalid with the name of the one that is wrong."""
    values: dict[str, Any] = {}
    known = {argument.name for argument in route.arguments if argument.source == "query"}
    for extra in query.keys() - known:
        raise Invalid(f"There is no argument “{extra}” here.", hint=f"Known: {', '.join(sorted(known)) or 'none'}.")
    for argument in route.arguments:
        if argument.source == "who":
            values[argument.name] = who
        elif argument.source == "body":
            values[argument.name] = _body(body, argument.type)
        else:
            raw = (path if argument.source == "path" else query).get(argument.name)
            values[argument.name] = argument.default if raw is None else _convert(raw, argument)
            if raw is None and argument.required:
                raise Invalid(f"The argument “{argument.name}” is missing.", hint="Add it to the query string.")
    return values


def _body(raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Invalid(f"The request is not understood: {error}.", hint="See openapi.json for its form.") from error


def _convert(raw: str, argument: Argument) -> Any:
    if "\0" in raw:
        raise Invalid(f"“{argument.name}” holds a zero byte.", hint="Leave it out.")
    try:
        return msgspec.convert(raw, type=argument.type, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"“{argument.name}” is wrong: {error}.", hint="See openapi.json for its form.") from error
