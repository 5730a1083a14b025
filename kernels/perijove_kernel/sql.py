"""Reads SQL as far as lineage needs: which tables and files a statement reads and writes; its text without literals.

A tokeniser and a few rules, no grammar: what it does not understand names no table, so that nothing false is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from perijove_kernel.redact import without_secrets

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`|\[[A-Za-z_][^\]\n]*\])
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d][\w$]*)
      | (?P<other>.)""",
    re.S | re.X,
)
_ENDS = frozenset(
    [
        "where",
        "group",
        "order",
        "having",
        "limit",
        "union",
        "intersect",
        "except",
        "on",
        "using",
        "set",
        "values",
        "select",
        "window",
        "qualify",
        "fetch",
        "offset",
        "returning",
        "cross",
        "inner",
        "left",
        "right",
        "full",
        "natural",
        "join",
        "lateral",
        "as",
        "when",
        "then",
        "and",
        "or",
        "for",
        "default",
    ]
)
_OWN_FROM = frozenset(["extract", "substring", "trim", "overlay", "position"])
LARGEST = 100_000


@dataclass(frozen=True)
class Token:
    """One piece of SQL: its kind and its text."""

    kind: str
    text: str

    @property
    def low(self) -> str:
        """The text of a bare word in small letters; empty for anything else."""
        return self.text.lower() if self.kind == "word" else ""


@dataclass(frozen=True)
class Statement:
    """What one statement touches; names are as written, without quotes."""

    verb: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    files_read: tuple[str, ...] = ()
    files_written: tuple[str, ...] = ()


def tokens(text: str) -> list[Token]:
    """The tokens of SQL, without spaces and comments."""
    found = (Token(match.lastgroup or "other", match.group()) for match in _TOKEN.finditer(text))
    return [_text(one) for one in found if one.kind != "space"]


def _text(token: Token) -> Token:
    return Token("text", token.text) if token.kind == "tag" else token


@lru_cache(maxsize=256)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a text; none where it is longer than a person writes."""
    if len(text) > LARGEST:
        return ()
    parts: list[list[Token]] = [[]]
    for token in tokens(text):
        if token.text == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(_Reader(part).statement() for part in parts if part)


def tables_in(query: str) -> list[str]:
    """The tables a query reads, without the names that its own WITH clause makes."""
    return list(dict.fromkeys(name for one in statements(query) for name in one.reads))


@lru_cache(maxsize=256)
def redacted(text: str) -> str:
    """SQL without its literals: text becomes ``'***'``, numbers 0, except ordinals after BY and names of files."""
    written: list[str] = []
    before, by = "", False
    for match in _TOKEN.finditer(text[:LARGEST]):
        kind, piece = match.lastgroup or "other", match.group()
        if kind == "space":
            written.append(" " if piece.lstrip()[:2] in ("--", "/*") else piece)
            continue
        low = piece.lower()
        if kind == "word" or piece in "()":
            by = low == "by"
        if kind in ("text", "tag"):
            written.append(without_secrets(piece) if _names_file(before, piece) else "'***'")
        elif kind == "number":
            written.append(piece if by else "0")
        else:
            written.append(piece)
        before = f"{before} {low}"[-40:]
    return without_secrets("".join(written).strip())


def _names_file(before: str, literal: str) -> bool:
    last = before.split()
    if not last or not re.search(r"[./\\*]", literal):
        return False
    return last[-1] in ("from", "join", "to") or (last[-1] == "(" and len(last) > 1 and "read_" in last[-2])


class _Reader:
    """Walks the tokens of one statement."""

    def __init__(self, part: list[Token]) -> None:
        self.part = part
        self.reads: dict[str, None] = {}
        self.writes: dict[str, None] = {}
        self.files: dict[str, None] = {}
        self.out: dict[str, None] = {}
        self.own = {part[index].text.strip('"`[]').lower() for index in self._common()}

    def statement(self) -> Statement:
        """Find what this statement reads and writes."""
        target = self._targets()
        for index, token in enumerate(self.part):
            if (
                token.low in ("from", "join")
                and index not in target
                and not self._is_no_table(index)
                or token.low == "using"
                and "merge" in self._lows(0, 3)
            ):
                self._tables(index + 1)
            elif token.low.startswith(("read_", "scan_", "parquet_scan")) and self._text_at(index + 1) == "(":
                for follow in self.part[index + 2 : index + 40]:
                    if follow.text == ")":
                        break
                    if follow.kind == "text":
                        self.files.setdefault(follow.text[1:-1])
        known = {name for name in self.reads if name.lower() in self.own}
        return Statement(
            self._verb(),
            tuple(name for name in self.reads if name not in known),
            tuple(self.writes),
            tuple(self.files),
            tuple(self.out),
        )

    def _verb(self) -> str:
        for token in self.part:
            if token.low in ("select", "insert", "update", "delete", "merge", "create", "copy", "replace", "truncate"):
                return token.low
        return self.part[0].low

    def _lows(self, begin: int, count: int) -> list[str]:
        return [token.low for token in self.part[begin : begin + count]]

    def _text_at(self, index: int) -> str:
        return self.part[index].text if 0 <= index < len(self.part) else ""

    def _common(self) -> Iterator[int]:
        """Where the names of common table expressions stand."""
        if "with" not in self._lows(0, len(self.part)):
            return
        for index, token in enumerate(self.part):
            if token.kind not in ("word", "quoted") or index == 0:
                continue
            if self.part[index - 1].low not in ("with", "recursive") and self.part[index - 1].text != ",":
                continue
            after = self._skip_brackets(index + 1)
            words = self._lows(after, 3)
            after += 1 + (2 if words[1:3] == ["not", "materialized"] else 1 if words[1:2] == ["materialized"] else 0)
            if words[:1] == ["as"] and self._text_at(after) == "(":
                yield index

    def _skip_brackets(self, index: int) -> int:
        depth = 0
        while index < len(self.part):
            depth += {"(": 1, ")": -1}.get(self.part[index].text, 0)
            if depth <= 0:
                return index + 1 if self.part[index].text == ")" else index
            index += 1
        return index

    def _targets(self) -> set[int]:
        """Note what is written; answers where a FROM stands that names a target."""
        skip: set[int] = set()
        for index, token in enumerate(self.part):
            words = self._lows(index, 8)
            if token.low == "into" and self.part[0].low != "select" and "fetch" not in self._lows(0, index):
                self._write(index + 1)
            elif index == 0 and token.low in ("update", "truncate"):
                self._write(index + 1 + words[1:3].count("table") + words[1:3].count("only"))
            elif token.low == "delete" and words[1:2] == ["from"]:
                skip.add(index + 1)
                self._write(index + 2)
            elif token.low == "create" and "table" in words and index == 0:
                self._created(index + words.index("table") + 1)
            elif token.low == "copy" and index == 0:
                skip |= self._copied()
        return skip

    def _created(self, index: int) -> None:
        if self._lows(index, 3) == ["if", "not", "exists"]:
            index += 3
        _, after = self._name(index)
        if "as" in self._lows(self._skip_brackets(after), 1):
            self._write(index)

    def _copied(self) -> set[int]:
        """COPY t FROM 'file', COPY t TO 'file', COPY (query) TO 'file'."""
        after = self._skip_brackets(1) if self._text_at(1) == "(" else self._skip_brackets(self._name(1)[1])
        way, place = (self._lows(after, 1) or [""])[0], self.part[after + 1 : after + 2]
        file = place[0].text[1:-1] if place and place[0].kind == "text" else ""
        if way == "to":
            if file:
                self.out.setdefault(file)
            if self._text_at(1) != "(":
                self.reads.setdefault(self._name(1)[0])
        elif way == "from":
            self._write(1)
            if file:
                self.files.setdefault(file)
            return {after}
        return set()

    def _write(self, index: int) -> None:
        if index < len(self.part) and self.part[index].kind in ("word", "quoted"):
            self.writes.setdefault(self._name(index)[0])

    def _is_no_table(self, index: int) -> bool:
        """EXTRACT(year FROM x), IS DISTINCT FROM x."""
        if index > 1 and self.part[index - 1].low == "distinct" and self.part[index - 2].low in ("is", "not"):
            return True
        depth = 0
        for back in range(index - 1, max(-1, index - 40), -1):
            depth += {")": 1, "(": -1}.get(self.part[back].text, 0)
            if depth < 0:
                return back > 0 and self.part[back - 1].low in _OWN_FROM
        return False

    def _tables(self, index: int) -> None:
        """The tables of a FROM list, from here on."""
        while index < len(self.part):
            if self._lows(index, 1)[0] in ("only", "lateral"):
                index += 1
                continue
            token = self.part[index]
            if token.kind == "text":
                self.files.setdefault(token.text[1:-1])
                index += 1
            elif token.text == "(":
                index = self._skip_brackets(index)
            elif token.kind in ("word", "quoted") and token.low not in _ENDS:
                name, index = self._name(index)
                if self._text_at(index) == "(":
                    index = self._skip_brackets(index)
                else:
                    self.reads.setdefault(name)
            else:
                return
            if self._lows(index, 1) == ["as"]:
                index += 1
            if index < len(self.part) and self.part[index].kind in ("word", "quoted"):
                if self.part[index].low in _ENDS:
                    return
                index = self._skip_brackets(index + 1)
            if self._text_at(index) != ",":
                return
            index += 1

    def _name(self, index: int) -> tuple[str, int]:
        """A name with its dots, without quotes, and where it ends."""
        parts = []
        while index < len(self.part) and self.part[index].kind in ("word", "quoted"):
            token = self.part[index]
            parts.append(token.text if token.kind == "word" else token.text[1:-1])
            if self._text_at(index + 1) != ".":
                return ".".join(parts), index + 1
            index += 2
        return ".".join(parts), index
