"""Runs each micro-case twice, whole and sliced, in processes of their own; prints what was sound and minimal."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot  # noqa: E402, F401 - loaded once, so that the forks below need not
import pandas  # noqa: E402, F401
import sklearn.linear_model  # noqa: E402, F401
import sklearn.preprocessing  # noqa: E402, F401
from IPython.core.interactiveshell import InteractiveShell  # noqa: E402

from perijove.jobs import backward_slice  # noqa: E402

FORK = multiprocessing.get_context("fork")


def run(cells, kept, answer):
    """Run the kept cells in a fresh shell and answer with what ``out`` is."""
    sys.stderr = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()):
        shell = InteractiveShell.instance()
        for index in kept:
            if not shell.run_cell(cells[index]).success:
                answer.put(f"cell {index} failed")
                return
    answer.put("value " + repr(shell.user_ns["out"]))


def value(cells, kept):
    answer = FORK.SimpleQueue()
    process = FORK.Process(target=run, args=(cells, kept, answer))
    process.start()
    found = answer.get()
    process.join()
    return found


def main():
    cases = json.loads(Path(__file__).with_name("cases.json").read_text())["cases"]
    report = {}
    for name, cells in cases.items():
        found = backward_slice(cells, len(cells) - 1)
        kept = sorted(found.value_cells | found.environment_cells)
        whole, sliced = value(cells, range(len(cells))), value(cells, kept)
        junk = next(index for index, cell in enumerate(cells) if cell.startswith("junk"))
        report[name] = {
            "sound": whole == sliced and whole.startswith("value "),
            "lean": junk not in kept,
            "opaque": bool(found.opaque),
            "values": [whole, sliced],
        }
    print(json.dumps(report))


if __name__ == "__main__":
    os.environ.setdefault("IPYTHONDIR", tempfile.mkdtemp())
    main()
