"""What it costs to keep notebooks as text: beside nbformat, jupytext, nbdime and plain .ipynb files, in the same run.

    python benchmarks/storage.py [--collection FOLDER] [--rounds 3] [--write]

FOLDER holds .ipynb files, such as a clone of a public repository; without one, notebooks are made. Every figure is CPU
time (process and children), the least of the rounds, peers in turn. ``--write`` puts the table into RESULTS.md.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import put  # noqa: E402
from benchmarks.storage_notebooks import collected, copied, edited, made, rerun, with_logs, with_pictures  # noqa: E402

from perijove.storage import from_text, to_text  # noqa: E402
from perijove.storage.manifest import Manifest  # noqa: E402

Notebook = dict[str, Any]
Work = Callable[[], Any]


class Row(NamedTuple):
    """One comparison: seconds of CPU of ours and of the peer, and the most their ratio may be (None: for honesty)."""

    what: str
    peer: str
    ours: float
    theirs: float
    bar: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else float("inf")

    def line(self) -> str:
        bar = "–" if self.bar is None else f"≤ {self.bar:g} ×"
        holds = "–" if self.bar is None else "yes" if self.ratio <= self.bar else "**no**"
        figures = f"{self.ours:.3f} | {self.theirs:.3f} ({self.peer}) | {self.ratio:.3f} ×"
        return f"| {self.what} | {figures} | {bar} | {holds} |"


def cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (-1, 0)))


def least(works: list[Work], rounds: int) -> list[float]:
    """Do each work in turn, so many rounds; give the least CPU time of each.

    What lies in memory is kept out of the collector's way, so that nobody pays for what another has made.
    """
    gc.collect()
    gc.freeze()
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for index, work in enumerate(works):
            begin = cpu()
            work()
            best[index] = min(best[index], cpu() - begin)
    return best


def save_and_open(notebooks: list[Notebook], rounds: int) -> Iterator[Row]:
    """Sum over a collection, in memory: text, manifest and blobs against the JSON of nbformat and text of jupytext."""
    import jupytext
    import nbformat

    nodes = [nbformat.from_dict(notebook) for notebook in notebooks]
    jsons = [nbformat.writes(node) for node in nodes]
    percents = [jupytext.writes(node, fmt="py:percent") for node in nodes]
    stored = [
        (taken.text.encode(), taken.manifest.dumps(), taken.blobs | taken.attachments) for taken in map(to_text, nodes)
    ]

    def save_ours() -> None:
        for node in nodes:
            taken = to_text(node)
            taken.text.encode(), taken.manifest.dumps()

    def open_ours() -> None:
        for text, manifest, blobs in stored:
            from_text(text.decode(), Manifest.loads(manifest), blobs)

    ours, peer = least([save_ours, lambda: [nbformat.writes(node) for node in nodes]], rounds)
    count = f"{len(nodes)} notebooks"
    yield Row(f"save, {count}", "nbformat.writes", ours, peer, 1.0)
    works: list[Work] = [open_ours, lambda: [nbformat.reads(text, 4) for text in jsons]]
    works.append(lambda: [jupytext.reads(text, fmt="py:percent") for text in percents])
    ours, peer, text = least(works, rounds)
    yield Row(f"open, {count}", "nbformat.reads", ours, peer, 1.0)
    yield Row(f"open, {count}", "jupytext.reads, without outputs", ours, text, 0.2)


def large_save(rounds: int) -> Iterator[Row]:
    """Edit one cell of a notebook with 100 MB of outputs and save it to disk, against writing the .ipynb."""
    import nbformat

    from perijove.core.project import Project
    from perijove.storage.documents import Documents

    with tempfile.TemporaryDirectory(prefix="perijove-storage-") as name:
        folder = Path(name)
        project = Project(folder, folder / ".perijove")
        (folder / "perijove.toml").write_text("[storage]\nview = false\n")
        project.prepare()
        documents = Documents(project)
        whole = with_pictures(50, 100 * 2**20)
        documents.save(Path("large.py"), whole)
        live = documents.load(Path("large.py"), stubs=True).notebook
        node = nbformat.from_dict(copied(whole))
        number = iter(range(10**6))

        def save(notebook: Notebook) -> None:
            notebook["cells"][7]["source"] = f"edited = {next(number)}"
            documents.save(Path("large.py"), notebook)

        def save_plain() -> None:
            node.cells[7].source = f"edited = {next(number)}"
            nbformat.write(node, str(folder / "plain.ipynb"))

        ours, entire, peer = least([lambda: save(live), lambda: save(whole), save_plain], rounds)
        view = cpu()
        documents.load(Path("large.py"))
        view = cpu() - view
        documents.close()
    what = "save after a one-cell edit, 100 MB of outputs"
    yield Row(f"{what}, as live editing holds it (stubs)", "nbformat.write", ours, peer, 0.05)
    yield Row(f"{what}, whole notebook given", "nbformat.write", entire, peer, None)
    yield Row("open from disk whole, 100 MB of outputs", "nbformat.write", view, peer, None)


def differences(rounds: int) -> Iterator[Row]:
    """Compare 500 cells, of which ten were edited, one added and one removed, with nbdime."""
    import nbdime

    from perijove.storage.diff import diff

    def rows(
        what: str, before: Notebook, after: Notebook, bar: float, rounds: int, live: bool = False
    ) -> Iterator[Row]:
        import nbformat

        pair = nbformat.from_dict(copied(before)), nbformat.from_dict(copied(after))
        ours = (hollow(before), hollow(after)) if live else (before, after)
        mine, theirs = least([lambda: diff(*ours), lambda: nbdime.diff_notebooks(*pair)], rounds)
        yield Row(what, "nbdime", mine, theirs, bar)
        if live:
            (entire,) = least([lambda: diff(before, after)], rounds)
            yield Row(f"{what}, outputs in memory", "nbdime", entire, theirs, None)

    for minor, bar, times in ((5, 0.5, rounds), (4, 0.05, 1)):
        before = made(500, minor=minor)
        how = "with ids" if minor == 5 else "without ids"
        yield from rows(f"diff of 500 cells, {how}", before, edited(before), bar, times)
    for what, make in (("pictures", with_pictures), ("logs", with_logs)):
        before = make(500, 5 * 2**20)
        yield from rows(f"diff of 500 cells, 5 MB of {what} made again", before, rerun(before), 0.05, rounds, live=True)


def hollow(notebook: Notebook) -> Notebook:
    """Give a notebook as it is read for a comparison: text and manifest, large outputs by their hash."""
    taken = to_text(notebook)
    return from_text(taken.text, taken.manifest, taken.blobs, stubs=True, ids=True)


def git_status(notebooks: list[Notebook], rounds: int) -> Iterator[Row]:
    """Touch 1,000 notebooks in a repository and ask git for its status, text against plain files."""
    import nbformat

    with tempfile.TemporaryDirectory(prefix="perijove-git-") as name:
        folders = [Path(name) / kind for kind in ("text", "plain")]
        for folder in folders:
            folder.mkdir()
            git(folder, "init", "-q")
        for index in range(1000):
            notebook = notebooks[index % len(notebooks)]
            head = f"# {index}"
            notebook = {
                **notebook,
                "cells": [*notebook["cells"], {**made(1)["cells"][0], "id": "last", "source": head}],
            }
            notebook["nbformat_minor"] = 5 if all("id" in cell for cell in notebook["cells"]) else 4
            if notebook["nbformat_minor"] == 4:
                notebook["cells"] = [{key: cell[key] for key in cell if key != "id"} for cell in notebook["cells"]]
            (folders[0] / f"{index}.py").write_text(to_text(notebook).text, encoding="utf-8", newline="")
            text = nbformat.writes(nbformat.from_dict(notebook), version=nbformat.NO_CONVERT)
            (folders[1] / f"{index}.ipynb").write_text(text, encoding="utf-8")
        for folder in folders:
            git(folder, "add", "-A")
            git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all")
        seconds = iter(range(1, 10**6))
        ours, peer = least([lambda: touch(folders[0], next(seconds)), lambda: touch(folders[1], next(seconds))], rounds)
    yield Row("git status, 1,000 touched notebooks", "plain .ipynb", ours, peer, 0.5)


def touch(folder: Path, second: int) -> None:
    """Give every notebook another time and ask git what changed: nothing."""
    for file in folder.iterdir():
        if file.is_file():
            os.utime(file, (10**9 + second, 10**9 + second))
    assert git(folder, "status", "--porcelain") == ""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def table(rows: list[Row]) -> str:
    head = "| | ours, s CPU | peer, s CPU | ratio | bar | holds |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(row.line() for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collection", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    random.seed(7)
    notebooks = collected(given.collection) if given.collection else [made(40, images=6) for _ in range(100)]
    rows: list[Row] = []
    print(f"Python {platform.python_version()}, {len(notebooks)} notebooks")
    for measure in (
        lambda: save_and_open(notebooks, given.rounds),
        lambda: large_save(given.rounds),
        lambda: differences(given.rounds),
        lambda: git_status(notebooks, given.rounds),
    ):
        with contextlib.redirect_stderr(io.StringIO()):
            found = list(measure())
        rows += found
        print("\n".join(row.line() for row in found), flush=True)
    if given.write:
        where = f" --collection {given.collection.name.replace('+', '/')}" if given.collection else ""
        put("storage", f"python benchmarks/storage.py{where} --rounds {given.rounds}", table(rows))
    return 0 if all(row.bar is None or row.ratio <= row.bar for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
