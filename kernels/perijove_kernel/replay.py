"""Goes through a cell's statements once more after it ran, led by the reads and writes that happened in it.

Nothing is executed. The code says how values follow from one another; the events say which branches were taken, how
often a loop ran, and what was read in each turn. Where two ways are possible, only what both agree on is known.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import Any

from perijove_kernel.evaluate import Evaluator
from perijove_kernel.origins import NOTHING, UNKNOWN, Value, union
from perijove_kernel.scopes import MISSING, Scope, end_of, merge, stored_in, within

_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_MOST_TURNS = 64


class Replay(Evaluator):
    """Carries out statements on what is known of names."""

    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> bool:
        """Go through statements; True when the block was left by return, raise, break or continue."""
        for index, statement in enumerate(statements):
            if not self.trace.spend():
                scope.forget(stored_in(statements[index:]))
                return False
            if isinstance(statement, ast.If):
                jumps = _leaves(statement.body), _leaves(statement.orelse)
                if any(jumps):
                    return self._either(statement, statements[index + 1 :], jumps, scope)
            if self._statement(statement, scope):
                return True
        return False

    def _statement(self, statement: ast.stmt, scope: Scope) -> bool:
        handler = getattr(self, f"_do_{type(statement).__name__}", None)
        if handler is None:
            scope.forget(stored_in([statement]))
            return False
        position = self.trace.position
        left = bool(handler(statement, scope))
        if not scope.loops:
            self._skip(statement, scope)
        elif (
            position == self.trace.position and not hasattr(statement, "body") and self.trace.touches(statement, scope)
        ):
            scope.forget(stored_in([statement]))
        return left

    def _skip(self, statement: ast.stmt, scope: Scope) -> None:
        """Pass over events of a statement that could not be placed; nothing is known of what it set."""
        skipped = False
        while (event := self.trace.next_for(scope)) and within(event.place.steps[scope.depth].end, statement):
            self.trace.position += 1
            self.unplaced(event)
            skipped = True
        if skipped:
            scope.forget(stored_in([statement]))

    def _either(self, node: ast.If, rest: Sequence[ast.stmt], jumps: tuple[bool, bool], scope: Scope) -> bool:
        """An if of which a branch leaves the block: what follows belongs to the other branch."""
        self.value(node.test, scope)
        body = [*node.body, *([] if jumps[0] else rest)]
        other = [*node.orelse, *([] if jumps[1] else rest)]
        return self._branch(body, other, scope)

    def _branch(self, body: Sequence[ast.stmt], other: Sequence[ast.stmt], scope: Scope) -> bool:
        if self.trace.is_next_in(body, scope):
            return self.block(body, scope)
        if self.trace.is_next_in(other, scope):
            return self.block(other, scope)
        before, root_before = dict(scope.env), dict(scope.root.env)
        left = self.block(body, scope)
        after, root_after = scope.env, scope.root.env
        self._set(scope, before, root_before)
        left_other = self.block(other, scope)
        if left and not left_other:
            return False
        if left_other and not left:
            self._set(scope, after, root_after)
            return False
        self._set(scope, merge(after, scope.env), merge(root_after, scope.root.env))
        return left and left_other

    def _set(self, scope: Scope, env: dict[str, Value], root: dict[str, Value]) -> None:
        scope.root.env = root
        if scope.root is not scope:
            scope.env = env

    def _do_Expr(self, node: ast.Expr, scope: Scope) -> None:
        self.value(node.value, scope)

    def _do_Assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _do_AnnAssign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value, scope), scope)

    def _do_AugAssign(self, node: ast.AugAssign, scope: Scope) -> None:
        added = self.value(node.value, scope)
        if isinstance(node.target, ast.Name):
            before = scope.get(node.target.id)
            if before.form == added.form == "map":
                parts = [part for _, part in (*before.parts, *added.parts)]
                scope.put(node.target.id, Value(parts=tuple(enumerate(parts)), form="map"))
            else:
                scope.put(node.target.id, union([before, added]))
        else:
            before = self.value(_loaded(node.target), scope)
            self.assign(node.target, union([before, added]), scope)

    def _do_Return(self, node: ast.Return, scope: Scope) -> bool:
        scope.returns.append(self.value(node.value, scope) if node.value else NOTHING)
        return True

    def _do_Raise(self, node: ast.Raise, scope: Scope) -> bool:
        return True

    def _do_Continue(self, node: ast.Continue, scope: Scope) -> bool:
        return True

    _do_Break = _do_Continue

    def _do_Pass(self, node: ast.AST, scope: Scope) -> None:
        return

    def _do_Assert(self, node: ast.Assert, scope: Scope) -> None:
        self.value(node.test, scope)

    def _do_Global(self, node: ast.Global, scope: Scope) -> None:
        scope.shared |= set(node.names)

    def _do_Nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        scope.forget(node.names)

    def _do_Import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            module = sys.modules.get(alias.name if alias.asname else name)
            scope.put(name, Value(form="live", scope=module) if module else UNKNOWN)

    def _do_ImportFrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        module: Any = sys.modules.get(node.module or "")
        for alias in node.names:
            found = getattr(module, alias.name, MISSING) if module and not node.level else MISSING
            if found is MISSING:
                found = scope.root.space.get(alias.asname or alias.name, MISSING)
            scope.put(alias.asname or alias.name, UNKNOWN if found is MISSING else Value(form="live", scope=found))

    def _do_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        known = not node.decorator_list
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                scope.root.shared |= set(inner.names)
        scope.put(node.name, Value(function=node, scope=scope, form="function") if known else UNKNOWN)

    _do_AsyncFunctionDef = _do_FunctionDef

    def _do_ClassDef(self, node: ast.ClassDef, scope: Scope) -> None:
        scope.put(node.name, UNKNOWN)

    def _do_Delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            self.delete(target, scope)

    def _do_If(self, node: ast.If, scope: Scope) -> bool:
        self.value(node.test, scope)
        return self._branch(node.body, node.orelse, scope)

    def _do_With(self, node: ast.With | ast.AsyncWith, scope: Scope) -> bool:
        for item in node.items:
            value = self.value(item.context_expr, scope)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
        return self.block(node.body, scope)

    _do_AsyncWith = _do_With

    def _do_Try(self, node: ast.Try, scope: Scope) -> bool:
        before, root_before = dict(scope.env), dict(scope.root.env)
        finished = bool(node.body) and self.trace.touches(node.body[-1], scope)
        left = self.block(node.body, scope)
        handled = next((one for one in node.handlers if self.trace.is_next_in(one.body, scope)), None)
        if handled is not None:
            self._set(scope, merge(before, scope.env), merge(root_before, scope.root.env))
            left = self.block(handled.body, scope)
        else:
            left = self.block(node.orelse, scope) or left
            for handler in () if finished else node.handlers:
                after, root_after = dict(scope.env), dict(scope.root.env)
                self._set(scope, merge(before, after), merge(root_before, root_after))
                if self.block(handler.body, scope):
                    self._set(scope, after, root_after)
                else:
                    self._set(scope, merge(after, scope.env), merge(root_after, scope.root.env))
        return self.block(node.finalbody, scope) or left

    def _do_For(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        over = self.value(node.iter, scope)
        self._loop(node, over, scope)
        self.block(node.orelse, scope)

    _do_AsyncFor = _do_For

    def _do_While(self, node: ast.While, scope: Scope) -> None:
        self.value(node.test, scope)
        self._loop(node, None, scope)
        self.block(node.orelse, scope)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, over: Value | None, scope: Scope) -> None:
        items = self.items_of(over) if over is not None else None
        whole = not any(isinstance(one, _JUMPS) for child in node.body for one in ast.walk(child))
        if self.trace.is_next_in(node.body, scope):
            loud = self._loud(node.body, scope)
            silent = set() if loud else self._silent(node.body, scope)
            self._turns(node, items if loud and whole else None, over, silent, scope)
        elif items is not None and whole and len(items) <= _MOST_TURNS and not self.trace.touches(node, scope):
            for item in items:
                self._turn(node, item, scope)
        else:
            self._quiet(node, over, scope)

    def _turns(self, node: Any, items: list[Value] | None, over: Value | None, silent: set[str], scope: Scope) -> None:
        turn = 0
        while self.trace.is_next_in(node.body, scope) and self.trace.spend():
            position = self.trace.position
            scope.forget(silent)
            scope.loops.append(node.body)
            item = items[turn] if items is not None and turn < len(items) else None
            if item is None and over is not None:
                item = UNKNOWN if items is not None else over.any_part()
            self._turn(node, item, scope)
            scope.loops.pop()
            turn += 1
            if self.trace.position == position:
                scope.forget(stored_in(node.body))
                return
        scope.forget(silent)

    def _turn(self, node: Any, item: Value | None, scope: Scope) -> None:
        if item is not None:
            self.assign(node.target, item, scope)
        self.block(node.body, scope)

    def _quiet(self, node: Any, over: Value | None, scope: Scope) -> None:
        """A loop without events, run any number of times: what a turn leaves as it was stays known."""
        for _ in range(3):
            before, root_before = dict(scope.env), dict(scope.root.env)
            self._turn(node, over.any_part() if over is not None else None, scope)
            env, root = merge(before, scope.env), merge(root_before, scope.root.env)
            if env == before and root == root_before:
                break
            self._set(scope, env, root)
        else:
            scope.forget(stored_in([node]))

    def _loud(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """Whether a block cannot run without an event: one of its own statements had one, before any way out."""
        for statement in body:
            if isinstance(statement, ast.With | ast.AsyncWith):
                heads = [item.context_expr for item in statement.items]
                if any(self.trace.touches(head, scope) for head in heads) or self._loud(statement.body, scope):
                    return True
            elif isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.AsyncFor | ast.Match):
                if any(isinstance(one, _JUMPS) for one in ast.walk(statement)):
                    return False
            elif self.trace.touches(statement, scope):
                return True
        return False

    def _silent(self, body: Sequence[ast.stmt], scope: Scope) -> set[str]:
        """The names that turns without any event may have changed."""
        if self._loud(body, scope):
            return set()
        found: set[str] = set()
        for statement in body:
            inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
            inner += [handler.body for handler in getattr(statement, "handlers", [])]
            blocks = [block for block in inner if block]
            if not blocks or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found |= set() if self.trace.touches(statement, scope) else stored_in([statement])
                continue
            heads = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr | ast.withitem)]
            found |= stored_in(heads)
            for block in blocks:
                found |= self._silent(block, scope)
        return found


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], _JUMPS)


def _loaded(target: ast.expr) -> ast.expr:
    """A target as an expression that is read."""
    copied = ast.parse(ast.unparse(target), mode="eval").body
    return ast.fix_missing_locations(copied)


__all__ = ["Replay", "end_of"]
