"""Runs a notebook in a fresh kernel and captures values of chosen cells, in a process of its own.

``python -m perijove.jobs.run_notebook NOTEBOOK OUT --after INDEX --name N…`` prints one JSON line, with ``ok``,
``error`` and ``later`` (what failed once the values were taken).
The notebook itself is left as it is; the executed copy goes beside the values.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from perijove.jobs.render import template

RECORD = """
try:
    import perijove_kernel as _perijove
    _perijove.record()
except Exception as _error:
    print(f"Not recorded: {_error}")
"""


_RUN = """
import types
values = types.ModuleType("perijove_values")
exec(compile(VALUES, "values.py", "exec"), vars(values))
exec(compile(CAPTURE, "capture.py", "exec"), globals())
print(json.dumps({"captured": capture(values, NAMES, TARGET, get_ipython().user_ns)}))
"""


def capture_code(names: list[str], folder: str) -> str:
    """The code that captures names in a kernel and prints one JSON line; it needs and leaves nothing there.

    The writer is the very file that the job gets, so that both write alike.
    """
    given = {"VALUES": template("values.py"), "CAPTURE": template("capture.py"), "NAMES": names, "TARGET": folder}
    return f"exec({_RUN!r}, {{**{given!r}, 'get_ipython': get_ipython}})"


def main(arguments: list[str] | None = None) -> None:
    """Run the notebook and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m perijove.jobs.run_notebook", description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--folder", type=Path, help="Where the kernel runs; the notebook's own folder if not given.")
    parser.add_argument("--after", type=int, required=True, help="Capture after the cell of this index.")
    parser.add_argument("--name", action="append", default=[], help="A name to capture.")
    parser.add_argument("--timeout", type=float, default=3600, help="Seconds that one cell may take.")
    options = parser.parse_args(arguments)
    folder = options.folder or options.notebook.parent
    found = run(options.notebook, folder, options.out, options.after, options.name, options.timeout)
    print(json.dumps(found))


def run(notebook: Path, folder: Path, out: Path, after: int, names: list[str], timeout: float) -> dict[str, Any]:
    """Run all cells; capture once the last chosen one has run. What fails later does not spoil the values."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from nbformat.v4 import new_code_cell

    document = nbformat.read(notebook, as_version=4)
    kernel = document.metadata.get("kernelspec", {}).get("name", "python3")
    client = NotebookClient(
        document, timeout=timeout, kernel_name=kernel, resources={"metadata": {"path": str(folder)}}
    )
    out.mkdir(parents=True, exist_ok=True)
    answer = {"ok": False, "error": "", "later": ""}
    with client.setup_kernel():
        _quietly(client, new_code_cell(RECORD))
        for index, cell in enumerate(list(document.cells)):
            try:
                if cell.cell_type == "code":
                    client.execute_cell(cell, index)
                if index == after:
                    _quietly(client, new_code_cell(capture_code(names, str(out))))
                    answer["ok"] = True
            except (CellExecutionError, DeadKernelError, TimeoutError) as error:
                words = f"Cell {index} failed: {_reason(error)}"
                answer["later" if answer["ok"] else "error"] = words
                break
    nbformat.write(document, out.parent / f"{out.name}.executed.ipynb")
    return answer


def _quietly(client: Any, cell: Any) -> None:
    """Run code that is not the notebook's, leaving no trace in its history."""
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    finally:
        client.nb.cells.remove(cell)


def _reason(error: Exception) -> str:
    name, value = getattr(error, "ename", ""), getattr(error, "evalue", "")
    return f"{name}: {value}" if name else " ".join(str(error).split())[:300] or type(error).__name__


if __name__ == "__main__":
    main()
