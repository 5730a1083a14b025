"""A process that saves a notebook, to be killed, refused and raced by tests: ``python saver.py FOLDER WHAT [N]``."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from perijove.core.errors import PerijoveError
from perijove.core.project import Project
from perijove.storage.documents import Documents
from perijove.storage.model import Changed

REFUSED = 3


def notebook(name: str, size: int = 3000) -> dict[str, Any]:
    """A small notebook whose every part differs by name."""
    picture = base64.b64encode((name.encode() * size)[:size]).decode()
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/png": picture, "text/plain": name}}
    counted = {"execution_count": len(name), "outputs": [output]}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {name}"},
            {"cell_type": "code", "id": "work", "metadata": {"tags": [name]}, "source": f"print('{name}')", **counted},
        ],
    }


def documents(folder: Path) -> Documents:
    """The documents of a folder that is a project of its own."""
    project = Project(folder, folder / ".perijove")
    project.prepare()
    return Documents(project)


def main(folder: Path, what: str, number: int) -> int:
    """Do what a test asks for."""
    own = documents(folder)
    file = folder / ("plain.ipynb" if what.startswith("plain") else "churn.py")
    if what == "count":
        _count(own, file, number)
    elif what == "race":
        for step in range(number):
            own.save(file, notebook(f"{sys.argv[4]} {step % 3}"))
    else:
        try:
            own.save(file, notebook(what))
            own.views.flush()
        except PerijoveError as error:
            print(json.dumps([error.kind, error.message]))
            return REFUSED
    return 0


def _count(own: Documents, file: Path, number: int) -> None:
    """Add one to the number in a cell so often, as two servers do that both check what they overwrite."""
    done = 0
    while done < number:
        document = own.load(file)
        cell = document.notebook["cells"][0]
        cell["source"] = str(int(cell["source"]) + 1)
        try:
            own.save(file, document.notebook, base=document.version)
            done += 1
        except Changed:
            continue


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0))
