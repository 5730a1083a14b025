"""Takes the text of a statement out of its cell, and moves text in and out by whole indents."""

from __future__ import annotations

import ast
from collections.abc import Iterable

INDENT = "    "


def text_of(source: str, node: ast.stmt, *, alone: bool) -> str:
    """The text of a statement at the left margin, with its comments if no other statement shares its lines."""
    if not alone:
        return ast.get_source_segment(source, node) or ast.unparse(node)
    lines = source.split("\n")
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)]) - 1
    last = node.end_lineno or node.lineno
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    margin = node.col_offset
    inside = string_lines(node)
    kept = []
    for number in range(first, last):
        line = lines[number]
        kept.append(line if number + 1 in inside else line[margin:] if not line[:margin].strip() else line.lstrip())
    return "\n".join(kept).rstrip()


def string_lines(node: ast.AST) -> set[int]:
    """The lines that begin inside a string, where no space may be added or taken away."""
    found: set[int] = set()
    for part in ast.walk(node):
        long = isinstance(part, ast.JoinedStr) or (
            isinstance(part, ast.Constant) and isinstance(part.value, str | bytes)
        )
        if long:
            first, last = getattr(part, "lineno", 0), getattr(part, "end_lineno", 0) or 0
            found.update(range(first + 1, last + 1))
    return found


def indent(text: str, by: str = INDENT) -> str:
    """Move a statement one indent in, its strings excepted."""
    inside = string_lines(ast.parse(text))
    lines = text.split("\n")
    return "\n".join(line if number + 1 in inside or not line else by + line for number, line in enumerate(lines))


def replaced(source: str, places: Iterable[tuple[int, int, int, str]]) -> str:
    """A text with other words in places: line from 1, first and last byte in it, and the word."""
    lines = source.split("\n")
    for line, first, last, word in sorted(places, reverse=True):
        raw = lines[line - 1].encode("utf-8", "surrogatepass")
        lines[line - 1] = (raw[:first] + word.encode() + raw[last:]).decode("utf-8", "surrogatepass")
    return "\n".join(lines)
