"""Every file of some folders: shown, previewed and profiled, each a result or a named reason, with time and memory.

    python benchmarks/robust.py FOLDER... [--list] [--slow 2]      through worker processes, as the routes ask them
    python benchmarks/robust.py FOLDER... --server                 through a running Jupyter server; its loop is timed
    python benchmarks/robust.py FOLDER... --cli [--all]            through the command, a sample of the files or all

Prints for each folder how many were answered, how many with a named reason, the slowest answer, the most memory of a
worker beside its cap, and what is wrong: an answer later than ``--slow``, a reason without a sentence, a dead worker.
"""

from __future__ import annotations

import argparse
import collections
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import robust_cli
import robust_server
from robust_files import targets
from robust_memory import Watched

from perijove.catalog.places import file_uri
from perijove.catalog.sandbox import MEMORY, Limits, Sandbox
from perijove.core.errors import Failed, PerijoveError

VERBS = ("show", "preview", "profile")
DEAD = "ended its worker"


@dataclass
class Answer:
    """What a verb said of a file: a reason, empty where it gave a result, and how long it took."""

    reason: str
    unnamed: bool
    seconds: float


@dataclass
class Tally:
    """What a folder's files came to."""

    files: int = 0
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    slowest: dict[str, float] = field(default_factory=lambda: dict.fromkeys(VERBS, 0.0))
    reasons: collections.Counter[str] = field(default_factory=collections.Counter)

    def add(self, verb: str, answer: Answer) -> None:
        """Count an answer."""
        kind = "ok" if not answer.reason else "unnamed" if answer.unnamed else "reason"
        self.counts[f"{verb} {kind}"] += 1
        self.counts[f"{verb} dead"] += DEAD in answer.reason
        self.slowest[verb] = max(self.slowest[verb], answer.seconds)


def ask(sandbox: Sandbox, verb: str, uri: str) -> Answer:
    """One verb of one file, through a worker."""
    asks = {
        "show": lambda: sandbox.describe("files", uri, uri),
        "preview": lambda: sandbox.preview("files", uri, uri, 100, {}),
        "profile": lambda: sandbox.profile("files", uri, uri, "sample", {}),
    }
    begin = time.monotonic()
    try:
        asks[verb]()
        return Answer("", False, time.monotonic() - begin)
    except PerijoveError as error:
        unnamed = isinstance(error, Failed) or not error.message
        return Answer(f"{error.message} {error.hint}", unnamed, time.monotonic() - begin)


def through_workers(folders: list[Path], slow: float, every: bool) -> None:
    """Ask each file three things; print what is wrong, and a line for each folder."""
    watched = Watched()
    sandbox = Sandbox(Limits(), watched)
    sandbox.warm()
    time.sleep(8)  # what the nursery loads in idle time is loaded
    for folder in folders:
        tally = Tally()
        watched.most_resident = 0
        for path in targets(folder):
            tally.files += 1
            for verb in VERBS:
                answer = ask(sandbox, verb, file_uri(path))
                tally.add(verb, answer)
                shown = every or answer.unnamed or DEAD in answer.reason
                if answer.reason and shown:
                    print(f"  {verb:8} {path.relative_to(folder)}: {answer.reason[:300]}")
                if answer.seconds > slow:
                    print(f"  {verb:8} {path.relative_to(folder)}: {answer.seconds:.2f} s")
        peak, cap = watched.most_resident / 2**20, MEMORY / 2**20
        slowest = ", ".join(f"{verb} {seconds:.2f} s" for verb, seconds in tally.slowest.items())
        print(f"{folder}: {tally.files} files; {json.dumps(dict(sorted(tally.counts.items())))}")
        print(f"  slowest: {slowest}; most memory of a worker: {peak:.0f} MB resident, cap {cap:.0f} MB", flush=True)
    sandbox.close()


def main() -> None:
    """Read the arguments and ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--slow", type=float, default=2.0)
    parser.add_argument("--list", action="store_true", help="print every reason")
    parser.add_argument("--server", action="store_true", help="ask a running server, and time its loop")
    parser.add_argument("--cli", action="store_true", help="run the command for each file")
    parser.add_argument("--all", action="store_true", help="with --cli: every file instead of a sample")
    parser.add_argument("--sample", type=int, default=25, help="with --cli: how many files of each folder")
    arguments = parser.parse_args()
    folders = [folder.resolve() for folder in arguments.folders]
    if arguments.server:
        robust_server.through_server(folders, arguments.slow)
    elif arguments.cli:
        robust_cli.through_command(folders, arguments.slow, 10**9 if arguments.all else arguments.sample)
    else:
        through_workers(folders, arguments.slow, arguments.list)


if __name__ == "__main__":
    main()
