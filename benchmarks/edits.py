"""Whether real notebooks come back whole from text, change by the edited lines only, and keep outputs on their cells.

    python benchmarks/edits.py [--write] FOLDER [FOLDER ...]

Each folder is a collection of .ipynb files, such as a clone of a public repository. Per collection: how many are found,
valid and lossless; how many change by exactly the edited line when one line is edited and everything is run again; how
many keep every output and id under six edits of the text in another program. ``--write`` puts the table into
RESULTS.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import put  # noqa: E402
from tests.storage import edits  # noqa: E402

from perijove.core.errors import Invalid  # noqa: E402
from perijove.storage.check import check, read  # noqa: E402

HEAD = (
    "| collection | found | valid | lossless | diff = edited line | outputs and ids right, six edits |\n"
    "|---|---|---|---|---|---|\n"
)


def measure(folder: Path) -> tuple[int, ...]:
    """Give found, valid, lossless, exact diffs, and notebooks times edits that are right, of how many."""
    report = check([folder])
    exact = right = tried = 0
    invalid = {loss.path for loss in report.invalid}
    for file in sorted(folder.rglob("*.ipynb")):
        if str(file) in invalid:
            continue
        try:
            notebook = read(file)
        except Invalid:
            continue
        exact += not list(edits.wrong_lines(notebook))
        for edit in edits.EDITS:
            tried += 1
            wrong = edits.misplaced(notebook, edit)
            right += not wrong
            if wrong:
                print(f"  {file.name}, {edit.__name__}: {wrong}", file=sys.stderr)
    return report.found, report.valid, report.lossless, exact, right, tried


def line(name: str, row: tuple[int, ...]) -> str:
    return f"| {name} | {row[0]} | {row[1]} | {row[2]} | {row[3]} | {row[4]} of {row[5]} |"


def main(folders: list[str]) -> int:
    keep = "--write" in folders
    folders = [name for name in folders if name != "--write"]
    rows = [(Path(name).name.replace("+", "/"), measure(Path(name))) for name in folders]
    total = tuple(map(sum, zip(*(row for _, row in rows), strict=True)))
    table = HEAD + "\n".join(line(*row) for row in [*rows, ("all", total)])
    print(table)
    if keep:
        put("edits", "python benchmarks/edits.py FOLDER …", table)
    return 0 if total[1] == total[2] == total[3] and total[4] == total[5] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
