"""Merge real merge commits of public repositories again: git on .ipynb, nbdime, git on percent text, and Perijove.

    uv sync --frozen --group benchmarks
    uv run python benchmarks/merge.py REPOSITORIES [--only WORD] [--limit N] [--json FILE]

``merges.tsv`` names each merge: repository, merge commit, path of a notebook that both parents changed. REPOSITORIES is
a folder with a clone of each (bare is enough): ``<owner>/<name>``, ``<owner>+<name>`` or a ``repo`` folder within one.
A result is *equal* if it is clean and its cells (types and sources) are those that people committed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.results import put  # noqa: E402

from perijove.core.errors import PerijoveError  # noqa: E402
from perijove.storage import conflicts, ipynb  # noqa: E402
from perijove.storage.merge import merge  # noqa: E402

LIST = Path(__file__).with_name("merges.tsv")
METHODS = ("git on .ipynb", "nbdime", "git on percent text", "Perijove")
Three = tuple[bytes, bytes, bytes]


class Result(NamedTuple):
    """The merged file, whether it is clean, and whether a notebook editor can open it."""

    cells: list[tuple[str, str]] | None
    clean: bool
    opens: bool


@dataclass
class Score:
    """What a method did over all merges."""

    equal: int = 0
    conflicts: int = 0
    different: int = 0
    unopenable: int = 0
    failed: int = 0


def cells_of(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cell["cell_type"], cell["source"]) for cell in notebook["cells"]]


def by_git(versions: Three) -> Result:
    """git's own merge of the JSON."""
    code, merged = merge_file(versions)
    try:
        return Result(cells_of(ipynb.parse(merged, "merged")), code == 0, True)
    except PerijoveError:
        return Result(None, code == 0, False)


def by_nbdime(versions: Three) -> Result:
    import nbformat
    from nbdime.merging import merge_notebooks

    notebooks = [nbformat.reads(version.decode(), as_version=4) for version in versions]
    merged, decisions = merge_notebooks(*notebooks)
    clean = not any(decision.conflict for decision in decisions)
    return Result(cells_of(ipynb.parse(nbformat.writes(merged).encode(), "merged")), clean, True)


def by_percent(versions: Three) -> Result:
    """git's merge of the same cells as percent text without ids, outputs and metadata."""
    texts = [percent(ipynb.parse(version, "version")).encode("utf-8", "surrogatepass") for version in versions]
    code, merged = merge_file((texts[0], texts[1], texts[2]))
    return Result(from_percent(merged.decode("utf-8", "surrogatepass")) if code == 0 else None, code == 0, True)


def by_perijove(versions: Three) -> Result:
    import nbformat

    base, ours, theirs = (ipynb.parse(version, "version") for version in versions)
    merged = merge(base, ours, theirs)
    written = ipynb.serialise(conflicts.lower(merged.notebook))
    reopened = nbformat.reads(written.decode(), as_version=4)
    opens = ipynb.problem(json.loads(json.dumps(reopened))) == "" or any(map(ipynb.problem, (base, ours, theirs)))
    return Result(cells_of(merged.notebook), not merged.conflicts, opens)


def percent(notebook: dict[str, Any]) -> str:
    lines = []
    for cell in notebook["cells"]:
        lines.append(f"\x1f {cell['cell_type']}")
        lines += [f" {line}" for line in cell["source"].split("\n")]
    return "\n".join(lines) + "\n"


def from_percent(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, list[str]]] = []
    for line in text.split("\n")[:-1]:
        if line.startswith("\x1f "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line[1:])
    return [(kind, "\n".join(lines)) for kind, lines in found]


def merge_file(versions: Three) -> tuple[int, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("base", "ours", "theirs")]
        for file, version in zip(files, versions, strict=True):
            file.write_bytes(version)
        base, ours, theirs = map(str, files)
        done = subprocess.run(["git", "merge-file", "-p", ours, base, theirs], capture_output=True, check=False)
    return done.returncode, done.stdout


DOERS: dict[str, Callable[[Three], Result]] = dict(
    zip(METHODS, (by_git, by_nbdime, by_percent, by_perijove), strict=True)
)


def cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def ask(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True).stdout


def clone_of(folder: Path, name: str) -> Path | None:
    owner, _, own = name.partition("/")
    for found in (folder / owner / own, folder / f"{owner}+{own}", folder / f"{owner}+{own}" / "repo"):
        if (found / ".git").exists() or (found / "HEAD").exists():
            return found
    return None


def merges(folder: Path, only: str, limit: int) -> Iterator[tuple[str, Three, bytes]]:
    lines = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#") and only in line]
    for line in lines[:limit]:
        name, commit, path = line.split("\t")
        repository = clone_of(folder, name)
        if repository is None:
            print(f"no clone of {name}", file=sys.stderr)
            continue
        ours, theirs = ask(repository, "rev-list", "--parents", "-n1", commit).decode().split()[1:3]
        base = ask(repository, "merge-base", ours, theirs).decode().split()[0]
        found = [ask(repository, "cat-file", "blob", f"{rev}:{path}") for rev in (base, ours, theirs, commit)]
        yield line, (found[0], found[1], found[2]), found[3]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=int, default=10**6)
    parser.add_argument("--method", choices=METHODS, action="append")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    scores, times = {name: Score() for name in METHODS}, {name: list[float]() for name in METHODS}
    rows: list[dict[str, str]] = []
    for line, versions, committed in merges(given.repositories, given.only, given.limit):
        people = cells_of(ipynb.parse(committed, "committed"))
        row = {"merge": line}
        for name in given.method or METHODS:
            started = cpu()
            row[name] = judge(DOERS[name], versions, people, scores[name])
            times[name].append(cpu() - started)
        rows.append(row)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
    found = report(rows, scores, times)
    print(found)
    if not given.only and not given.method and len(rows) > 200:
        put("merge", "benchmarks/merge.py REPOSITORIES", found)


def judge(doer: Callable[[Three], Result], versions: Three, people: list[tuple[str, str]], score: Score) -> str:
    try:
        result = doer(versions)
    except Exception as error:  # noqa: BLE001 - a peer that fails is a result
        score.failed += 1
        return f"failed: {type(error).__name__}"
    score.unopenable += not result.opens
    if not result.clean:
        score.conflicts += 1
        return "conflict"
    if result.cells == people:
        score.equal += 1
        return "equal"
    score.different += 1
    return "different"


def report(rows: list[dict[str, str]], scores: dict[str, Score], times: dict[str, list[float]]) -> str:
    places = {row["merge"].split()[0] for row in rows}
    said = [
        f"{len(rows)} merges of {len(places)} repositories, `benchmarks/merges.tsv`\n",
        "| | as people committed | conflict | clean but different | failed | cannot be opened | CPU s, median | all |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        used = times[name] or [0.0]
        counts = f"{score.equal} | {score.conflicts} | {score.different} | {score.failed} | {score.unopenable}"
        said.append(f"| {name} | {counts} | {statistics.median(used):.3f} | {sum(used):.1f} |")
    union = [row for row in rows if any(row.get(name) == "equal" for name in METHODS[:3])]
    missed = [row["merge"].replace("\t", " ") for row in union if row.get("Perijove") != "equal"]
    said.append(f"| git, nbdime or percent text: at least one | {len(union)} | | | | | | |")
    said.append(
        f"\nOf these {len(union)}, not equal by Perijove: {len(missed)}" + "".join(f"; {line}" for line in missed) + "."
    )
    return "\n".join(said)


if __name__ == "__main__":
    main()
