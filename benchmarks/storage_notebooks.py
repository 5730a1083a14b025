"""The notebooks that the storage benchmark measures: found in a folder, or made."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perijove.core.errors import Invalid
from perijove.storage.check import read

Notebook = dict[str, Any]
WORDS = (
    *("data", "frame", "model", "fit", "plot", "axis", "mean", "loss", "epoch", "batch"),
    *("the", "of", "and", "a", "train", "test", "score", "value", "join"),
)


def collected(folder: Path) -> list[Notebook]:
    """Read every valid notebook below a folder."""
    notebooks = []
    for file in sorted(folder.rglob("*.ipynb")):
        try:
            notebooks.append(read(file))
        except Invalid:
            continue
    return notebooks


def made(cells: int, *, minor: int = 5, images: int = 0) -> Notebook:
    """Make a notebook: code with text output, Markdown, and some images."""
    content: list[dict[str, Any]] = []
    for index in range(cells):
        lines = [" ".join(random.choices(WORDS, k=8)) for _ in range(random.randint(2, 10))]
        cell: dict[str, Any] = {"metadata": {}, "source": "\n".join(lines)}
        if index % 3 == 0:
            cell["cell_type"] = "markdown"
        else:
            text = "\n".join(" ".join(random.choices(WORDS, k=9)) for _ in range(8)) + "\n"
            outputs: list[dict[str, Any]] = [{"output_type": "stream", "name": "stdout", "text": text}]
            if index % 3 == 1 and index // 3 < images:
                outputs.append(image(30_000))
            cell |= {"cell_type": "code", "execution_count": index, "outputs": outputs}
        if minor >= 5:
            cell["id"] = f"{random.getrandbits(32):08x}"
        content.append(cell)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": spec, "language_info": {"name": "python", "version": "3.11.7"}}
    return {"cells": content, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def with_pictures(cells: int, size: int) -> Notebook:
    """Make a notebook with pictures of so many bytes of base64 in all."""
    return _with(made(cells), lambda share: image(share * 3 // 4), size)


def with_logs(cells: int, size: int) -> Notebook:
    """Make a notebook with logs of so many characters in all."""
    return _with(made(cells), lambda share: {"output_type": "stream", "name": "stderr", "text": log(share)}, size)


def edited(notebook: Notebook) -> Notebook:
    """Change a line in ten cells, add a cell and take one away."""
    after = copied(notebook)
    for cell in after["cells"][5::50]:
        cell["source"] += "\nedited = True"
    new = copied(after["cells"][1])
    if "id" in new:
        new["id"] = "new"
    after["cells"].insert(100, new | {"source": "a new cell\nof two lines"})
    del after["cells"][300]
    return after


def rerun(notebook: Notebook) -> Notebook:
    """Run everything again: other counts, other pictures, other numbers in logs."""
    after = copied(notebook)
    for cell in after["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] += 100
            output = cell["outputs"][-1]
            if "data" in output:
                output["data"]["image/png"] = image(len(output["data"]["image/png"]) * 3 // 4)["data"]["image/png"]
            else:
                output["text"] = log(len(output["text"]))
    return after


def log(size: int) -> str:
    """Make the log of a training, so many characters long."""
    return "".join(f"epoch {step:4} loss {random.random():.6f} batch\n" for step in range(size // 32))


def _with(notebook: Notebook, make: Callable[[int], dict[str, Any]], size: int) -> Notebook:
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code:
        cell["outputs"].append(make(size // len(code)))
    return notebook


def image(size: int) -> dict[str, Any]:
    """Make an output with so many random bytes as a picture."""
    data = {"image/png": base64.b64encode(random.randbytes(size)).decode(), "text/plain": "<Figure size 640x480>"}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def copied(value: Any) -> Any:
    return json.loads(json.dumps(value))
