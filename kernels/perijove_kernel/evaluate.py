"""What a call's answer was made of, and what it wrote: from the events in it, from own functions, and from trust."""

from __future__ import annotations

import ast
from typing import Any

from perijove_kernel import engines, trust
from perijove_kernel.calls import INTO, Given, container_method, plain_call
from perijove_kernel.expressions import Expressions
from perijove_kernel.origins import NOTHING, UNKNOWN, Origin, Value, join, of, union
from perijove_kernel.scopes import MISSING, SINK, Scope, end_of, function_at, root_of, stored_in
from perijove_kernel.touches import Event, Flow

_DEEPEST = 12


class Evaluator(Expressions):
    """Values of calls; what is set and called is told to the scopes and to the trace."""

    def block(self, statements: Any, scope: Scope) -> bool:
        """Go through statements; the replay does."""
        raise NotImplementedError

    def _of_Call(self, node: ast.Call, scope: Scope) -> Value:
        called = self.live(node.func, scope)
        receiver = None
        if called is MISSING:
            owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            receiver = self.value(owner, scope)
        elif isinstance(node.func, ast.Attribute) and not isinstance(self.live(node.func.value, scope), trust.MODULE):
            receiver = UNKNOWN  # a method taken from a class: DataFrame.to_csv(df, …)
        given = Given.of([(self.value(one, scope), isinstance(one, ast.Starred)) for one in node.args])
        given.named = {word.arg or f"**{i}": self.value(word.value, scope) for i, word in enumerate(node.keywords)}
        read, returned, sink, events = self._events_of(node, scope, receiver, given)
        if read and not returned and len(read) == 1:
            self._cursor(node, scope, of(read[0]))
            return of(read[0])
        if read or returned:
            made = union([*(of(one) for one in read), *returned])
            if trust.is_own(called) or (receiver is not None and receiver.function is not None and not read):
                return returned[0] if len(returned) == 1 and not read else UNKNOWN
            return union([made, *given.all(), *([receiver] if receiver else [])])
        if sink:
            return Value(sink=sink)
        if events:
            return NOTHING
        return self._silent_call(node, scope, called, receiver, given)

    def _cursor(self, node: ast.Call, scope: Scope, value: Value) -> None:
        """A cursor holds what its last statement read."""
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            name = node.func.value.id
            if hasattr(scope.home_of(name).space.get(name), "fetchall"):
                scope.home_of(name).env[name] = value

    def _silent_call(self, node: ast.Call, scope: Scope, called: Any, receiver: Value | None, given: Given) -> Value:
        """A call in which nothing was read or written."""
        if trust.may_set_anything(node, called):
            scope.forget_all()
            return UNKNOWN
        engine = engines.engine_call(self, node, scope, called, receiver, given)
        if engine is not None:
            return engine
        if receiver is not None and receiver.function is not None and not isinstance(node.func, ast.Attribute):
            self._hand_over(node, scope, receiver.function)
            return self.run(receiver, given, scope)
        if isinstance(node.func, ast.Attribute) and called is MISSING:
            return self._method(node, node.func, scope, receiver or UNKNOWN, given)
        if trust.is_own(called):
            function = trust.own_function(called)
            self._hand_over(node, scope, function.function if function is not None else None)
            return self.run(function, given, scope) if function is not None else UNKNOWN
        if called is MISSING or not trust.is_trusted(called):
            self._hand_over(node, scope, None)
            return UNKNOWN
        if sink := given.sink():
            return self._into(sink, given, scope) if trust.name_of(called) in INTO else Value(sink=sink)
        return plain_call(self, trust.name_of(called), given, scope, makes=isinstance(called, type))

    def _method(self, node: ast.Call, func: ast.Attribute, scope: Scope, receiver: Value, given: Given) -> Value:
        if receiver.sink:
            if func.attr.startswith(("write", "save", "append", "put")):
                return self._into(receiver.sink, given, scope)
            return Value(sink=receiver.sink)
        if (sink := given.sink()) and func.attr.startswith(("to_", "write", "save", "dump", "sink")):
            return self._into(sink, Given([receiver, *given.all()]), scope)
        owners = root_of(func)
        direct = isinstance(func.value, ast.Name)
        if receiver.form == "map":
            answer, changed = container_method(receiver, func.attr, given, node)
            if changed is not None and owners:
                name = owners.pop()
                scope.change(name, changed if direct else UNKNOWN)
            return answer
        if not receiver.whole:
            self._hand_over(node, scope, None)
            return UNKNOWN
        value = trust.method(receiver, func.attr, given, node, lambda one: self.run(one, Given([receiver]), scope))
        if func.attr in trust.CHANGING and owners and not isinstance(self.live(func.value, scope), trust.MODULE):
            name = owners.pop()
            held = union([scope.get(name), *given.all()])
            scope.change(name, held if func.attr in trust.LEARNING or not held.mixed else UNKNOWN)
        return value

    def _hand_over(self, node: ast.Call, scope: Scope, function: ast.AST | None) -> None:
        """Containers that a person's function is given may be changed there, and so may global names."""
        body = getattr(function, "body", None)
        changed = stored_in(body) if isinstance(body, list) else None
        if changed is None and not isinstance(function, ast.Lambda):
            scope.unseen()
        names = [word.value for word in node.keywords] + list(node.args)
        for one in names:
            if isinstance(one, ast.Name) and (value := scope.get(one.id)).form == "map" and value.parts:
                arguments = getattr(function, "args", None)
                parameters = {name.arg for name in arguments.args + arguments.kwonlyargs} if arguments else set()
                if changed is None or changed & parameters:
                    scope.change(one.id, UNKNOWN)

    def _into(self, sink: str, given: Given, scope: Scope) -> Value:
        """Data goes into an open file."""
        root = scope.root.env
        root[SINK + sink] = union([root.get(SINK + sink, NOTHING), *(one for one in given.all() if not one.sink)])
        return NOTHING

    def _events_of(
        self, node: ast.Call, scope: Scope, receiver: Value | None, given: Given
    ) -> tuple[list[frozenset[Origin]], list[Value], str, int]:
        """Take the events of one call: what was read, what own functions under it returned, the file it writes to."""
        read: list[frozenset[Origin]] = []
        returned: list[Value] = []
        sink, count = "", 0
        while (event := self.trace.next_for(scope)) and event.place.steps[scope.depth].end == end_of(node):
            count += 1
            if len(event.place.steps) > scope.depth + 1:
                returned.append(self._enter(event, node, scope, given))
                last = self._calls(node, scope, event.place.steps[scope.depth + 1].function)
            else:
                self.trace.position += 1
                last = not event.more and (self._calls(node, scope, event.function) or event.function == "execute")
                if event.kind == "read":
                    read.append(frozenset(event.origins))
                    if not event.near and not trust.is_trusted(self.live(node.func, scope)) and receiver is None:
                        returned.append(UNKNOWN)
                else:
                    sink = self._written(event, node, scope, receiver, given, read) or sink
            if last:  # what comes next at this place is another turn of a loop
                break
            if count > 1 and scope.loops and not self.trace.touches_beside(scope.loops[-1], node, scope):
                returned.append(UNKNOWN)
        return read, returned, sink, count

    def _calls(self, node: ast.Call, scope: Scope, function: str) -> bool:
        """Whether a call's own function is this one, so that one event is all it can have."""
        if isinstance(node.func, ast.Attribute):
            return node.func.attr == function
        named = getattr(self.live(node.func, scope), "__name__", "")
        return function in (named, getattr(node.func, "id", ""))

    def _written(
        self, event: Event, node: ast.Call, scope: Scope, receiver: Value | None, given: Given, read: list[Any]
    ) -> str:
        """Work out the flow of one write; answers the file where its data comes later."""
        name = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else getattr(self.live(node.func, scope), "__name__", "")
        )
        target = event.origins[0].uri if event.origins else ""
        if event.data == "later" and name not in trust.WRITES_AT_ONCE:
            if name == event.function == "open" and not event.adds:
                self.trace.overwritten(event)
                self.trace.closed.discard(target)
                scope.root.env[SINK + target] = NOTHING
            scope.root.env.setdefault(SINK + target, NOTHING)
            return target
        data = UNKNOWN
        if event.data == "later":
            data = union([*(of(one) for one in read), *given.all()])
            read.clear()
        elif event.sources and event.data == "":
            data = of(event.sources)
        elif name == event.function or event.function == "execute":
            data = given.data(event.data, receiver)
            data = union([data, of(event.sources)]) if event.sources else data
        self.flow(event, data)
        return ""

    def flow(self, event: Event, data: Value) -> None:
        """Tell of a flow if it is proven, by the code or by the object that was written."""
        self.trace.overwritten(event)
        found = data.all() if data.whole else frozenset()
        seen = event.sources or (event.tagged if event.tagged is not None and event.tagged >= found else ())
        if event.tagged is not None and not event.tagged <= found:
            found = event.tagged
        for origin in event.origins:
            self.trace.flows.append(Flow(origin.uri, found, "observed" if seen else "inferred"))

    def unplaced(self, event: Event) -> None:
        """An event that belongs to no call that we understand: only the object itself can prove a flow."""
        if event.kind != "write":
            return
        if event.data != "later":
            self.trace.overwritten(event)
        if event.tagged or (event.sources and event.data == ""):
            self.flow(event, of(event.sources) if event.sources else UNKNOWN)

    def _enter(self, event: Event, node: ast.Call, scope: Scope, given: Given) -> Value:
        """Go through the own function in which the next events happened."""
        step = event.place.steps[scope.depth + 1]
        position = self.trace.position
        function = function_at(step.file, step.first, step.function)
        value = UNKNOWN
        if function is not None and scope.depth < _DEEPEST:
            named = self.value(node.func, scope) if isinstance(node.func, ast.Name) else NOTHING
            if named.function is not None and getattr(named.function, "name", None) == step.function:
                matches, owner = True, named.scope
            else:
                live = trust.own_function(self.live(node.func, scope))
                matches = live is not None and live.function is function
                owner = live.scope if live is not None else scope.root
            value = self._body(function, owner, given if matches else None, scope.depth + 1, step.activation)
        if self.trace.position == position:
            self.trace.position += 1
            self.unplaced(event)
            return UNKNOWN
        return value

    def run(self, function: Value, given: Given, scope: Scope) -> Value:
        """What an own function answers, from its code alone."""
        if scope.depth >= _DEEPEST or function.function is None:
            return UNKNOWN
        if isinstance(function.function, ast.Lambda):
            inner = Scope({}, function.scope.space, function.scope, scope.depth + 1, -1)
            given.bind(function.function.args, inner, self, function.scope)
            return self.value(function.function.body, inner)
        return self._body(function.function, function.scope, given, scope.depth + 1, -1)

    def _body(self, function: Any, owner: Scope, given: Given | None, depth: int, activation: int) -> Value:
        inner = Scope({}, owner.space, owner, depth, activation)
        (given or Given.unknown()).bind(function.args, inner, self, owner)
        local = {name for part in function.body for name in _stored(part)}
        inner.env.update(dict.fromkeys(local - inner.env.keys(), UNKNOWN))
        self.block(function.body, inner)
        if any(isinstance(one, ast.Yield | ast.YieldFrom) for part in function.body for one in ast.walk(part)):
            return UNKNOWN
        return join(inner.returns) if inner.returns else NOTHING


def _stored(part: ast.AST) -> set[str]:
    names = (node for node in ast.walk(part) if isinstance(node, ast.Name))
    return {name.id for name in names if not isinstance(name.ctx, ast.Load)}
