"""The values a notebook held: taken from a live kernel or a fresh run, and kept until a cell before them changes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from perijove.core.errors import Failed, Invalid
from perijove.core.project import Project
from perijove.jobs.log import Entry
from perijove.jobs.package import Plan
from perijove.jobs.ports import Kernels
from perijove.jobs.run_notebook import capture_code
from perijove.jobs.scratch import scratch
from perijove.jobs.verify import Teller, kept_output

SOURCES = "sources.json"
PATIENCE = 300.0


class Captured:
    """Where values of one notebook's cells are kept, and how they get there."""

    def __init__(self, project: Project, job: Plan, replay: bool = False) -> None:
        """``replay`` runs what the log holds, in its order, where values are taken from a fresh run."""
        ids = [job.entries[index].cell for index in job.chosen] or [f"={name}" for name in job.outputs]
        self.project = project
        self.job = job
        self.notebook = job.notebook
        self.replay = replay
        self.kept = sorted(job.found.value_cells | job.found.environment_cells | set(job.chosen))
        self.folder = project.state / "values" / _slug(self.notebook.path) / _slug("+".join(ids))

    def stored(self, names: Sequence[str]) -> Path:
        """The values of the last run; raises Invalid where there are none, or where a cell has changed since."""
        try:
            sources = json.loads((self.folder / SOURCES).read_text("utf-8"))
            listed = json.loads((self.folder / "values.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Invalid(
                "There are no values of these cells to compare with.",
                hint="Add --run to run the notebook first, or export from Lab while its kernel is live.",
            ) from error
        if sources != self._sources() or {entry["name"] for entry in listed["values"]} != set(names):
            raise Invalid(
                "The cells have changed since their values were captured.", hint="Add --run to run the notebook again."
            )
        return self.folder

    def from_kernel(self, kernels: Kernels, kernel_id: str, names: Sequence[str]) -> Path:
        """Take the values from a live kernel."""
        with self._fresh() as new:
            kernels.execute(kernel_id, capture_code(list(names), str(new)), PATIENCE)
            return self._keep(new, names)

    def from_run(self, teller: Teller, names: Sequence[str]) -> tuple[Path, str]:
        """Run the notebook in a fresh kernel and take the values; also gives what failed in later cells."""
        with self._fresh() as new:
            _, later = self.again(teller, names, new.parent)
            executed = new.parent / f"{new.name}.executed.ipynb"
            place = self._keep(new, names)
            if executed.exists():
                executed.replace(place / "executed.ipynb")
            return place, later

    def again(self, teller: Teller, names: Sequence[str], folder: Path) -> tuple[Path, str]:
        """Run the notebook in a fresh kernel; its values go to ``values`` in a folder and are not kept."""
        new = folder / "values"
        new.mkdir(exist_ok=True)
        file, after = self._program(folder)
        argv = [sys.executable, "-m", "perijove.jobs.run_notebook", str(file), str(new)]
        argv += ["--folder", str(self.notebook.file.parent), "--after", str(after)]
        argv += [word for name in names for word in ("--name", name)]
        home = {"PERIJOVE_HOME": str(self.project.state), "PERIJOVE_NOTEBOOK": self.notebook.path}
        code, text = kept_output(teller, argv, self.notebook.file.parent, {**os.environ, **home}, folder / "run.log")
        answer = _answer(text)
        if code or not answer.get("ok"):
            reason = answer.get("error") or text[-600:] or f"it ended with {code}"
            raise Failed(f"The notebook did not run: {reason}", hint="Run it in Lab to see where it stops.")
        return new, answer.get("later", "")

    def check(self, values: Path) -> None:
        """Raise Invalid where nothing of what was captured can be compared."""
        listed = json.loads((values / "values.json").read_text("utf-8"))["values"]
        if all(entry["kind"] == "none" for entry in listed):
            one = listed[0]
            raise Invalid(
                f"“{one['name']}” cannot be compared with what a job yields: {one['detail']}",
                hint="Choose a cell that makes a table, an array, a number, a text, a figure or a model of it.",
            )

    def _program(self, folder: Path) -> tuple[Path, int]:
        """The notebook to run and the index of the cell after which values are taken."""
        code = [cell.index for cell in self.notebook.cells if cell.code]
        if not self.replay:
            places = [place for index in self.job.chosen if (place := self.job.entries[index].place) is not None]
            return self._as_file(folder), max(places, default=code[-1])
        cells = [_cell(entry) for entry in self.job.entries]
        file = folder / "replay.ipynb"
        file.write_text(json.dumps({**self.notebook.document, "cells": cells}), "utf-8")
        return file, max(self.job.chosen, default=len(cells) - 1)

    def _as_file(self, folder: Path) -> Path:
        """The notebook as a file that nbformat reads; one kept as text is written beside the values."""
        if self.notebook.file.suffix == ".ipynb":
            return self.notebook.file
        file = folder / "notebook.ipynb"
        file.write_text(json.dumps(self.notebook.document), "utf-8")
        return file

    @contextmanager
    def _fresh(self) -> Iterator[Path]:
        """A folder beside the kept ones that is gone afterwards, unless it was moved into place."""
        with scratch(self.folder.parent, ".new-") as place:
            (place / "values").mkdir()
            yield place / "values"

    def _keep(self, new: Path, names: Sequence[str]) -> Path:
        if not (new / "values.json").is_file():
            raise Failed(
                "The kernel gave no values.",
                hint="See the kernel's output; it may have ended.",
            )
        (new / SOURCES).write_text(json.dumps(self._sources()), "utf-8")
        if self.folder.exists():
            self.folder.rename(new.parent / "old")
        new.rename(self.folder)
        return self.folder

    def _sources(self) -> dict[str, str]:
        return {
            f"{index} {self.job.entries[index].cell}": hashlib.sha256(
                self.job.entries[index].source.encode("utf-8", "replace")
            ).hexdigest()
            for index in self.kept
        }


def _cell(entry: Entry) -> dict[str, Any]:
    """A run of a cell as a cell of its own; one that failed may fail again."""
    about = {} if entry.ok else {"tags": ["raises-exception"]}
    kind: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
    return {**kind, "id": f"run-{entry.index}", "metadata": about, "source": entry.source}


def _answer(text: str) -> dict[str, str]:
    for line in reversed(text.splitlines()):
        if line.startswith('{"ok"'):
            return dict(json.loads(line))
    return {}


def _slug(text: str) -> str:
    """A folder name for a text: readable, and never the same for two texts."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:60] or "x"
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
