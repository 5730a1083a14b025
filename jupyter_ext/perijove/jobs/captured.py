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

from perijove.core.errors import Failed, Invalid
from perijove.core.project import Project
from perijove.jobs.notebook import Notebook
from perijove.jobs.ports import Kernels
from perijove.jobs.run_notebook import capture_code
from perijove.jobs.scratch import scratch
from perijove.jobs.verify import Teller, kept_output

SOURCES = "sources.json"
PATIENCE = 300.0


class Captured:
    """Where values of one notebook's cells are kept, and how they get there."""

    def __init__(self, project: Project, notebook: Notebook, chosen: Sequence[int], kept: Sequence[int]) -> None:
        ids = [notebook.cells[index].id for index in chosen]
        self.project = project
        self.notebook = notebook
        self.chosen = chosen
        self.kept = sorted({*kept, *chosen})
        self.folder = project.state / "values" / _slug(notebook.path) / _slug("+".join(ids))

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
            log = new.parent / "run.log"
            argv = [sys.executable, "-m", "perijove.jobs.run_notebook", str(self._as_file(new.parent)), str(new)]
            argv += ["--folder", str(self.notebook.file.parent), "--after", str(max(self.chosen))]
            argv += [word for name in names for word in ("--name", name)]
            home = {"PERIJOVE_HOME": str(self.project.state), "PERIJOVE_NOTEBOOK": self.notebook.path}
            code, text = kept_output(teller, argv, self.notebook.file.parent, {**os.environ, **home}, log)
            answer = _answer(text)
            if code or not answer.get("ok"):
                reason = answer.get("error") or text[-600:] or f"it ended with {code}"
                raise Failed(f"The notebook did not run: {reason}", hint="Run it in Lab to see where it stops.")
            executed = new.parent / f"{new.name}.executed.ipynb"
            place = self._keep(new, names)
            if executed.exists():
                executed.replace(place / "executed.ipynb")
            return place, answer.get("later", "")

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
        return {self.notebook.cells[index].id: self.notebook.cells[index].hash for index in self.kept}


def _answer(text: str) -> dict[str, str]:
    for line in reversed(text.splitlines()):
        if line.startswith('{"ok"'):
            return dict(json.loads(line))
    return {}


def _slug(text: str) -> str:
    """A folder name for a text: readable, and never the same for two texts."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:60] or "x"
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
