"""Takes secrets out of the source of a cell, as it ran: Python, magics and commands, whether or not it parses.

Its text literals are found by a scanner, and each is judged by what stands before it: a name, a key or an argument
that sounds like a secret. The rest of a literal is searched as text. Lines stay lines, and literals stay literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from perijove_kernel.redact import (
    is_reference,
    pairs_without_secrets,
    sounds_secret,
    without_secrets,
    words_without_secrets,
)

_HINTS = ("pass", "pw", "secret", "token", "key", "credential", "signature", "auth", "://", "url.create", "identified")
_LITERAL = re.compile(
    r"""\#[^\n]*|(?P<prefix>(?<!\w)[rbuft]{1,2}(?=['"]))?(?:
        (?P<long>\"\"\"|''')(?P<lines>(?:[^\\]|\\.)*?)(?P=long)
      | "(?P<double>(?:[^"\\\n]|\\.)*)" | '(?P<single>(?:[^'\\\n]|\\.)*)' | ['"](?P<open>[^\n]+))""",
    re.I | re.S | re.X,
)
_NAME = re.compile(r"[\w.-]+")
_ANNOTATED = re.compile(r"([\w.-]+)\s*:\s*[A-Za-z_][\w.\[\], |]*$")
_SETS = re.compile(r"(?:\b(?:get|getenv|setdefault|setenv|putenv|set|option|config|add_header)|(?<![\w\])]))\(\s*$")
_ELSE = re.compile(r"([\w.-]+)(?:['\"]?\s*\])?['\"]?\s*(?::\s*\w+\s*)?[=:](?!=)[^\n]*\b(?:or|else)\s+$")
_ONE = r"""(?:[rbuf]?"[^"\n]*"|[rbuf]?'[^'\n]*'|[\w.]+)\s*,\s*"""
_PLACED = re.compile(
    rf"""\bURL\.create\(\s*{_ONE}{_ONE}|(?:(?<!\w)\w{{0,30}}auth\s*=\s*|BasicAuth|DigestAuth)\(\s*{_ONE}""", re.I
)
_HOLDS = ("SecretStr(", "SecretBytes(", "KeyCredential(", "SasCredential(")
_SEVERAL = re.compile(r"(?m)^[^\S\n]*([\w.]+(?:[^\S\n]*,[^\S\n]*[\w.]+)+)[^\S\n]*=(?!=)[^\n]*")
_MAGIC = re.compile(r"(?m)^[^\S\n]*(?:[\w.,][\w., ]*=[^\S\n]*)?[%!][^\n]*")
_OPTION = re.compile(r"((?:--|%(?:set_)?env[^\S\n]+)([\w-]+)[^\S\n]+)(['\"]?)(?![-'\"])[^\s'\"]+\3")
_LOGIN = re.compile(r"((?:-u|--user)[^\S\n=]*[= ]?['\"]?[^\s:'\"]+:)[^\s'\"]+")
_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python", "%%python3")
BEFORE = 120


def source_without_secrets(source: str) -> str:
    """The source of a cell in which literals that are passwords, tokens or keys are ``***``."""
    low = source.lower()
    if any(hint in low for hint in _HINTS) or "-u" in low:
        first = source.split(maxsplit=1)[0] if source.strip() else ""
        if first.startswith("%%") and first not in _PYTHON:
            return _command(source)
        if "%" in source or "!" in source:
            source = _MAGIC.sub(lambda found: _command(found[0]), source)
        source = "".join(_pieces(source))
    return without_secrets(source)


def _command(text: str) -> str:
    text = _OPTION.sub(
        lambda found: f"{found[1]}{found[3]}***{found[3]}" if sounds_secret(found[2]) else found[0], text
    )
    return words_without_secrets(_LOGIN.sub(r"\1***", text))


def _pieces(source: str) -> Iterator[str]:
    """The source in pieces, each literal without what is secret in it."""
    placed = {found.end() for found in _PLACED.finditer(source)}
    several = [found.span() for found in _SEVERAL.finditer(source) if any(map(sounds_secret, _names(found[1])))]
    end, last, hidden, said = 0, "", False, False
    for found in _LITERAL.finditer(source):
        if found[0].startswith("#"):
            continue
        begin = found.start()
        between = source[end:begin]
        follows = hidden and not between.strip(" \t\r\n\\")
        pair = said and between.strip() == "," and sounds_secret(last)
        hidden = follows or pair or begin in placed or any(one <= begin < two for one, two in several)
        hidden = hidden or _is_secret(source, begin)
        yield between
        yield _literal(found, hidden)
        end, last = found.end(), _body(found)
        said = not hidden and bool(_SETS.search(source[max(0, begin - 20) : begin]))
    yield source[end:]


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",")]


def _is_secret(source: str, begin: int) -> bool:
    """Whether the literal that begins here is given to a name that sounds like a secret."""
    before = source[max(0, begin - BEFORE) : begin]
    bare = before.rstrip(" \t\r\n(")
    if bare.endswith(("=", ":")):
        name = _given(bare)
        return sounds_secret(name) and (bare[-2:] not in ("==", "!=") or not name.lower().endswith("token"))
    if bare.endswith((" or", " else")):
        named = _ELSE.search(before.rpartition("\n")[2])
        return bool(named and sounds_secret(named[1]))
    return before.endswith(_HOLDS)


def _given(bare: str) -> str:
    """The name, key or annotated name before the sign at the end of a text."""
    left = bare.rstrip("=:! \t\n").rstrip("]\"'\\ ")
    named = _NAME.match(left[::-1])
    name = named[0][::-1] if named else ""
    if ":" in left and bare.endswith("=") and not sounds_secret(name):
        annotated = _ANNOTATED.search(left[-80:])
        return annotated[1] if annotated else name
    return name


def _body(found: re.Match[str]) -> str:
    return found["lines"] or found["double"] or found["single"] or found["open"] or ""


def _literal(found: re.Match[str], hidden: bool) -> str:
    """A literal whose text is hidden, or without the secrets that stand in it."""
    whole, body, prefix = found[0], _body(found), (found["prefix"] or "").lower()
    if not body or (not hidden and body.isidentifier()):
        return whole
    at = len(prefix) + (3 if found["long"] else 1)
    head, tail = whole[:at], whole[at + len(body) :]
    formatted = "f" in prefix or "t" in prefix
    if not hidden:
        return f"{head}{pairs_without_secrets(body, formatted=formatted)}{tail}"
    lines = ("\n" if found["long"] else "\\\n") * body.count("\n")
    if formatted and "{" in body:
        return f"{head}{_formatted(body)}{tail}"
    return whole if is_reference(body) else f"{head}***{lines}{tail}"


def _formatted(body: str) -> str:
    """Hide what stands between the fields of an f-string; one that nests its quotes was cut, and stays."""
    parts = re.split(r"(\{[^{}]*\})", body)
    if any("{" in part or "}" in part for part in parts[::2]):
        return body
    parts[::2] = [re.sub(r"[^\n\\]+", "***", part) for part in parts[::2]]
    return "".join(parts)
