"""Every file of some folders: shown, previewed and profiled, each a result or a named reason, with time and memory.

    python benchmarks/robust.py FOLDER... [--kind files] [--slow 2] [--list]

Prints for each folder how many were answered, how many with a named reason, the slowest answer, the most memory of a
worker, and what is wrong: an answer later than ``--slow``, a reason without a sentence, a crash.
"""

from __future__ import annotations

import argparse
import collections
import time
from pathlib import Path

from perijove.catalog.model import Sort, Window
from perijove.catalog.places import file_uri
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.sources.formats import format_of
from perijove.core.errors import Failed, PerijoveError


def datasets(folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.rglob("*")):
        inside = any((parent / "_delta_log").is_dir() for parent in path.parents) or "metadata" in path.parts[:-1]
        if (
            path.is_dir()
            and (path / "_delta_log").is_dir()
            or path.name.endswith(".metadata.json")
            or (path.is_file() and format_of(path.name) and not inside)
        ):
            found.append(path)
    return found


def verbs(sandbox: Sandbox, uri: str) -> dict[str, object]:
    """What each verb says of a dataset: a figure, or its reason."""

    def look() -> object:
        shown = sandbox.preview("files", uri, uri, 100, {})
        return len(shown.rows), shown

    def sort() -> object:
        names = [column.name for column in said["preview"][1].columns]  # type: ignore[index]  # look() put it there
        return len(sandbox.look("files", uri, uri, Window(sort=[Sort(names[0])]), {}).rows)

    said: dict[str, object] = {}
    asks = {
        "show": lambda: len(sandbox.describe("files", uri, uri).columns),
        "preview": look,
        "profile": lambda: len(sandbox.profile("files", uri, uri, "sample", {}).columns),
    }
    for verb, ask in asks.items():
        begin = time.monotonic()
        try:
            said[verb] = ask()
        except PerijoveError as error:
            said[verb] = error
        said[f"{verb} s"] = time.monotonic() - begin
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--slow", type=float, default=2.0)
    parser.add_argument("--list", action="store_true", help="print every dataset that was not read")
    arguments = parser.parse_args()
    sandbox = Sandbox()
    sandbox.warm()
    time.sleep(2)
    for folder in arguments.folders:
        counts: collections.Counter[str] = collections.Counter()
        slowest: dict[str, float] = collections.defaultdict(float)
        reasons: collections.Counter[str] = collections.Counter()
        found = datasets(folder)
        for path in found:
            said = verbs(sandbox, file_uri(path))
            for verb in ("show", "preview", "profile"):
                answer, seconds = said[verb], said[f"{verb} s"]
                assert isinstance(seconds, float)
                slowest[verb] = max(slowest[verb], seconds)
                if isinstance(answer, PerijoveError):
                    kind = "unnamed" if isinstance(answer, Failed) or not answer.message else "reason"
                    reasons[f"{answer.message[:90]}"] += verb == "preview"
                    if arguments.list or kind == "unnamed" or "ended its worker" in answer.message:
                        print(f"  {verb:8} {path.relative_to(folder)}: {answer.message[:260]}")
                else:
                    kind = "ok"
                counts[f"{verb} {kind}"] += 1
                if seconds > arguments.slow:
                    print(f"  {verb:8} {path.relative_to(folder)}: {seconds:.2f} s")
        print(folder, len(found), dict(sorted(counts.items())), {k: round(v, 2) for k, v in slowest.items()})


if __name__ == "__main__":
    main()
