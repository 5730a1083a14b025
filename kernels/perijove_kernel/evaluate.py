"""What an expression's value was made of, from its syntax and from the reads and writes that happened in it."""

from __future__ import annotations

import ast
from typing import Any

from perijove_kernel import trust
from perijove_kernel.calls import INTO, Given, container_method, listed, plain_call
from perijove_kernel.origins import NOTHING, UNKNOWN, Origin, Value, join, of, sequence, union
from perijove_kernel.scopes import MISSING, SINK, Scope, Trace, end_of, function_at, root_of
from perijove_kernel.touches import Event, Flow

_DEEPEST = 12


class Evaluator:
    """Values of expressions; what is set and called is told to the scopes and to the trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def block(self, statements: Any, scope: Scope) -> bool:
        """Go through statements; the replay does."""
        raise NotImplementedError

    def value(self, node: ast.expr | None, scope: Scope) -> Value:
        """What is known of an expression."""
        if node is None or isinstance(node, ast.Constant):
            return NOTHING
        if not self.trace.spend():
            return UNKNOWN
        handler = getattr(self, f"_of_{type(node).__name__}", None)
        value = handler(node, scope) if handler else union(self._children(node, scope))
        if not isinstance(node, ast.Call | ast.Name) and (event := self._event_at(node, scope)):
            self.trace.position += 1
            self.unplaced(event)
            return of(event.origins) if event.kind == "read" and event.near else UNKNOWN
        return value

    def _children(self, node: ast.AST, scope: Scope) -> list[Value]:
        return [self.value(child, scope) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def _event_at(self, node: ast.expr, scope: Scope) -> Event | None:
        event = self.trace.next_for(scope)
        if event is not None and event.place.steps[scope.depth].end == end_of(node):
            return event if len(event.place.steps) == scope.depth + 1 else None
        return None

    def _of_Name(self, node: ast.Name, scope: Scope) -> Value:
        return scope.get(node.id)

    def _of_NamedExpr(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        self.assign(node.target, value, scope)
        return value

    def _of_Await(self, node: ast.Await, scope: Scope) -> Value:
        return self.value(node.value, scope)

    def _of_Yield(self, node: ast.expr, scope: Scope) -> Value:
        self._children(node, scope)
        return UNKNOWN

    _of_YieldFrom = _of_Yield

    def _of_Lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        return Value(function=node, scope=scope, form="function")

    def _of_IfExp(self, node: ast.IfExp, scope: Scope) -> Value:
        self.value(node.test, scope)
        if self.trace.is_next_in([node.body], scope):
            return self.value(node.body, scope)
        if self.trace.is_next_in([node.orelse], scope):
            return self.value(node.orelse, scope)
        return join([self.value(node.body, scope), self.value(node.orelse, scope)])

    def _of_BoolOp(self, node: ast.BoolOp, scope: Scope) -> Value:
        return join(self._children(node, scope))

    def _of_List(self, node: ast.List | ast.Tuple, scope: Scope) -> Value:
        values: list[Value] = []
        for one in node.elts:
            if isinstance(one, ast.Starred):
                items = self.items_of(self.value(one.value, scope))
                if items is None:
                    return UNKNOWN
                values += items
            else:
                values.append(self.value(one, scope))
        return sequence(values)

    _of_Tuple = _of_List

    def _of_Dict(self, node: ast.Dict, scope: Scope) -> Value:
        parts: dict[Any, Value] = {}
        for index, (key, item) in enumerate(zip(node.keys, node.values, strict=True)):
            value = self.value(item, scope)
            if key is None:
                if value.form != "map":
                    return UNKNOWN
                parts.update(value.parts)
            else:
                self.value(key, scope)
                known = isinstance(key, ast.Constant) and isinstance(key.value, str | int)
                parts[key.value if known else ("?", index)] = value  # type: ignore[attr-defined]
        return Value(parts=tuple(parts.items()), form="map")

    def _of_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> Value:
        inner = Scope({}, scope.space, scope, scope.depth, scope.activation)
        over = self.value(node.generators[0].iter, scope)
        items = self.items_of(over) if len(node.generators) == 1 and not node.generators[0].ifs else None
        heads: list[ast.expr] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inside = [*heads, *(test for one in node.generators for test in one.ifs)]
        inside += [one.iter for one in node.generators[1:]]
        values: list[tuple[Any, Value]] = []
        while self.trace.is_next_in(inside, scope) and self.trace.spend():
            position = self.trace.position
            item = items[len(values)] if items is not None and len(values) < len(items) else over.any_part()
            values.append(self._turn_of(node, item, inner, len(values)))
            if self.trace.position == position:
                return UNKNOWN
        if not values and items is not None and not self.trace.touches(node, scope):
            values = [self._turn_of(node, item, inner, index) for index, item in enumerate(items)]
        elif not values:
            return union([self._turn_of(node, over.any_part(), inner, 0)[1]])
        return Value(parts=tuple(values), form="map")

    _of_SetComp = _of_GeneratorExp = _of_DictComp = _of_ListComp

    def _turn_of(self, node: Any, item: Value, inner: Scope, index: int) -> tuple[Any, Value]:
        self.assign(node.generators[0].target, item, inner)
        for further in node.generators[1:]:
            self.assign(further.target, self.value(further.iter, inner).any_part(), inner)
        for generator in node.generators:
            for test in generator.ifs:
                self.value(test, inner)
        if isinstance(node, ast.DictComp):
            self.value(node.key, inner)
            return ("?", index), self.value(node.value, inner)
        return index, self.value(node.elt, inner)

    def _of_Subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        key = node.slice
        chosen = NOTHING if isinstance(key, ast.Constant) else self.value(key, scope)
        if not value.whole or not chosen.whole:
            return UNKNOWN
        return trust.taken(value, key, chosen)

    def _of_Attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        if self.live(node, scope) is not MISSING:
            return NOTHING
        return trust.attribute(self.value(node.value, scope), node.attr)

    def live(self, node: ast.expr, scope: Scope) -> Any:
        """The object that a dotted name of a module means; MISSING for anything else."""
        if isinstance(node, ast.Name):
            return scope.live(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.live(node.value, scope)
            if isinstance(owner, trust.MODULE | type):
                return getattr(owner, node.attr, MISSING)
        return MISSING

    def items_of(self, value: Value) -> list[Value] | None:
        """The elements of a list or tuple in their order; None where they are not known one by one."""
        return listed(value)

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
        engine = trust.engine_call(self, node, scope, called, receiver, given)
        if engine is not None:
            return engine
        if receiver is not None and receiver.function is not None and not isinstance(node.func, ast.Attribute):
            return self.run(receiver, given, scope)
        if isinstance(node.func, ast.Attribute) and called is MISSING:
            return self._method(node, node.func, scope, receiver or UNKNOWN, given)
        if trust.is_own(called):
            function = trust.own_function(called)
            return self.run(function, given, scope) if function is not None else UNKNOWN
        if called is MISSING or not trust.is_trusted(called):
            return UNKNOWN
        if sink := given.sink():
            return self._into(sink, given, scope) if trust.name_of(called) in INTO else Value(sink=sink)
        return plain_call(self, trust.name_of(called), given, scope)

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
                scope.home_of(name).env[name] = changed if direct else UNKNOWN
            return answer
        if not receiver.whole:
            return UNKNOWN
        value = trust.method(receiver, func.attr, given, node, lambda one: self.run(one, Given([receiver]), scope))
        if func.attr in trust.CHANGING and owners and not isinstance(self.live(func.value, scope), trust.MODULE):
            name = owners.pop()
            scope.home_of(name).env[name] = union([scope.get(name), *given.all()])
        return value

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
        found = data.all() if data.whole else frozenset()
        seen = event.sources or (event.tagged if event.tagged is not None and event.tagged >= found else ())
        if event.tagged is not None and not event.tagged <= found:
            found = event.tagged
        for origin in event.origins:
            self.trace.flows.append(Flow(origin.uri, found, "observed" if seen else "inferred"))

    def unplaced(self, event: Event) -> None:
        """An event that belongs to no call that we understand: only the object itself can prove a flow."""
        if event.kind == "write" and (event.tagged or (event.sources and event.data == "")):
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

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Set a target to a value."""
        if isinstance(target, ast.Name):
            scope.put(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target, value, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif isinstance(target, ast.Subscript | ast.Attribute):
            if isinstance(target, ast.Subscript):
                self.value(target.slice, scope)
            for name in root_of(target):
                home = scope.home_of(name)
                home.env[name] = trust.changed(scope.get(name), target, value)

    def _unpack(self, target: ast.Tuple | ast.List, value: Value, scope: Scope) -> None:
        items = listed(value)
        plain = not any(isinstance(one, ast.Starred) for one in target.elts)
        for index, one in enumerate(target.elts):
            if items is not None and plain and len(items) == len(target.elts):
                self.assign(one, items[index], scope)
            elif value.form == "many" or not value.whole:
                self.assign(one, UNKNOWN, scope)
            else:
                self.assign(one, value.any_part(), scope)

    def delete(self, target: ast.expr, scope: Scope) -> None:
        """Take a name, a column or an element away."""
        if isinstance(target, ast.Name):
            scope.env.pop(target.id, None)
        elif isinstance(target, ast.Tuple | ast.List):
            for one in target.elts:
                self.delete(one, scope)
        else:
            for name in root_of(target):
                scope.home_of(name).env[name] = trust.without(scope.get(name), target)


def _stored(part: ast.AST) -> set[str]:
    names = (node for node in ast.walk(part) if isinstance(node, ast.Name))
    return {name.id for name in names if not isinstance(name.ctx, ast.Load)}
