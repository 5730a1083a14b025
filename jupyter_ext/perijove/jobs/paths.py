"""Which path an expression names: a constant, or one put together from names that stand for a constant by then.

A name stands for one where a single statement bound it, plainly and for certain, to such an expression.
"""

from __future__ import annotations

import ast
import posixpath
import re

from perijove.jobs.functions import Functions

ANY = "*"
"""A path that is not known."""
ARGUMENTS = ("path", "filepath_or_buffer", "path_or_buf", "fname", "source")
MAKERS = ("Path", "PurePath", "PosixPath", "PurePosixPath", "str", "fspath", "abspath", "expanduser")
_SQL = re.compile(
    r"(?is)\s*(select|with|from|insert|update|delete|create|copy|attach|pragma|call|describe|summarize)\s(?!.*\.\w{1,8}$)"
)
"""A statement of SQL, which readers of databases take where others take a path."""
TEXTS = (ast.Constant, ast.Name, ast.BinOp, ast.JoinedStr, ast.Call)


class Paths(Functions):
    """The part of the walk that knows texts."""

    def note_text(self, target: ast.expr, value: ast.expr) -> None:
        """Remember what text the statement at hand gives a name, where it does so for certain."""
        if isinstance(target, ast.Name) and not self.depth and not self.weak and isinstance(value, TEXTS):
            text = self.text(value)
            if text is not None:
                self.texts[self.now, target.id] = text

    def first_path(self, node: ast.Call) -> str:
        """The path a call names in its first argument, or * where it is not a constant."""
        named = [word.value for word in node.keywords if word.arg in ARGUMENTS]
        return self.path(node.args[0] if node.args else (named[0] if named else None))

    def path(self, node: ast.expr | None) -> str:
        """A path in its normal form, or *."""
        found = self.text(node) if node is not None else None
        if found is None or _SQL.match(found):
            return ANY
        return posixpath.normpath(found) if "://" not in found else found

    def text(self, node: ast.expr) -> str | None:
        """The text or path that an expression is; None where that is not known."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            home = self.scope.find(node.id)
            by = home.names[node.id].by if home is not None else frozenset()
            return self.texts.get((next(iter(by)), node.id)) if len(by) == 1 else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
            left, right = self.text(node.left), self.text(node.right)
            if left is None or right is None:
                return None
            return posixpath.join(left, right) if isinstance(node.op, ast.Div) else left + right
        if isinstance(node, ast.JoinedStr):
            return self._joined([self._piece(one) for one in node.values])
        if isinstance(node, ast.Call) and node.args and not node.keywords:
            if not _makes_a_path(node.func):
                return None
            parts = [self.text(one) for one in node.args]
            known = [one for one in parts if one is not None]
            return posixpath.join(*known) if len(known) == len(parts) else None
        return None

    def _piece(self, node: ast.expr) -> str | None:
        """A part of a text with fields in it, which may be laid out in no way."""
        if not isinstance(node, ast.FormattedValue):
            return self.text(node)
        return self.text(node.value) if node.format_spec is None and node.conversion in (-1, ord("s")) else None

    @staticmethod
    def _joined(parts: list[str | None]) -> str | None:
        known = [one for one in parts if one is not None]
        return "".join(known) if len(known) == len(parts) else None


def _makes_a_path(func: ast.expr) -> bool:
    """Whether a call makes a path of its arguments: ``Path``, or ``os.path.join``, which is not that of texts."""
    if not isinstance(func, ast.Attribute):
        return isinstance(func, ast.Name) and func.id in MAKERS
    owner = func.value.attr if isinstance(func.value, ast.Attribute) else getattr(func.value, "id", "")
    return func.attr in MAKERS or (func.attr == "join" and owner in ("path", "posixpath"))


def may_meet(one: str, two: str) -> bool:
    """Whether two paths may name the same file, or one a folder of the other."""
    if ANY in one or ANY in two:
        return True
    absolute = posixpath.isabs(one) != posixpath.isabs(two)
    return absolute or one == two or one.startswith(two + "/") or two.startswith(one + "/")
