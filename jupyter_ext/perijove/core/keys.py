"""Keys of the graph's tables: the longest ref they hold, and a short key for several texts together."""

from __future__ import annotations

import hashlib

LONGEST_REF = 1000


def digest(*parts: str) -> str:
    """A short key for some texts together."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:40]
