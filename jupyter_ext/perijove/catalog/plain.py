"""Values of data as JSON can carry them without loss a reader would miss."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import Any

SAFE_INTEGER = 2**53
LONGEST_TEXT = 2_000
LONGEST_BYTES = 64
MOST_ITEMS = 100


def plain(value: Any) -> Any:
    """A value as JSON: NaN and infinities are null, bytes hex, times ISO 8601, integers beyond 2^53 text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        head = bytes(value[:LONGEST_BYTES]).hex()
        return f"{head}…" if len(value) > LONGEST_BYTES else head
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _other(value)


def plain_all(values: list[Any]) -> list[Any]:
    """Each value as ``plain`` has it; quick where all are of one simple type, as those of a column are."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {bool}:
        return values
    if kinds == {float}:
        return [value if value is None or math.isfinite(value) else None for value in values]
    if kinds == {int} and max(map(abs, filter(None, values)), default=0) <= SAFE_INTEGER:
        return values
    return [plain(value) for value in values]


def whole(value: Any) -> Any:
    """JSON whose texts can be written as UTF-8: half a pair of code units, as in a lone ``\\ud800``, becomes ``?``."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {whole(key): whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value


def _text(value: str) -> str:
    clean = value.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= LONGEST_TEXT else f"{clean[:LONGEST_TEXT]}…"


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(str(key)): plain(item) for key, item in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in list(value)[:MOST_ITEMS]]
    if isinstance(value, timedelta):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return _text(str(value))
