"""Words of identifiers, so that “orders” finds ``custOrdersDly`` and ``cust_orders``."""

from __future__ import annotations

import re

PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
WHOLE = re.compile(r"\w+")


def pieces(text: str) -> list[str]:
    """The lower-cased words of a text, identifiers split: ``custOrdersDly`` gives cust, orders, dly."""
    return [piece.lower() for piece in PIECES.findall(text)]


def searchable(*texts: str) -> str:
    """A text to search in: each word and each unsplit identifier once, between spaces."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(pieces(text)))
        found.update(dict.fromkeys(whole.lower() for whole in WHOLE.findall(text)))
    return f" {' '.join(found)} " if found else " "
