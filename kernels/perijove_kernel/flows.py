"""Which datasets went into which: the flow of data through the variables of a kernel, cell after cell."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from perijove_kernel.engines import UNSEEN
from perijove_kernel.names import Names
from perijove_kernel.origins import NOTHING, UNKNOWN, Value
from perijove_kernel.replay import Replay
from perijove_kernel.scopes import MISSING, SINK, Scope, Trace, is_plain, stored_in
from perijove_kernel.touches import Event, Flow, Happened


class Flows:
    """Keeps what is known of each variable from cell to cell, and answers the flows of each cell."""

    def __init__(self, space: dict[str, Any]) -> None:
        self.scope = Scope({}, space)
        self._objects: dict[str, int] = {}

    def before(self, names: Iterable[str]) -> None:
        """Variables that something else has set since are not what they were."""
        space = self.scope.space
        for name in names:
            if name in self._objects and id(space.get(name)) != self._objects[name]:
                self.scope.env[name] = UNKNOWN

    def carried(self, names: Iterable[str]) -> list[str] | None:
        """The datasets whose data these variables hold; None where that is not proven."""
        found: set[str] = set()
        for name in names:
            value = self.scope.env.get(name, UNKNOWN)
            if UNSEEN in self.scope.env and getattr(self.scope.space.get(name), "__name__", "") == "duckdb":
                return None
            if value.function is not None or value.form == "live":
                continue
            if not value.whole:
                return None
            found |= {origin.uri for origin in value.all()}
        return sorted(found)

    def after(
        self, tree: ast.Module | None, used: Names, happened: Happened, error: BaseException | None
    ) -> list[Flow]:
        """The flows of a cell that ran; afterwards its variables are known as far as they can be."""
        trace = Trace(happened)
        if (
            tree is not None
            and error is None
            and not happened.events
            and not happened.flows
            and not self._holds(used.reads)
        ):
            self._pass_over(tree, used.writes, trace)
        elif tree is not None:
            self._replay(tree, trace, error)
            self._remember(used.writes)
        elif any(event.kind == "write" for event in happened.events):
            _unread(trace)
        env = self.scope.env
        for uri in trace.closed:
            env.pop(SINK + uri, None)
        sinks = [Flow(name[len(SINK) :], env.pop(name).all(), "inferred") for name in _whole_sinks(env)]
        for name in [name for name in env if name.startswith(SINK)]:
            del env[name]
        if happened.overflow and tree is not None:
            self.scope.forget(stored_in(tree.body))
        others = [event for event in happened.events if event.kind == "write" and event.function not in ("", "execute")]
        engine = happened.engine_writes & {one.uri for event in others for one in event.origins}
        found = [*happened.flows, *trace.flows, *sinks]
        return _merged([flow for flow in found if flow.target not in engine])  # whose was last is not known

    def _replay(self, tree: ast.Module, trace: Trace, error: BaseException | None) -> None:
        replay = Replay(trace)
        failed = _line_of(error, self.scope.space) if error is not None else None
        body = tree.body
        if error is not None:
            ran = [node for node in body if failed is not None and (node.end_lineno or 0) < failed]
            rest = body[len(ran) :]
            replay.block(ran, self.scope)
            if failed is not None and rest:
                replay.block(rest[:1], self.scope)
            self.scope.forget(stored_in(rest))
        else:
            replay.block(body, self.scope)
        for event in trace.events[trace.position :]:
            replay.unplaced(event)
        placed = {id(event) for event in trace.events}
        for event in trace.happened.events:
            if id(event) not in placed:
                replay.unplaced(event)

    def _holds(self, taken: set[str]) -> bool:
        """Whether any of the variables that a cell takes holds data, or makes some."""
        values = [self.scope.env[name] for name in taken if name in self.scope.env]
        return any(value.all() or value.function is not None for value in values)

    def _pass_over(self, tree: ast.Module, names: set[str], trace: Trace) -> None:
        """A cell without data: only what it defines and imports matters to later ones."""
        replay = Replay(trace)
        plain = {name for name in names if is_plain(self.scope.space.get(name, MISSING))}
        self.scope.env.update({name: NOTHING if name in plain else UNKNOWN for name in names})
        defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom)
        replay.block([node for node in tree.body if isinstance(node, defining)], self.scope)
        self._remember(names)

    def _remember(self, names: set[str]) -> None:
        space = self.scope.space
        for name in names:
            if name in space:
                self._objects[name] = id(space[name])
            else:
                self.scope.env.pop(name, None)
                self._objects.pop(name, None)


def _unread(trace: Trace) -> None:
    replay = Replay(trace)
    for event in trace.happened.events:
        replay.unplaced(event)


def _whole_sinks(env: dict[str, Value]) -> list[str]:
    return [name for name, value in env.items() if name.startswith(SINK) and value.whole and value.all()]


def _line_of(error: BaseException, space: dict[str, Any]) -> int | None:
    """The line of a cell that failed; None where it never began."""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals is space and frame.f_code.co_name.startswith(("<module>", "<cell")):
            return trace.tb_lineno
        trace = trace.tb_next
    return None


def _merged(flows: list[Flow]) -> list[Flow]:
    """Each flow once; none from a dataset to itself."""
    found: dict[tuple[str, frozenset[Any]], Flow] = {}
    for flow in flows:
        sources = frozenset(origin for origin in flow.sources if origin.uri != flow.target)
        if sources:
            known = found.get((flow.target, sources))
            if known is None or flow.how == "observed":
                found[(flow.target, sources)] = Flow(flow.target, sources, flow.how)
    return list(found.values())


__all__ = ["Event", "Flows"]
