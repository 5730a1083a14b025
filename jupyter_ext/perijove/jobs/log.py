"""The sequence that a slice is taken over: cells as they ran since the kernel was last started, or as they stand.

Vocabulary
  entry      one run of a cell, with its source as it was executed; in document order each code cell is one entry
  stopped    a failed entry ran up to the line at which it stopped; what follows that line never ran
  version    a cell that ran with several texts has several; the last one is what the notebook should hold
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from perijove.core.executions import Execution, Session
from perijove.jobs.notebook import Notebook


@dataclass(frozen=True)
class Entry:
    """One run of a cell. ``index`` is its place in the sequence, ``cell`` the cell's id, ``place`` the cell's index in
    the notebook (None for a cell that was deleted), ``nth`` which run of the cell with a kept text it is, from 1.

    ``stopped`` is the line at which a failed entry stopped, 0 where that is not known; ``masked`` says that a secret
    was taken out of its text, so that it is not what was executed.
    """

    index: int
    cell: str
    source: str
    count: int = 0
    ok: bool = True
    at: datetime | None = None
    stopped: int = 0
    place: int | None = None
    nth: int = 1
    masked: bool = False

    @property
    def name(self) -> str:
        """The cell: ``cell 3 (load)``."""
        return f"deleted cell ({self.cell})" if self.place is None else f"cell {self.place} ({self.cell})"

    @property
    def heading(self) -> str:
        """The cell at the beginning of a sentence."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def title(self) -> str:
        """The run of the cell at the beginning of a sentence."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def label(self) -> str:
        """What a person calls it: ``cell 3 (load), second run``."""
        return self.name if self.nth == 1 else f"{self.name}, {_ordinal(self.nth)} run"


def in_document(notebook: Notebook) -> list[Entry]:
    """Each code cell once, in the order of the notebook."""
    code = [cell for cell in notebook.cells if cell.code]
    return [Entry(index, cell.id, cell.source, place=cell.index) for index, cell in enumerate(code)]


def in_log(notebook: Notebook, session: Session) -> list[Entry]:
    """What a session ran, in its order. A masked text is given back from the notebook where that tells what it was."""
    cells = {cell.id: cell for cell in notebook.cells if cell.code}
    runs: Counter[str] = Counter()
    entries: list[Entry] = []
    for one in session.executions:
        cell = cells.get(one.cell)
        source, masked = _unmasked(one, cell.source if cell is not None else None)
        if not source.strip():
            continue
        runs[one.cell] += 1
        entries.append(
            Entry(
                len(entries),
                one.cell,
                source,
                one.count,
                one.ok,
                one.at,
                one.line,
                cell.index if cell is not None else None,
                runs[one.cell],
                masked,
            )
        )
    return entries


def _unmasked(ran: Execution, now: str | None) -> tuple[str, bool]:
    """The source as it was executed, and whether that is not known for certain."""
    if not ran.masked or ran.source == now:
        return ran.source, False
    if now is not None and masked_alike(ran.source, now):
        return now, False
    return ran.source, True


def masked_alike(masked: str, text: str) -> bool:
    """Whether masking secrets may have made one text of the other: all between the masks stands in it, in order."""
    parts = masked.split("***")
    if not (text.startswith(parts[0]) and text.endswith(parts[-1])):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(parts[-1])


def last_of(entries: Sequence[Entry], cell: str) -> Entry | None:
    """The last run of a cell that did not fail, or the last one where all failed."""
    runs = [entry for entry in entries if entry.cell == cell]
    return next((entry for entry in reversed(runs) if entry.ok), runs[-1] if runs else None)


def _ordinal(number: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth")
    return words[number - 1] if number <= len(words) else f"{number}th"
