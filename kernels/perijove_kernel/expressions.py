"""What an expression's value was made of, as far as no call is in it; and what becomes of what it is assigned to."""

from __future__ import annotations

import ast
from typing import Any

from perijove_kernel import trust
from perijove_kernel.calls import listed
from perijove_kernel.origins import NOTHING, UNKNOWN, Value, join, of, sequence, union
from perijove_kernel.scopes import MISSING, Scope, Trace, end_of, root_of
from perijove_kernel.touches import Event


class Expressions:
    """Values of expressions; what is set and called is told to the scopes and to the trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def unplaced(self, event: Event) -> None:
        """An event that belongs to no call that we understand."""
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

    def _of_BinOp(self, node: ast.BinOp, scope: Scope) -> Value:
        values = self._children(node, scope)
        lists = [listed(value) for value in values]
        if isinstance(node.op, ast.Add) and all(one is not None for one in lists):
            return sequence(item for one in lists if one is not None for item in one)
        found = union(values)
        plain = found.form == "many" and not any(value.form in ("map", "many") for value in values)
        return of(found.all()) if plain else found  # every element of a sum comes of both sides

    def _of_Subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        key = node.slice
        chosen = NOTHING if isinstance(key, ast.Constant) else self.value(key, scope)
        if not value.whole or not chosen.whole:
            return UNKNOWN
        place = node.value.attr if isinstance(node.value, ast.Attribute) else ""
        return trust.taken(value, key, chosen, place)

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
                scope.change(name, trust.changed(scope.get(name), target, value))

    def _unpack(self, target: ast.Tuple | ast.List, value: Value, scope: Scope) -> None:
        items = listed(value)
        plain = not any(isinstance(one, ast.Starred) for one in target.elts)
        for index, one in enumerate(target.elts):
            if items is not None and plain and len(items) == len(target.elts):
                self.assign(one, items[index], scope)
            elif value.mixed or not value.whole:
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
                scope.change(name, trust.without(scope.get(name), target))
