"""Merge real merge commits of public repositories again: git on .ipynb, nbdime, git on percent text, and Perijove.

Perijove merges three ways: its merge driver on the ``.ipynb`` files as they are; the same driver on the notebooks as
text, each cell with the id that an editor would have kept; and plain git on those texts, as a forge merges them.

    uv sync --frozen --group benchmarks
    uv run python benchmarks/merge.py REPOSITORIES [--only WORD] [--limit N] [--json FILE]

``merges.tsv`` names each merge: repository, merge commit, path of a notebook that both parents changed. REPOSITORIES is
a folder with a clone of each (bare is enough): ``<owner>/<name>``, ``<owner>+<name>`` or a ``repo`` folder within one.
A result is *equal* if it is clean and its cells (types and sources) are those that people committed. Where it is clean
but different, *by hand* counts the merges into which people wrote lines that neither side nor the base has.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
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
from perijove.storage.drivers import merge_files, read  # noqa: E402
from perijove.storage.identity import synthetic_ids  # noqa: E402
from perijove.storage.manifest import Manifest  # noqa: E402
from perijove.storage.pairs import bodies, pair  # noqa: E402
from perijove.storage.reading import notebook_of  # noqa: E402
from perijove.storage.text import from_text, to_text  # noqa: E402

LIST = Path(__file__).with_name("merges.tsv")
PEERS = ("git on .ipynb", "nbdime", "git on percent text")
OURS = "Perijove"
NOTES = {
    "fd5e3c61e05057a0854191c3aeb79b96621b484e": "both sides added the same first cell; people committed it twice, "
    "as git had merged it, where Perijove keeps it once",
}
"""What a look at a merge says, where Perijove does otherwise than people and a peer did."""
METHODS = (*PEERS, OURS, "Perijove, as text", "git on Perijove's text")
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
    by_hand: int = 0


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
    """The merge driver on the files as they are."""
    done = merge_files(*versions)
    return Result(cells_of(read(done.data)), done.conflicts == 0, opens(done.data, versions, done.conflicts))


def by_perijove_as_text(versions: Three) -> Result:
    """The merge driver on the notebooks as text."""
    done = merge_files(*as_texts(versions))
    found = from_text(done.data.decode())
    marked = conflicts.lift(from_text(done.data.decode()))
    return Result(cells_of(found), done.conflicts == 0, marked == done.conflicts)


def by_git_on_our_text(versions: Three) -> Result:
    """Plain git on the notebooks as text; markers around whole cells are opened as Perijove opens them."""
    code, merged = merge_file(as_texts(versions))
    found, waiting, _ = notebook_of(merged.decode(), Manifest(), "", _no_blob, stubs=True, ids=True)
    return Result(cells_of(found), code == 0 and waiting == 0, True)


def _no_blob(name: str) -> bytes:
    raise KeyError(name)


def opens(data: bytes, versions: Three, waiting: int) -> bool:
    """Whether nbformat finds a merged file valid (or found a side invalid before), and all conflicts are in it."""
    notebook = read(data)
    valid = ipynb.problem(json.loads(data)) == "" or any(ipynb.problem(json.loads(one)) for one in versions)
    return valid and conflicts.lift(notebook) == waiting


def as_texts(versions: Three) -> Three:
    """The texts of three versions: a cell has the id it has in the base, as an editor keeps it."""
    base, ours, theirs = (ipynb.parse(version, "version") for version in versions)
    base["cells"] = with_ids(base["cells"])
    for side in (ours, theirs):
        kept = {after: before for before, after in pair(bodies(base["cells"]), bodies(side["cells"]))}
        cells = [
            {**cell, "id": base["cells"][kept[at]]["id"]} if "id" not in cell and at in kept else cell
            for at, cell in enumerate(side["cells"])
        ]
        side["cells"] = with_ids(cells)
    texts = [to_text({**side, "nbformat_minor": 5}).text.encode() for side in (base, ours, theirs)]
    return texts[0], texts[1], texts[2]


def with_ids(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**cell, "id": made} for cell, made in zip(cells, synthetic_ids(cells), strict=True)]


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
    zip(METHODS, (by_git, by_nbdime, by_percent, by_perijove, by_perijove_as_text, by_git_on_our_text), strict=True)
)


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


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
            scores[name].by_hand += row[name] == "different" and by_hand(versions, people)
        rows.append(row)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
    found = report(rows, scores, times)
    print(found)
    if not given.only and not given.method and len(rows) > 200:
        put("Merge", "benchmarks/merge.py REPOSITORIES", found)


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


def by_hand(versions: Three, people: list[tuple[str, str]]) -> bool:
    """Whether people wrote lines into a merge that no version of it has."""
    had = {line for side in versions for _, source in cells_of(read(side)) for line in source.split("\n")}
    return any(line not in had for _, source in people for line in source.split("\n"))


def report(rows: list[dict[str, str]], scores: dict[str, Score], times: dict[str, list[float]]) -> str:
    places = {row["merge"].split()[0] for row in rows}
    said = [
        f"{len(rows)} merges of {len(places)} repositories, `benchmarks/merges.tsv`\n",
        "| | as people committed | conflict | clean but different (by hand) | failed | cannot be opened "
        "| CPU s, median | all |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        used = times[name] or [0.0]
        different = f"{score.different} ({score.by_hand})"
        counts = f"{score.equal} | {score.conflicts} | {different} | {score.failed} | {score.unopenable}"
        said.append(f"| {name} | {counts} | {statistics.median(used):.4f} | {sum(used):.1f} |")
    union = [row for row in rows if any(row.get(name) == "equal" for name in PEERS)]
    said.append(f"| {', '.join(PEERS)}: at least one | {len(union)} | | | | | | |")
    ours, nbdime = scores[OURS], scores["nbdime"]
    broken = sum(score.unopenable + score.failed for name, score in scores.items() if name not in PEERS)
    bars = [
        (
            "as many as people committed as the peers together",
            f"{ours.equal} of {len(union)}",
            ours.equal >= len(union),
        ),
        ("no file that cannot be opened", str(broken), not broken),
        ("fewer conflicts than nbdime", f"{ours.conflicts} of {nbdime.conflicts}", ours.conflicts < nbdime.conflicts),
    ]
    said.append("\n| bar | figure | holds |\n|---|---|---|")
    said += [f"| {bar} | {figure} | {'yes' if holds else 'no'} |" for bar, figure, holds in bars]
    gained = sum(row.get(OURS) == "equal" for row in rows if row not in union)
    missed = [row["merge"].split("\t") for row in union if row.get(OURS) != "equal"]
    said.append(
        f"\nAs people committed by Perijove and no peer: {gained}. By a peer and not by Perijove: {len(missed)}."
    )
    said += [f"- {name} {commit[:12]} {path}: {NOTES.get(commit, 'not looked at')}." for name, commit, path in missed]
    return "\n".join(said)


if __name__ == "__main__":
    main()
