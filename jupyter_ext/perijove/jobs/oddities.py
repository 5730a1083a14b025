"""What is odd about how a notebook ran, as findings: another order, cells that changed or are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from perijove.jobs.log import Entry
from perijove.jobs.model import Finding
from perijove.jobs.notebook import Notebook
from perijove.jobs.slice import BackwardSlice

Place = tuple[object, ...]
Graph = tuple[Counter[Place], set[tuple[Place, Place, str, bool]]]


def of_log(notebook: Notebook, entries: Sequence[Entry], found: BackwardSlice) -> list[Finding]:
    """What is odd about the kept entries of a log that does not tell the notebook's own story."""
    kept = _kept(entries, found)
    texts = {cell.id: cell.source for cell in notebook.cells}
    findings = [_gone(entry) for entry in kept if entry.place is None]
    findings += _changed(kept, texts)
    findings += _again(kept)
    findings += _out_of_order(kept)
    findings += [
        Finding(
            "secret",
            "refusal",
            entry.cell,
            f"A secret was taken out of what is known of {entry.label}, and the notebook no longer says what it was.",
            "Run the cell again, best with the secret in an environment variable.",
        )
        for entry in kept
        if entry.masked
    ]
    return findings


def differing(notebook: Notebook, entries: Sequence[Entry], found: BackwardSlice) -> bool:
    """Whether a kept entry of a log is not what the notebook's text says now."""
    texts = {cell.id: cell.source for cell in notebook.cells if cell.code}
    last = {entry.cell: entry.index for entry in entries}
    kept = _kept(entries, found)
    return any(last[entry.cell] == entry.index and texts.get(entry.cell) != entry.source for entry in kept)


def several_stories(
    entries: Sequence[Entry], found: BackwardSlice, others: Sequence[Entry], other: BackwardSlice
) -> list[Finding]:
    """A finding where two orders of the same notebook give slices that differ, in statements or in dependencies."""
    if _graph(entries, found) == _graph(others, other):
        return []
    return [
        Finding(
            "out_of_order",
            "warning",
            "",
            "The cells ran in an order that gives something else than the notebook from top to bottom.",
            "Restart the kernel and run all cells, or export in the order of the log.",
        )
    ]


def dropped_lines(entries: Sequence[Entry], found: BackwardSlice) -> list[Finding]:
    """A finding for each statement that is needed and not there."""
    findings = []
    for one in found.missing:
        entry = entries[one.cell]
        lines = f"Line {one.first}" if one.first == one.last else f"Lines {one.first} to {one.last}"
        user = "the variable" if one.user < 0 else entries[one.user].label
        if one.kind == "dropped":
            text = f"{lines} of {entry.label} left out by hand is needed by {user}: {one.because}."
            findings.append(Finding("dropped_line", "warning", entry.cell, text, "Take it in again."))
        else:
            text = f"{entry.title} failed in line {one.first}, and {user} may need what was done till then."
            hint = "Correct the cell, restart the kernel and run all cells."
            findings.append(Finding("hidden_state", "warning", entry.cell, text, hint))
    blind = {
        one.cell: entries[one.cell]
        for one in found.statements
        if not entries[one.cell].ok and not entries[one.cell].stopped
    }
    return findings + [
        Finding(
            "hidden_state",
            "warning",
            entry.cell,
            f"{entry.title} failed when it ran, and it is not known in which line.",
            "Correct the cell, restart the kernel and run all cells.",
        )
        for entry in blind.values()
    ]


def _kept(entries: Sequence[Entry], found: BackwardSlice) -> list[Entry]:
    return [entries[index] for index in sorted(found.value_cells | found.environment_cells)]


def _gone(entry: Entry) -> Finding:
    first = next((line.strip() for line in entry.source.splitlines() if line.strip()), "")[:60]
    return Finding(
        "hidden_state",
        "warning",
        entry.cell,
        f"A cell that is no longer in the notebook is needed; it began with “{first}”.",
        "The job has it as it ran. Put it back into the notebook to keep both alike.",
    )


def _changed(kept: Sequence[Entry], texts: dict[str, str]) -> list[Finding]:
    last = {entry.cell: entry for entry in kept}
    return [
        Finding(
            "changed_since_run",
            "warning",
            entry.cell,
            f"The text of {entry.label} has changed since it ran.",
            "The job has the text that ran. Run the cell again to have the new one.",
        )
        for entry in last.values()
        if entry.place is not None and texts.get(entry.cell) != entry.source
    ]


def _again(kept: Sequence[Entry]) -> list[Finding]:
    runs = Counter(entry.cell for entry in kept)
    last = {entry.cell: entry for entry in kept}
    return [
        Finding(
            "run_again",
            "warning",
            cell,
            f"{last[cell].heading} ran {runs[cell]} times, and each run counts.",
            "The job runs it as often.",
        )
        for cell in runs
        if runs[cell] > 1
    ]


def _out_of_order(kept: Sequence[Entry]) -> list[Finding]:
    furthest: Entry | None = None
    for entry in kept:
        if entry.place is None:
            continue
        if furthest is not None and furthest.place is not None and entry.place < furthest.place:
            return [
                Finding(
                    "out_of_order",
                    "warning",
                    entry.cell,
                    f"{furthest.title} ran before {entry.label}, which stands above it.",
                    "The job keeps the order in which they ran. Put the cells into it, or run all from the top.",
                )
            ]
        if furthest is None or furthest.place is None or entry.place > furthest.place:
            furthest = entry
    return []


def _graph(entries: Sequence[Entry], found: BackwardSlice) -> Graph:
    """The kept statements by cell and text, and which needs which."""
    names: dict[int, Place] = {}
    for at in found.kept:
        unit = found.units[at]
        entry = entries[unit.cell]
        names[at] = (entry.cell, unit.first, unit.last, entry.source, entry.ok)
    edges = {
        (names[at], names[other], why, environment)
        for at in found.kept
        for other, (why, environment) in found.edges[at].items()
        if other in names
    }
    return Counter(names.values()), edges
