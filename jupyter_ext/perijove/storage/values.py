"""How one value of an output or attachment becomes the bytes of a blob, and back.

    kind    how the bytes become the value: ``b64`` (base64), ``b64n`` (with a newline after it), ``b64l`` (in lines of
            76), ``text`` (UTF-8) or ``json``
    odd     what a live document cannot hold: NaN, infinities, integers beyond 64 bits, halves of surrogate pairs

Base64 is decoded only where encoding gives the same characters again; otherwise the characters themselves are kept.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from perijove.core.errors import NotFound
from perijove.storage.manifest import encode

Get = Callable[[str], bytes]

ABSENT: Any = object()
"""What ``fetch`` gives where there is no value; None is a value of JSON."""

NAME = re.compile("[0-9a-f]{64}")
_HALVES = re.compile("[\ud800-\udfff]")
_TEXT = re.compile(r"text/|.*(?:xml|json|javascript|ecmascript|latex|yaml|csv)$")
_WIDTH = 76


def is_json(mime: str) -> bool:
    """Tell whether a value of this type is JSON, whose lists are not lines of text."""
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))


def store(value: Any, mime: str) -> tuple[bytes, str]:
    """Give the bytes and the kind that keep a value of a mime bundle."""
    if not isinstance(value, str):
        return encode(value).encode("utf-8", "surrogatepass"), "json"
    if value.isascii() and not _TEXT.match(mime):
        kind = "b64" if not value.endswith("\n") else "b64l" if "\n" in value[: _WIDTH + 1] else "b64n"
        data = _decoded(value, kind)
        if data is not None:
            return data, kind
    return value.encode("utf-8", "surrogatepass"), "text"


def fetch(get: Get, name: str, kind: str) -> Any:
    """Give the value that ``store`` kept, or ``ABSENT`` if its blob is not there or damaged."""
    if not isinstance(name, str) or not NAME.fullmatch(name) or kind not in KINDS:
        return ABSENT
    try:
        return _DECODERS[kind](get(name))
    except (KeyError, OSError, NotFound, ValueError):
        return ABSENT


def clone(value: Any) -> Any:
    """Copy JSON, so that who changes the copy changes nothing else."""
    try:
        return _clone(value)
    except RecursionError:
        return json.loads(encode(value))


def odd(value: Any) -> bool:
    """Tell whether a live document cannot hold a value."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if not one.isascii() and _HALVES.search(one):
                return True
        elif isinstance(one, dict):
            left += one
            left += one.values()
        elif isinstance(one, list | tuple):
            left += one
        elif isinstance(one, int):
            if not -(2**63) <= one < 2**63:
                return True
        elif isinstance(one, float) and not math.isfinite(one):
            return True
    return False


def _clone(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clone(entry) for key, entry in value.items()}
    return [_clone(entry) for entry in value] if isinstance(value, list) else value


def _decoded(value: str, kind: str) -> bytes | None:
    """Decode base64 if encoding gives the same characters again."""
    plain = value if kind == "b64" else value.replace("\n", "")
    try:
        data = msgspec.convert(plain, bytes)  # many times as fast as binascii
    except msgspec.ValidationError:
        return None
    return data if _DECODERS[kind](data) == value else None


def _base64(data: bytes) -> str:
    return str(msgspec.to_builtins(data))


def _base64_lines(data: bytes) -> str:
    text = _base64(data)
    return "\n".join([text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]) + "\n"


_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "b64": _base64,
    "b64n": lambda data: _base64(data) + "\n",
    "b64l": _base64_lines,
    "text": lambda data: data.decode("utf-8", "surrogatepass"),
    "json": lambda data: json.loads(data.decode("utf-8", "surrogatepass")),
}
KINDS = frozenset(_DECODERS)
