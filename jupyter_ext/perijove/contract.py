"""Writes openapi.json: ``python -m perijove.contract openapi.json``; with ``--check`` it only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from perijove import __version__
from perijove.core.openapi import document
from perijove.wiring import routes


def text() -> str:
    """The document as it is kept in the repository."""
    return json.dumps(document(routes(), __version__), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the file named in the arguments."""
    path = Path(arguments[0])
    if "--check" in arguments:
        if path.read_text() == text():
            return 0
        print(f"{path} is stale: run python -m perijove.contract {path}", file=sys.stderr)
        return 1
    path.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
