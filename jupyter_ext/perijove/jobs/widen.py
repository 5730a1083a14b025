"""What to do when a job does not give the notebook's values: put in more of the notebook, or find that it is at fault.

First the cells that may matter are added – those that change state outside the program, then all that ran before –
and the job is proven again. If that does not help, the notebook itself is run again as the log tells: where it does not
give what the kernel held, the kernel had hidden state.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import PerijoveError
from perijove.jobs.captured import Captured
from perijove.jobs.choose import Picked
from perijove.jobs.exporter import Exporter
from perijove.jobs.findings import findings
from perijove.jobs.install import install
from perijove.jobs.merge import PLAIN
from perijove.jobs.model import Finding, LineRef, NewJob, Refresh, Verification
from perijove.jobs.package import GOLDEN, Plan, contents, edited, read_manifest
from perijove.jobs.scratch import scratch
from perijove.jobs.verify import Teller, verify

PATIENCE = 600.0


def widened(
    exporter: Exporter,
    folder: Path,
    found: Verification,
    teller: Teller,
    kept: Path | None,
    facts: Mapping[str, Any],
) -> Verification:
    """The verdict once more cells were put in, or as it was with what was found out about the notebook."""
    manifest = read_manifest(folder)
    if edited(folder):
        return found  # somebody's own changes are not ours to write over
    try:
        body, job, target = exporter.again(manifest, Refresh())
        values = Captured(exporter.project, job, job.described.order == "log").stored(job.outputs)
    except PerijoveError:
        return found  # the notebook has changed since: its values would not be those of this job
    for labels, wider in _wider(exporter, body):
        teller.step(None, f"Try again with {', '.join(labels)}")
        try:
            again = exporter.planned(job.name, wider)
        except PerijoveError:
            continue
        if again.outputs != job.outputs:
            continue
        choice = msgspec.structs.replace(
            body, keep=_lines(wider, wider.found.value_cells | wider.found.environment_cells)
        )
        made = contents(again, values, folder, str(manifest["run"]), facts, choice=choice, more=target.files)
        with scratch(folder.parent, f".{folder.name}-") as place:
            for path, content in made.items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content)
            verdict = verify(place, teller, kept)
        if verdict.verdict == "verified":
            gone = [path for path in manifest["files"] if path not in made]
            install(folder, {path: (PLAIN, content) for path, content in made.items()}, gone)
            return msgspec.structs.replace(verdict, widened=labels)
    noisy = [one.name for one in found.outputs if one.result == "not_deterministic"]
    unseeded = [one for one in findings(exporter.picked(body)) if one.kind == "unseeded"]
    told = _random(noisy, unseeded) if noisy or unseeded else _hidden(exporter, job, folder, teller)
    return msgspec.structs.replace(found, findings=told)


def _wider(exporter: Exporter, body: NewJob) -> Iterator[tuple[list[str], Picked]]:
    """Slices that keep more: what changes state outside the program, then everything that ran before."""
    first = exporter.picked(body)
    have = first.found.value_cells | first.found.environment_cells
    last = max(first.targets, default=len(first.entries) - 1)
    missing = [entry.index for entry in first.entries if entry.index < last and entry.index not in have and entry.ok]
    outside = [at for at in missing if _acts_outside(first, at)]
    for chosen in (outside, missing):
        if chosen and (chosen is missing or chosen != missing):
            wish = msgspec.structs.replace(body, keep=[*body.keep, *_lines(first, chosen)])
            try:
                yield [first.entries[at].label for at in chosen], exporter.picked(wish)
            except PerijoveError:
                continue


def _acts_outside(found: Picked, cell: int) -> bool:
    outside = found.found.notes.outside
    return any(unit.cell == cell and at in outside for at, unit in enumerate(found.found.units))


def _lines(found: Picked, cells: Sequence[int] | frozenset[int]) -> list[LineRef]:
    """The first line of each statement of these cells."""
    wanted = set(cells)
    refs = [LineRef(found.entries[one.cell].cell, one.first) for one in found.found.units if one.cell in wanted]
    return list(dict.fromkeys(refs))


def _random(noisy: Sequence[str], unseeded: Sequence[Finding]) -> list[Finding]:
    """Where the values of two runs differ, or may: what draws random numbers without a seed."""
    named = "“" + "”, “".join(noisy) + "”" if noisy else "what is random"
    told = Finding(
        "unseeded",
        "warning",
        "",
        f"Two runs of the job give different values for {named}, so it cannot be compared with the notebook.",
        "Give whatever draws random numbers a seed, run the notebook, and export again.",
    )
    return [told, *unseeded]


def _hidden(exporter: Exporter, job: Plan, folder: Path, teller: Teller) -> list[Finding]:
    """Whether the notebook, run again in a fresh kernel, gives what the kernel held."""
    golden = folder / GOLDEN
    teller.step(None, "Run the notebook again, to see whether it gives what its kernel held")
    try:
        with scratch(exporter.project.state / "values", ".again-") as place:
            values, _ = Captured(exporter.project, job, job.described.order == "log").again(teller, job.outputs, place)
            answers = _compared(golden, values)
    except PerijoveError as error:
        return [
            Finding("hidden_state", "warning", "", f"The notebook does not run from its own cells: {error}", error.hint)
        ]
    return [
        Finding(
            "hidden_state",
            "warning",
            "",
            f"“{one['name']}” as the kernel held it is not what the notebook gives when run again: {one['detail']}",
            "The kernel held something that its cells do not make; restart it, run all cells, and export again.",
        )
        for one in answers
        if one["result"] == "different"
    ]


def _compared(golden: Path, values: Path) -> list[dict[str, Any]]:
    script = Path(__file__).parent / "templates" / "compare.py"
    argv = [sys.executable, str(script), str(golden), str(values)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return list(json.loads(done.stdout)) if done.returncode == 0 else []
