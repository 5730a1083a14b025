"""One run of a job, for the graph: written to the project's spool, from where the next look at the graph takes it in.

The spool needs no server and no database; a run on another machine can bring its line along later.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path


def report(state: Path, job: str, ok: bool, seconds: float, reads: Sequence[str], writes: Sequence[str]) -> str:
    """Put a run into the spool of a project; gives its id."""
    run = uuid.uuid4().hex[:16]
    line = {
        "type": "jobrun",
        "id": run,
        "job": job,
        "ok": ok,
        "seconds": seconds,
        "reads": list(reads),
        "writes": list(writes),
        "at": datetime.now(UTC).isoformat(),
    }
    folder = state / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / f".{run}"
    unfinished.write_text(json.dumps(line) + "\n", "utf-8")
    unfinished.replace(folder / f"jobrun-{run}.jsonl")
    return run
