"""The command itself, run for files: each answer one JSON document, and how long a person waits for it.

Computing time of the command and of what starts its workers is printed beside the wait: on a machine that others use,
the wait is theirs too.
"""

from __future__ import annotations

import collections
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from robust_files import compiled, targets

VERBS = ("show", "preview", "profile")
WRONG = "not one JSON document"


def through_command(folders: list[Path], slow: float, most: int) -> None:
    """Run the three commands for a sample of so many files of each folder; print what is wrong, and times."""
    chance = random.Random(7)
    counts: collections.Counter[str] = collections.Counter()
    walls: dict[str, list[float]] = {verb: [] for verb in VERBS}
    used: dict[str, list[float]] = {verb: [] for verb in VERBS}
    with tempfile.TemporaryDirectory(prefix="perijove-robust-") as state:
        for verb in VERBS:
            run(verb, folders[0], state)  # the database is made, modules are compiled
        for folder in folders:
            found = targets(folder)
            chosen = found if len(found) <= most else sorted(chance.sample(found, most))
            for path in chosen:
                for verb in VERBS:
                    before = computed()
                    kind, seconds = run(verb, path, state)
                    used[verb].append(computed() - before)
                    counts[f"{verb} {kind}"] += 1
                    walls[verb].append(seconds)
                    if kind == WRONG or seconds > slow:
                        print(f"  {verb:8} {path.relative_to(folder)}: {kind}, {seconds:.2f} s", flush=True)
    print(f"{json.dumps(dict(sorted(counts.items())))}; load of the machine {os.getloadavg()[0]:.1f}")
    for verb, found in walls.items():
        late = sum(one > slow for one in found)
        print(f"  {verb}: waited {middle(found)}, {late} over {slow:g} s; computing {middle(used[verb])}")


def middle(found: list[float]) -> str:
    """The median and the greatest."""
    return f"{sorted(found)[len(found) // 2]:.2f} s, at most {max(found):.2f} s"


def computed() -> float:
    """Computing time of all commands so far."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def run(verb: str, path: Path, state: str) -> tuple[str, float]:
    """What a command said, and how long it took, with the start of its process."""
    code = "from perijove.cli import main; main()"
    begin = time.monotonic()
    found = subprocess.run(
        [sys.executable, "-c", code, "catalog", verb, str(path), "--json"],
        cwd=state,
        env=compiled(Path(state)),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return judged(found.stdout, found.returncode), time.monotonic() - begin


def judged(said: bytes, code: int) -> str:
    """A result, a named reason, or that it is neither."""
    try:
        document = json.loads(said)
    except ValueError:
        return WRONG
    if code == 0:
        return "ok" if isinstance(document, dict) and "error" not in document else WRONG
    error = document.get("error", {}) if isinstance(document, dict) else {}
    return "reason" if set(error) == {"kind", "message", "hint"} and error["message"] and error["hint"] else WRONG
