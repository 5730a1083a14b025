"""What a job will hold, decided before anything is written."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perijove.core.errors import Invalid
from perijove.jobs.describe import describe, found_settings, output_names
from perijove.jobs.emit import Program, program
from perijove.jobs.log import Entry
from perijove.jobs.model import Slice
from perijove.jobs.notebook import Notebook
from perijove.jobs.slice import BackwardSlice
from perijove.jobs.vendored import beside, imported


@dataclass(frozen=True)
class Plan:
    """A job before it is written: name, notebook, what ran, which of it was chosen, the slice, and the program made of
    it. ``beside`` are modules that lie beside the notebook and come along, by their path from the job's ``src``;
    ``by_hand`` those that files import which an engineer wrote or changed in the job's folder."""

    name: str
    notebook: Notebook
    entries: tuple[Entry, ...]
    chosen: tuple[int, ...]
    found: BackwardSlice
    described: Slice
    program: Program
    beside: dict[str, Path]
    by_hand: tuple[str, ...] = ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the values that the job yields."""
        return self.program.outputs

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that come from packages."""
        own = {path.partition("/")[0].removesuffix(".py") for path in self.beside}
        extra = ("distributed",) if self.program.uses_cluster else ()
        return (*(one for one in self.program.modules if one.partition(".")[0] not in own), *extra)

    @property
    def also(self) -> tuple[str, ...]:
        """The modules that other files import: some beside the notebook perhaps only where they are there."""
        own = {path.partition("/")[0].removesuffix(".py") for path in self.beside}
        found = {one for file in self.beside.values() for one in imported(file.read_text("utf-8", "replace"))}
        return tuple(sorted({*found, *self.by_hand} - own))


def plan(
    name: str,
    notebook: Notebook,
    chosen: Sequence[int],
    found: BackwardSlice,
    entries: Sequence[Entry] = (),
    variable: str = "",
) -> Plan:
    """Decide what a job will hold; raises Invalid for a bad name or a slice that cannot become a job.

    ``chosen`` are indices into ``entries``, which are the cells of the notebook where none are given; ``variable`` is
    the value that was asked for in place of a cell.
    """
    check_name(name)
    ran = tuple(entries) or as_they_stand(notebook)
    outputs = [variable] if variable else output_names(found, chosen)
    described = describe(notebook, found, chosen, ran, variable)
    if not outputs:
        raise Invalid(
            "The chosen cells define no value to compare.", hint="Choose a cell that assigns a result to a name."
        )
    settings = found_settings(notebook, found, outputs, ran)
    made = program(found, outputs, settings, [entry.label for entry in ran], [entry.cell for entry in ran])
    if name in {module.partition(".")[0] for module in made.modules}:
        raise Invalid(f"The notebook imports a module “{name}”.", hint="Give the job another name.")
    return Plan(name, notebook, ran, tuple(chosen), found, described, made, beside(notebook, made.modules))


def as_they_stand(notebook: Notebook) -> tuple[Entry, ...]:
    """The cells of a notebook in document order, by their index in it."""
    return tuple(Entry(cell.index, cell.id, cell.source, place=cell.index) for cell in notebook.cells)


def check_name(name: str) -> None:
    """Raise Invalid unless a name can be a job's: small letters, digits and underscores, and no word of Python."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise Invalid(
            f"“{name}” cannot be the name of a job.",
            hint="Begin with a small letter; use small letters, digits and underscores; take no word of Python's own.",
        )
    if name in sys.stdlib_module_names or name in ("compare", "tests"):
        raise Invalid(f"“{name}” is a module of Python itself or of every job.", hint="Take another name.")
