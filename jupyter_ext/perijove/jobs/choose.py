"""From what somebody chose to a program: the entries to slice over, the ones that are wanted, and what is odd about it.

The execution log counts where there is one. If it tells the same story as the notebook read from top to bottom – the
same statements with the same dependencies – then the notebook's order is taken, for a job that reads like the notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perijove.core.errors import Invalid, NotFound, PerijoveError
from perijove.core.executions import Executions
from perijove.jobs.effects import Effects
from perijove.jobs.log import Entry, in_document, in_log, last_of
from perijove.jobs.model import Choice, Finding, LineRef, Order
from perijove.jobs.notebook import Notebook
from perijove.jobs.oddities import differing, dropped_lines, of_log, several_stories
from perijove.jobs.outputs import makers_of
from perijove.jobs.slice import Analysis, BackwardSlice


@dataclass(frozen=True)
class Picked:
    """What is sliced: the program as entries, the wanted ones (by their place in it) or a variable, and the slice.

    ``order`` says whose order the entries are in; cells in ``found`` are indices into ``entries``.
    """

    notebook: Notebook
    entries: tuple[Entry, ...]
    targets: tuple[int, ...]
    variable: str
    order: Order
    found: BackwardSlice
    findings: tuple[Finding, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """The findings as sentences."""
        return [f"{one.message} {one.hint}".strip() for one in self.findings]


@dataclass(frozen=True)
class _Story:
    """A program that was sliced for the choice."""

    entries: tuple[Entry, ...]
    targets: tuple[int, ...]
    found: BackwardSlice


class _Chooser:
    """Slices for one choice, over whichever entries."""

    def __init__(self, notebook: Notebook, choice: Choice, log: Executions | None, effects: Effects | None) -> None:
        self.notebook = notebook
        self.choice = choice
        self.log = log
        self.effects = effects
        given = [bool(choice.cells), bool(choice.variable), bool(choice.ref)]
        if sum(given) != 1:
            raise Invalid(
                "Nothing is chosen."
                if not any(given)
                else "Choose cells, a variable or an output, not several of them.",
                hint="Name cells by id or index, or a variable, or a ref like run:… or dataset:….",
            )

    def story(self, entries: Sequence[Entry]) -> _Story:
        """The slice over these entries."""
        stopped = [0 if entry.ok else entry.stopped for entry in entries]
        sources, fine = [entry.source for entry in entries], [entry.ok for entry in entries]
        analysis = Analysis(sources, ok=fine, stopped=stopped, effects=self.effects)
        targets = () if self.choice.variable else self._targets(entries, analysis)
        keep, drop = self._lines(entries, self.choice.keep, False), self._lines(entries, self.choice.drop, True)
        try:
            found = analysis.slice(self.choice.variable or targets, keep, drop)
        except Invalid as error:
            raise self._in_words(error, analysis, entries) from error
        return _Story(tuple(entries), targets, found)

    def _in_words(self, error: Invalid, analysis: Analysis, entries: Sequence[Entry]) -> Invalid:
        """A syntax error with the cell's own name instead of its place in the sequence."""
        if error is not analysis.problem:
            return error
        at = len(analysis.plain)
        return Invalid(str(error).replace(f"Cell {at}", entries[at].title, 1), hint=error.hint)

    def _targets(self, entries: Sequence[Entry], analysis: Analysis) -> tuple[int, ...]:
        if self.choice.ref:
            wanted = makers_of(self.choice.ref, self.notebook, entries, analysis, self.log)
        else:
            wanted = [self.notebook.cells[index].id for index in self.notebook.choose(self._living(entries))]
            wanted += [cell for cell in self.choice.cells if self._deleted(cell, entries)]
        found = []
        for cell in wanted:
            entry = last_of(entries, cell)
            if entry is None:
                raise NotFound(f"Cell {cell} did not run.", hint="Run it, or take the notebook's order.")
            if not entry.ok:
                raise Invalid(f"{entry.title} failed when it ran.", hint="Correct it and run it again.")
            found.append(entry.index)
        return tuple(sorted(set(found)))

    def _living(self, entries: Sequence[Entry]) -> list[str]:
        return [cell for cell in self.choice.cells if not self._deleted(cell, entries)]

    def _deleted(self, cell: str, entries: Sequence[Entry]) -> bool:
        known = {one.id for one in self.notebook.cells}
        return cell not in known and any(entry.cell == cell for entry in entries)

    def _lines(self, entries: Sequence[Entry], refs: Sequence[LineRef], every: bool) -> list[tuple[int, int]]:
        """The lines that refs name: in the last run of their cell, or in every run."""
        found = []
        for ref in refs:
            cell = ref.cell
            if not any(entry.cell == cell for entry in entries):
                cell = self.notebook.cells[self.notebook.choose([cell])[0]].id
            runs = [entry for entry in entries if entry.cell == cell]
            last = last_of(entries, cell)
            if last is None:
                raise NotFound(f"Cell {cell} did not run.", hint="Name a line of a cell that did.")
            found += [(entry.index, ref.line) for entry in (runs if every else [last]) if entry.source == last.source]
        return found


def pick(notebook: Notebook, choice: Choice, log: Executions | None = None, effects: Effects | None = None) -> Picked:
    """The program for a choice, sliced; raises Invalid or NotFound where there is no such thing."""
    chooser = _Chooser(notebook, choice, log, effects)
    entries = _logged(notebook, choice, log)
    if choice.order == "log" and not entries:
        raise NotFound(
            f"Nothing is known of how {notebook.path} ran.",
            hint="Run it in a kernel of Perijove, or take the notebook's order.",
        )
    if choice.order == "document" or not entries:
        document = chooser.story(in_document(notebook))
        other = _try(chooser, entries) if entries else None
        odd = several_stories(document.entries, document.found, other.entries, other.found) if other else []
        return _picked(chooser, document, "document", odd)
    if choice.order == "log":
        return _from_log(chooser, chooser.story(entries))
    logged = _try(chooser, entries)
    if logged is None or (not choice.kernel_id and differing(notebook, logged.entries, logged.found)):
        return _picked(chooser, chooser.story(in_document(notebook)), "document", [])
    read = _try(chooser, in_document(notebook))
    if read is not None and not several_stories(read.entries, read.found, logged.entries, logged.found):
        return _picked(chooser, read, "document", [])
    return _from_log(chooser, logged)


def _logged(notebook: Notebook, choice: Choice, log: Executions | None) -> list[Entry]:
    if log is None:
        return []
    session = log.session(notebook.path, choice.kernel_id) if choice.kernel_id else None
    if session is None:
        newest = log.session(notebook.path)
        session = newest if newest is not None and (not choice.kernel_id or newest.alone) else None
    return in_log(notebook, session) if session is not None else []


def _try(chooser: _Chooser, entries: Sequence[Entry]) -> _Story | None:
    """The slice over these entries, None where the choice means nothing there."""
    try:
        return chooser.story(entries)
    except PerijoveError:
        return None


def _from_log(chooser: _Chooser, story: _Story) -> Picked:
    return _picked(chooser, story, "log", of_log(chooser.notebook, story.entries, story.found))


def _picked(chooser: _Chooser, story: _Story, order: Order, odd: Sequence[Finding]) -> Picked:
    findings = (*odd, *dropped_lines(story.entries, story.found))
    return Picked(chooser.notebook, story.entries, story.targets, chooser.choice.variable, order, story.found, findings)
