"""How good and how fast slices are, on the CRABS notebooks with dependencies that people wrote down, beside peers.

    python benchmarks/slicing.py CHECKOUT [--part seen|unseen|all] [--peers SITE_PACKAGES] [--put]

CHECKOUT is a checkout of https://github.com/Meng6/crabs. Its notebooks are not in it; their cells stand in the prompts
of its records. The slicer was developed against every second notebook of its file, starting with the first ("seen").
Truth are the transitive dependencies between cells through variables, functions and classes; imports, random state,
files and figures are not part of it, so only the value slice counts here, without its imports. Peers are marimo's
visitor and soorgeon's inputs and outputs, taken where they can be imported, from SITE_PACKAGES or else.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import put  # noqa: E402

from perijove.jobs.slice import Analysis  # noqa: E402

Pairs = set[tuple[int, int]]
Method = Callable[[Sequence[str]], Pairs]
FENCE = "Current program block:\n```python\n"
PARTS = {"seen": slice(0, None, 2), "unseen": slice(1, None, 2), "all": slice(None)}


def notebooks(folder: Path) -> list[tuple[str, list[str], Pairs]]:
    """The notebooks in the order of the file: id, cells, and which cell needs which."""
    truth = json.loads((folder / "data" / "ProspectiveCorrectGivenSpecification.json").read_text())
    records = {
        path.stem.removeprefix("gpt-4o_log_a1_").partition("-")[2]: path
        for path in (folder / "data" / "outputs" / "records").glob("gpt-4o_log_a1_*.json")
    }
    found = []
    for head, *cells in truth:
        logs = [cell["log"] for cell in json.loads(records[head["id"]].read_text())]
        sources = [log[log.rindex(FENCE) + len(FENCE) :].partition("\n```\n\nFrom the following")[0] for log in logs]
        found.append((head["id"], sources[: len(cells)], closure(direct(cells))))  # two have a last cell without truth
    return found


def direct(cells: Sequence[dict[str, Any]]) -> Pairs:
    """Which cell needs which at first hand, as CRABS reads its own file."""
    data: dict[str, int] = {}
    code: dict[str, int] = {}
    found: Pairs = set()
    for at, cell in enumerate(cells):
        inputs = [one[1] if isinstance(one, list) else one for one in cell.get("inputs", ())]
        found |= {(at, data[one]) for one in inputs if one in data}
        data.update({one[1] if isinstance(one, list) else one: at for one in cell.get("outputs", ())})
        code.update(dict.fromkeys(cell.get("defines_code", ()), at))
        found |= {(at, code[one]) for one in cell.get("refers_code", ()) if code.get(one, at) != at}
    return found


def closure(pairs: Pairs) -> Pairs:
    """What is needed at any remove; cells need earlier ones only."""
    needs: dict[int, set[int]] = {}
    for at in sorted({one for one, _ in pairs}):
        own = {other for one, other in pairs if one == at}
        needs[at] = own.union(*(needs.get(other, set()) for other in own))
    return {(at, other) for at, others in needs.items() for other in others if other != at}


def ours(cells: Sequence[str]) -> Pairs:
    """The value slice of every cell, without cells that only import."""
    analysis = Analysis(cells)
    found: Pairs = set()
    for at in range(len(cells)):
        value, _ = analysis.whole_cells(analysis.slice(at), imports=False)
        found |= {(at, other) for other in value if other != at}
    return found


def latest(uses: Iterable[tuple[set[str], set[str]]]) -> Pairs:
    """Each name comes from the last cell that gave it."""
    given: dict[str, int] = {}
    found: Pairs = set()
    for at, (reads, writes) in enumerate(uses):
        found |= {(at, given[name]) for name in reads if given.get(name, at) != at}
        given.update(dict.fromkeys(writes, at))
    return closure(found)


def marimo() -> Method:
    """What marimo's visitor calls definitions and references; names of imports left out."""
    from marimo._ast.visitor import ScopedVisitor

    def method(cells: Sequence[str]) -> Pairs:
        uses = []
        for source in cells:
            tree = ast.parse(source)
            visitor = ScopedVisitor("cell")
            visitor.visit(tree)
            uses.append((set(visitor.refs), set(visitor.defs) - _imported(tree)))
        return latest(uses)

    return method


def soorgeon() -> Method:
    """What soorgeon calls inputs and outputs of a cell."""
    from soorgeon import io

    def method(cells: Sequence[str]) -> Pairs:
        uses = []
        for source in cells:
            try:
                reads, writes = io.find_inputs_and_outputs(source)
            except Exception:  # noqa: BLE001 - a cell that it cannot read has neither
                reads, writes = set(), set()
            tree = ast.parse(source)
            defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
            named = {
                node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
            uses.append((set(reads) | named - set(writes), set(writes) | defined))
        return latest(uses)

    return method


def _imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return found


def quality(method: Method, books: Sequence[tuple[str, list[str], Pairs]], tell: bool = False) -> list[str]:
    """Macro precision, recall and F1, notebooks that are exact, slices that are sound, and their size."""
    scores, sound, total, sizes = [], 0, 0, []
    for name, cells, truth in books:
        found = method(cells)
        hits = len(truth & found)
        for at in range(len(cells)):
            true = {other for one, other in truth if one == at}
            guess = {other for one, other in found if one == at}
            sound += true <= guess
            total += 1
            sizes.append((len(guess) + 1) / (len(true) + 1))
        if truth:
            precision, recall = hits / len(found) if found else 0.0, hits / len(truth)
            f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
            scores.append((precision, recall, f1))
            if tell and f1 < 1:
                print(f"{f1:.3f} {name}\n  lost {sorted(truth - found)[:12]}\n  more {sorted(found - truth)[:12]}")
    means = [statistics.mean(column) for column in zip(*scores, strict=True)]
    exact = sum(one[2] == 1 for one in scores)
    return [
        *(f"{one:.4f}" for one in means),
        f"{exact} of {len(scores)}",
        f"{100 * sound / total:.2f} %",
        f"{statistics.mean(sizes):.3f}",
    ]


def speed(books: Sequence[tuple[str, list[str], Pairs]], count: int = 1000) -> list[str]:
    """CPU seconds for a program of many cells, and milliseconds for its slices."""
    cells = [cell for _, sources, _ in books for cell in sources if "import *" not in cell]
    cells = (cells * (count // len(cells) + 1))[:count]
    begin = time.process_time()
    analysis = Analysis(cells)
    whole = time.process_time() - begin
    queries = []
    for at in range(count - 1, 0, -max(1, count // 100)):
        begin = time.process_time()
        analysis.slice(at)
        queries.append(1000 * (time.process_time() - begin))
    return [f"{whole:.2f}", f"{statistics.median(queries):.1f}", f"{max(queries):.1f}"]


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=[*PARTS], default="seen")
    parser.add_argument("--peers", default="")
    parser.add_argument("--tell", action="store_true", help="Say which dependencies are lost or too many.")
    parser.add_argument("--put", action="store_true", help="Write the figures into RESULTS.md.")
    asked = parser.parse_args()
    if asked.peers:
        sys.path.append(asked.peers)
    books = notebooks(asked.folder)
    methods: dict[str, Method] = {"Perijove": ours}
    for name, make in {"marimo": marimo, "soorgeon": soorgeon}.items():
        try:
            methods[name] = make()
        except ImportError as error:
            print(f"{name} is not measured: {error}")
    lines = ["| method | notebooks | precision | recall | F1 | exact | sound slices | size |", "|" + "---|" * 8]
    for part in PARTS if asked.part == "all" else (asked.part,):
        for name, method in methods.items():
            figures = quality(method, books[PARTS[part]], asked.tell and name == "Perijove")
            lines.append(f"| {' | '.join([name, part, *figures])} |")
    lines += ["", "| 1,000 cells | analysed, s CPU | slice, ms CPU, median | largest |", "|---|---|---|---|"]
    lines.append(f"| Perijove | {' | '.join(speed(books[PARTS['seen']]))} |")
    print("\n".join(lines))
    if asked.put:
        put("slicing", "python benchmarks/slicing.py CHECKOUT --part all --peers SITE_PACKAGES --put", "\n".join(lines))


if __name__ == "__main__":
    main()
