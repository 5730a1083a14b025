"""Where benchmarks write their tables: one section each in RESULTS.md."""

from __future__ import annotations

import os
import time
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def put(section: str, command: str, table: str) -> None:
    """Put a table into RESULTS.md under its heading, in place of the one that is there."""
    heading = f"## {section}\n"
    written = f"{heading}\n`{command}`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores\n\n{table.strip()}\n"
    parts = RESULTS.read_text(encoding="utf-8").split("\n## ")
    kept = [parts[0].rstrip("\n") + "\n"] + [f"## {part.rstrip()}\n" for part in parts[1:]]
    place = next((index for index, part in enumerate(kept) if part.startswith(heading)), None)
    if place is None:
        kept.append(written)
    else:
        kept[place] = written
    RESULTS.write_text("\n".join(kept), encoding="utf-8")
